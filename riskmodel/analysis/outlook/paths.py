"""Draws of the months ahead: the one-step errors of the past, the same months for all indicators, are drawn anew.

Errors are drawn by the stationary bootstrap (D. N. Politis and J. P. Romano, *The Stationary Bootstrap*, Journal of the
American Statistical Association 89, 1994): blocks of neighbouring times, of random length, begin at random times. What
moved together in a month of the past moves together in the draws.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.outlook.forecasts import Forecast
from riskmodel.kernels.types import Floats
from riskmodel.tables.labels import Codes

OTHERS = 20
"""Times that the pasts of all other units together count for, where an indicator never varied in a unit's own."""


class Carried(NamedTuple):
    """An indicator of numbers with its forecast; `low` and `high` are the ends of its valid range."""

    forecast: Forecast
    low: float
    high: float


def resampled(count: int, draws: int, steps: int, generator: np.random.Generator) -> Codes:
    """Return (draws, steps) positions among the times of the past, in blocks; the first time follows the last.

    Parameters
    ----------
    count : the number of times, 1 or more; blocks have its cube root as mean length.
    """
    starts = generator.random((draws, steps)) < 1.0 / max(round(count ** (1 / 3)), 1)
    starts[:, 0] = True
    fresh = generator.integers(count, size=(draws, steps))
    # Steps since the last start of a block: the largest start so far is subtracted.
    numbers = np.arange(steps)
    begin = np.maximum.accumulate(np.where(starts, numbers, 0), axis=1)
    drawn: Codes = (np.take_along_axis(fresh, begin, axis=1) + numbers - begin) % count
    return drawn


def drawn_errors(errors: Floats, draws: int, steps: int, generator: np.random.Generator) -> Floats:
    """Draw the errors of the steps ahead.

    Parameters
    ----------
    errors : (k, times) one-step errors of k indicators, NaN where there is none.

    Returns
    -------
    (k, draws, steps). Where an indicator has no error in a time that is drawn, another of its own is drawn; an
    indicator without any has errors of 0.
    """
    times = np.flatnonzero(~np.isnan(errors).all(axis=0))
    if len(times) == 0:
        return np.zeros((len(errors), draws, steps))
    drawn = errors[:, times[resampled(len(times), draws, steps, generator)]]
    for row, own in zip(drawn, errors, strict=True):
        known, missing = own[~np.isnan(own)], np.isnan(row)
        row[missing] = generator.choice(known, size=int(missing.sum())) if len(known) else 0.0
    return drawn


def draw_paths(
    carried: Mapping[str, Carried],
    origin: int,
    draws: int,
    steps: int,
    seed: tuple[int, ...],
    moves: Mapping[str, Floats] = MappingProxyType({}),
) -> dict[str, Floats]:
    """Draw the values of indicators after a time.

    Each value is kept in the valid range before the next is drawn from it. An indicator whose last value is earlier
    than the origin is carried on from there.

    Parameters
    ----------
    carried : the indicators; their forecasts are from the origin.
    origin : the position of the time.
    draws, steps : of the paths.
    seed : the same seed gives the same draws.
    moves : (m,) moves of one step in other units, by indicator without a model; NaN where unknown. They are drawn in a
        share of the steps that falls with the length of the unit's own past.

    Returns
    -------
    (steps, draws) by indicator; NaN for one without any value.
    """
    if not carried:
        return {}
    forecasts = [item.forecast for item in carried.values()]
    behind = [origin - forecast.last if forecast.last >= 0 else 0 for forecast in forecasts]
    ahead = max(behind) + steps
    generator = np.random.default_rng(seed)
    errors = drawn_errors(np.array([forecast.errors for forecast in forecasts]), draws, ahead, generator)

    if moves:
        drawn = generator.integers(len(next(iter(moves.values()))), size=errors.shape[1:])
        is_moved = generator.random(errors.shape[1:]) < OTHERS / (OTHERS + origin + 1)
        for row, name in zip(errors, carried, strict=True):
            if name in moves:
                move = moves[name][drawn]
                row[:] = np.where(is_moved & ~np.isnan(move), move, row)

    def column(values: list[float]) -> Floats:
        return np.array(values)[:, None]

    level, slope = (
        np.repeat(column([getattr(item, name) for item in forecasts]), draws, 1) for name in ("level", "slope")
    )
    level_gain, slope_gain = (
        column([getattr(item, name) for item in forecasts]) for name in ("level_gain", "slope_gain")
    )
    damping = column([item.damping for item in forecasts])
    low, high = column([item.low for item in carried.values()]), column([item.high for item in carried.values()])
    first = np.array([ahead - steps - lag for lag in behind])[:, None]
    paths = np.empty((len(forecasts), steps, draws))
    for step in range(ahead):
        value = np.clip(level + errors[:, :, step], low, high)
        error = value - level
        begun: NDArray[np.bool_] = step >= first
        level = np.where(begun, level + slope + level_gain * error, level)
        slope = np.where(begun, damping * slope + slope_gain * error, slope)
        if step >= ahead - steps:
            paths[:, step - (ahead - steps)] = value
    return dict(zip(carried, paths, strict=True))


def draw_labels(values: Floats, draws: int, steps: int, seed: tuple[int, ...]) -> Floats:
    """Draw the labels of an indicator after its past, by the frequencies of past transitions (a Markov chain).

    A label whose successor was never seen stays.

    Parameters
    ----------
    values : (times,) positions of labels up to the origin; NaN where missing.

    Returns
    -------
    (steps, draws); NaN without any label.
    """
    known = np.flatnonzero(~np.isnan(values))
    if len(known) == 0:
        return np.full((steps, draws), np.nan)
    states = int(values[known].max()) + 1
    counts = np.zeros((states, states))
    following = known[1:][np.diff(known) == 1]
    np.add.at(counts, (values[following - 1].astype(int), values[following].astype(int)), 1.0)
    unseen = counts.sum(axis=1) == 0
    counts[unseen, unseen.nonzero()[0]] = 1.0
    shares = np.cumsum(counts / counts.sum(axis=1, keepdims=True), axis=1)
    generator = np.random.default_rng(seed)
    behind = len(values) - 1 - int(known[-1])
    state = np.full(draws, int(values[known[-1]]))
    paths = np.empty((behind + steps, draws))
    for step in range(behind + steps):
        chance = generator.random(draws)[:, None]
        state = np.minimum((chance >= shares[state]).sum(axis=1), states - 1)
        paths[step] = state
    return paths[behind:]
