"""Model and situation files: text parsed to trees of values with positions, and validated."""
