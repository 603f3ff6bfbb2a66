"""Ways from the facts of sources to the values of indicators."""
