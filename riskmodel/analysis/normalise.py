"""Fit the scales of a model to data: goalposts, or ranks, from the columns of a file or frame."""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, Unpack, overload

import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from riskmodel.analysis.row_filter import RowFilter
from riskmodel.documents.models import LoadedModel
from riskmodel.errors import ModelError, Problem, SituationError, suggest
from riskmodel.kernels import normalisation
from riskmodel.kernels.normalisation import MAX_DISTINCT
from riskmodel.kernels.types import Floats
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.scales import AnyScale, Fit
from riskmodel.tables.cells import as_label
from riskmodel.tables.columns import find_columns
from riskmodel.tables.input_file import open_input
from riskmodel.tables.options import FormatKeywords, TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rejects import Reject, reject_problem
from riskmodel.tables.rows import Rows

if TYPE_CHECKING:
    import pandas as pd

Clip: TypeAlias = tuple[float, float]
"""The lower and the upper quantile at which values are clipped, as shares."""


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


class Fitted(NamedTuple):
    """The fitted scale of an indicator, the number of its values, and a warning or remark about it."""

    indicator: str
    method: str
    values: int
    scale: dict[str, list[Any]]
    warning: str | None = None
    remark: str | None = None


@dataclass(frozen=True)
class Fits(Sequence[Fitted]):
    """The fitted scales of a model, and the data that they come from.

    Attributes
    ----------
    scales : by the order of the indicators.
    rows, used : the number of rows of the data, and of those that meet `where`.
    where, clip : the condition on rows, and the quantiles at which values were clipped; None without.
    sha256 : of a file.
    """

    scales: tuple[Fitted, ...]
    rows: int
    used: int
    where: str | None = None
    clip: Clip | None = None
    sha256: str | None = None

    def __len__(self) -> int:
        return len(self.scales)

    @overload
    def __getitem__(self, index: int) -> Fitted: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Fitted, ...]: ...

    def __getitem__(self, index: int | slice) -> Fitted | tuple[Fitted, ...]:
        return self.scales[index]


def fit(
    model: LoadedModel,
    frame: "pd.DataFrame",
    *,
    where: str | None = None,
    clip: Clip | None = None,
    **table: Unpack[FormatKeywords],
) -> Fits:
    """Fit the scale of every indicator that is not fitted yet.

    Parameters
    ----------
    model : the model with its `fit:` scales.
    frame : the data, a column for each of those indicators.
    where : a condition on columns, such as `year <= 2010`; rows that do not certainly meet it are left out.
    clip : two quantiles, such as (0.01, 0.99); values beyond them are set to them before the fit (winsorised). They
        are linear between ranks, as `numpy.quantile` gives them.
    **table : how the columns are read; see `riskmodel.FormatKeywords`.

    Raises
    ------
    ModelError
        If there is nothing to fit.
    SituationError
        If a column is missing, has no value, or has values that are not valid.
    """
    from riskmodel.tables.frames.scoring import read_columns, row_name
    from riskmodel.tables.labels import frame_labels

    selection = _Selection(model.spec, TableOptions.of(table), where, clip)
    matched = selection.check(list(frame.columns))
    columns = read_columns(selection.spec, frame[list(matched.values())], selection.options)
    texts = {name: frame_labels(frame[name]) for name in selection.texts}

    def problem_at(row: int, column: str, message: str) -> Problem:
        return Problem(message, f"column {column}, {row_name(frame.index, row)}")

    selection.add(columns, texts, len(frame), problem_at)
    return selection.fits()


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
    *,
    where: str | None = None,
    clip: Clip | None = None,
    **table: Unpack[FormatKeywords],
) -> Fits:
    """Fit the scale of every indicator that is not fitted yet, to a file of any size (with `clip`, in memory).

    Parameters
    ----------
    model : the model with its `fit:` scales.
    path : the data, in a format of docs/batch.md. `-` is standard input.
    where, clip : as for `fit`.
    **table : how the data are read; see `riskmodel.FormatKeywords`.

    Raises
    ------
    ModelError
        If there is nothing to fit.
    SituationError
        If the file cannot be read, a column is missing or has no value, or a row is not valid; then the rest is not
        read.
    """
    selection = _Selection(model.spec, TableOptions.of(table), where, clip)
    with open_input(path) as source:
        reader = open_reader(source, selection.spec, selection.options, as_text=bool(selection.texts))
        names = list(selection.check(reader.names))
        positions = {name: list(reader.names).index(name) for name in selection.texts}
        before = reader.lines_before

        def read(rows: Rows) -> tuple[Rows, dict[str, Floats], dict[str, pa.Array]]:
            texts = {name: as_label(name, rows.arrow_column(position)) for name, position in positions.items()}
            return rows, {name: rows.columns[name] for name in names}, texts

        for rows, columns, texts in read_all_or_raise(reader, read):
            selection.add(columns, texts, rows.count, partial(_problem_at, reader.row_unit, before, rows))
            before += rows.lines
        return selection.fits(source.sha256())


def _problem_at(row_unit: str, before: int, rows: Rows, row: int, column: str, message: str) -> Problem:
    line = before + int(rows.line_numbers()[row])
    return reject_problem(Reject(line, "", column, "", message), "", row_unit)


class _Selection:
    """The rows that scales are fitted to, piece by piece.

    Parameters
    ----------
    model, where, clip : as for `fit`.
    options : of the table.

    Attributes
    ----------
    spec : the model with the indicators to be read only: those to fit, and those of the condition.
    options : of the table, for these indicators.
    texts : the columns to be read as text.
    """

    def __init__(self, model: ModelSpec, options: TableOptions, where: str | None, clip: Clip | None) -> None:
        self._unfitted, self._clip = _unfitted(model), None if clip is None else _checked_clip(clip)
        self._filter = None if where is None else RowFilter(where, model)
        indicators = dict(self._unfitted.indicators)
        if self._filter is not None:
            indicators = {**self._filter.indicators, **indicators}
        self.spec = model.model_copy(update={"indicators": indicators})
        self.options = options.for_part(model, self.spec)
        self.texts = () if self._filter is None else self._filter.texts
        self._methods = _methods(self._unfitted)
        self._values: dict[str, list[Floats]] = {name: [] for name in self._methods}
        self._rows = self._used = 0

    def check(self, names: Sequence[object]) -> dict[str, str]:
        """Check that a table has the columns, and return that of each indicator to be read."""
        matched = find_columns(self.spec, names, self.options)
        check_columns(self._unfitted, [*matched, *(name for name in names if name not in matched.values())])
        if self._filter is not None:
            self._filter.check(names, matched)
        return matched

    def add(
        self,
        columns: Mapping[str, Floats],
        texts: Mapping[str, pa.Array],
        rows: int,
        problem_at: Callable[[int, str, str], Problem],
    ) -> None:
        """Add rows by their columns; see `RowFilter.mask`."""
        mask = np.ones(rows, bool)
        if self._filter is not None:
            mask = self._filter.mask(columns, texts, rows, self.options.numbers, problem_at)
        self._rows += rows
        self._used += int(np.count_nonzero(mask))
        for name, method in self._methods.items():
            values = _known(columns[name][mask])
            if self._clip is None:
                method.add(values)
            else:
                self._values[name].append(values)

    def fits(self, sha256: str | None = None) -> Fits:
        """Return the fitted scales.

        Raises
        ------
        SituationError
            If no row meets the condition, or an indicator has no value in those that do.
        """
        where = None if self._filter is None else self._filter.text
        if where is not None and self._rows and not self._used:
            raise SituationError([Problem(f"no row of {self._rows:,} meets {where!r}", file="--where")])
        if self._clip is not None:
            for name, pieces in self._values.items():
                if len(values := np.concatenate([np.empty(0), *pieces])):
                    low, high = np.quantile(values, self._clip)
                    self._methods[name].add(values.clip(low, high))
        scales = tuple(_fitted(name, method) for name, method in self._methods.items())
        return Fits(scales, self._rows, self._used, where, self._clip, sha256)


def _checked_clip(clip: Clip) -> Clip:
    low, high = clip
    if not 0.0 <= low < high <= 1.0:
        raise SituationError(
            [
                Problem(
                    f"should be two quantiles from 0% to 100%, the lower first; got {low:.6g},{high:.6g}", file="--clip"
                )
            ]
        )
    return float(low), float(high)


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
        constant = f"every value is {method.low:g}; the scale gives 0.5 for all"
        return Fitted(name, method.method, method.count, {"points": [[method.low, 0.5]]}, warning=constant)
    scale: dict[str, list[Any]]
    remark: str | None = None
    warning: str | None = None
    if isinstance(method, normalisation.Percentile):
        points, error = method.ranks()
        scale, remark = {"points": [list(point) for point in points]}, _precision(error)
    else:
        scale = {"goalposts": list(method.goalposts())}
        if isinstance(method, normalisation.MinMax) and method.moments.has_outliers:
            skewness, kurtosis = method.moments.skewness, method.moments.kurtosis
            warning = f"skewness {skewness:.2f}, kurtosis {kurtosis:.2f}: {remedy(skewness, method.count)}"
    try:
        _scale(scale)
    except ValidationError:
        ends = f"{method.low:g} to {method.high:g}"
        raise SituationError(f"column {name!r}, from {ends}, gives a scale that cannot be computed") from None
    return Fitted(name, method.method, method.count, scale, warning, remark)


def remedy(skewness: float, count: int, outlying: int | None = 1) -> str:
    """Return advice on the min-max fit of a column with outliers.

    Parameters
    ----------
    skewness : of the column, which has its outliers at the high end if it is above 0.
    count : the number of its values.
    outlying : the number of outliers, at least; None if the whole column is skewed.
    """
    others = "ranks (fit: percentile) or a logarithm (curve: log)"
    if outlying is None:
        return f"few values set the ends of a min-max scale; {others} would not mind them"
    share = min(99, math.floor(100 * (1 - outlying / (count - 1))))
    clip = f"0%,{share}%" if skewness > 0.0 else f"{100 - share}%,100%"
    return f"outliers set the ends of a min-max scale; --clip {clip} leaves them out, and {others} would not mind them"


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
