"""Read tables, check their cells, and write tables."""
