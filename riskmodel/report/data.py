"""A model as plain data, ready for JSON."""

from typing import Any

from riskmodel.assessment import ModelIdentity
from riskmodel.results import adapter


def identity_data(model: ModelIdentity) -> dict[str, Any]:
    """Return a model as plain data."""
    data: dict[str, Any] = adapter(ModelIdentity).dump_python(model)
    return data
