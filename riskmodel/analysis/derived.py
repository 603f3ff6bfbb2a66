"""Give a model that is derived from another its own id and version, in memory and in its file."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter, ValidationError

from riskmodel.documents.document import Document, from_text
from riskmodel.documents.edit import with_values
from riskmodel.documents.models import load
from riskmodel.errors import ModelError, escape_control, suggest
from riskmodel.model import Model
from riskmodel.schema.model import ModelId, ModelSpec

_DIGITS = 8
"""Digits of the fingerprint in a version, enough to distinguish the models derived from one."""


def derived(spec: ModelSpec, method: str, model_id: str | None = None) -> Model:
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
    digits = Model(named).identity.fingerprint[:_DIGITS]
    return Model(named.model_copy(update={"version": f"{release}+{method}.{digits}"}))


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


def derived_text(document: Document, text: str, model: Model, origin: Sequence[str]) -> str:
    """Return the text of the file of a derived model.

    Parameters
    ----------
    document : the file of the original model.
    text : the file with all changes except id and version.
    model : the derived model.
    origin : comment lines for the top of the file, which JSON cannot have.
    """
    changed, old = from_text(text, document.name), document.content
    assert isinstance(old, dict)  # noqa: S101  (the document was validated)
    own = {"id": model.spec.id, "version": model.spec.version}
    named = with_values(changed, {(key,): value for key, value in own.items() if value and value != old.get(key)})
    if named.lstrip().startswith("{"):
        return named
    ending = "\r\n" if "\r\n" in named else "\n"
    return ending.join([*(f"# {escape_control(line)}" for line in origin), named])


def reweighted(model: Model, weights: Mapping[str, Mapping[str, float]]) -> Model:
    """Return a model with other weights; see `riskmodel.Model.with_weights`. The reasons beside old weights stay."""
    spec = model.spec
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
    return derived(load(content).spec, "reweighted")
