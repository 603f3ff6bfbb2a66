"""Sensitivity analysis: one-at-a-time, Sobol' indices, effective weights."""
