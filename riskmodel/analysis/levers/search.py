"""The edge: between a value that does not reach the target and one that does, where that begins."""

import math
from collections.abc import Sequence
from itertools import combinations, islice, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.levers.cells import joint_comparisons, within_cells
from riskmodel.analysis.levers.problem import Objective, SearchSpace, column, shortfalls
from riskmodel.analysis.levers.slp import polished
from riskmodel.kernels.scales import Floats

_PARTS = 64
_ROUNDS = 24
_LADDER = np.arange(1, _PARTS) / _PARTS


def boundaries(trial: Objective, points: Floats, levers: NDArray[np.intp], failing: Floats, reaching: Floats) -> Floats:
    """(b,) values that just reach the target: the float before, on the way from `failing`, does not.

    All brackets are cut at once, each into 64 parts at a time. Where the target is met, and not, more than once between
    the ends of a bracket, the edge that is found is one of several.

    Parameters
    ----------
    points : (b, n) a point for each bracket.
    levers : (b,) the lever that is moved.
    failing, reaching : (b,) its values at the ends of the bracket.
    """
    each = np.arange(len(levers))
    if not len(levers):
        return reaching
    for _ in range(_ROUNDS):
        ladder = failing[:, np.newaxis] + (reaching - failing)[:, np.newaxis] * _LADDER
        rows = np.repeat(points, len(_LADDER), axis=0)
        rows[np.arange(len(rows)), np.repeat(levers, len(_LADDER))] = ladder.ravel()
        reached = trial.reaches(rows).reshape(ladder.shape)
        steps = np.column_stack((failing, ladder, reaching))
        first = np.column_stack((reached, np.ones(len(levers), dtype=bool))).argmax(axis=1) + 1
        before, after = steps[each, first - 1], steps[each, first]
        if (before == failing).all() and (after == reaching).all():
            break
        failing, reaching = before, after
    return reaching


def settled(trial: Objective, point: Floats) -> Floats:
    """An (n,) point that reaches the target by itself, where it did among other rows, or at least meets it.

    A value that a comparison takes for a number in its sentence becomes that number. Exponentials and powers of many
    numbers at once may differ in the last bit from those of one, so the levers that have moved go on by as few of the
    smallest steps as it takes.

    Raises
    ------
    RuntimeError
        Where that does not help, which would be an error in the search.
    """
    space = trial.space
    on_breakpoints = space.on_breakpoints(point)
    if trial.reaches(on_breakpoints[np.newaxis, :])[0]:
        return on_breakpoints
    way = np.where(space.labels, 0.0, np.sign(point - space.now))
    for steps in (0.0, *(2.0 ** np.arange(40))):
        nudged: Floats = np.clip(point + way * steps * np.spacing(np.abs(point)), space.low, space.high)
        if trial.reaches(nudged[np.newaxis, :])[0]:
            return nudged
    if trial.keeps(point[np.newaxis, :])[0]:
        return point
    raise RuntimeError(
        f"an answer was found that does not reach the target: {dict(zip(space.names, point, strict=True))}"
    )


_MAX_ROWS = 40_000
_MAX_EXCHANGES = 30


def coordinate_descent(
    trial: Objective, points: Floats, tried: Sequence[Floats], sweeps: int, rng: np.random.Generator
) -> Floats:
    """Move one lever after the other to the best of its values, from many points at once; (p, n) points.

    The levers come in another order in each sweep, but in the same for all points.
    """
    for _ in range(sweeps):
        for lever in rng.permutation(len(tried)):
            values = tried[lever]
            # The value that a point has already comes last, so that it counts as one of those tried.
            steps = np.column_stack((np.broadcast_to(values, (len(points), len(values))), points[:, lever]))
            rows = np.repeat(points, steps.shape[1], axis=0)
            rows[:, lever] = steps.ravel()
            best = trial.merits(rows).reshape(steps.shape).argmin(axis=1)
            points = points.copy()
            points[:, lever] = steps[np.arange(len(points)), best]
    return points


def pairwise_descent(trial: Objective, point: Floats, tried: Sequence[Floats]) -> Floats:
    """Move two levers at a time to the best of their values, until no two can be moved to any good; an (n,) point."""
    pairs = list(combinations(range(len(tried)), 2))
    merit = trial.merits(point[np.newaxis, :])[0]
    for _ in range(_MAX_EXCHANGES):
        rows = _exchanges(point, tried, pairs)
        merits = np.concatenate([trial.merits(part) for part in np.array_split(rows, 1 + len(rows) // _MAX_ROWS)])
        best = int(merits.argmin())
        if not merits[best] < merit:
            break
        point, merit = rows[best], merits[best]
    return point


def _exchanges(point: Floats, tried: Sequence[Floats], pairs: Sequence[tuple[int, int]]) -> Floats:
    """A row for each two levers and each two of their values."""
    if not pairs:
        rows = np.repeat(point[np.newaxis, :], len(tried[0]), axis=0)
        rows[:, 0] = tried[0]
        return rows
    parts = []
    for first, second in pairs:
        rows = np.repeat(point[np.newaxis, :], len(tried[first]) * len(tried[second]), axis=0)
        rows[:, first] = np.repeat(tried[first], len(tried[second]))
        rows[:, second] = np.tile(tried[second], len(tried[first]))
        parts.append(rows)
    return np.vstack(parts)


_MAX_COMBINATIONS = 4096
_FINER = 8
_WHOLE = 1e-6
_MAX_DIGITS = 300


def rounded(trial: Objective, point: Floats) -> Floats:
    """An (n,) point near the one given, with as few digits as still reach the target.

    Steps are the power of ten next below a hundredth of the change, so that a single change grows by less than a
    hundredth; finer ones are taken where that does not reach the target. Values are rounded away from where they are
    now, and towards it only where nothing else reaches the target.
    """
    space = trial.space
    moved = np.flatnonzero((point != space.now) & ~space.labels)
    for finer in range(_FINER):
        choices = [_choices(trial, int(lever), float(point[lever]), finer) for lever in moved]
        rows = np.array(list(islice(product(*choices), _MAX_COMBINATIONS)))
        points = np.repeat(point[np.newaxis, :], len(rows), axis=0)
        points[:, moved] = rows
        reached = trial.keeps(points)
        if reached.any() and trial.keeps(points[reached.argmax()][np.newaxis, :])[0]:
            found: Floats = points[reached.argmax()]
            return found
    return point


def _choices(trial: Objective, lever: int, value: float, finer: int) -> list[float]:
    """A value rounded: to the number that it is but for the last bits, away from now, towards now."""
    space = trial.space
    now = float(space.now[lever])
    digits = finer + 2 - math.floor(math.log10(abs(value - now)))
    if digits > _MAX_DIGITS or not math.isfinite(value * 10.0**digits):
        return [value]
    scaled = value * 10.0**digits
    away, towards = (math.ceil, math.floor) if value > now else (math.floor, math.ceil)
    steps = [round(scaled)] if abs(scaled - round(scaled)) < _WHOLE else []
    found = [_decimal(step, digits) for step in dict.fromkeys([*steps, away(scaled), towards(scaled)])]
    return [min(max(one, float(space.low[lever])), float(space.high[lever])) for one in found]


def _decimal(step: int, digits: int) -> float:
    """The float nearest to step x 10^-digits."""
    return float(f"{step}e{-digits}")


_BETWEEN = 24
"""Values tried between two marks."""
_LESS = 0.99
"""A change that is this much of the one needed must not be enough."""
_ZOOMS = 3
_SAME = 1e-9
"""Shortfalls that differ by less, in points, are the same."""


class SingleLever(NamedTuple):
    """What one lever can do: a value that it is moved to, and whether that reaches the target."""

    value: float
    reaches: bool


def single_levers(trial: Objective) -> list[SingleLever]:
    """What each lever can do with all others where they are now, in the order of the levers."""
    space = trial.space
    if not space.names:
        return []
    tried = [space.tried(lever, _BETWEEN) for lever in range(len(space.names))]
    rows = np.vstack([column(space.now, lever, values) for lever, values in enumerate(tried)])
    slacks, reached = trial.slacks(rows), trial.reaches(rows)
    found = []
    at = 0
    for lever, values in enumerate(tried):
        part = slice(at, at + len(values))
        at += len(values)
        if reached[part].any():
            found.append(SingleLever(_least(trial, lever, values, values[reached[part]]), True))
        else:
            value = _nearest(trial, lever, values, shortfalls(slacks[part]))
            found.append(SingleLever(value, bool(trial.keeps(column(space.now, lever, [value]))[0])))
    return found


def _least(trial: Objective, lever: int, tried: Floats, reaching: Floats) -> float:
    """The smallest change that reaches the target, given the values that were tried and those that do."""
    now = trial.space.now[lever]
    sides = [reaching[reaching > now], reaching[reaching < now][::-1]]
    found = [_just(trial, lever, tried, side[0]) for side in sides if len(side)]
    costs = trial.space.costs(column(trial.space.now, lever, found))[:, lever]
    return found[int(costs.argmin())]


def _just(trial: Objective, lever: int, tried: Floats, reaching: float) -> float:
    """The value nearest to now, on the same side as one that reaches the target, from which on it is reached."""
    space = trial.space
    if space.labels[lever]:
        return float(reaching)
    now = space.now[lever]
    while True:
        # Each turn takes at least a hundredth off the change, down to the smallest that there is, so this ends.
        between = tried[(np.abs(tried - now) < abs(reaching - now)) & ((tried - now) * (reaching - now) >= 0)]
        before = between[np.abs(between - now).argmax()] if len(between) else now
        bracket = (np.array([lever]), np.array([before]), np.array([reaching]))
        reaching = float(boundaries(trial, space.now[np.newaxis, :], *bracket)[0])
        less = float(now + _LESS * (reaching - now))
        if less == reaching or not trial.reaches(column(space.now, lever, [less]))[0]:
            return reaching
        reaching = less


def _nearest(trial: Objective, lever: int, tried: Floats, short: Floats) -> float:
    """The value that comes nearest to the target; of several alike, the one nearest to now."""
    space = trial.space
    for _ in range(0 if space.labels[lever] else _ZOOMS):
        best = int(short.argmin())
        ends = tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)]
        tried = np.unique([tried[best], space.now[lever], *np.linspace(*ends, 2 * _BETWEEN)])
        short = shortfalls(trial.slacks(column(space.now, lever, tried)))
    alike = tried[short <= short.min() + _SAME]
    found = float(alike[space.costs(column(space.now, lever, alike))[:, lever].argmin()])
    mark = space.at_mark(lever, found)
    if mark is None:
        return found
    at_mark = shortfalls(trial.slacks(column(space.now, lever, [mark])))[0]
    return mark if at_mark <= short.min() + _SAME else found


_RANDOM_STARTS = 60
_SWEEPS = 2
_PAIRS = 25_000
_POLISHED, _EXCHANGED = 16, 3
_SCATTERED = 500
"""Points at random that tell which cells there are."""
_SLACK = 1e-8
"""How many points farther from the target than the nearest point found still count as nearest."""


def cheapest(trial: Objective, singles: Sequence[SingleLever]) -> Floats:
    """The (n,) point of least merit that the search finds; never worse than the best single lever.

    Parameters
    ----------
    trial : what is to be reached.
    singles : what each lever can do alone.
    """
    corners = _corners(trial, singles)
    point = _taken_back(trial, _search(trial, np.vstack((trial.space.now[np.newaxis, :], corners))))
    points = np.vstack((point[np.newaxis, :], corners))
    merits = trial.merits(points)
    # A lever alone wins a tie, because it is the plainer answer.
    merits[0] += 1e-9
    best: Floats = points[merits.argmin()]
    return best


def nearest(trial: Objective, singles: Sequence[SingleLever], point: Floats) -> tuple[Objective, Floats]:
    """Where no point reaches the target: one that falls least short of it, for the least cost.

    Parameters
    ----------
    point : (n,) of least merit, as `cheapest` found it.

    Returns
    -------
    The trial with what the nearest point falls short by allowed, and the (n,) point.
    """
    relaxed = trial.relaxed(float(shortfalls(trial.slacks(point[np.newaxis, :]))[0]) + _SLACK)
    starts = np.vstack((point[np.newaxis, :], trial.space.now[np.newaxis, :], _corners(trial, singles)))
    return relaxed, _taken_back(relaxed, _search(relaxed, starts))


def _corners(trial: Objective, singles: Sequence[SingleLever]) -> Floats:
    """(n, n) points at which one lever does what it can alone."""
    return np.vstack([column(trial.space.now, at, [found.value]) for at, found in enumerate(singles)])


def _search(trial: Objective, starts: Floats) -> Floats:
    space = trial.space
    rng = np.random.default_rng(0)
    tried = _tried(space)
    drawn = np.column_stack([rng.choice(values, _RANDOM_STARTS) for values in tried])
    points = coordinate_descent(trial, np.vstack((starts, drawn)), tried, _SWEEPS, rng)
    points = polished(trial, _best(trial, points, _POLISHED))
    exchanged = [pairwise_descent(trial, point, tried) for point in _best(trial, points, _EXCHANGED)]
    points = np.vstack((points, polished(trial, np.array(exchanged))))
    if trial.allowed is None and len(space.names) > 1 and joint_comparisons(trial):
        anywhere = space.low + (space.high - space.low) * rng.random((_SCATTERED, len(space.names)))
        anywhere = np.where(space.labels, np.rint(anywhere), anywhere)
        partly = np.where(rng.random(anywhere.shape) < 0.5, space.now, anywhere)
        points = np.vstack((points, within_cells(trial, np.vstack((starts, points, anywhere, partly)))))
    best: Floats = _best(trial, points, 1)[0]
    return best


def _tried(space: SearchSpace) -> list[Floats]:
    """By lever, the values to try: as many as leave the pairs of values of all pairs of levers to be tried at once."""
    count = len(space.names)
    wanted = math.sqrt(_PAIRS / max(count * (count - 1) / 2, 1.0))
    found = []
    for lever in range(count):
        gaps = max(len(space.breakpoints[lever]) - 1, 1)
        found.append(space.tried(lever, max(1, int(wanted / gaps) - 3)))
    return found


def _best(trial: Objective, points: Floats, count: int) -> Floats:
    """The best of the points, each once."""
    points = np.unique(points, axis=0)
    return points[np.argsort(trial.merits(points), kind="stable")[:count]]


def _taken_back(trial: Objective, point: Floats) -> Floats:
    """The point with each lever, dearest first, moved no further than it takes; values next to a mark move to it."""
    space = trial.space
    if not trial.reaches(point[np.newaxis, :])[0]:
        return point
    for lever in np.argsort(-space.costs(point[np.newaxis, :])[0], kind="stable"):
        now = space.now[lever]
        mark = space.at_mark(lever, point[lever])
        plain = column(point, lever, [now] if mark is None else [now, mark])
        reached = trial.reaches(plain)
        if reached.any():
            point = plain[reached.argmax()]
        elif not space.labels[lever]:
            bracket = (np.array([lever]), np.array([now]), point[lever : lever + 1])
            point = column(point, lever, boundaries(trial, point[np.newaxis, :], *bracket))[0]
    return point
