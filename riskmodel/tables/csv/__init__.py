"""CSV: the grammar of records, numbers in bulk, and bytes that are kept as they are."""
