"""Values that come from Python: one function says what is missing and what is a number, whichever way they come in."""

from collections.abc import Mapping
from decimal import Decimal
from numbers import Complex, Integral, Real
from typing import Any


def plain_value(value: object) -> object:
    """A value as a file could hold it: numbers as int or float, text as str, and None for every mark of missing.

    Missing are None, NaN of any type (Decimal's sNaN too), NaT, the NA of pandas, what numpy masks, and a null of
    Arrow. The numbers are those of Python (Decimal and Fraction too) and of numpy, also as arrays without dimensions.
    What is neither missing, a number nor text is given back as it is, for whoever checks values to refuse.

    Parameters
    ----------
    value : anything; of a mapping, such as a distribution, every entry is taken.
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
    """A number as int or float; as it is where it is beyond all floats, so that errors show it."""
    if isinstance(value, Integral):
        return int(value)
    try:
        number = float(value)
    except OverflowError:
        return value
    return plain_value(number) if abs(number) != float("inf") else value


def _without_dimensions(value: Any) -> object:
    """A scalar of numpy, or an array without dimensions, of numpy or of a library like it."""
    if getattr(value, "mask", False):
        return None
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind in "mM":
        # Moments and durations would turn into numbers of nanoseconds.
        return value if str(value) != "NaT" else None
    if isinstance(value, Real):
        return _number(value)
    return complex(value) if isinstance(value, Complex) else plain_value(value.item())
