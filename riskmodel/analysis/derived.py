"""Models that came from another: an id and a version of their own, in the model and in its file."""

from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from riskmodel.documents.document import Document, from_text
from riskmodel.documents.edit import with_values
from riskmodel.errors import ModelError, escape_control
from riskmodel.model import Model
from riskmodel.schema.model import ModelId, ModelSpec

_DIGITS = 8
"""Digits of the fingerprint in a version: enough to tell apart what was derived from one model."""


def derived(spec: ModelSpec, method: str, model_id: str | None = None) -> Model:
    """A changed model with an id and a version of its own.

    The id is the old one followed by the method, and the version the old one followed by the method and by the first
    digits of a fingerprint of all that the model says, as build metadata: `0.3.0+entropy.1a2b3c4d`.

    Parameters
    ----------
    spec : the changed model, with the id and the version of the one that it came from.
    method : how it came about, such as `entropy` or `fitted`.
    model_id : the id to give it in place of that.

    Raises
    ------
    ModelError
        Where the id is none.
    """
    own = spec.id if spec.id.endswith(f"-{method}") else f"{spec.id}-{method}"
    release = (spec.version or "0").partition("+")[0]
    named = spec.model_copy(update={"id": own if model_id is None else checked_id(model_id)})
    digits = Model(named).identity.fingerprint[:_DIGITS]
    return Model(named.model_copy(update={"version": f"{release}+{method}.{digits}"}))


def checked_id(text: str) -> str:
    """The id of a model.

    Raises
    ------
    ModelError
        Where it is none.
    """
    try:
        found: str = TypeAdapter(ModelId).validate_python(text)
    except ValidationError as error:
        raise ModelError(f"--id: {error.errors()[0]['msg']}") from None
    return found


def derived_text(document: Document, text: str, model: Model, origin: Sequence[str]) -> str:
    """The text of a derived model's file.

    Parameters
    ----------
    document : the file of the model that it came from.
    text : the file with all that has changed but for id and version.
    model : the derived model, which has them.
    origin : lines that tell at the top where the model comes from; JSON, which has no comments, goes without them.
    """
    changed, old = from_text(text, document.name), document.content
    assert isinstance(old, dict)  # noqa: S101  (the document was validated)
    own = {"id": model.spec.id, "version": model.spec.version}
    named = with_values(changed, {(key,): value for key, value in own.items() if value and value != old.get(key)})
    if named.lstrip().startswith("{"):
        return named
    ending = "\r\n" if "\r\n" in named else "\n"
    return ending.join([*(f"# {escape_control(line)}" for line in origin), named])
