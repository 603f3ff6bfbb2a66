"""Analyses of models and situations: uncertainty, sensitivity, ranking, levers, comparison, weighting, outcomes."""
