"""Showing results: the same figures as a card, as Markdown, as data, and in a notebook."""
