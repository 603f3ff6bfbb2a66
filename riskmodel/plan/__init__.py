"""The plan of a model: its meaning as steps of a small closed algebra, and what executes them with numpy."""
