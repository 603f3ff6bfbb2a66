"""Reading files: text to a tree in which every value knows its place, and from there to a validated whole."""
