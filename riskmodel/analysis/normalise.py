"""Fit the scales of a model to data: goalposts, or ranks, from the columns of a file or frame."""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from pydantic import TypeAdapter, ValidationError

import riskmodel
from riskmodel.analysis.derived import derived, derived_text
from riskmodel.documents.document import Document
from riskmodel.documents.edit import Patch, patched
from riskmodel.documents.models import LoadedModel
from riskmodel.documents.nodes import position_of
from riskmodel.errors import ModelError, Problem, SituationError, suggest
from riskmodel.kernels import normalisation
from riskmodel.kernels.normalisation import MAX_DISTINCT
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.scales import AnyScale, Fit
from riskmodel.tables.input_file import InputFile, open_input
from riskmodel.tables.options import FormatKeywords, TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise

if TYPE_CHECKING:
    import pandas as pd


def check_columns(spec: ModelSpec, columns: Collection[object]) -> None:
    """Check that every indicator has a column.

    Raises
    ------
    SituationError
        If one has none; the nearest column is suggested.
    """
    names = [str(column) for column in columns]
    absent = [name for name in spec.indicators if name not in columns]
    if absent:
        messages = (
            f"there is no column {name!r} to fit its scale to{suggest(name, names, short=False)}" for name in absent
        )
        raise SituationError([Problem(message) for message in messages])


def _known(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _pieces(source: InputFile, spec: ModelSpec, options: TableOptions) -> Iterator[Mapping[str, Floats]]:
    """Yield the values of each piece of a file, without missing ones, by indicator."""
    reader = open_reader(source, spec, options)
    check_columns(spec, reader.names)
    return read_all_or_raise(reader, lambda rows: {name: _known(rows.columns[name]) for name in spec.indicators})


class Fitted(NamedTuple):
    """The fitted scale of an indicator, the number of its values, and a warning or remark about it."""

    indicator: str
    method: str
    values: int
    scale: dict[str, list[Any]]
    warning: str | None = None
    remark: str | None = None


def fit(model: LoadedModel, frame: "pd.DataFrame") -> list[Fitted]:
    """Fit the scale of every indicator that is not fitted yet.

    Parameters
    ----------
    model : the model with its `fit:` scales.
    frame : the data, a column for each of those indicators.

    Raises
    ------
    ModelError
        If there is nothing to fit.
    SituationError
        If a column is missing, has no value, or has values that are not valid.
    """
    from riskmodel.tables.frames import read_columns

    spec = _unfitted(model.spec)
    check_columns(spec, frame.columns)
    return fit_columns(spec, read_columns(spec, frame[list(spec.indicators)]))


def fit_columns(spec: ModelSpec, columns: Mapping[str, Floats]) -> list[Fitted]:
    """Fit the scale of every indicator that is not fitted yet, to columns that have been read.

    Parameters
    ----------
    spec : a model with `fit:` scales.
    columns : (n,) values by indicator, NaN if missing; those of other indicators are ignored.

    Raises
    ------
    ModelError
        If there is nothing to fit.
    SituationError
        If a column is missing, or has no value.
    """
    spec = _unfitted(spec)
    check_columns(spec, columns)
    methods = _methods(spec)
    for name, method in methods.items():
        method.add(_known(columns[name]))
    return [_fitted(name, method) for name, method in methods.items()]


def with_scales(spec: ModelSpec, scales: Sequence[Fitted]) -> ModelSpec:
    """Return the model with fitted scales in place of `fit:`."""
    indicators = dict(spec.indicators)
    for fitted in scales:
        scale = _scale(fitted.scale)
        indicators[fitted.indicator] = indicators[fitted.indicator].model_copy(update={"scale": scale})
    return spec.model_copy(update={"indicators": indicators})


def fit_file(
    model: LoadedModel,
    path: str | Path,
    **table: Unpack[FormatKeywords],
) -> list[Fitted]:
    """Fit the scale of every indicator that is not fitted yet, to a CSV or Parquet file of any size.

    Parameters
    ----------
    model : the model with its `fit:` scales.
    path : the data, in a format of docs/batch.md. `-` is standard input.
    **table : how the data are read; see `riskmodel.FormatKeywords`.

    Raises
    ------
    ModelError
        If there is nothing to fit.
    SituationError
        If the file cannot be read, a column is missing or has no value, or a row is not valid; then the rest is not
        read.
    """
    spec = _unfitted(model.spec)
    options = TableOptions.of(table).for_part(model.spec, spec)
    with open_input(path) as source:
        methods = _methods(spec)
        for columns in _pieces(source, spec, options):
            for name, method in methods.items():
                method.add(columns[name])
        return [_fitted(name, method) for name, method in methods.items()]


def _unfitted(spec: ModelSpec) -> ModelSpec:
    """Return the model with its unfitted indicators only, so that other columns are not read."""
    if not spec.unfitted:
        raise ModelError(f"model {spec.id!r} has no scale to fit")
    return spec.model_copy(update={"indicators": {name: spec.indicators[name] for name in spec.unfitted}})


def _methods(spec: ModelSpec) -> dict[str, normalisation.Method]:
    """Return a fitting method without values yet for each indicator."""
    scales = {name: indicator.scale for name, indicator in spec.indicators.items()}
    return {name: normalisation.METHODS[scale.fit]() for name, scale in scales.items() if isinstance(scale, Fit)}


def _fitted(name: str, method: normalisation.Method) -> Fitted:
    if method.count == 0:
        raise SituationError(f"column {name!r} has no value to fit a scale to")
    if method.low == method.high:
        warning = f"every value is {method.low:g}; the scale gives 0.5 for all"
        return Fitted(name, method.method, method.count, {"points": [[method.low, 0.5]]}, warning=warning)
    scale: dict[str, list[Any]]
    if isinstance(method, normalisation.Percentile):
        points, error = method.ranks()
        scale, remark = {"points": [list(point) for point in points]}, _precision(error)
    else:
        scale, remark = {"goalposts": list(method.goalposts())}, None
    try:
        _scale(scale)
    except ValidationError:
        ends = f"{method.low:g} to {method.high:g}"
        raise SituationError(f"column {name!r}, from {ends}, gives a scale that cannot be computed") from None
    return Fitted(name, method.method, method.count, scale, remark=remark)


def _scale(content: Mapping[str, Any]) -> AnyScale:
    """Validate a scale as in a model file."""
    scale: AnyScale = TypeAdapter(AnyScale).validate_json(json.dumps(content))
    return scale


def _precision(error: float) -> str | None:
    """Describe the error of approximate ranks; None if they are exact."""
    if error == 0:
        return None
    bound = math.ceil(error * 1e7) / 1e7
    return f"over {MAX_DISTINCT:,} different values, so the ranks are approximate, within {bound:.7f}"


def fitted_text(model: LoadedModel, scales: list[Fitted], source: str, model_id: str | None = None) -> str:
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


def _origin(model: LoadedModel, scales: Sequence[Fitted], source: str) -> list[str]:
    """Return comment lines for the top of the file on the origin of its scales."""
    identity = Model(model.spec).identity
    return [
        f"Scales were fitted by `riskmodel model fit` {riskmodel.__version__}, from {identity.id}, fingerprint "
        f"{identity.short_fingerprint}.",
        f"Data: {source}.",
        *(f"{fitted.indicator}: {fitted.method} of {fitted.values:,} values." for fitted in scales),
    ]


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
