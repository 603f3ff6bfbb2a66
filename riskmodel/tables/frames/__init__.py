"""Data frames: read, scored, and written to files."""
