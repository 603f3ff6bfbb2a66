"""Hold outlooks against the past: forecasts from earlier times, compared with the scores that followed.

From each of some earlier times (rolling origins; L. J. Tashman, *Out-of-sample tests of forecasting accuracy*,
International Journal of Forecasting 16, 2000) the indicators are fitted and drawn anew from what was known then. The
draws are judged by the continuous ranked probability score (CRPS; T. Gneiting and A. E. Raftery, *Strictly Proper
Scoring Rules, Prediction, and Estimation*, Journal of the American Statistical Association 102, 2007), and by the share
of scores inside their intervals, beside two naive forecasts: the last score unchanged, and the last score with its past
changes, drawn anew.
"""

from collections.abc import Sequence

import numpy as np

from riskmodel.analysis.outlook.paths import resampled
from riskmodel.analysis.outlook.unit import UnitPast
from riskmodel.analysis.results.outlook import Backtest, Trial
from riskmodel.kernels.types import Floats
from riskmodel.tables.labels import Codes

FIRST = 20
"""Times with a score before the first origin: the range of 19 errors holds the next with a probability of 90 %."""
LEAST = FIRST + 4
"""Times with a score that an outlook needs, so that at least four are left to compare with."""
MAX_ORIGINS = 12
"""Origins of a unit."""
_CHANGES = 1
"""Tells the draws of past changes from those of indicators."""

Comparisons = Floats
"""(k, 7) by comparison: steps ahead; the CRPS of the outlook and of both naive forecasts; 1 if inside the 50 %
interval; 1 if inside the 90 % interval; the CRPS without influences, NaN where there are none."""


def origins(known: Codes) -> Codes:
    """Return the times from which forecasts are made, evenly spread.

    Parameters
    ----------
    known : the positions of the times with a score, at least `LEAST`.
    """
    numbers = np.unique(np.linspace(FIRST - 1, len(known) - 2, MAX_ORIGINS).round().astype(np.intp))
    return known[numbers]


def compare(past: UnitPast, origin: int, steps: int, draws: int, months: int = 0) -> dict[str, Comparisons]:
    """Compare a forecast from a time with the scores that followed.

    Parameters
    ----------
    past : the unit.
    origin : the position of the time; the forecast depends on values up to it only.
    steps : ahead, at most.
    draws : of the forecasts.
    months : of a step, to add the influences of the model, and compare the forecast without them too; 0 to leave them
        out.

    Returns
    -------
    By score.
    """
    from scoringrules import crps_ensemble

    count = len(next(iter(past.scored.values())).value)
    steps = min(steps, count - 1 - origin)
    drawn = past.score(past.draw(origin, steps, draws, months), steps, draws)
    without = past.score(past.draw(origin, steps, draws), steps, draws) if months else {}
    results = {}
    for name, forecast in drawn.items():
        value, observed = (
            past.scored[name].value[: origin + 1],
            past.scored[name].value[origin + 1 : origin + 1 + steps],
        )
        compared = ~np.isnan(observed) & ~np.isnan(forecast.values).any(axis=1)
        if np.isnan(value).all() or not compared.any():
            continue
        last = value[~np.isnan(value)][-1]
        out_of = past.model.compiled.scores[name].out_of
        naive = changed(value, last, out_of, steps, draws, (*past.seed, origin, _CHANGES))
        observed, members = observed[compared], forecast.values[compared]
        low, lower, upper, high = np.quantile(members, (0.05, 0.25, 0.75, 0.95), axis=1)
        results[name] = np.column_stack(
            (
                np.flatnonzero(compared) + 1,
                crps_ensemble(observed, members, m_axis=-1),
                np.abs(observed - last),
                crps_ensemble(observed, naive[compared], m_axis=-1),
                (lower <= observed) & (observed <= upper),
                (low <= observed) & (observed <= high),
                crps_ensemble(observed, without[name].values[compared], m_axis=-1)
                if without
                else np.full(len(observed), np.nan),
            )
        )
    return results


def changed(value: Floats, last: float, out_of: float, steps: int, draws: int, seed: tuple[int, ...]) -> Floats:
    """Return (steps, draws) of the naive forecast: the last score with its past changes of one step, drawn anew.

    Changes are drawn in blocks, as errors of indicators are; they are of mean 0, so that chance adds no trend. Scores
    stay in [0, out_of].
    """
    changes = np.diff(value)
    changes = changes[~np.isnan(changes)]
    if len(changes) == 0:
        return np.full((steps, draws), last)
    drawn = (changes - changes.mean())[resampled(len(changes), draws, steps, np.random.default_rng(seed))]
    scores: Floats = np.clip(last + np.cumsum(drawn, axis=1), 0.0, out_of).T
    return scores


def summary(units: int, origin_count: int, comparisons: Sequence[Comparisons]) -> Backtest | None:
    """Return the backtest of a score over all units; None without any comparison."""
    if not comparisons:
        return None
    every = np.concatenate(comparisons)
    steps = np.unique(every[:, 0]).astype(int).tolist()
    return Backtest(
        units,
        origin_count,
        _trial(None, every),
        tuple(_trial(step, every[every[:, 0] == step]) for step in steps),
    )


def _trial(step: int | None, rows: Comparisons) -> Trial:
    crps, last, changes, inside_50, inside_90, without = rows[:, 1:].mean(axis=0).tolist()
    without_influences = None if np.isnan(without) else without
    return Trial(step, len(rows), crps, last, changes, inside_50, inside_90, without_influences)
