"""Analyses of a model: whether its scores agree with what happened, and what outcomes say of its weights."""
