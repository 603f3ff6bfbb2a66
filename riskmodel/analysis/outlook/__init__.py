"""Outlooks: indicators carried forward, scored in draws, and held against the past first."""
