"""Labels of rows, such as groups: distinct texts, and for each row the position of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.documents.python_values import plain_value
from riskmodel.errors import Problem, SituationError, counted
from riskmodel.schema.base import label_of
from riskmodel.tables import arrays, cells
from riskmodel.tables.arrays import Mask

if TYPE_CHECKING:
    import pandas as pd

Codes = NDArray[np.intp]
ProblemAt = Callable[[int, str], Problem]
"""Makes a problem from the position of a row and a message."""


@dataclass(frozen=True, eq=False)
class Labels:
    """A column of labels.

    Attributes
    ----------
    codes : (n,) positions of the rows' labels in `names`.
    names : the distinct labels, in ascending order.
    """

    codes: Codes
    names: tuple[str, ...]

    def label(self, row: int) -> str:
        """Return the label of a row."""
        return self.names[int(self.codes[row])]

    def span(self, rows: Mask) -> tuple[str, str]:
        """Return the first and the last label of some rows."""
        codes = self.codes[rows]
        return self.names[codes.min()], self.names[codes.max()]


def read_labels(texts: pa.Array, problem_at: ProblemAt) -> Labels:
    """Read a column of labels.

    Parameters
    ----------
    texts : (n,) the cells as text.
    problem_at : makes the problems.

    Raises
    ------
    SituationError
        If a row has no label.
    """
    words, codes = distinct(texts, problem_at)
    names = sorted(words)
    positions = {name: position for position, name in enumerate(names)}
    return Labels(np.array([positions[word] for word in words], np.intp)[codes], tuple(names))


def distinct(texts: pa.Array, problem_at: ProblemAt) -> tuple[list[str], Codes]:
    """Return the distinct labels, in the order in which they appear, and (n,) the position of each row's.

    Raises
    ------
    SituationError
        If a row has no label.
    """
    texts = pc.utf8_trim_whitespace(texts)
    blank = arrays.nulls(texts) | arrays.mask(pc.is_in(texts, value_set=arrays.texts(cells.MISSING_WORDS)))
    if blank.any():
        count = int(blank.sum())
        message = "has no value" if count == 1 else f"has no value, and so have {counted(count - 1, 'row')} after it"
        raise SituationError([problem_at(int(np.argmax(blank)), message)])
    encoded = pc.dictionary_encode(texts)
    return encoded.dictionary.to_pylist(), arrays.integers(encoded.indices).astype(np.intp)


def as_label(value: object) -> str | None:
    """Format a value as a label in a file; 7.0 becomes 7, since frames turn integers with gaps into floats."""
    import pandas as pd

    if plain_value(value) is None:
        return None
    if isinstance(value, pd.Timestamp):
        is_day = value.tz is None and value == value.normalize()
        return value.date().isoformat() if is_day else value.isoformat()
    return label_of(float(value)) if isinstance(value, float | np.floating) else str(value)


def frame_labels(column: "pd.Series[Any]") -> pa.Array:
    """Format a column of a pandas frame as (n,) labels, null where it has no value."""
    import pandas as pd

    if column.dtype == object:
        # Equal values of different types, such as 1 and True, have different labels.
        return pa.array([as_label(value) for value in column], pa.string())
    codes, values = pd.factorize(column)
    words = pa.array([as_label(value) for value in values], pa.string())
    return words.take(pa.array(codes.astype(np.int32), mask=codes < 0))
