"""From values to probabilities: recalibration, how good the probabilities are, and what their error is made of.

A score is an index. What it says of probabilities has to be fitted to outcomes, on other rows than it is judged by:
by a logistic curve (J. Platt, *Probabilistic outputs for support vector machines*, 1999), or by isotonic regression,
the best curve that never falls (B. Zadrozny and C. Elkan, *Transforming classifier scores into accurate multiclass
probability estimates*, KDD 2002).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from riskmodel.analysis.labels import Codes
from riskmodel.arrays import Mask
from riskmodel.kernels.scales import Floats

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


class Quality(NamedTuple):
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
