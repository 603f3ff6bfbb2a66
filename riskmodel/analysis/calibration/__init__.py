"""Calibration: weights found in outcomes near the model's own, and a map from score to probability."""
