"""Tables of pandas: from the columns of a frame to the engine's columns, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from riskmodel import cells
from riskmodel.added_columns import Added, Bands
from riskmodel.arrays import Mask
from riskmodel.columns import Require, column_problems, indicator_columns
from riskmodel.errors import Problem, SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.python_values import plain_value
from riskmodel.spec.base import label_of
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Indicator
from riskmodel.spec.scales import Levels


def as_pandas(added: Mapping[str, Added], index: pd.Index) -> pd.DataFrame:
    """A frame with these columns; bands are ordered categories, NaN where there is none."""
    made = {
        name: pd.Categorical.from_codes(column.codes, categories=pd.Index(column.names), ordered=True)
        if isinstance(column, Bands)
        else column
        for name, column in added.items()
    }
    return pd.DataFrame(made, index=index, copy=False)


def read_columns(spec: ModelSpec, frame: pd.DataFrame, require: Require = ()) -> dict[str, Floats]:
    """The engine's columns: (n,) float64 by indicator, labels as positions, NaN missing.

    Parameters
    ----------
    spec : the model.
    frame : n rows; the columns named like indicators are read.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        Where no column is an indicator, a column stands twice or is lacking, or values are not valid (the first rows
        are named).
    """
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"this takes a pandas DataFrame; got {type(frame).__name__}")
    columns: dict[str, Floats] = {}
    problems: list[Problem] = []
    for name in indicator_columns(spec, list(frame.columns), require):
        columns[name], faulty = _column(spec.indicators[name], frame[name])
        problems += _problems(spec.indicators[name], frame[name], faulty)
    if problems:
        raise SituationError(problems)
    return columns


def _column(indicator: Indicator, series: "pd.Series[Any]") -> cells.Column:
    is_number = pd.api.types.is_float_dtype(series.dtype) or pd.api.types.is_integer_dtype(series.dtype)
    if is_number and not isinstance(indicator.scale, Levels):
        return cells.within_bounds(indicator, series.to_numpy(dtype=np.float64, na_value=np.nan))
    plain = [plain_value(value) for value in series.array]
    texts = [_text(value) for value in plain]
    strange: Mask = np.fromiter(
        (value is not None and text is None for value, text in zip(plain, texts, strict=True)), bool, len(texts)
    )
    values, faulty = cells.read_column(indicator, pa.array(texts, pa.string()))
    if strange.any():
        faulty = strange if faulty is None else faulty | strange
    return cells.Column(values, faulty)


def _text(value: object) -> str | None:
    """A value as a CSV file would hold it; None for what is neither text nor a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return label_of(cells.as_float(value))


def _problems(indicator: Indicator, series: "pd.Series[Any]", faulty: Mask | None) -> list[Problem]:
    def value(place: int) -> object:
        return plain_value(series.iloc[place])

    return column_problems(indicator, str(series.name), faulty, value, lambda place: row_name(series.index, place))


def row_name(index: pd.Index, place: int) -> str:
    """What to call the row at a position, such as `row 3`."""
    label = index[place]
    return f"{index.name or 'row'} {label.item() if isinstance(label, np.generic) else label!r}"
