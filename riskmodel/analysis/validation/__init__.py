"""Validation: a score held against what happened, never on rows that anything was fitted to."""
