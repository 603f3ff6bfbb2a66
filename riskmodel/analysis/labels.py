"""Labels: columns that say who or when, and which of two times is the earlier."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel import arrays, cells
from riskmodel.arrays import Mask
from riskmodel.errors import Problem, SituationError, counted

Codes = NDArray[np.intp]

_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?)?", re.ASCII)
_MONTH = "0000-00"


class Labels(NamedTuple):
    """A column of labels: (n,) the position of each row's label among the names, which are in ascending order."""

    codes: Codes
    names: tuple[str, ...]

    def span(self, rows: Mask) -> tuple[str, str]:
        """The first and the last label of some rows."""
        codes = self.codes[rows]
        return self.names[codes.min()], self.names[codes.max()]


def read_labels(texts: pa.Array, ordered: bool, problem: Callable[[int, str], Problem]) -> Labels:
    """Read a column of labels.

    Parameters
    ----------
    texts : (n,) the labels.
    ordered : whether they are times.
    problem : makes a problem of the position of a row and a message.

    Raises
    ------
    SituationError
        Where rows have none, or labels that should be times are none.
    """
    texts = pc.utf8_trim_whitespace(texts)
    blank = arrays.nulls(texts) | arrays.mask(pc.is_in(texts, value_set=arrays.texts(cells.MISSING_WORDS)))
    if blank.any():
        count = int(blank.sum())
        message = "has no value" if count == 1 else f"has no value, and so have {counted(count - 1, 'row')} after it"
        raise SituationError([problem(int(np.argmax(blank)), message)])
    encoded = pc.dictionary_encode(texts)
    labels: list[str] = encoded.dictionary.to_pylist()
    try:
        keys: Sequence[Any] = _times(labels) if ordered else labels
    except _NoTimeError as error:
        row = int(np.argmax(arrays.integers(encoded.indices) == error.place))
        raise SituationError([problem(row, error.message)]) from None
    # Written in two ways (1980 and 1980.0, or a date with and without its hour) a time is still one time.
    different = sorted(set(keys))
    places = {key: place for place, key in enumerate(different)}
    position = np.array([places[key] for key in keys], np.intp)
    written = dict(zip(reversed(keys), reversed(labels), strict=True))
    return Labels(position[arrays.integers(encoded.indices)], tuple(written[key] for key in different))


class _NoTimeError(Exception):
    """A label that is no time, or none like the others; by its position among the labels."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


def _times(labels: Sequence[str]) -> Sequence[float] | Sequence[datetime]:
    """What labels are put in order by: their numbers, or their moments where they are ISO dates.

    Raises
    ------
    _NoTimeError
        Where a label is neither, or only some are numbers.
    """
    is_number = [re.fullmatch(cells.NUMBER, label) is not None for label in labels]
    if all(is_number):
        return [float(label) for label in labels]
    moments = []
    for place, label in enumerate(labels):
        moment = None if is_number[place] else _moment(label)
        if moment is None and not is_number[place]:
            message = f"{label!r} is no time; times are numbers, or dates such as 1962-10 or 1962-10-22"
            raise _NoTimeError(place, message)
        if is_number[place] != is_number[0]:
            kinds = ("a date", "a number")
            message = f"{label!r} is {kinds[is_number[place]]}, and {labels[0]!r} before it is {kinds[is_number[0]]}"
            raise _NoTimeError(place, f"{message}; give all times in one way")
        if moment is not None:
            moments.append(moment)
    return moments


def _moment(label: str) -> datetime | None:
    """When a date begins; None where it is none."""
    if not _DATE.fullmatch(label):
        return None
    try:
        return datetime.fromisoformat(f"{label}-01" if len(label) == len(_MONTH) else label)
    except ValueError:
        return None


def first_from(time: Labels, name: str, start: str) -> int:
    """The position of the first time that is not before `start`.

    Raises
    ------
    SituationError
        Where `start` is not of the kind of the times, or leaves none before or none after.
    """
    spans = f"the times in column {name!r} run from {time.names[0]} to {time.names[-1]}"
    try:
        *keys, asked = _times([*time.names, start.strip()])
    except _NoTimeError:
        raise SituationError(f"{start!r} is no such time; {spans}") from None
    place = sum(key < asked for key in keys)  # type: ignore[operator]
    if place in (0, len(time.names)):
        raise SituationError(f"there is nothing {f'before {start}' if place == 0 else f'from {start} on'}; {spans}")
    return place
