"""The formats of model and situation files, as pydantic types, and the checks of references between their parts."""
