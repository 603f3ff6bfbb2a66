"""Sensitivity: what moves a score, one thing at a time and all at once."""
