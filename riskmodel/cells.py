"""Cells: what stands in a column of a table, as the engine's numbers, and which of it cannot be."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel import arrays
from riskmodel.arrays import Mask
from riskmodel.errors import SituationError, shown
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import Indicator, label_of, why_not_valid
from riskmodel.spec.scales import Levels

MISSING_WORDS = ("", "NA", "NaN", "nan", "null")
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_SPACES = " \t\n\v\f\r"
_LARGEST = float(np.finfo(np.float64).max)


class Column(NamedTuple):
    """A column as the engine takes it: (n,) values, labels as positions, NaN where missing or faulty."""

    values: Floats
    faulty: Mask | None
    """Which rows hold what cannot be; None where none does."""


def read_column(indicator: Indicator, array: pa.Array, decimal: str = ".") -> Column:
    """Read a column of numbers, text or labels.

    Parameters
    ----------
    indicator : what the column is of.
    array : n cells; null is missing, and so are NaN and the missing words.
    decimal : the decimal mark of numbers in text.

    Raises
    ------
    SituationError
        Where the column's type can hold neither numbers nor text.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (is_text or is_number or pa.types.is_null(kind)):
        raise SituationError(f"should be a number; the column holds {kind}")
    if is_text:
        array = pc.cast(array, pa.string())
    if pa.types.is_decimal(kind):
        # Arrow's own way from decimals to floats misses the nearest by a last digit now and then.
        array = pc.cast(pc.cast(array, pa.string()), pa.float64())
    if isinstance(indicator.scale, Levels):
        return _labels(indicator.scale.levels, array)
    if is_text:
        values, faulty = _numbers(array, decimal)
    else:
        values, faulty = arrays.floats(pc.cast(array, pa.float64(), safe=False)), None
    return within_bounds(indicator, values, faulty)


def within_bounds(indicator: Indicator, values: Floats, faulty: Mask | None = None) -> Column:
    """A column of numbers, of which those that are outside what is valid (or not finite) are faulty."""
    low, high = indicator.bounds
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    if len(values) and not (np.fmin.reduce(values) >= low and np.fmax.reduce(values) <= high):
        outside = (values < low) | (values > high)
        if outside.any():
            values = np.where(outside, np.nan, values)
            faulty = outside if faulty is None else faulty | outside
    return Column(values, faulty)


class Usable(NamedTuple):
    """What is left of rows when those that have a faulty cell are gone."""

    columns: dict[str, Floats]
    faulty: dict[int, list[str]]
    """The columns at fault in each row that is gone, by its position; in order."""


def usable(columns: Mapping[str, Column]) -> Usable:
    """Leave out the rows that are faulty in any of some columns."""
    faulty = {name: column.faulty for name, column in columns.items() if column.faulty is not None}
    if not faulty:
        return Usable({name: column.values for name, column in columns.items()}, {})
    gone = np.logical_or.reduce(list(faulty.values()))
    at_fault = {int(row): [name for name in faulty if faulty[name][row]] for row in np.flatnonzero(gone)}
    return Usable({name: column.values[~gone] for name, column in columns.items()}, at_fault)


def why_faulty(indicator: Indicator, value: object, decimal: str = ".") -> str:
    """Say what is wrong with a faulty cell, with the nearest value that could stand there."""
    if isinstance(value, str):
        number = _number(value, decimal)
        asked = value.strip(_SPACES) if isinstance(indicator.scale, Levels) or number is None else number
        is_comma = decimal == "." and not isinstance(indicator.scale, Levels) and has_decimal_comma(value)
        is_point = decimal == "," and number is None and _number(value, ".") is not None
        hint = "; --decimal , reads decimal commas" if is_comma else "; --decimal . reads decimal points" * is_point
        return (why_not_valid(indicator, asked) or "not valid") + hint
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        try:
            return why_not_valid(indicator, float(value)) or "not valid"
        except OverflowError:
            return f"should be a finite number; got {shown(value)}"
    return f"should be a number; got {value!r}"


def as_python(cell: pa.Scalar) -> Any:
    """What a cell holds, as Python has it; text and bytes as text, in which what is not UTF-8 shows as escapes."""
    if isinstance(cell, pa.DictionaryScalar):
        cell = cell.value
    if isinstance(cell, pa.StringScalar | pa.BinaryScalar) and cell.is_valid:
        return cell.as_buffer().to_pybytes().decode(errors="backslashreplace")
    return cell.as_py()


def has_decimal_comma(value: str) -> bool:
    """Whether a cell would be a number if commas were its decimal mark, and is none as it stands."""
    return _number(value, ".") is None and _number(value, ",") is not None


def _number(text: str, decimal: str) -> float | None:
    if decimal != ".":
        text = text.replace(".", "?").replace(decimal, ".")
    return float(text) if re.fullmatch(NUMBER, text.strip(_SPACES)) else None


def _numbers(cells: pa.Array, decimal: str) -> tuple[Floats, Mask | None]:
    trimmed = pc.ascii_trim_whitespace(cells)
    if decimal != ".":
        # A point has no business in such a number, so it is made into something that is none.
        trimmed = pc.replace_substring(pc.replace_substring(trimmed, ".", "?"), decimal, ".")
    good = pc.match_substring_regex(trimmed, f"^{NUMBER}$")
    usable = arrays.mask(good)
    values = arrays.floats(pc.cast(pc.if_else(good, trimmed, arrays.NO_TEXT), pa.float64()))
    faulty = ~usable & ~_blank(trimmed)
    return values, faulty if faulty.any() else None


def _blank(trimmed: pa.Array) -> Mask:
    return arrays.nulls(trimmed) | arrays.mask(pc.is_in(trimmed, value_set=arrays.texts(MISSING_WORDS)))


def _labels(levels: Mapping[str, float], array: pa.Array) -> Column:
    """Labels as positions; each different cell is looked at once."""
    encoded = pc.dictionary_encode(array)
    position = {label: float(place) for place, label in enumerate(levels)}
    words = [
        label_of(word.strip(_SPACES) if isinstance(word, str) else word) for word in map(as_python, encoded.dictionary)
    ]
    places = [position.get(word, np.nan) for word in words]
    known = [word in position or word in MISSING_WORDS for word in words]
    gaps = arrays.nulls(encoded.indices)
    codes = np.where(gaps, len(words), arrays.integers(pc.fill_null(encoded.indices, 0)))
    values = np.array([*places, np.nan])[codes]
    faulty = ~np.array([*known, True])[codes]
    return Column(values, faulty if faulty.any() else None)
