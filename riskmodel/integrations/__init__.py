"""Use models from inside other libraries."""
