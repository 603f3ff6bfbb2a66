"""Uncertainty: how sure a score is."""
