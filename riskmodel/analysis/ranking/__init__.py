"""Who ranks where among many situations, and how sure that is."""
