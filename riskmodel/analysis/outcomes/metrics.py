"""Discrimination: how well values tell rows with an event from rows without one, and how sure that is.

The area under the ROC curve is the chance that of two rows, one with and one without an event, the one with the event
has the higher value; ties count half (J. A. Hanley and B. J. McNeil, *The meaning and use of the area under a receiver
operating characteristic curve*, Radiology 143, 1982).

Rows of one group (the years of one pair of states, say) resemble each other, so resamples draw whole groups (B. Efron
and R. Tibshirani, *An Introduction to the Bootstrap*, 1993). A group drawn twice counts twice, which is a
weight of 2 for its rows; nothing has to be sorted again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from riskmodel.analysis.outcomes.observations import Codes
from riskmodel.kernels.scales import Floats
from riskmodel.results import Estimate, Record
from riskmodel.tables.arrays import Mask

MIN_GROUPS = 3
"""With fewer, nothing can be said of how groups differ."""
_CELLS = 200_000
"""How many weights are held at a time; they stay in the processor's cache."""
_KEPT = 1_000_000
"""How large a table of draws may be to be kept for the next call."""


class Resamples(NamedTuple):
    """Groups drawn with replacement, as many as there are; the same each time that they are asked for.

    Attributes
    ----------
    codes : (n,) the group of each row, from 0.
    groups : how many groups there are, whether or not the rows hold any of them.
    number : how many resamples, 1 or more.
    confidence : the stated rate at which intervals cover, in (0, 1).
    seed : any whole number from 0 on.
    """

    codes: Codes
    groups: int
    number: int
    confidence: float
    seed: int

    def drawn(self, resample: int) -> Codes:
        """(groups,) how often each group is in a resample."""
        if self.groups * self.number <= _KEPT:
            drawn: Codes = _all_drawn(self.groups, self.number, self.seed)[resample]
            return drawn
        return _drawn(self.groups, self.seed, resample)

    def of(self, rows: Mask) -> "Resamples":
        """The same resamples for some of the rows; a group that has none of them stays drawn."""
        return self._replace(codes=self.codes[rows])


def _drawn(groups: int, seed: int, resample: int) -> Codes:
    # Each has a start of its own: all of them at once may be as large as resamples times rows.
    random = np.random.default_rng((seed, resample))
    return np.bincount(random.integers(groups, size=groups), minlength=groups)


@lru_cache(maxsize=4)
def _all_drawn(groups: int, number: int, seed: int) -> Codes:
    """(number, groups) the same of every resample: a study asks for them once for each thing that it compares."""
    drawn = np.stack([_drawn(groups, seed, resample) for resample in range(number)])
    drawn.flags.writeable = False
    return drawn


def draw_resamples(codes: Codes, number: int, confidence: float, seed: int) -> Resamples:
    """Resamples of all groups that rows are of; see `Resamples`."""
    return Resamples(codes, int(codes.max()) + 1, number, confidence, seed)


def auc(events: Mask, values: Floats) -> float:
    """The area under the ROC curve.

    Parameters
    ----------
    events : (n,) whether there was an event; some must be, some not.
    values : (n,) finite; the higher, the likelier an event.

    Returns
    -------
    In [0, 1]; 0.5 where the values tell nothing.
    """
    return float(_Ordered(events, values).auc(np.ones((1, len(values))))[0])


def auc_draws(events: Mask, values: Floats, drawn: Resamples) -> Floats:
    """The area under the ROC curve of every resample, (resamples,); NaN in those without events, or without others."""
    ordered = _Ordered(events, values)
    in_order = drawn._replace(codes=drawn.codes[ordered.order])
    return np.concatenate([ordered.auc(weights) for weights in _weights(in_order)])


def auc_estimate(events: Mask, values: Floats, drawn: Resamples, draws: Floats | None = None) -> Estimate:
    """The area under the ROC curve with its interval.

    The spread of the resamples is taken on the logit scale, where the estimate is more nearly normal and the ends stay
    within [0, 1], with Student's t for one less than the number of groups that hold rows (M. S. Pepe, *The Statistical
    Evaluation of Medical Tests*, 2003, section 5.2, recommends the logit). Resamples in which every pair is in order
    count as half a pair short of that: without them the interval would be too narrow just where they are many.

    Parameters
    ----------
    events, values : as for `auc`.
    drawn : the resamples.
    draws : what `auc_draws` makes of all that, where it is known already.
    """
    value = auc(events, values)
    draws = auc_draws(events, values, drawn) if draws is None else draws
    edge = 0.5 / (int(events.sum()) * int((~events).sum()))
    reach = _reach(special.logit(np.clip(draws[np.isfinite(draws)], edge, 1.0 - edge)), drawn)
    if reach is None or not 0.0 < value < 1.0:
        return Estimate(value)
    middle = special.logit(value)
    return Estimate(value, float(special.expit(middle - reach)), float(special.expit(middle + reach)))


def gain_estimate(
    events: Mask,
    values: Floats,
    others: Floats,
    drawn: Resamples,
    draws: tuple[Floats, Floats] | None = None,
) -> Estimate:
    """By how much one area under the ROC curve exceeds another on the same rows, with its interval.

    There is no interval where resamples do not differ because one of the two is in perfect order.

    Parameters
    ----------
    events : (n,) whether there was an event.
    values, others : (n,) finite.
    drawn : the resamples.
    draws : what `auc_draws` makes of values and of others, where it is known already.
    """
    areas = auc(events, values), auc(events, others)
    value = areas[0] - areas[1]
    first, second = draws or (auc_draws(events, values, drawn), auc_draws(events, others, drawn))
    differences = first - second
    reach = _reach(differences[np.isfinite(differences)], drawn)
    if reach is None or (reach == 0.0 and any(area in (0.0, 1.0) for area in areas)):
        return Estimate(value)
    return Estimate(value, value - reach, value + reach)


def _reach(draws: Floats, drawn: Resamples) -> float | None:
    """Half the width of an interval: the spread of the resamples times the quantile of Student's t."""
    groups = len(np.unique(drawn.codes))
    if len(draws) < 2 or groups < MIN_GROUPS:
        return None
    return float(np.std(draws, ddof=1) * stats.t.ppf(0.5 + drawn.confidence / 2.0, groups - 1))


def _weights(drawn: Resamples) -> Iterator[Floats]:
    """The weights of the rows in the resamples, (some, n) at a time."""
    step = max(1, _CELLS // max(1, len(drawn.codes)))
    for start in range(0, drawn.number, step):
        some = range(start, min(start + step, drawn.number))
        yield np.stack([drawn.drawn(resample)[drawn.codes] for resample in some]).astype(np.float64)


class _Ordered:
    """Rows in the order of their values, ties together."""

    def __init__(self, events: Mask, values: Floats) -> None:
        if not np.isfinite(values).all():
            raise ValueError("values that are missing or infinite cannot be put in order")
        self.order = np.argsort(values, kind="stable")
        ordered = values[self.order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._events = events[self.order]

    def auc(self, weights: Floats) -> Floats:
        """The areas under the ROC curve for (k, n) weights of the rows, in their order."""
        with_event = np.add.reduceat(weights * self._events, self._starts, axis=1)
        without = np.add.reduceat(weights, self._starts, axis=1) - with_event
        below = np.cumsum(without, axis=1) - without / 2.0
        pairs = with_event.sum(axis=1) * without.sum(axis=1)
        won = (with_event * below).sum(axis=1)
        areas: Floats = np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0.0)
        return areas


Forecast = Callable[[Floats], Floats]
"""(n,) values to (n,) probabilities."""

_ROUNDING = 1e-12
"""The spread of values that are all the same but for rounding, in units of the values; no curve can be fitted to it."""

_NEWTON_STEPS = 100
_SMALL_STEP = 1e-8
"""From here on each step is far smaller than the one before, until rounding is all that is left."""
_LOSS_ROUNDING = 1e-15

BINS = 10
"""Forecasts that are hardly ever the same twice are told apart by tenths of the rows."""


@dataclass(frozen=True)
class Curve:
    """A logistic curve over values: expit(intercept + slope * value); a forecast."""

    intercept: float
    slope: float

    def __call__(self, values: Floats) -> Floats:
        """(n,) probabilities; NaN where a value is missing."""
        return np.asarray(special.expit(self.intercept + self.slope * values))


def logistic(values: Floats, events: Mask) -> Curve:
    """Fit a logistic curve that does not fall: values that run against the events say nothing, and get the base rate.

    Parameters
    ----------
    values : (n,) finite.
    events : (n,) whether there was an event; some must be, some not.
    """
    level = Curve(float(special.logit(np.mean(events))), 0.0)
    middle, spread = float(np.mean(values)), float(np.std(values))
    if spread <= _ROUNDING * abs(middle):
        return level
    intercept, steepness = _likeliest((values - middle) / spread, events, level.intercept)
    slope = steepness / spread
    return Curve(intercept - slope * middle, slope) if slope > 0.0 else level


def _likeliest(values: Floats, events: Mask, start: float) -> tuple[float, float]:
    """Intercept and slope of the highest likelihood, by Newton's method with halved steps, down to rounding.

    Where values tell events from the rest without an exception there is none, for the steeper the likelier; it ends
    where no more than rounding is left of the distance to 0 and 1.

    Parameters
    ----------
    values : (n,) with mean 0 and standard deviation 1.
    events : (n,) some are, some not.
    start : the intercept of a level curve.
    """
    intercept, slope, loss, last = start, 0.0, np.inf, np.inf
    up, steeper = 0.0, 0.0
    for _ in range(_NEWTON_STEPS):
        logits = intercept + up + (slope + steeper) * values
        reached = float(np.mean(np.logaddexp(0.0, logits) - events * logits))
        if not reached <= loss + _LOSS_ROUNDING * abs(loss):
            up, steeper = up / 2.0, steeper / 2.0
            continue
        intercept, slope, loss = intercept + up, slope + steeper, reached
        chances = special.expit(logits)
        miss, weights = events - chances, chances * special.expit(-logits)
        a, b = float(np.mean(miss)), float(np.mean(miss * values))
        p, q, r = (float(np.mean(weights * values**power)) for power in range(3))
        if not p * r - q * q > 0.0:
            break
        up, steeper = (r * a - q * b) / (p * r - q * q), (p * b - q * a) / (p * r - q * q)
        size = max(abs(up), abs(steeper))
        if size == 0.0 or (size < _SMALL_STEP and size >= last):
            break
        last = size
    return intercept, slope


def isotonic(values: Floats, events: Mask) -> Forecast:
    """Fit the best curve that never falls: level, or straight between values seen; beyond them it is level."""
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(values, events.astype(float))
    return lambda others: np.asarray(fitted.predict(others))


Recalibration = Callable[[Floats, Mask], Forecast]
"""(n,) values and events to what forecasts."""

RECALIBRATIONS: Mapping[str, Recalibration] = {"logistic": logistic, "isotonic": isotonic}


@dataclass(frozen=True, slots=True)
class Quality(Record):
    """How good some probabilities were.

    Attributes
    ----------
    brier : mean squared difference between probability and outcome, in [0, 1]; 0 is perfect.
    reliability, resolution, uncertainty, within : what it is made of; brier = reliability - resolution + uncertainty +
        within. Reliability is how far probabilities lie from what happened, resolution how far the groups of
        forecasts differ in what happened, uncertainty what a constant would get, within what differences inside a
        group of forecasts add (0 where each group holds one forecast).
    skill : 1 - brier / uncertainty: the share of the error that is saved of a constant at the rate of these very rows,
        which is known only afterwards; below 0 it is worse than that.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    skill: float

    def beside(self, skill_before: float) -> "ForecastQuality":
        """Return this with what is saved of a constant known beforehand."""
        return ForecastQuality(**asdict(self), skill_before=skill_before)


@dataclass(frozen=True, slots=True)
class ForecastQuality(Quality):
    """How good some probabilities were, and what is saved of a constant at the rate of the rows fitted on."""

    skill_before: float


@dataclass(frozen=True, slots=True)
class Intervals(Record):
    """What intervals are of; `of` says what was drawn, groups or rows."""

    confidence: float
    resamples: int
    seed: int
    of: str


def quality(probabilities: Floats, events: Mask) -> Quality:
    """The Brier score and its decomposition.

    A. H. Murphy, *A new vector partition of the probability score*, J. Applied Meteorology 12, 1973; with the term for
    differences within a group, D. B. Stephenson, C. A. S. Coelho and I. T. Jolliffe, *Two extra components in the Brier
    score decomposition*, Weather and Forecasting 23, 2008. Groups are the different forecasts where there are few, and
    tenths of the rows otherwise.

    Parameters
    ----------
    probabilities : (n,) in [0, 1].
    events : (n,) whether there was an event.
    """
    from sklearn.metrics import brier_score_loss

    happened = events.astype(float)
    bins = _bins(probabilities)
    size = np.bincount(bins)
    forecast, observed = (np.bincount(bins, weights=side) / size for side in (probabilities, happened))
    rate = float(np.mean(happened))
    brier = float(brier_score_loss(events, probabilities))
    reliability = float(np.sum(size * (forecast - observed) ** 2) / len(events))
    resolution = float(np.sum(size * (observed - rate) ** 2) / len(events))
    uncertainty = rate * (1.0 - rate)
    deviation = probabilities - forecast[bins]
    within = float(np.mean(deviation**2) - 2.0 * np.mean(deviation * (happened - observed[bins])))
    return Quality(brier, reliability, resolution, uncertainty, within, 1.0 - brier / uncertainty)


def skill_beside(brier: float, rate: Floats | float, events: Mask) -> float:
    """The share of the Brier score of a rate known beforehand that is saved; below 0, the rate alone does better.

    Parameters
    ----------
    brier : of the probabilities, on the same rows.
    rate : strictly between 0 and 1; for each row where rows have rates of their own.
    events : (n,) whether there was an event.
    """
    return 1.0 - brier / float(np.mean((rate - events) ** 2))


def _bins(probabilities: Floats) -> Codes:
    """(n,) the group of each forecast, from 0."""
    different, codes = np.unique(probabilities, return_inverse=True)
    if len(different) <= max(BINS, len(probabilities) // 20):
        return np.asarray(codes, np.intp)
    edges = np.quantile(probabilities, np.linspace(0.0, 1.0, BINS + 1)[1:-1])
    return np.unique(np.searchsorted(edges, probabilities, side="right"), return_inverse=True)[1].astype(np.intp)
