"""Models that are derived from another by an analysis, in memory and as a file."""

from collections.abc import Sequence

from riskmodel.documents.derived import derived_spec
from riskmodel.documents.document import Document, from_text
from riskmodel.documents.edit import with_values
from riskmodel.errors import escape_control
from riskmodel.model import Model
from riskmodel.schema.model import ModelSpec


def derived(spec: ModelSpec, method: str, model_id: str | None = None) -> Model:
    """Return a changed model with its own id and version; see `riskmodel.documents.derived.derived_spec`."""
    return Model(derived_spec(spec, method, model_id))


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
