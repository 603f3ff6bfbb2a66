"""Pure functions of arrays: the formulas of the engine, independent of files and models."""
