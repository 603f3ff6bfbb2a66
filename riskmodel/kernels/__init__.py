"""Pure functions on arrays: every formula of the engine, one concern a file, knowing nothing of files or models."""
