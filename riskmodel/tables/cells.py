"""Convert the cells of a table's columns to the engine's numbers, and explain those that are not valid."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import Problem, SituationError, also_in, counted, repr_value
from riskmodel.kernels.types import Floats
from riskmodel.schema.base import label_of
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays
from riskmodel.tables.arrays import Mask
from riskmodel.tables.number_format import PLAIN, SEPARATORS, SPACES, NumberFormat, other_formats, remedy, with_text

MISSING_WORDS = ("", "NA", "NaN", "nan", "null")
_MAX_FLOAT = float(np.finfo(np.float64).max)
_MAX_PROBLEMS = 5
"""Kinds of faults of a column that are listed."""
_MAX_GROUPED = 1_000
"""Faulty rows of a column that are grouped by their fault."""
_BEYOND_CALENDARS = "<value out of range"
"""pyarrow's text of a timestamp beyond its calendar."""


class Column(NamedTuple):
    """A column as the engine takes it: (n,) values, labels as positions, NaN where missing or faulty."""

    values: Floats
    faulty: Mask | None
    """(n,) True for rows with an invalid cell; None where there are none."""


def read_column(indicator: Indicator, array: pa.Array, number_format: NumberFormat = PLAIN) -> Column:
    """Read a column of numbers, text or labels.

    Parameters
    ----------
    indicator : the indicator that the column has values of.
    array : n cells; null is missing, and so are NaN and the missing words.
    number_format : of numbers in text.

    Raises
    ------
    SituationError
        The column's type can hold neither numbers nor text.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    has_text = is_text(kind)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (has_text or is_number or pa.types.is_null(kind)):
        raise SituationError(f"should be a number; the column holds {kind}")
    if has_text:
        array = pc.cast(array, pa.string())
    if pa.types.is_decimal(kind):
        # By way of text: Arrow's cast from decimal to float can be off by the last digit.
        array = pc.cast(pc.cast(array, pa.string()), pa.float64())
    if indicator.labels is not None:
        return _labels(indicator, array)
    if has_text:
        values, faulty = _numbers(array, number_format, indicator.missing_texts)
    else:
        values, faulty = arrays.floats(pc.cast(array, pa.float64(), safe=False)), None
    return within_bounds(indicator, values, faulty)


def _numbers(cells: pa.Array, number_format: NumberFormat, codes: Sequence[str]) -> tuple[Floats, Mask | None]:
    trimmed = pc.ascii_trim_whitespace(cells)
    if number_format.flags:
        trimmed = split_flags(trimmed, number_format, codes).cells
    matches = pc.match_substring_regex(trimmed, f"^(?:{number_format.pattern})$")
    texts = pc.if_else(matches, trimmed, arrays.NO_TEXT)
    if number_format.thousands is not None:
        texts = pc.replace_substring_regex(texts, SEPARATORS[number_format.thousands], "")
    if number_format.decimal != ".":
        texts = pc.replace_substring(texts, number_format.decimal, ".")
    values = arrays.floats(pc.cast(texts, pa.float64()))
    missing = arrays.nulls(trimmed) | arrays.mask(_is_missing_word(trimmed, codes))
    faulty = ~arrays.mask(matches) & ~missing
    return values, faulty if faulty.any() else None


class Flagged(NamedTuple):
    """The cells of a column without the flags after them, and the flags; null where there is none."""

    cells: pa.Array
    flags: pa.Array


def split_flags(cells: pa.Array, number_format: NumberFormat, codes: Sequence[str]) -> Flagged:
    """Split the flags off trimmed cells of text, except missing words and codes; the rest need not be a number."""
    flag = f"(?:{number_format.flag_pattern})"
    has_flags = arrays.mask(pc.match_substring_regex(cells, f"{flag}$")) & ~arrays.mask(_is_missing_word(cells, codes))
    flags = pa.nulls(len(cells), pa.string())
    if has_flags.any():
        # Cells are split only where there is something to split: the pattern takes much longer than the one above.
        flagged = arrays.from_mask(has_flags)
        pattern = rf"^(?P<cell>.*?)[ \t]*(?P<flags>{flag}(?:[ \t,]*{flag})*)$"
        parts = pc.extract_regex(cells.filter(flagged), pattern)
        cells = pc.replace_with_mask(cells, flagged, pc.struct_field(parts, "cell"))
        flags = pc.replace_with_mask(flags, flagged, pc.struct_field(parts, "flags"))
    return Flagged(cells, flags)


def flags_of(indicator: Indicator, array: pa.Array, number_format: NumberFormat) -> pa.Array:
    """Return the flags after the numbers of a column of an indicator as text; null where there is none."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if not is_text(array.type):
        return pa.nulls(len(array), pa.string())
    trimmed = pc.ascii_trim_whitespace(pc.cast(array, pa.string()))
    return split_flags(trimmed, number_format, indicator.missing_texts).flags


def is_text(kind: pa.DataType) -> bool:
    """Return True for the types of text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_missing_word(cells: pa.Array, codes: Sequence[str]) -> pa.Array:
    return pc.is_in(cells, value_set=arrays.texts((*MISSING_WORDS, *codes)))


def _labels(indicator: Indicator, array: pa.Array) -> Column:
    """Convert labels to positions; each distinct cell is looked up once."""
    labels, missing_words = indicator.labels or (), (*MISSING_WORDS, *indicator.missing_texts)
    encoded = pc.dictionary_encode(array)
    positions = {label: float(position) for position, label in enumerate(labels)}
    words = [
        label_of(word.strip(SPACES) if isinstance(word, str) else word) for word in map(as_python, encoded.dictionary)
    ]
    known = [word in positions or word in missing_words for word in words]
    missing = arrays.nulls(encoded.indices)
    codes = np.where(missing, len(words), arrays.integers(pc.fill_null(encoded.indices, 0)))
    values = np.array([*(positions.get(word, np.nan) for word in words), np.nan])[codes]
    faulty = ~np.array([*known, True])[codes]
    return Column(values, faulty if faulty.any() else None)


def within_bounds(indicator: Indicator, values: Floats, faulty: Mask | None = None) -> Column:
    """Return a column of numbers in which those outside the valid range, or not finite, are faulty."""
    if indicator.missing_numbers:
        values = np.where(np.isin(values, indicator.missing_numbers), np.nan, values)
    low, high = indicator.bounds
    low, high = max(low, -_MAX_FLOAT), min(high, _MAX_FLOAT)
    if len(values) and not (np.fmin.reduce(values) >= low and np.fmax.reduce(values) <= high):
        outside = (values < low) | (values > high)
        if outside.any():
            values = np.where(outside, np.nan, values)
            faulty = outside if faulty is None else faulty | outside
    return Column(values, faulty)


class ValidRows(NamedTuple):
    """The columns without rows that have a faulty cell."""

    columns: dict[str, Floats]
    faulty: dict[int, list[str]]
    """The faulty columns of each removed row, by its position; in order."""


def drop_faulty(columns: Mapping[str, Column]) -> ValidRows:
    """Remove the rows that are faulty in any column."""
    faulty = {name: column.faulty for name, column in columns.items() if column.faulty is not None}
    if not faulty:
        return ValidRows({name: column.values for name, column in columns.items()}, {})
    dropped = np.logical_or.reduce(list(faulty.values()))
    faults = {int(row): [name for name in faulty if faulty[name][row]] for row in np.flatnonzero(dropped)}
    return ValidRows({name: column.values[~dropped] for name, column in columns.items()}, faults)


def fault_message(indicator: Indicator, value: object, number_format: NumberFormat = PLAIN) -> str:
    """Explain why a cell is not valid, with the nearest valid value or the option that reads it.

    Parameters
    ----------
    indicator, value : the indicator, and the content of the cell.
    number_format : of numbers in text.
    """
    if isinstance(value, str):
        if indicator.labels is not None:
            return indicator.why_not_valid(value.strip(SPACES)) or "not valid"
        number = number_format.number(value)
        reason = indicator.why_not_valid(value.strip(SPACES) if number is None else number) or "not valid"
        text = other_formats(value, number_format)
        if text:
            return f"{reason}; it {text}"
        return reason + (with_text(value, number_format) if number is None else remedy(value))
    if isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_ | np.timedelta64):
        number = as_float(value)
        if math.isinf(number) and number != value and indicator.labels is None:
            return f"should be a finite number; got {repr_value(value)}"
        reason = indicator.why_not_valid(number) or "not valid"
        return reason if indicator.labels is not None else reason + remedy(label_of(number))
    return f"should be a number; got {repr_value(value)}"


def column_problems(
    indicator: Indicator,
    name: str,
    faulty: Mask | None,
    value: Callable[[int], object],
    row: Callable[[int], str],
    number_format: NumberFormat = PLAIN,
) -> list[Problem]:
    """List the problems of a column's faulty cells: the first by row, the rest as a count.

    Parameters
    ----------
    indicator, name : the indicator, and the name of its column.
    faulty : (n,) which rows are; None where none is.
    value, row : return the Python value at a position, and the name of the row.
    number_format : of numbers in text.
    """
    positions = [] if faulty is None else np.flatnonzero(faulty).tolist()
    groups: dict[str, list[int]] = {}
    for position in positions[:_MAX_GROUPED]:
        groups.setdefault(fault_message(indicator, value(position), number_format), []).append(position)
    problems, covered = [], 0
    for message, (first, *others) in list(groups.items())[:_MAX_PROBLEMS]:
        also = also_in([row(position) for position in others])
        problems.append(Problem(message + also, field=f"column {name}, {row(first)}"))
        covered += 1 + len(others)
    if more := len(positions) - covered:
        problems.append(Problem(f"and {counted(more, 'more row')} not valid", field=f"column {name}"))
    return problems


def as_float(value: Any) -> float:
    """Convert a number to a float; infinite where it exceeds all floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_python(cell: pa.Scalar) -> Any:
    """Convert a cell to a Python value; text and bytes to `str`, with bytes that are not UTF-8 as escapes."""
    if isinstance(cell, pa.DictionaryScalar):
        cell = cell.value
    if isinstance(cell, pa.StringScalar | pa.BinaryScalar) and cell.is_valid:
        return cell.as_buffer().to_pybytes().decode(errors="backslashreplace")
    try:
        return cell.as_py()
    except (pa.ArrowException, OverflowError, ValueError, LookupError):
        # A timestamp beyond Python's years, or in a time zone that is not installed.
        return str(cell.value)


def as_text(name: str, column: pa.Array) -> pa.Array:
    """Convert a column to text.

    Raises
    ------
    SituationError
        The column's type, or one of its values, has no text.
    """
    try:
        text = pc.cast(column, pa.string())
    except pa.ArrowException as error:
        raise SituationError(
            f"column {name!r} holds {column.type}, which has no text here: {first_line(error)}"
        ) from None
    try:
        text.validate(full=True)
    except pa.ArrowException:
        raise SituationError(f"column {name!r} holds text that is not UTF-8") from None
    if pa.types.is_temporal(column.type) and pc.any(pc.starts_with(text, _BEYOND_CALENDARS)).as_py():
        raise SituationError(f"column {name!r} holds {column.type} with a value that is beyond all calendars")
    return text


def as_label(name: str, column: pa.Array) -> pa.Array:
    """Convert a column to labels of rows: text as by `as_text`, but a time at midnight as its date alone."""
    text = as_text(name, column)
    if not pa.types.is_timestamp(column.type) or column.type.tz is not None:
        return text
    return pc.replace_substring_regex(text, r"( 00:00:00)?(\.0+)?$", "")


def first_line(error: Exception) -> str:
    """Return the message of an Arrow error without its stack of C++ contexts."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
