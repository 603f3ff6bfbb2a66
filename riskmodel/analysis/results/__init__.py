"""Result types of the analyses."""
