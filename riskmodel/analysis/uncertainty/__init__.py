"""Uncertainty analysis: distributions of scores by quasi-Monte Carlo."""
