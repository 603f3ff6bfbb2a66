"""Scores over time: intervals, changes with their accounts, alerts and the digest."""
