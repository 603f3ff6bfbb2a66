"""Data of others as records: events, violence, disputes, contacts, trade and levels, with countries by their codes."""
