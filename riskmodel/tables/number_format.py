"""Formats of numbers in text: decimal mark and thousands separator, and hints for a text in another format."""

import re
import shlex
from functools import cache
from typing import NamedTuple

SPACES = " \t\n\v\f\r"
"""The whitespace that is stripped from cells."""
SEPARATORS = {",": ",", ".": r"\.", " ": "(?: |\u00a0|\u2009|\u202f)", "'": "(?:'|\u2019)"}
"""The thousands separators, and for each the pattern of all characters that count as it."""
_SEPARATOR_NAMES = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}
_DECIMAL_NAMES = {".": "a decimal point", ",": "a decimal comma"}


def separator(text: str) -> str | None:
    """Return the thousands separator that a text stands for; None where it is none."""
    return next((character for character, pattern in SEPARATORS.items() if re.fullmatch(pattern, text)), None)


class NumberFormat(NamedTuple):
    """The decimal mark, the thousands separator where there is one, and the flags that may follow a number."""

    decimal: str = "."
    thousands: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def flag_pattern(self) -> str:
        """The pattern of one flag."""
        return "|".join(map(re.escape, sorted(self.flags, key=len, reverse=True)))

    @property
    def pattern(self) -> str:
        """The pattern of a number, for Python and RE2 alike; groups have three digits, except the first."""
        decimal = re.escape(self.decimal)
        plain = rf"[0-9]+{decimal}?[0-9]*|{decimal}[0-9]+"
        if self.thousands is not None:
            plain = rf"[1-9][0-9]{{0,2}}(?:{SEPARATORS[self.thousands]}[0-9]{{3}})+(?:{decimal}[0-9]*)?|{plain}"
        return rf"[+-]?(?:{plain})(?:[eE][+-]?[0-9]+)?"

    def number(self, text: str) -> float | None:
        """Parse a text; None where it is not a number."""
        text = text.strip(SPACES)
        if self.flags:
            text = re.sub(rf"[ \t]*(?:{self.flag_pattern})(?:[ \t,]*(?:{self.flag_pattern}))*$", "", text)
        if not _compiled(self).fullmatch(text):
            return None
        if self.thousands is not None:
            text = re.sub(SEPARATORS[self.thousands], "", text)
        return float(text.replace(self.decimal, "."))


@cache
def _compiled(number_format: NumberFormat) -> re.Pattern[str]:
    return re.compile(number_format.pattern)


PLAIN = NumberFormat()
FORMATS = tuple(
    NumberFormat(decimal, thousands)
    for thousands in (None, *SEPARATORS)
    for decimal in (".", ",")
    if decimal != thousands
)


def other_formats(text: str, number_format: NumberFormat) -> str:
    """Name the formats in which a text that is not a number would be one, and their options; empty if there is none.

    Parameters
    ----------
    text : a cell.
    number_format : the format in which it is not a number.
    """
    numbers: dict[float, NumberFormat] = {}
    for other in FORMATS if number_format.number(text) is None else ():
        if (number := other.number(text)) is not None:
            numbers.setdefault(number, other)
    if not numbers:
        return ""
    if len(numbers) == 1:
        ((number, other),) = numbers.items()
        description, options = f"has {_features(other, text)}", f"; {_options(other, number_format)} reads it"
    else:
        readings = (f"{number:.15g} (with {_features(other, text)})" for number, other in numbers.items())
        description = f"can be {' or '.join(readings)}"
        options = "; " + ", ".join(
            f"{_options(other, number_format)} reads {number:.15g}" for number, other in numbers.items()
        )
    return description + options


def with_text(value: str, number_format: NumberFormat) -> str:
    """Name the option that reads a number with text after or before it; empty where the text is no such cell.

    Parameters
    ----------
    value : a cell.
    number_format : the format in which it is not a number.
    """
    match = re.fullmatch(rf"({number_format.pattern})[ \u00a0]*([^\d\s.,'+-][^\d]{{0,19}})", value.strip(SPACES))
    if match is None:
        return remedy(value)
    number, text = match.group(1), match.group(2).strip()
    if (text.isalpha() and len(text) <= _LONGEST_FLAG) or (not text.isalnum() and len(text) == 1 and text != "%"):
        return f"; if {text!r} is a flag, --flags {text} reads {number}"
    return f"; if {number} is in the unit of the model, --flags {text!r} reads it; otherwise convert the column"


_LONGEST_FLAG = 3
_OTHER_MINUS = re.compile(r"[\u2010-\u2015\u2212]\d[\d.,]*")
_CURRENCY = re.compile(r"[$\u00a2-\u00a5\u20a0-\u20cf]\s*\d")
_MISSING_CODE = re.compile(
    r"[^\w\s]{1,4}(?: ?[a-z]{1,2})?|x|n/?a|n\.a\.?|n\.?d\.?|none|missing|#n/a|(?:-9{2,}|9{3,})(?:[.,]0+)?",
    re.IGNORECASE,
)
"""The cells that often stand for what is not known, such as `..`, `:`, `x` and -999."""


def remedy(cell: str) -> str:
    """Name the option that reads a cell which often stands for what is missing, or the sign that is no number's.

    Empty for all other cells.
    """
    code = cell.strip(SPACES)
    if _OTHER_MINUS.fullmatch(code):
        return f"; its minus sign is not '-' but {code[0]!r} (U+{ord(code[0]):04X})"
    if _CURRENCY.match(code):
        return f"; convert the column to numbers without {code[0]!r}"
    if _MISSING_CODE.fullmatch(code) is None:
        return ""
    return f"; if it stands for a missing value, --missing {shlex.quote(code)} reads it"


def _features(number_format: NumberFormat, text: str) -> str:
    features = [_DECIMAL_NAMES[number_format.decimal]] if number_format.decimal in text else []
    if number_format.thousands is not None:
        features.append(f"{_SEPARATOR_NAMES[number_format.thousands]} between thousands")
    return " and ".join(features)


def _options(number_format: NumberFormat, current: NumberFormat) -> str:
    """Return the command-line options that change the current format to another."""
    options = [f"--decimal {number_format.decimal}"] if number_format.decimal != current.decimal else []
    if (thousands := number_format.thousands) is not None:
        options.append(f"--thousands {thousands if thousands in ',.' else repr(thousands)}")
    return " ".join(options)
