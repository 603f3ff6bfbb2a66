"""Indicators of pairs of states by month, derived from sources."""
