"""A model compiled to act on blocks of columns; one situation is a block of one row."""
