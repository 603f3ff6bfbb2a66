"""Weights of one score by documented methods: from judgements, and from data."""
