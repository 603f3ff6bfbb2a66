"""Format scores as text. There are few distinct rounded values, so each is looked up in a table of texts."""

import math
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.engine.contributions import Drivers, contribution_names
from riskmodel.engine.table import ScoreArrays
from riskmodel.kernels.types import Floats
from riskmodel.tables import arrays
from riskmodel.tables.csv.coded_text import CodedTexts, TextTable
from riskmodel.tables.csv.escape import quoted, quoted_column
from riskmodel.tables.writer import ConstantColumn, Kind

COVERAGE_DECIMALS = 4
_MAX_ENTRIES = 200_000
_MAX_ENTRIES_PER_ROW = 4
"""A table is built only for at least a quarter as many rows as it has entries."""
_DECIMALS = 12
"""Decimals at which the noise of binary fractions is not yet seen, and which sums of many numbers need."""
_FLOOR_TOLERANCE = 1e-5
"""In units of the last decimal: binary rounding may leave a coverage this far below a round value."""


class ScoreText:
    """The columns of one score as text.

    Parameters
    ----------
    model, score : the score and its model.
    delimiter : the delimiter; a cell that contains it is quoted.
    decimal : the decimal mark.
    """

    def __init__(self, model: CompiledModel, score: CompiledScore, delimiter: str, decimal: str) -> None:
        self._values = _TextTable(score.out_of, score.decimals, delimiter, decimal, signed=False)
        self._coverage = _TextTable(1.0, COVERAGE_DECIMALS, delimiter, decimal, signed=False)
        self._bands = TextTable([*(quoted(band, delimiter) for band in score.bands), ""], delimiter)
        names = contribution_names(model, score)
        self._first = arrays.texts([*(f"{name}:" for name in names), ""])
        self._further = arrays.texts([*(f"; {name}:" for name in names), ""])
        # Points are part of a cell that is quoted as one.
        self._points = _TextTable(score.out_of, score.decimals, "", decimal, signed=True)
        self._quotes_drivers = delimiter in ("; :" + decimal)

    def column(self, kind: Kind, score: ScoreArrays) -> CodedTexts | pa.Array:
        """Return a column as text, empty where a row has no value; coded where texts are looked up."""
        if kind == "drivers":
            assert score.drivers is not None  # noqa: S101  (a layout with this column comes with `explain`)
            return self._drivers(score.drivers)
        if kind == "band":
            codes = score.band.astype(np.intp)
            codes[codes < 0] = len(self._bands) - 1
            return CodedTexts(self._bands, codes)
        if kind == "coverage":
            scale = 10**COVERAGE_DECIMALS
            return self._coverage.look_up(np.floor(score.coverage * scale + _FLOOR_TOLERANCE) / scale)
        return self._values.look_up({"value": score.reported, "low": score.low, "high": score.high}[kind])

    def _drivers(self, drivers: Drivers) -> pa.Array:
        """Return texts such as `espionage:+11.4; misread_military_moves:+6.0`."""
        pieces: list[pa.Array] = []
        for entry, points in zip(drivers.entry, drivers.points, strict=True):
            pieces.append(_take(self._further if pieces else self._first, entry))
            pieces.append(as_array(self._points.look_up(np.where(entry < 0, np.nan, points))))
        text = pc.binary_join_element_wise(*pieces, _EMPTY)
        if not self._quotes_drivers:
            return text
        quote = arrays.texts(['"'])[0]
        return pc.if_else(pc.equal(text, _EMPTY), text, pc.binary_join_element_wise(quote, text, quote, _EMPTY))


_EMPTY = arrays.texts([""])[0]


def as_array(column: CodedTexts | pa.Array) -> pa.Array:
    """Return the texts of a column."""
    return column.array() if isinstance(column, CodedTexts) else column


def constant_text(column: ConstantColumn) -> str:
    """Return the text of a column that is the same in every row; empty for None."""
    value = column.value
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value or ""


def number_texts(values: Floats, delimiter: str, decimal: str) -> pa.Array:
    """Return numbers to twelve decimals, without trailing zeros; empty for NaN."""
    # Adding 0.0 turns -0.0 into 0.0.
    texts = pc.cast(arrays.from_floats(np.round(values, _DECIMALS) + 0.0), pa.string())
    if decimal != ".":
        texts = pc.replace_substring(texts, ".", decimal)
    return pc.fill_null(quoted_column(texts, delimiter), _EMPTY)


def _take(words: pa.Array, codes: NDArray[np.int32]) -> pa.Array:
    """Return the word for each code; the last one, which is empty, for -1."""
    return words.take(arrays.from_integers(np.where(codes < 0, np.int32(len(words) - 1), codes)))


class _TextTable:
    """The texts of all numbers from 0 (or -maximum, if signed) to `maximum` with a given number of decimals."""

    def __init__(self, maximum: float, decimals: int, delimiter: str, decimal: str, *, signed: bool) -> None:
        self._spec, self._scale = f"{'+' if signed else ''}.{decimals}f", 10.0**decimals
        self._decimal, self._delimiter = decimal, delimiter
        last = int(maximum * self._scale + 1.5)
        self._codes = range(-last if signed else 0, last + 1)

    def look_up(self, values: Floats) -> CodedTexts | pa.Array:
        """Return the texts of numbers rounded to these decimals; empty for NaN."""
        codes = values * self._scale
        np.rint(codes, out=codes)
        codes -= self._codes.start
        count, beyond = len(self._codes), np.fmax.reduce(codes, initial=0.0)
        if len(codes) and np.isnan(codes.max()):
            codes[np.isnan(codes)] = count
        if (
            beyond >= count
            or codes.min(initial=0.0) < 0
            or count > min(_MAX_ENTRIES, _MAX_ENTRIES_PER_ROW * len(values))
        ):
            return arrays.texts(["" if math.isnan(value) else self._word(value) for value in values.tolist()])
        return CodedTexts(self._table, codes.astype(np.intp))

    @cached_property
    def _table(self) -> TextTable:
        return TextTable([*(self._word(code / self._scale) for code in self._codes), ""], self._delimiter)

    def _word(self, value: float) -> str:
        word = f"{value:{self._spec}}".replace(".", self._decimal)
        return f'"{word}"' if self._decimal == self._delimiter else word
