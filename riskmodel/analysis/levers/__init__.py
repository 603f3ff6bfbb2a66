"""Lever search: the cheapest changes with which a situation reaches a target."""
