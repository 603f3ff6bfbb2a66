"""Scores as text. There are only so many reported values, so each is looked up in a table and none is formatted."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel import arrays
from riskmodel.batch.layout import Kind
from riskmodel.engine.account import entry_names
from riskmodel.engine.compiled import CompiledModel, CompiledScore
from riskmodel.engine.drivers import Drivers
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
    model, score : the score and its model.
    delimiter : the delimiter; a cell that holds it is quoted.
    decimal : the decimal mark.
    """

    def __init__(self, model: CompiledModel, score: CompiledScore, delimiter: str, decimal: str) -> None:
        self._values = _Table(score.out_of, score.decimals, decimal, signed=False)
        self._coverage = _Table(1.0, COVERAGE_PLACES, decimal, signed=False)
        self._bands = arrays.texts([quoted(band, delimiter) for band in score.bands])
        self._entries = arrays.texts([f"{name}:" for name in entry_names(model, score)])
        self._points = _Table(score.out_of, score.decimals, decimal, signed=True)
        self._quote = arrays.texts(['"' if delimiter in "; :" else ""])[0]
        self._nothing, self._semicolon = arrays.texts(["", "; "])

    def column(self, kind: Kind, found: ScoreColumns) -> pa.Array:
        """One column as text, empty where there is nothing to say."""
        if kind == "drivers":
            assert found.drivers is not None  # noqa: S101  (the column is in the layout if they were asked for)
            text = self.drivers(found.drivers)
            text = pc.if_else(
                pc.equal(text, self._nothing),
                text,
                pc.binary_join_element_wise(self._quote, text, self._quote, self._nothing),
            )
        elif kind == "band":
            text = self._bands.take(arrays.from_integers(found.band))
        elif kind == "coverage":
            places = 10**COVERAGE_PLACES
            text = self._coverage.look_up(np.floor(found.coverage * places + _SHORTFALL) / places)
        else:
            text = self._values.look_up({"value": found.reported, "low": found.low, "high": found.high}[kind])
        return pc.fill_null(text, self._nothing)

    def drivers(self, found: Drivers) -> pa.Array:
        """The drivers, such as `espionage:+11.4; misread_military_moves:+6.0`."""
        pieces: list[pa.Array] = []
        for entry, points in zip(found.entry, found.points, strict=True):
            names, parts = self._entries.take(arrays.from_integers(entry)), self._points.look_up(points)
            lead = [self._semicolon] if pieces else []
            pieces.append(pc.fill_null(pc.binary_join_element_wise(*lead, names, parts, self._nothing), self._nothing))
        return pc.binary_join_element_wise(*pieces, self._nothing)


class _Table:
    """All the numbers from 0 (or -most) to `most` with so many decimal places, as text."""

    def __init__(self, most: float, places: int, decimal: str, *, signed: bool) -> None:
        self._form, self._scale, self._decimal = f"{'+' if signed else ''}.{places}f", 10.0**places, decimal
        self._last = int(most * self._scale + 1.5)
        self._first = -self._last if signed else 0
        self._words: pa.Array | None = None

    def look_up(self, values: Floats) -> pa.Array:
        """The text of numbers that have no more places; null for NaN."""
        codes = np.rint(values * self._scale) - self._first
        codes = np.where(np.isnan(codes), -1.0, codes)
        if self._last > _MOST_LOOKED_UP or codes.max(initial=0.0) > self._last - self._first or codes.min() < -1.0:
            words = arrays.texts([self._word(value) for value in values.tolist()])
            return pc.if_else(arrays.from_mask(np.isnan(values)), pa.scalar(None, pa.string()), words)
        if self._words is None:
            self._words = arrays.texts([self._word(code / self._scale) for code in range(self._first, self._last + 1)])
        return self._words.take(arrays.from_integers(codes.astype(np.int32)))

    def _word(self, value: float) -> str:
        return f"{value:{self._form}}".replace(".", self._decimal)


def quoted(text: str, delimiter: str) -> str:
    """A cell as it is written: in quotes where it needs them, and where it is empty but not missing."""
    if text and not any(mark in text for mark in (delimiter, '"', "\r", "\n")):
        return text
    return '"' + text.replace('"', '""') + '"'
