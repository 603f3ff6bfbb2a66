"""Formats of numbers in text: decimal mark and thousands separator, and hints for a text in another format."""

import re
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
    """The decimal mark, and the thousands separator where there is one."""

    decimal: str = "."
    thousands: str | None = None

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


def other_formats(text: str, number_format: NumberFormat, *, has_options: bool) -> str:
    """Name the formats in which a text that is not a number would be one; empty where there is none.

    Parameters
    ----------
    text : a cell.
    number_format : the format in which it is not a number.
    has_options : whether to name the options that read it.
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
    return description + options if has_options else description


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
