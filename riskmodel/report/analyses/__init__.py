"""Reports and plots of the results of analyses."""
