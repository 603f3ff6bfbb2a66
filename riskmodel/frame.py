"""Tables: from the columns of a pandas frame to the engine's columns, and back."""

import difflib
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import ScoreColumns, score_table
from riskmodel.errors import Problem, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import Indicator, ModelSpec, label_of, why_not_valid
from riskmodel.spec.scales import Levels

MISSING_WORDS = frozenset({"", "NA", "NaN", "nan", "null"})
SHOWN = 5
"""How many of a column's faulty rows are named."""


def score_frame(spec: ModelSpec, compiled: CompiledModel, frame: pd.DataFrame) -> pd.DataFrame:
    """Score every row of a frame; see `riskmodel.Model.score_frame`."""
    columns = read_columns(spec, frame)
    scored = score_table(compiled, columns, len(frame))
    made: dict[str, object] = {}
    for name in spec.scores:
        added = _score_columns(name, scored[name], compiled.scores[name].bands)
        if clash := sorted(made.keys() & added.keys()):
            raise SituationError(f"two scores of model {spec.id!r} give the column {clash[0]!r}; rename one of them")
        made |= added
    return pd.DataFrame(made, index=frame.index, copy=False)


def _score_columns(name: str, found: ScoreColumns, bands: tuple[str, ...]) -> dict[str, object]:
    return {
        name: found.reported,
        f"{name}_band": pd.Categorical.from_codes(found.band, categories=pd.Index(bands), ordered=True),
        f"{name}_coverage": found.coverage,
        f"{name}_low": found.low,
        f"{name}_high": found.high,
        f"{name}_exact": found.value,
    }


def read_columns(spec: ModelSpec, frame: pd.DataFrame) -> dict[str, Floats]:
    """The engine's columns: (n,) float64 by indicator, labels as positions, NaN missing.

    Parameters
    ----------
    spec : the model.
    frame : n rows; the columns named like indicators are read.

    Raises
    ------
    SituationError
        Where no column is an indicator, a column stands twice, or values are not valid (the first rows are named).
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"score_frame takes a pandas DataFrame; got {type(frame).__name__}")
    names = [name for name in frame.columns if name in spec.indicators]
    if not names:
        told = nearest(str(frame.columns[0]), spec.indicators) if len(frame.columns) else ""
        raise SituationError(f"no column is an indicator of model {spec.id!r}: {list(frame.columns)[:8]}{told}")
    for column in frame.columns:
        near = difflib.get_close_matches(str(column), sorted(set(spec.indicators) - set(names)), n=1, cutoff=0.88)
        if near and column not in spec.indicators:
            raise SituationError(
                f"the column {str(column)!r} is nearly the indicator {near[0]!r}, which has none: rename one"
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SituationError(f"the column {twice[0]!r} stands twice")
    columns: dict[str, Floats] = {}
    problems: list[Problem] = []
    for name in names:
        columns[name], faulty = _column(spec.indicators[name], frame[name])
        problems += _problems(spec.indicators[name], frame[name], faulty)
    if problems:
        raise SituationError(problems)
    return columns


def _column(indicator: Indicator, series: "pd.Series[Any]") -> tuple[Floats, NDArray[np.bool_] | None]:
    """The engine's column of a series, and which rows of it are faulty (None: none)."""
    if isinstance(indicator.scale, Levels):
        return _labels(indicator.scale.levels, series)
    if pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_integer_dtype(series.dtype):
        values: Floats = series.to_numpy(dtype=np.float64, na_value=np.nan)
        faulty: NDArray[np.bool_] | None = None
    else:
        values, faulty = _numbers(series)
    low, high = indicator.bounds
    low, high = max(low, -np.finfo(np.float64).max), min(high, np.finfo(np.float64).max)
    if len(values) and not (np.fmin.reduce(values) >= low and np.fmax.reduce(values) <= high):
        outside = (values < low) | (values > high)
        faulty = outside if faulty is None else faulty | outside
    return values, faulty


def _numbers(series: "pd.Series[Any]") -> tuple[Floats, NDArray[np.bool_]]:
    """Numbers out of text or mixed objects."""
    blank = series.isna().to_numpy() | series.isin(MISSING_WORDS).to_numpy()
    objects = series.astype(object)
    usable = objects.map(lambda value: isinstance(value, str | Real) and not isinstance(value, bool | np.bool_))
    kept = objects.where(usable.astype(bool) & ~blank)
    values = pd.to_numeric(kept, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return values, np.isnan(values) & ~blank


def _labels(levels: Mapping[str, float], series: "pd.Series[Any]") -> tuple[Floats, NDArray[np.bool_]]:
    words = series.map(label_of, na_action="ignore").astype(object)
    blank = words.isna().to_numpy() | (words.isin(MISSING_WORDS) & ~words.isin(list(levels))).to_numpy()
    codes = pd.Index(list(levels), dtype=object).get_indexer(pd.Index(words))
    unknown = codes == -1
    return np.where(unknown, math.nan, codes), unknown & ~blank


def _problems(indicator: Indicator, series: "pd.Series[Any]", faulty: NDArray[np.bool_] | None) -> list[Problem]:
    if faulty is None or not faulty.any():
        return []
    places = np.flatnonzero(faulty)
    found = []
    for place in places[:SHOWN]:
        value = series.iloc[place]
        plain = value.item() if isinstance(value, np.generic) else value
        if isinstance(plain, int | float | str) and not isinstance(plain, bool):
            number = pd.to_numeric(plain, errors="coerce") if isinstance(plain, str) else float(plain)
            asked = plain if isinstance(indicator.scale, Levels) or math.isnan(number) else float(number)
            reason = why_not_valid(indicator, asked)
        else:
            reason = f"should be a number; got {plain!r}"
        label = series.index[place]
        row = label.item() if isinstance(label, np.generic) else label
        found.append(
            Problem(reason or "not valid", field=f"column {series.name}, {series.index.name or 'row'} {row!r}")
        )
    if len(places) > SHOWN:
        more = len(places) - SHOWN
        found.append(Problem(f"and {more:,} more rows that are not valid", field=f"column {series.name}"))
    return found
