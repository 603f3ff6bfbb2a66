"""Validation and calibration of scores against outcomes."""
