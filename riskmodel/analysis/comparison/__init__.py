"""What explains the difference between two situations, or between two models."""
