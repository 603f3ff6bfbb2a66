"""Presentation of results as text, Markdown, HTML, JSON and plots."""
