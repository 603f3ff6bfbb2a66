"""Presentation of results as text, Markdown, HTML and plots."""
