"""The service behind `riskmodel serve`: one model, asked over HTTP."""
