"""Cells: what stands in a column of a table, as the engine's numbers, and which of it cannot be."""

import difflib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from numbers import Real
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import Problem, SituationError, also_in, counted, repr_value, suggest
from riskmodel.kernels.scales import Floats
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays
from riskmodel.tables.arrays import Mask

MISSING_WORDS = ("", "NA", "NaN", "nan", "null")
_SPACES = " \t\n\v\f\r"
_LARGEST = float(np.finfo(np.float64).max)
SEPARATORS = {",": ",", ".": r"\.", " ": "(?: |\u00a0|\u2009|\u202f)", "'": "(?:'|\u2019)"}
"""What may stand between groups of three digits, and the pattern of all that looks like it."""


def separator(text: str) -> str | None:
    """The separator of thousands that a text stands for; None where it stands for none."""
    return next((mark for mark, pattern in SEPARATORS.items() if re.fullmatch(pattern, text)), None)


class NumberFormat(NamedTuple):
    """How numbers in text are written: the decimal mark, and what stands between thousands, if anything."""

    decimal: str = "."
    thousands: str | None = None

    @property
    def pattern(self) -> str:
        """What a number matches, for Python and RE2 alike; groups have three digits, but for the first."""
        mark = re.escape(self.decimal)
        plain = rf"[0-9]+{mark}?[0-9]*|{mark}[0-9]+"
        if self.thousands is not None:
            plain = rf"[1-9][0-9]{{0,2}}(?:{SEPARATORS[self.thousands]}[0-9]{{3}})+(?:{mark}[0-9]*)?|{plain}"
        return rf"[+-]?(?:{plain})(?:[eE][+-]?[0-9]+)?"

    def number(self, text: str) -> float | None:
        """The number that a text is; None where it is none."""
        text = text.strip(_SPACES)
        if not _compiled(self).fullmatch(text):
            return None
        if self.thousands is not None:
            text = re.sub(SEPARATORS[self.thousands], "", text)
        return float(text.replace(self.decimal, "."))


@cache
def _compiled(form: NumberFormat) -> re.Pattern[str]:
    return re.compile(form.pattern)


PLAIN = NumberFormat()
NUMBER = PLAIN.pattern
FORMATS = tuple(
    NumberFormat(decimal, thousands)
    for thousands in (None, *SEPARATORS)
    for decimal in (".", ",")
    if decimal != thousands
)


class Column(NamedTuple):
    """A column as the engine takes it: (n,) values, labels as positions, NaN where missing or faulty."""

    values: Floats
    faulty: Mask | None
    """Which rows hold what cannot be; None where none does."""


def read_column(indicator: Indicator, array: pa.Array, form: NumberFormat = PLAIN) -> Column:
    """Read a column of numbers, text or labels.

    Parameters
    ----------
    indicator : what the column is of.
    array : n cells; null is missing, and so are NaN and the missing words.
    form : how numbers in text are written.

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
    if indicator.labels is not None:
        return _labels(indicator.labels, array)
    if is_text:
        values, faulty = _numbers(array, form)
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


def why_faulty(indicator: Indicator, value: object, form: NumberFormat = PLAIN, *, has_options: bool = False) -> str:
    """Say what is wrong with a faulty cell, with the nearest value that could stand there.

    Parameters
    ----------
    indicator, value : what the cell is of, and what it holds.
    form : how numbers in text are written.
    has_options : whether `--decimal` and `--thousands` could have read it.
    """
    if isinstance(value, str):
        if indicator.labels is not None:
            return indicator.why_not_valid(value.strip(_SPACES)) or "not valid"
        number = form.number(value)
        reason = indicator.why_not_valid(value.strip(_SPACES) if number is None else number) or "not valid"
        text = other_formats(value, form, has_options=has_options)
        return f"{reason}; it {text}" if text else reason
    if isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_ | np.timedelta64):
        number = as_float(value)
        if math.isinf(number) and number != value and indicator.labels is None:
            return f"should be a finite number; got {repr_value(value)}"
        return indicator.why_not_valid(number) or "not valid"
    return f"should be a number; got {repr_value(value)}"


def as_float(value: Any) -> float:
    """A number as a float; infinite where it is beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def other_formats(text: str, form: NumberFormat, *, has_options: bool) -> str:
    """Say in which other ways a text that is no number could be read as one; empty where in none.

    Parameters
    ----------
    text : a cell.
    form : the way in which it is no number.
    has_options : whether to name the options that read it.
    """
    numbers: dict[float, NumberFormat] = {}
    for other in FORMATS if form.number(text) is None else ():
        if (number := other.number(text)) is not None:
            numbers.setdefault(number, other)
    if not numbers:
        return ""
    if len(numbers) == 1:
        ((number, other),) = numbers.items()
        told, options = f"has {_features(other, text)}", f"; {_options(other, form)} reads it"
    else:
        readings = (f"{number:.15g} (with {_features(other, text)})" for number, other in numbers.items())
        told = f"can be {' or '.join(readings)}"
        options = "; " + ", ".join(f"{_options(other, form)} reads {number:.15g}" for number, other in numbers.items())
    return told + options if has_options else told


_SEPARATED_BY = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}


def _features(form: NumberFormat, text: str) -> str:
    """What tells a number in this format from others."""
    features = [{".": "a decimal point", ",": "a decimal comma"}[form.decimal]] if form.decimal in text else []
    if form.thousands is not None:
        features.append(f"{_SEPARATED_BY[form.thousands]} between thousands")
    return " and ".join(features)


def _options(form: NumberFormat, given: NumberFormat) -> str:
    """The options that choose a format, where another has been given."""
    options = [f"--decimal {form.decimal}"] if form.decimal != given.decimal else []
    if form.thousands is not None:
        options.append(f"--thousands {form.thousands if form.thousands in ',.' else repr(form.thousands)}")
    return " ".join(options)


def as_python(cell: pa.Scalar) -> Any:
    """What a cell holds, as Python has it; text and bytes as text, in which what is not UTF-8 shows as escapes."""
    if isinstance(cell, pa.DictionaryScalar):
        cell = cell.value
    if isinstance(cell, pa.StringScalar | pa.BinaryScalar) and cell.is_valid:
        return cell.as_buffer().to_pybytes().decode(errors="backslashreplace")
    try:
        return cell.as_py()
    except (pa.ArrowException, OverflowError, ValueError, LookupError):
        # A moment beyond Python's years, or in a time zone that the system does not have.
        return str(cell.value)


def as_text(name: str, column: pa.Array) -> pa.Array:
    """A column as text.

    Raises
    ------
    SituationError
        Where its type, or a value of it, has none.
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


_BEYOND_CALENDARS = "<value out of range"
"""What pyarrow gives for the text of such a moment."""


def first_line(error: Exception) -> str:
    """What an error of Arrow says, without what it says of itself."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _numbers(cells: pa.Array, form: NumberFormat) -> tuple[Floats, Mask | None]:
    trimmed = pc.ascii_trim_whitespace(cells)
    good = pc.match_substring_regex(trimmed, f"^(?:{form.pattern})$")
    usable = arrays.mask(good)
    texts = pc.if_else(good, trimmed, arrays.NO_TEXT)
    if form.thousands is not None:
        texts = pc.replace_substring_regex(texts, SEPARATORS[form.thousands], "")
    if form.decimal != ".":
        texts = pc.replace_substring(texts, form.decimal, ".")
    values = arrays.floats(pc.cast(texts, pa.float64()))
    faulty = ~usable & ~_blank(trimmed)
    return values, faulty if faulty.any() else None


def _blank(trimmed: pa.Array) -> Mask:
    return arrays.nulls(trimmed) | arrays.mask(pc.is_in(trimmed, value_set=arrays.texts(MISSING_WORDS)))


def _labels(labels: Sequence[str], array: pa.Array) -> Column:
    """Labels as positions; each different cell is looked at once."""
    encoded = pc.dictionary_encode(array)
    position = {label: float(place) for place, label in enumerate(labels)}
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


Require: TypeAlias = Sequence[str] | Literal["all"]
"""Names of indicators that must have a column, or all of them."""
NEAR = 0.88
"""How alike two names are (difflib's ratio) if one is taken for the other misspelt."""
_SHOWN = 5
"""How many kinds of a column's faulty rows are named."""
_GROUPED = 1_000
"""How many of its faulty rows are looked at for what is wrong with them."""


def indicator_columns(spec: ModelSpec, columns: Sequence[object], require: Require = ()) -> list[str]:
    """The names among the columns that are indicators, in their order.

    Parameters
    ----------
    spec, columns : the model, and the columns of a table.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        Where there is none, one stands twice, a column is nearly an indicator that has no column, or an indicator has
        none that must have one.
    """
    required = _required(spec, require)
    names = [name for name in columns if isinstance(name, str) and name in spec.indicators]
    if not names:
        told = next(filter(None, (_near(column, spec.indicators) for column in columns)), "")
        listed = ", ".join(repr_value(column) for column in columns[:8]) + (", ..." if len(columns) > 8 else "")
        raise SituationError(f"no column is an indicator of model {spec.id!r}: {listed}{told}")
    absent = sorted(set(spec.indicators) - set(names))
    for column in columns:
        near = difflib.get_close_matches(as_id(str(column)), absent, n=1, cutoff=NEAR)
        if near and column not in spec.indicators:
            raise SituationError(
                f"the column {str(column)!r} is nearly the indicator {near[0]!r}, which has none: rename one"
            )
    if twice := twice_named(names):
        raise SituationError(f"the column {twice[0]!r} stands twice")
    if lacking := [name for name in required if name not in names]:
        others = [str(column) for column in columns if column not in spec.indicators]
        problems = (
            f"no column for {name!r}, which is required{suggest(name, others, short=False)}" for name in lacking
        )
        raise SituationError([Problem(message) for message in problems])
    return names


def _required(spec: ModelSpec, require: Require) -> list[str]:
    """The indicators that must have a column."""
    if require == "all":
        return list(spec.indicators)
    if isinstance(require, str):
        raise TypeError(f"require takes a list of names, or 'all'; got {require!r}")
    unknown = [name for name in require if name not in spec.indicators]
    if unknown:
        problems = (f"no indicator {name!r} in model {spec.id!r}{suggest(name, spec.indicators)}" for name in unknown)
        raise SituationError([Problem(message, file="--require") for message in problems])
    return list(dict.fromkeys(require))


def _near(column: object, indicators: Iterable[str]) -> str:
    found = difflib.get_close_matches(as_id(str(column)), list(indicators), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r} by {str(column)!r}?" if found else ""


def twice_named(names: Sequence[str]) -> list[str]:
    """The names that stand more than once."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def as_id(name: str) -> str:
    """A name as an id would be written: capitals, spaces and hyphens are slips, not other names."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def column_problems(
    indicator: Indicator, name: str, faulty: Mask | None, value: Callable[[int], object], row: Callable[[int], str]
) -> list[Problem]:
    """What is wrong with the faulty cells of a column; the first are named, the others counted.

    Parameters
    ----------
    indicator, name : what the column is of, and what it is called.
    faulty : (n,) which rows are; None where none is.
    value, row : what stands at a position, as Python has it, and what to call the row.
    """
    places = [] if faulty is None else np.flatnonzero(faulty).tolist()
    groups: dict[str, list[int]] = {}
    for place in places[:_GROUPED]:
        groups.setdefault(why_faulty(indicator, value(place)), []).append(place)
    problems, covered = [], 0
    for why, (first, *others) in list(groups.items())[:_SHOWN]:
        also = also_in([row(place) for place in others])
        problems.append(Problem(why + also, field=f"column {name}, {row(first)}"))
        covered += 1 + len(others)
    if more := len(places) - covered:
        problems.append(Problem(f"and {counted(more, 'more row')} not valid", field=f"column {name}"))
    return problems
