"""Write the fitted scales of a model into its file, with a comment on their origin."""

import json
import textwrap
from datetime import date

import riskmodel
from riskmodel.analysis.derived import derived, derived_text
from riskmodel.analysis.normalise import Fits, Fitted, with_scales
from riskmodel.documents.document import Document
from riskmodel.documents.edit import Patch, patched
from riskmodel.documents.models import LoadedModel
from riskmodel.documents.nodes import position_of
from riskmodel.errors import ModelError, Problem, single_line
from riskmodel.model import Model

_WIDTH = 118
"""Of a comment line in a model file, without the comment character."""


def fitted_text(model: LoadedModel, scales: Fits, source: str, model_id: str | None = None) -> str:
    """Return the text of the model file with fitted scales in place of `fit:`, and its own id and version.

    Comments and all else stay as they are.

    Parameters
    ----------
    model, scales : the model with its `fit:` scales, and the fitted ones.
    source : the name of the data.
    model_id : the id of the fitted model; by default the old one followed by `fitted`.

    Raises
    ------
    ModelError
        If several indicators share one `fit:` by a YAML alias for a whole indicator.
    """
    patches = [_patch(model.document, fitted) for fitted in scales]
    if len({patch.start for patch in patches}) < len(patches):
        message = "an alias shares one `fit:` among indicators; write each indicator out"
        raise ModelError([Problem(message, file=model.document.name)])
    new = derived(with_scales(model.spec, scales), "fitted", model_id)
    return derived_text(model.document, patched(model.document.text, patches), new, _origin(model, scales, source))


def _origin(model: LoadedModel, scales: Fits, source: str) -> list[str]:
    """Return comment lines for the top of the file on the origin of its scales."""
    identity = Model(model.spec).identity
    digest = "" if scales.sha256 is None else f", SHA-256 {scales.sha256}"
    lines = [
        f"Scales were fitted by `riskmodel model fit` {riskmodel.__version__} on {date.today().isoformat()}, from "
        f"{identity.id}, fingerprint {identity.short_fingerprint}.",
        f"Data: {source}{digest}.",
    ]
    if scales.where is None:
        lines.append(f"Rows: {scales.rows:,}.")
    else:
        lines.append(f"Rows: {scales.used:,} of {scales.rows:,}, where {single_line(scales.where)}.")
    if scales.clip is not None:
        low, high = scales.clip
        lines.append(
            f"Values were clipped at their quantiles {_percent(low)} and {_percent(high)}, linear between ranks."
        )
    lines += (f"{fitted.indicator}: {fitted.method} of {fitted.values:,} values." for fitted in scales)
    lines += (f"{fitted.indicator}: {fitted.warning}." for fitted in scales if fitted.warning)
    return [part for line in lines for part in textwrap.wrap(line, _WIDTH, break_long_words=False)]


def _percent(share: float) -> str:
    return f"{100.0 * share:.6g}%"


def _patch(document: Document, fitted: Fitted) -> Patch:
    """Replace the pair `fit: method`, or the YAML alias that stands for the whole scale."""
    scale = position_of(document.root, ("indicators", fitted.indicator, "scale")).node
    assert isinstance(scale.value, dict)  # noqa: S101  (validated: a `fit:` scale is a mapping, read from a text)
    assert scale.span is not None  # noqa: S101
    method, key = scale.value["fit"].span, scale.key_span("fit")
    assert method is not None  # noqa: S101
    assert key is not None  # noqa: S101
    quote = document.text[key.start] if document.text[key.start] in "\"'" else ""
    ((kind, numbers),) = fitted.scale.items()
    pair = f"{quote}{kind}{quote}: {json.dumps(numbers)}"
    if document.text[scale.span.start] == "*":
        return Patch(scale.span.start, scale.span.end, f"{{{pair}}}")
    return Patch(key.start, method.end, pair)
