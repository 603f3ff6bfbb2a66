"""Scores as text. There are only so many reported values, so each is looked up in a table and none is formatted."""

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.engine.contributions import Drivers, contribution_names
from riskmodel.engine.table import ScoreArrays
from riskmodel.kernels.scales import Floats
from riskmodel.tables import arrays
from riskmodel.tables.csv_escape import quoted
from riskmodel.tables.writer import Kind

COVERAGE_PLACES = 4
_MAX_LOOKED_UP = 200_000
_MAX_ENTRIES_PER_ROW = 4
"""A table is not made for fewer rows than a quarter of its entries."""
_SHORTFALL = 1e-5
"""In units of the last place: what binary fractions may have lost from a coverage that is meant to be round."""


class ScoreText:
    """How the columns of one score are written.

    Parameters
    ----------
    model, score : the score and its model.
    delimiter : the delimiter; a cell that holds it is quoted.
    decimal : the decimal mark.
    """

    def __init__(self, model: CompiledModel, score: CompiledScore, delimiter: str, decimal: str) -> None:
        marks = _Marks(delimiter, decimal)
        self._values = _Table(score.out_of, score.decimals, marks, signed=False)
        self._coverage = _Table(1.0, COVERAGE_PLACES, marks, signed=False)
        self._bands = arrays.texts([*(quoted(band, delimiter) for band in score.bands), ""])
        names = contribution_names(model, score)
        self._first = arrays.texts([*(f"{name}:" for name in names), ""])
        self._further = arrays.texts([*(f"; {name}:" for name in names), ""])
        # Points stand within a cell, which is quoted as a whole.
        self._points = _Table(score.out_of, score.decimals, _Marks("", decimal), signed=True)
        self._quotes_drivers = delimiter in ("; :" + decimal)

    def column(self, kind: Kind, found: ScoreArrays) -> pa.Array:
        """One column as text, empty where there is nothing to say."""
        if kind == "drivers":
            assert found.drivers is not None  # noqa: S101  (the column is in the layout if they were asked for)
            return self._drivers(found.drivers)
        if kind == "band":
            return _entry(self._bands, found.band.astype(np.int32))
        if kind == "coverage":
            places = 10**COVERAGE_PLACES
            return self._coverage.look_up(np.floor(found.coverage * places + _SHORTFALL) / places)
        return self._values.look_up({"value": found.reported, "low": found.low, "high": found.high}[kind])

    def _drivers(self, found: Drivers) -> pa.Array:
        """Such as `espionage:+11.4; misread_military_moves:+6.0`."""
        pieces: list[pa.Array] = []
        for entry, points in zip(found.entry, found.points, strict=True):
            pieces.append(_entry(self._further if pieces else self._first, entry))
            pieces.append(self._points.look_up(np.where(entry < 0, np.nan, points)))
        text = pc.binary_join_element_wise(*pieces, _NOTHING)
        if not self._quotes_drivers:
            return text
        quote = arrays.texts(['"'])[0]
        return pc.if_else(pc.equal(text, _NOTHING), text, pc.binary_join_element_wise(quote, text, quote, _NOTHING))


_NOTHING = arrays.texts([""])[0]


def _entry(words: pa.Array, codes: NDArray[np.int32]) -> pa.Array:
    """The word for each code; the last one, which is empty, for -1."""
    return words.take(arrays.from_integers(np.where(codes < 0, np.int32(len(words) - 1), codes)))


class _Marks(NamedTuple):
    delimiter: str
    decimal: str


class _Table:
    """All the numbers from 0 (or -most) to `most` with so many decimal places, as text."""

    def __init__(self, most: float, places: int, marks: "_Marks", *, signed: bool) -> None:
        self._form, self._scale, self._marks = f"{'+' if signed else ''}.{places}f", 10.0**places, marks
        last = int(most * self._scale + 1.5)
        self._codes = range(-last if signed else 0, last + 1)

    def look_up(self, values: Floats) -> pa.Array:
        """The text of numbers that have no more places; empty for NaN."""
        codes = np.rint(values * self._scale) - self._codes.start
        codes = np.where(np.isnan(codes), -1.0, codes)
        count = len(self._codes)
        is_beyond = codes.max(initial=0.0) >= count or codes.min(initial=0.0) < -1.0
        if is_beyond or count > min(_MAX_LOOKED_UP, _MAX_ENTRIES_PER_ROW * len(values)):
            return arrays.texts(["" if math.isnan(value) else self._word(value) for value in values.tolist()])
        return _entry(self._words, codes.astype(np.int32))

    @cached_property
    def _words(self) -> pa.Array:
        return arrays.texts([*(self._word(code / self._scale) for code in self._codes), ""])

    def _word(self, value: float) -> str:
        word = f"{value:{self._form}}".replace(".", self._marks.decimal)
        return f'"{word}"' if self._marks.delimiter == self._marks.decimal else word
