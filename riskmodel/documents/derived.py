"""Models that are derived from another: their own id and version, and other weights."""

import hashlib
import json
from collections.abc import Mapping

from pydantic import TypeAdapter, ValidationError

from riskmodel.assessment import ModelIdentity
from riskmodel.documents.models import load
from riskmodel.errors import ModelError, suggest
from riskmodel.schema.model import ModelId, ModelSpec

_DIGITS = 8
"""Digits of the fingerprint in a version, enough to distinguish the models derived from one."""
_NEWER_KEYS = {"indicators": ("column", "missing", "phrases"), "scores": ("better",)}
"""Keys of indicators and scores that were added to the format."""


def model_identity(spec: ModelSpec) -> ModelIdentity:
    """Return id, version, title and fingerprint of a model."""
    content = spec.model_dump(mode="json")
    # Where a model has none of the newer parts, its fingerprint is the one that it had before there were any.
    if not content["influences"]:
        del content["influences"]
    for part, keys in _NEWER_KEYS.items():
        for entry in content[part].values():
            for key in keys:
                if not entry[key]:
                    del entry[key]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
    sources = tuple(", ".join(filter(None, (source.title, source.url))) for source in spec.sources.values())
    return ModelIdentity(spec.id, spec.version, spec.title or spec.id, fingerprint, sources)


def derived_spec(spec: ModelSpec, method: str, model_id: str | None = None) -> ModelSpec:
    """Return a changed model with its own id and version.

    The id is the old one followed by the method; the version is followed, as build metadata, by the method and by the
    first digits of the fingerprint of the model: `0.3.0+entropy.1a2b3c4d`.

    Parameters
    ----------
    spec : the changed model, with the id and the version of the original.
    method : such as `entropy` or `fitted`.
    model_id : an id to use instead.

    Raises
    ------
    ModelError
        If the id is not valid.
    """
    own = spec.id if spec.id.endswith(f"-{method}") else f"{spec.id}-{method}"
    release = (spec.version or "0").partition("+")[0]
    named = spec.model_copy(update={"id": own if model_id is None else checked_id(model_id)})
    digits = model_identity(named).fingerprint[:_DIGITS]
    return named.model_copy(update={"version": f"{release}+{method}.{digits}"})


def checked_id(text: str) -> str:
    """Return an id if it is a valid model id.

    Raises
    ------
    ModelError
        If it is not.
    """
    try:
        model_id: str = TypeAdapter(ModelId).validate_python(text)
    except ValidationError as error:
        raise ModelError(f"--id: {error.errors()[0]['msg']}") from None
    return model_id


def reweighted(spec: ModelSpec, weights: Mapping[str, Mapping[str, float]]) -> ModelSpec:
    """Return a model with other weights; see `riskmodel.Model.with_weights`. The reasons beside old weights stay."""
    content = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for score, changed in weights.items():
        if score not in spec.scores:
            raise ModelError(f"no score {score!r} in model {spec.id!r}{suggest(score, spec.scores)}")
        if not isinstance(changed, Mapping):
            raise TypeError(f"with_weights takes weights by score and input; got {changed!r} for {score!r}")
        entries = content["scores"][score]["weights"]
        for name, weight in changed.items():
            old = entries.get(name)
            entries[name] = {**old, "weight": weight} if isinstance(old, dict) else weight
    return derived_spec(load(content).spec, "reweighted")
