"""Formats that are read and written as Arrow record batches."""
