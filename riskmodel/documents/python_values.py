"""Conversion of Python values: numbers, text and missing values of any library."""

from collections.abc import Mapping
from decimal import Decimal
from numbers import Complex, Integral, Real
from typing import Any


def plain_value(value: object) -> object:
    """Convert a value as a file could contain it: numbers to int or float, text to str, missing values to None.

    Missing are None, NaN of any type (Decimal's sNaN, too), NaT, the NA of pandas, masked values of numpy, and nulls of
    Arrow. Numbers are those of Python (including Decimal and Fraction) and numpy, also as 0-d arrays. All other values
    are returned as they are, to be rejected by validation.

    Parameters
    ----------
    value : any value; the entries of a mapping, such as a distribution, are converted.
    """
    kind = type(value)
    if kind is float:
        return value if value == value else None  # noqa: PLR0124  (NaN alone differs from itself)
    if value is None or kind in (str, int, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain_value(entry) for key, entry in value.items()}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Decimal):
        return None if value.is_nan() else _number(value)
    if kind.__name__ in ("NAType", "NaTType"):
        return None
    if getattr(value, "ndim", None) == 0:
        return _without_dimensions(value)
    if isinstance(value, Real):
        return _number(value)
    if kind.__module__.startswith("pyarrow"):
        as_python = getattr(value, "as_py", None)
        return plain_value(as_python()) if callable(as_python) else value
    return value


def _number(value: Any) -> object:
    """Convert a number to int or float; return it unchanged on overflow, so that errors show it."""
    if isinstance(value, Integral):
        return int(value)
    try:
        number = float(value)
    except OverflowError:
        return value
    return plain_value(number) if abs(number) != float("inf") else value


def _without_dimensions(value: Any) -> object:
    """Convert a scalar or 0-d array of numpy or a similar library."""
    if getattr(value, "mask", False):
        return None
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in "mM":
        # Datetimes and durations would become nanoseconds.
        return value if str(value) != "NaT" else None
    if isinstance(value, Real):
        return _number(value)
    return complex(value) if isinstance(value, Complex) else plain_value(value.item())
