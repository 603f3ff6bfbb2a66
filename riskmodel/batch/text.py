"""Scores as the text of a CSV file. There are only so many reported values, so each is looked up, not formatted."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel import arrays
from riskmodel.batch.layout import Kind
from riskmodel.engine.compiled import CompiledScore
from riskmodel.engine.table import ScoreColumns
from riskmodel.kernels.scales import Floats

COVERAGE_PLACES = 4
_MOST_LOOKED_UP = 200_000
_SHORTFALL = 1e-5
"""In units of the last place: what binary fractions may have lost from a coverage that is meant to be round."""


class ScoreText:
    """How the columns of one score are written.

    Parameters
    ----------
    score : the score.
    delimiter : the delimiter; a band that holds it is quoted.
    decimal : the decimal mark.
    """

    def __init__(self, score: CompiledScore, delimiter: str, decimal: str) -> None:
        self._decimals, self._decimal = score.decimals, decimal
        last = int(score.out_of * 10.0**score.decimals + 1.5)
        self._values = self._numbers(last, score.decimals) if last <= _MOST_LOOKED_UP else None
        self._coverage = self._numbers(10**COVERAGE_PLACES, COVERAGE_PLACES)
        self._bands = arrays.texts([*(quoted(band, delimiter) for band in score.bands), ""])

    def column(self, kind: Kind, found: ScoreColumns) -> pa.Array:
        """One column as text."""
        if kind == "band":
            return _looked_up(self._bands, found.band.astype(np.int32))
        if kind == "coverage":
            codes = np.floor(found.coverage * 10**COVERAGE_PLACES + _SHORTFALL)
            return _looked_up(self._coverage, codes.astype(np.int32))
        return self._number({"value": found.reported, "low": found.low, "high": found.high}[kind])

    def _numbers(self, last: int, places: int) -> pa.Array:
        """Every number that can stand in a column, and at the end what stands there for none."""
        return arrays.texts([*(self._written(code / 10**places, places) for code in range(last + 1)), ""])

    def _written(self, value: float, places: int) -> str:
        return f"{value:.{places}f}".replace(".", self._decimal)

    def _number(self, values: Floats) -> pa.Array:
        if self._values is None:
            words = [self._written(value, self._decimals) for value in values.tolist()]
            return arrays.texts(["" if word == "nan" else word for word in words])
        codes = np.where(np.isnan(values), -1.0, values * 10.0**self._decimals + 0.5)
        return _looked_up(self._values, codes.astype(np.int32))


def _looked_up(table: pa.Array, codes: NDArray[np.int32]) -> pa.Array:
    """The entry for each code; the last one for -1."""
    return table.take(arrays.from_integers(np.where(codes < 0, np.int32(len(table) - 1), codes)))


def quoted(text: str, delimiter: str) -> str:
    """A cell as it is written: in quotes where it needs them, and where it is empty but not missing."""
    if text and not any(mark in text for mark in (delimiter, '"', "\r", "\n")):
        return text
    return '"' + text.replace('"', '""') + '"'
