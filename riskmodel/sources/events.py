"""Cells as distinct texts, actors, and the reasons why a row is no act, as all readers of events have them."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from riskmodel.sources.records import NO_STATE, ORGANISATION, UNKNOWN

NO_COUNTRY = -4
"""The state of an actor without a country; no record has it."""
WITHOUT_COUNTRY = "an actor has no country"
COUNTRY_UNKNOWN = "the country of an actor is unknown"
CODE_UNKNOWN = "the code of the act is unknown"
"""Reasons why rows are dropped."""
_T = TypeVar("_T", bound=np.generic)


class Cells(NamedTuple):
    """The cells of a column as distinct texts; missing ones are empty.

    Attributes
    ----------
    values : some may be equal.
    place : (n,) position of each row's in `values`.
    """

    values: tuple[str, ...]
    place: NDArray[np.intp]

    def map(self, function: Callable[[str], object], dtype: type[_T]) -> NDArray[_T]:
        """Return (n,) the number that a function gives for each text, called once for each distinct one."""
        mapped: NDArray[_T] = np.array([function(value) for value in self.values], dtype)[self.place]
        return mapped

    def counts(self) -> Iterator[tuple[str, int]]:
        """Yield the distinct texts with their numbers of rows."""
        yield from zip(self.values, np.bincount(self.place, minlength=len(self.values)).tolist(), strict=True)

    def row(self, value: str) -> int:
        """Return the first row with a text."""
        return int(np.flatnonzero(self.place == self.values.index(value))[0])


class Actors(NamedTuple):
    """One of the two actors of acts.

    Attributes
    ----------
    state : (n,) the state, `ORGANISATION`, `NO_STATE`, `UNKNOWN` or `NO_COUNTRY`.
    acts : (n,) whether the actor acts for the state; not used for those of no state.
    """

    state: NDArray[np.int16]
    acts: NDArray[np.bool_]


def reasons_against(source: Actors, target: Actors) -> Mapping[str, NDArray[np.bool_]]:
    """Return why acts are not of two states, or of a state and an organisation, and (n,) where each reason holds.

    The first that holds is the reason.
    """
    a, b = source.state, target.state
    return {
        WITHOUT_COUNTRY: (a == NO_COUNTRY) | (b == NO_COUNTRY),
        COUNTRY_UNKNOWN: (a == UNKNOWN) | (b == UNKNOWN),
        "an actor is a region or no state": (a == NO_STATE) | (b == NO_STATE),
        "both actors are organisations": (a == ORGANISATION) & (b == ORGANISATION),
        "both actors are of one state": a == b,
        "an actor acts for no state": ((a >= 0) & ~source.acts) | ((b >= 0) & ~target.acts),
    }
