"""The service behind `riskmodel serve`: the what-if page and a JSON API for one model."""
