"""Metrics of forecasts: discrimination (AUC) with bootstrap intervals, recalibration, and the Brier score.

The area under the ROC curve (AUC) is the probability that, of two rows, one with an event and one without, the row with
the event has the higher value; ties count half (J. A. Hanley and B. J. McNeil, *The meaning and use of the area under a
receiver operating characteristic curve*, Radiology 143, 1982).

Rows of one group (the years of one pair of states) are not independent, so resamples draw whole groups (B. Efron and
R. Tibshirani, *An Introduction to the Bootstrap*, 1993). Rows of a group drawn twice have a weight of 2, so that values
are sorted only once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate, Record
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes

MIN_GROUPS = 3
"""The fewest groups for an interval."""
_MAX_WEIGHTS = 200_000
"""Weights in memory at a time; so many stay in the processor's cache."""
_MAX_CACHED = 1_000_000
"""The largest table of draws that is cached for the next call."""


class Resamples(NamedTuple):
    """Bootstrap resamples of groups, drawn with replacement; reproducible for a seed.

    Attributes
    ----------
    codes : (n,) the group of each row, from 0.
    groups : the number of groups, including those without rows.
    number : the number of resamples, 1 or more.
    confidence : the nominal coverage of intervals, in (0, 1).
    seed : 0 or more.
    """

    codes: Codes
    groups: int
    number: int
    confidence: float
    seed: int

    def counts(self, resample: int) -> Codes:
        """Return (groups,) how often each group is in a resample."""
        if self.groups * self.number <= _MAX_CACHED:
            counts: Codes = _all_counts(self.groups, self.number, self.seed)[resample]
            return counts
        return _counts(self.groups, self.seed, resample)

    def subset(self, rows: Mask) -> "Resamples":
        """Return the same resamples for some of the rows; groups without rows are still drawn."""
        return self._replace(codes=self.codes[rows])


def _counts(groups: int, seed: int, resample: int) -> Codes:
    # Each resample has its own seed, since a table of all of them may be too large.
    random = np.random.default_rng((seed, resample))
    return np.bincount(random.integers(groups, size=groups), minlength=groups)


@lru_cache(maxsize=4)
def _all_counts(groups: int, number: int, seed: int) -> Codes:
    """Return (number, groups) counts of all resamples; cached, since a study needs them for each baseline."""
    counts = np.stack([_counts(groups, seed, resample) for resample in range(number)])
    counts.flags.writeable = False
    return counts


def draw_resamples(codes: Codes, number: int, confidence: float, seed: int) -> Resamples:
    """Return resamples of all groups of the rows; see `Resamples`."""
    return Resamples(codes, int(codes.max()) + 1, number, confidence, seed)


def auc(events: Mask, values: Floats) -> float:
    """Compute the area under the ROC curve.

    Parameters
    ----------
    events : (n,) True for rows with an event; some must be, some not.
    values : (n,) finite; the higher, the likelier an event.

    Returns
    -------
    In [0, 1]; 0.5 for values without information.
    """
    return float(_RankedRows(events, values).auc(np.ones((1, len(values))))[0])


def auc_draws(events: Mask, values: Floats, resamples: Resamples) -> Floats:
    """Compute (resamples,) areas under the ROC curve; NaN for resamples with events only, or without events."""
    ranked = _RankedRows(events, values)
    in_order = resamples._replace(codes=resamples.codes[ranked.order])
    return np.concatenate([ranked.auc(weights) for weights in _weights(in_order)])


def auc_estimate(events: Mask, values: Floats, resamples: Resamples, draws: Floats | None = None) -> Estimate:
    """Compute the area under the ROC curve with its interval.

    The standard deviation of the resamples is computed on the logit scale, on which the estimate is closer to normal
    and the interval stays within [0, 1] (M. S. Pepe, *The Statistical Evaluation of Medical Tests*, 2003, section 5.2),
    with Student's t for one less than the number of groups with rows. Resamples with perfect order count as half a pair
    short of it; without them, the interval would be too narrow where they are frequent.

    Parameters
    ----------
    events, values : as for `auc`.
    resamples : the resamples.
    draws : the result of `auc_draws`, if already computed.
    """
    value = auc(events, values)
    draws = auc_draws(events, values, resamples) if draws is None else draws
    edge = 0.5 / (int(events.sum()) * int((~events).sum()))
    half_width = _half_width(special.logit(np.clip(draws[np.isfinite(draws)], edge, 1.0 - edge)), resamples)
    if half_width is None or not 0.0 < value < 1.0:
        return Estimate(value)
    centre = special.logit(value)
    return Estimate(value, float(special.expit(centre - half_width)), float(special.expit(centre + half_width)))


def gain_estimate(
    events: Mask,
    values: Floats,
    others: Floats,
    resamples: Resamples,
    draws: tuple[Floats, Floats] | None = None,
) -> Estimate:
    """Compute the difference between two areas under the ROC curve on the same rows, with its interval.

    There is no interval if all resamples are equal because one of the two orders is perfect.

    Parameters
    ----------
    events : (n,) True for rows with an event.
    values, others : (n,) finite.
    resamples : the resamples.
    draws : the results of `auc_draws` for values and others, if already computed.
    """
    areas = auc(events, values), auc(events, others)
    value = areas[0] - areas[1]
    first, second = draws or (auc_draws(events, values, resamples), auc_draws(events, others, resamples))
    differences = first - second
    half_width = _half_width(differences[np.isfinite(differences)], resamples)
    if half_width is None or (half_width == 0.0 and any(area in (0.0, 1.0) for area in areas)):
        return Estimate(value)
    return Estimate(value, value - half_width, value + half_width)


def _half_width(draws: Floats, resamples: Resamples) -> float | None:
    """Return the standard deviation of the resamples times the quantile of Student's t; None for too few groups."""
    groups = len(np.unique(resamples.codes))
    if len(draws) < 2 or groups < MIN_GROUPS:
        return None
    return float(np.std(draws, ddof=1) * stats.t.ppf(0.5 + resamples.confidence / 2.0, groups - 1))


def _weights(resamples: Resamples) -> Iterator[Floats]:
    """Yield blocks of (resamples, n) weights of the rows."""
    step = max(1, _MAX_WEIGHTS // max(1, len(resamples.codes)))
    for start in range(0, resamples.number, step):
        block = range(start, min(start + step, resamples.number))
        yield np.stack([resamples.counts(resample)[resamples.codes] for resample in block]).astype(np.float64)


class _RankedRows:
    """Rows sorted by value, with tied values grouped."""

    def __init__(self, events: Mask, values: Floats) -> None:
        if not np.isfinite(values).all():
            raise ValueError("values that are missing or infinite cannot be ranked")
        self.order = np.argsort(values, kind="stable")
        ordered = values[self.order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._events = events[self.order]

    def auc(self, weights: Floats) -> Floats:
        """Compute (k,) areas under the ROC curve for (k, n) weights of the sorted rows."""
        with_event = np.add.reduceat(weights * self._events, self._starts, axis=1)
        without = np.add.reduceat(weights, self._starts, axis=1) - with_event
        below = np.cumsum(without, axis=1) - without / 2.0
        pairs = with_event.sum(axis=1) * without.sum(axis=1)
        won = (with_event * below).sum(axis=1)
        areas: Floats = np.divide(won, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0.0)
        return areas


Forecast = Callable[[Floats], Floats]
"""(n,) values to (n,) probabilities."""

_SPREAD_TOLERANCE = 1e-12
"""Values whose relative standard deviation is smaller are constant, but for rounding error."""
_MAX_NEWTON_STEPS = 100
_SMALL_STEP = 1e-8
"""Below this, Newton steps shrink quadratically until they are rounding error."""
_LOSS_TOLERANCE = 1e-15
N_BINS = 10
"""Number of bins, by quantiles, for forecasts with many distinct values."""


@dataclass(frozen=True)
class Curve:
    """A logistic forecast: expit(intercept + slope * value)."""

    intercept: float
    slope: float

    def __call__(self, values: Floats) -> Floats:
        """Return (n,) probabilities; NaN for missing values."""
        return np.asarray(special.expit(self.intercept + self.slope * values))


def fit_logistic(values: Floats, events: Mask) -> Curve:
    """Fit a non-decreasing logistic curve; the base rate, if the events decrease with the values.

    Parameters
    ----------
    values : (n,) finite.
    events : (n,) True for rows with an event; some must be, some not.
    """
    constant = Curve(float(special.logit(np.mean(events))), 0.0)
    mean, deviation = float(np.mean(values)), float(np.std(values))
    if deviation <= _SPREAD_TOLERANCE * abs(mean):
        return constant
    intercept, standardised_slope = _maximum_likelihood((values - mean) / deviation, events, constant.intercept)
    slope = standardised_slope / deviation
    return Curve(intercept - slope * mean, slope) if slope > 0.0 else constant


def _maximum_likelihood(values: Floats, events: Mask, start: float) -> tuple[float, float]:
    """Compute the maximum likelihood intercept and slope, by Newton's method with step halving.

    There is no maximum if the values separate the events perfectly; the iteration then ends when all probabilities are
    0 or 1 but for rounding error.

    Parameters
    ----------
    values : (n,) with mean 0 and standard deviation 1.
    events : (n,) some are, some not.
    start : the intercept of a constant curve.
    """
    intercept, slope, loss, last = start, 0.0, np.inf, np.inf
    step, slope_step = 0.0, 0.0
    for _ in range(_MAX_NEWTON_STEPS):
        logits = intercept + step + (slope + slope_step) * values
        next_loss = float(np.mean(np.logaddexp(0.0, logits) - events * logits))
        if not next_loss <= loss + _LOSS_TOLERANCE * abs(loss):
            step, slope_step = step / 2.0, slope_step / 2.0
            continue
        intercept, slope, loss = intercept + step, slope + slope_step, next_loss
        probabilities = special.expit(logits)
        residuals, weights = events - probabilities, probabilities * special.expit(-logits)
        # Gradient (a, b) and Hessian ((p, q), (q, r)).
        a, b = float(np.mean(residuals)), float(np.mean(residuals * values))
        p, q, r = (float(np.mean(weights * values**power)) for power in range(3))
        if not p * r - q * q > 0.0:
            break
        step, slope_step = (r * a - q * b) / (p * r - q * q), (p * b - q * a) / (p * r - q * q)
        size = max(abs(step), abs(slope_step))
        if size == 0.0 or (size < _SMALL_STEP and size >= last):
            break
        last = size
    return intercept, slope


def fit_isotonic(values: Floats, events: Mask) -> Forecast:
    """Fit an isotonic regression: linear between the values fitted, constant beyond them."""
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(values, events.astype(float))
    return lambda others: np.asarray(fitted.predict(others))


Recalibration = Callable[[Floats, Mask], Forecast]
"""From (n,) values and events to a forecast."""

RECALIBRATIONS: Mapping[str, Recalibration] = {"logistic": fit_logistic, "isotonic": fit_isotonic}


@dataclass(frozen=True, slots=True)
class Quality(Record):
    """The Brier score of probabilities, with its decomposition.

    Attributes
    ----------
    brier : mean squared difference between probability and outcome, in [0, 1]; 0 is perfect.
    reliability, resolution, uncertainty, within : brier = reliability - resolution + uncertainty + within. Reliability
        is the distance of the forecasts from the event rates of their bins, resolution that of the rates from the
        overall rate, uncertainty the Brier score of a constant, and within the contribution of differences inside bins
        (0 if each bin holds one forecast).
    skill : 1 - brier / uncertainty, relative to a constant at the event rate of these rows, known only afterwards;
        negative if worse than that constant.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    skill: float

    def beside(self, skill_before: float) -> "ForecastQuality":
        """Return the quality with the skill relative to a constant known beforehand."""
        return ForecastQuality(**asdict(self), skill_before=skill_before)


@dataclass(frozen=True, slots=True)
class ForecastQuality(Quality):
    """Quality, with the Brier skill relative to a constant at the event rate of the rows fitted on."""

    skill_before: float


@dataclass(frozen=True, slots=True)
class Intervals(Record):
    """Settings of bootstrap intervals; `of` names the unit that is resampled, groups or rows."""

    confidence: float
    resamples: int
    seed: int
    of: str


def quality(probabilities: Floats, events: Mask) -> Quality:
    """Compute the Brier score and its decomposition.

    A. H. Murphy, *A new vector partition of the probability score*, J. Applied Meteorology 12, 1973; with the term for
    differences within bins, D. B. Stephenson, C. A. S. Coelho and I. T. Jolliffe, *Two extra components in the Brier
    score decomposition*, Weather and Forecasting 23, 2008. Bins are the distinct forecasts if they are few, and tenths
    of the rows otherwise.

    Parameters
    ----------
    probabilities : (n,) in [0, 1].
    events : (n,) True for rows with an event.
    """
    from sklearn.metrics import brier_score_loss

    outcomes = events.astype(float)
    bins = _bins(probabilities)
    size = np.bincount(bins)
    forecast, observed = (np.bincount(bins, weights=column) / size for column in (probabilities, outcomes))
    rate = float(np.mean(outcomes))
    brier = float(brier_score_loss(events, probabilities))
    reliability = float(np.sum(size * (forecast - observed) ** 2) / len(events))
    resolution = float(np.sum(size * (observed - rate) ** 2) / len(events))
    uncertainty = rate * (1.0 - rate)
    deviation = probabilities - forecast[bins]
    within = float(np.mean(deviation**2) - 2.0 * np.mean(deviation * (outcomes - observed[bins])))
    return Quality(brier, reliability, resolution, uncertainty, within, 1.0 - brier / uncertainty)


def brier_skill(brier: float, rate: Floats | float, events: Mask) -> float:
    """Compute the Brier skill score relative to a rate known beforehand; negative if the rate alone does better.

    Parameters
    ----------
    brier : of the probabilities, on the same rows.
    rate : strictly between 0 and 1; one, or (n,).
    events : (n,) True for rows with an event.
    """
    return 1.0 - brier / float(np.mean((rate - events) ** 2))


def _bins(probabilities: Floats) -> Codes:
    """Return (n,) the bin of each forecast, from 0."""
    distinct, codes = np.unique(probabilities, return_inverse=True)
    if len(distinct) <= max(N_BINS, len(probabilities) // 20):
        return np.asarray(codes, np.intp)
    edges = np.quantile(probabilities, np.linspace(0.0, 1.0, N_BINS + 1)[1:-1])
    return np.unique(np.searchsorted(edges, probabilities, side="right"), return_inverse=True)[1].astype(np.intp)
