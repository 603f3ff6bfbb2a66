"""Where fitting takes its values from: the pieces of a file, by the readers of `riskmodel batch`."""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.scales import AnyScale, Fit
from riskmodel.tables.csv_reader import CsvOptions
from riskmodel.tables.input_file import InputFile, open_input
from riskmodel.tables.reader import open_reader, read_all_or_raise

if TYPE_CHECKING:
    import pandas as pd


def check_columns(spec: ModelSpec, columns: Collection[object]) -> None:
    """Check that every indicator has a column.

    Raises
    ------
    SituationError
        Where one has none; the nearest column is named.
    """
    names = [str(column) for column in columns]
    absent = [name for name in spec.indicators if name not in columns]
    if absent:
        told = (
            f"there is no column {name!r} to fit its scale to{suggest(name, names, short=False)}" for name in absent
        )
        raise SituationError([Problem(message) for message in told])


def known(values: Floats) -> Floats:
    """Those of (n,) values that are not missing."""
    return values[~np.isnan(values)]


def pieces(source: InputFile, spec: ModelSpec, marks: CsvOptions) -> Iterator[Mapping[str, Floats]]:
    """The values of each piece of a file, none missing, by indicator.

    Raises
    ------
    SituationError
        Where the file cannot be used, or rows of it cannot; the first are named.
    """
    found = open_reader(source, spec, marks)
    check_columns(spec, found.names)
    return read_all_or_raise(found, lambda rows: {name: known(rows.columns[name]) for name in spec.indicators})


class Fitted(NamedTuple):
    """What was found for one indicator: its new scale, how many values it rests on, and what there is to say of it."""

    indicator: str
    method: str
    values: int
    scale: dict[str, list[Any]]
    warning: str | None = None
    remark: str | None = None


def fit(model: LoadedModel, frame: "pd.DataFrame") -> list[Fitted]:
    """Find the scale of every indicator that is not fitted yet.

    Parameters
    ----------
    model : the model with its `fit:` scales.
    frame : the data, a column for each of those indicators.

    Raises
    ------
    ModelError
        Where there is nothing to fit.
    SituationError
        Where a column is not there, has no value, or has values that are not valid.
    """
    from riskmodel.tables.frames import read_columns

    spec = _unfitted(model.spec)
    check_columns(spec, frame.columns)
    return fit_columns(spec, read_columns(spec, frame[list(spec.indicators)]))


def fit_columns(spec: ModelSpec, columns: Mapping[str, Floats]) -> list[Fitted]:
    """Find the scale of every indicator that is not fitted yet, in columns that have been read.

    Parameters
    ----------
    spec : a model with `fit:` scales.
    columns : (n,) values by indicator, NaN where missing; those of other indicators are passed over.

    Raises
    ------
    ModelError
        Where there is nothing to fit.
    SituationError
        Where a column is not there, or has no value.
    """
    spec = _unfitted(spec)
    check_columns(spec, columns)
    found = _started(spec)
    for name, column in found.items():
        column.add(known(columns[name]))
    return [_fitted(name, column) for name, column in found.items()]


def with_scales(spec: ModelSpec, found: Sequence[Fitted]) -> ModelSpec:
    """The model with the scales that were found in place of `fit:`."""
    indicators = dict(spec.indicators)
    for fitted in found:
        scale = _scale(fitted.scale)
        indicators[fitted.indicator] = indicators[fitted.indicator].model_copy(update={"scale": scale})
    return spec.model_copy(update={"indicators": indicators})


def fit_file(
    model: LoadedModel,
    path: str | Path,
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
) -> list[Fitted]:
    """Find the scale of every indicator that is not fitted yet, in a CSV or Parquet file of any size.

    Parameters
    ----------
    model : the model with its `fit:` scales.
    path : the data; docs/batch.md says what can be read. `-` is standard input.
    delimiter, decimal, thousands : of CSV; found in the header, `.`, and nothing between thousands, without them.

    Raises
    ------
    ModelError
        Where there is nothing to fit.
    SituationError
        Where the file cannot be read, a column is not there or has no value, or a row cannot be used; the rest of the
        file is not read then.
    """
    spec = _unfitted(model.spec)
    marks = CsvOptions(delimiter, decimal, thousands)
    marks.check()
    with open_input(path) as source:
        found = _started(spec)
        for columns in pieces(source, spec, marks):
            for name, column in found.items():
                column.add(columns[name])
        return [_fitted(name, column) for name, column in found.items()]


def _unfitted(spec: ModelSpec) -> ModelSpec:
    """The model with those of its indicators alone that are to be fitted; what is in other columns does not matter."""
    if not spec.unfitted:
        raise ModelError(f"model {spec.id!r} has no scale to fit")
    return spec.model_copy(update={"indicators": {name: spec.indicators[name] for name in spec.unfitted}})


def _started(spec: ModelSpec) -> dict[str, normalisation.Method]:
    """A column without values yet for each indicator."""
    scales = {name: indicator.scale for name, indicator in spec.indicators.items()}
    return {name: normalisation.METHODS[scale.fit]() for name, scale in scales.items() if isinstance(scale, Fit)}


def _fitted(name: str, column: normalisation.Method) -> Fitted:
    if column.count == 0:
        raise SituationError(f"column {name!r} has no value to fit a scale to")
    if column.low == column.high:
        told = f"every value is {column.low:g}; the scale gives 0.5 for all"
        return Fitted(name, column.method, column.count, {"points": [[column.low, 0.5]]}, warning=told)
    scale: dict[str, list[Any]]
    if isinstance(column, normalisation.Percentile):
        points, error = column.ranks()
        scale, remark = {"points": [list(point) for point in points]}, _how_near(error)
    else:
        scale, remark = {"goalposts": list(column.goalposts())}, None
    try:
        _scale(scale)
    except ValidationError:
        ends = f"{column.low:g} to {column.high:g}"
        raise SituationError(f"column {name!r}, from {ends}, gives a scale that cannot be computed with") from None
    return Fitted(name, column.method, column.count, scale, remark=remark)


def _scale(found: Mapping[str, Any]) -> AnyScale:
    """A scale as a model file would say it, validated."""
    scale: AnyScale = TypeAdapter(AnyScale).validate_json(json.dumps(found))
    return scale


def _how_near(error: float) -> str | None:
    """What to say of ranks that are off by up to `error`; None where they are exact."""
    if error == 0:
        return None
    shown = math.ceil(error * 1e7) / 1e7
    return f"over {MAX_DISTINCT:,} different values, so the ranks are approximate, within {shown:.7f}"


def fitted_text(model: LoadedModel, found: list[Fitted], source: str, model_id: str | None = None) -> str:
    """The text of the model file with the fitted scales in place of `fit:`, and an id and version of its own.

    Comments and all else stay as they are.

    Parameters
    ----------
    model, found : the model with its `fit:` scales, and what was found for them.
    source : the name of the data.
    model_id : the id of the fitted model; the old one followed by `fitted` without it.

    Raises
    ------
    ModelError
        Where one `fit:` serves several indicators because a YAML alias stands for a whole indicator.
    """
    patches = [_patch(model.document, fitted) for fitted in found]
    if len({patch.start for patch in patches}) < len(patches):
        message = "an alias shares one `fit:` among indicators; write each indicator out"
        raise ModelError([Problem(message, file=model.document.name)])
    new = derived(with_scales(model.spec, found), "fitted", model_id)
    return derived_text(model.document, patched(model.document.text, patches), new, _origin(model, found, source))


def _origin(model: LoadedModel, found: Sequence[Fitted], source: str) -> list[str]:
    """The lines that tell, at the top of a model file, where its scales come from."""
    identity = Model(model.spec).identity
    return [
        f"Scales were fitted by `riskmodel model fit` {riskmodel.__version__}, from {identity.id}, fingerprint "
        f"{identity.short_fingerprint}.",
        f"Data: {source}.",
        *(f"{fitted.indicator}: {fitted.method} of {fitted.values:,} values." for fitted in found),
    ]


def _patch(document: Document, fitted: Fitted) -> Patch:
    """Where a text changes, and to what: the pair `fit: method`, or the YAML alias that stands for the whole scale."""
    scale = position_of(document.root, ("indicators", fitted.indicator, "scale")).node
    assert isinstance(scale.value, dict)  # noqa: S101  (validated: a `fit:` scale is a mapping, read from a text)
    assert scale.span is not None  # noqa: S101
    method = scale.value["fit"].span
    assert method is not None  # noqa: S101
    key = scale.keys["fit"]
    quote = document.text[key.start] if document.text[key.start] in "\"'" else ""
    ((kind, numbers),) = fitted.scale.items()
    pair = f"{quote}{kind}{quote}: {json.dumps(numbers)}"
    if document.text[scale.span.start] == "*":
        return Patch(scale.span.start, scale.span.end, f"{{{pair}}}")
    return Patch(key.start, method.end, pair)
