"""Tables: from the columns of a pandas frame to the engine's columns, and back."""

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel import cells
from riskmodel.arrays import Mask
from riskmodel.columns import indicator_columns
from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import ScoreColumns, score_table
from riskmodel.errors import Problem, SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import Indicator, ModelSpec, label_of
from riskmodel.spec.scales import Levels

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
    columns: dict[str, Floats] = {}
    problems: list[Problem] = []
    for name in indicator_columns(spec, list(frame.columns)):
        columns[name], faulty = _column(spec.indicators[name], frame[name])
        problems += _problems(spec.indicators[name], frame[name], faulty)
    if problems:
        raise SituationError(problems)
    return columns


def _column(indicator: Indicator, series: "pd.Series[Any]") -> cells.Column:
    is_number = pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_integer_dtype(series.dtype)
    if is_number and not isinstance(indicator.scale, Levels):
        return cells.within_bounds(indicator, series.to_numpy(dtype=np.float64, na_value=np.nan))
    known = series.notna().to_numpy()
    texts = [_text(value) if there else None for value, there in zip(series.array, known, strict=True)]
    strange: Mask = np.fromiter((text is None for text in texts), bool, len(texts)) & known
    values, faulty = cells.read_column(indicator, pa.array(texts, pa.string()))
    if strange.any():
        faulty = strange if faulty is None else faulty | strange
    return cells.Column(values, faulty)


def _text(value: object) -> str | None:
    """A value as a CSV file would hold it; None for what is neither text nor a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return None
    try:
        return label_of(float(value))
    except OverflowError:
        return str(value)


def _problems(indicator: Indicator, series: "pd.Series[Any]", faulty: Mask | None) -> list[Problem]:
    if faulty is None or not faulty.any():
        return []
    places = np.flatnonzero(faulty)
    found = []
    for place in places[:SHOWN]:
        value = series.iloc[place]
        reason = cells.why_faulty(indicator, value.item() if isinstance(value, np.generic) else value)
        label = series.index[place]
        row = label.item() if isinstance(label, np.generic) else label
        found.append(Problem(reason, field=f"column {series.name}, {series.index.name or 'row'} {row!r}"))
    if len(places) > SHOWN:
        more = len(places) - SHOWN
        found.append(Problem(f"and {more:,} more rows that are not valid", field=f"column {series.name}"))
    return found
