"""Comparison of situations and of models."""
