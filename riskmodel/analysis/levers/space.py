"""The space that is searched: what can be moved, how far, and at what cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskmodel.analysis.cases import Case
from riskmodel.arrays import Mask
from riskmodel.errors import ModelError
from riskmodel.kernels.scales import Floats
from riskmodel.kernels.truth import compare, margin
from riskmodel.marks import marks, whole_range
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Lever

_NEAR = 1e-6
"""Values that lie nearer to a mark than this share of the whole range are taken for the mark."""
_BESIDE = 1e-9
"""How far beside a mark, in shares of the whole range, a value is tried; there is where steps have happened."""
_BEYOND = 2.0
"""How far at least, in margins within which comparisons count values as equal."""


@dataclass(frozen=True)
class Space:
    """The levers of one situation, in the order of their names. A point is an (n,) array of their raw values.

    Attributes
    ----------
    names : of the n levers.
    now : (n,) their values in the situation; of a label its position.
    low, high : (n,) how far each can be moved: its whole range, and the value that it has now where that lies beyond.
    prices : (n,) what it costs to move each over its whole range.
    labels : (n,) whether the values are labels, so that it moves by steps.
    marks : by lever, the values at which something changes, ascending, within `low` and `high`.
    """

    names: tuple[str, ...]
    now: Floats
    low: Floats
    high: Floats
    prices: Floats
    labels: Mask
    marks: tuple[Floats, ...]
    starts: Floats
    """(n,) where each whole range begins, as its logarithm where that is what counts."""
    widths: Floats
    """(n,) how wide each whole range is, likewise."""
    logarithmic: Mask

    def shares(self, points: Floats) -> Floats:
        """(rows, n) points as shares of the whole ranges: 0 and 1 at their ends, beyond where the situation is.

        Below a whole range that is logarithmic nothing changes, so that counts as its lower end.
        """
        counted = np.array(points, dtype=float)
        logs = self.logarithmic
        counted[..., logs] = np.log(np.maximum(counted[..., logs], np.exp(self.starts[logs])))
        found: Floats = (counted - self.starts) / self.widths
        return found

    def points(self, shares: Floats) -> Floats:
        """(rows, n) raw values of shares, within how far each can be moved; what has not moved is exactly as it was."""
        raw = self.starts + self.widths * shares
        raw[..., self.logarithmic] = np.exp(raw[..., self.logarithmic])
        raw[..., self.labels] = np.rint(raw[..., self.labels])
        return np.where(shares == self.shares(self.now), self.now, np.clip(raw, self.low, self.high))

    def costs(self, points: Floats) -> Floats:
        """(rows, n) what it costs to move each lever from where it is now: price x |change| / whole range."""
        found: Floats = self.prices * np.abs(self.shares(points) - self.shares(self.now))
        return found

    def tried(self, lever: int, between: int) -> Floats:
        """(k,) values of a lever to try, ascending: marks, just beside them, so many between each two, and now.

        Parameters
        ----------
        lever : its position.
        between : values between two marks, evenly spread.
        """
        inside = self.marks[lever]
        if self.labels[lever]:
            return inside
        share = np.arange(1, between + 1) / (between + 1)
        gaps = inside[:-1, np.newaxis] + np.diff(inside)[:, np.newaxis] * share
        beside = np.maximum(_BESIDE * (self.high[lever] - self.low[lever]), _BEYOND * margin(inside, inside))
        found = np.concatenate((inside, inside - beside, inside + beside, gaps.ravel(), [self.now[lever]]))
        return np.unique(np.clip(found, self.low[lever], self.high[lever]))

    def on_marks(self, point: Floats) -> Floats:
        """An (n,) point with each value that equals a mark, as comparisons see it, at that mark."""
        nearest = np.array(
            [inside[np.abs(inside - value).argmin()] for inside, value in zip(self.marks, point, strict=True)]
        )
        return np.where(compare("==", point, nearest), nearest, point)

    def at_mark(self, lever: int, value: float) -> float | None:
        """The mark that a value all but coincides with; None where there is none."""
        nearest = self.marks[lever][np.abs(self.marks[lever] - value).argmin()]
        return float(nearest) if abs(nearest - value) <= _NEAR * (self.high[lever] - self.low[lever]) else None


def space_of(spec: ModelSpec, case: Case) -> Space:
    """The levers of a situation: those that the model names, as far as the situation has a value for them.

    Raises
    ------
    ModelError
        Where the model does not tell how far a lever ranges.
    """
    levers = levers_of(spec)
    names = tuple(sorted(name for name in levers if name in case.given))
    ranges = [whole_range(spec, name) for name in names]
    now = np.array([case.given[name] for name in names])
    low = np.minimum([whole.low for whole in ranges], now) if names else now
    high = np.maximum([whole.high for whole in ranges], now) if names else now
    logarithmic = np.array([whole.logarithmic for whole in ranges], dtype=bool)
    ends = np.array([(whole.low, whole.high) for whole in ranges]).reshape(-1, 2)
    counted = np.log(ends, where=logarithmic[:, np.newaxis], out=ends.copy())
    widths = counted[:, 1] - counted[:, 0]
    return Space(
        names=names,
        now=now,
        low=low,
        high=high,
        prices=np.array([levers[name].cost for name in names]),
        labels=np.array([spec.indicators[name].labels is not None for name in names], dtype=bool),
        marks=tuple(_within(marks(spec, name), *ends) for name, *ends in zip(names, low, high, now, strict=True)),
        starts=counted[:, 0],
        widths=np.where(widths > 0, widths, 1.0),
        logarithmic=logarithmic,
    )


def levers_of(spec: ModelSpec) -> dict[str, Lever]:
    """The levers of a model, by indicator; where it names none, every indicator whose range is known, at cost 1."""
    named = {name: indicator.lever for name, indicator in spec.indicators.items() if indicator.lever is not None}
    return named or {name: Lever() for name in spec.indicators if _has_range(spec, name)}


def _has_range(spec: ModelSpec, name: str) -> bool:
    try:
        whole_range(spec, name)
    except ModelError:
        return False
    return True


def _within(values: Floats, *ends: float) -> Floats:
    """The marks between the ends, the ends themselves, and the value now."""
    found: Floats = np.unique([*values[(values >= min(ends)) & (values <= max(ends))], *ends])
    return found


def column(points: Floats, lever: int, values: Sequence[float] | Floats) -> Floats:
    """A row for each value: the point, with one lever at that value."""
    rows = np.repeat(points[np.newaxis, :], len(values), axis=0)
    rows[:, lever] = values
    return rows
