"""Areas under the ROC curve by pair of states, and intervals from resamples of pairs.

How often rows with an event lie above rows without is counted once for every two pairs of states. From that table come
the area over all rows, the area within pairs (the years of a pair with each other), and both of every resample, since a
pair that is drawn twice counts twice.
"""

from functools import lru_cache

import numpy as np
from scipy import special, stats

from riskmodel.analysis.outcomes.metrics import MIN_GROUPS
from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes

CONFIDENCE = 0.95


class Wins:
    """Count how often values with an event lie above values without one, by group; ties count half.

    Parameters
    ----------
    events : (n,) whether there was an event.
    values : (n,) finite.
    groups : (n,) any labels.
    """

    def __init__(self, events: Mask, values: Floats, groups: Codes) -> None:
        self.groups, codes = np.unique(groups, return_inverse=True)
        count = len(self.groups)
        order = np.argsort(codes, kind="stable")
        happened, values, codes = events[order], values[order], codes[order]
        with_event, without = np.bincount(codes[happened], minlength=count), np.bincount(codes[~happened], None, count)
        above = (1.0 + np.sign(values[happened][:, None] - values[~happened][None, :])) / 2.0
        self.won = _sums(_sums(above, codes[~happened], count).T, codes[happened], count).T
        self.pairs = np.outer(with_event, without).astype(float)

    def area(self, resamples: int) -> Estimate | None:
        """Estimate the chance that a row with an event lies above a row without one; None without both."""
        if not self.pairs.any():
            return None
        draws = self.draws(resamples)
        return interval(self.won.sum() / self.pairs.sum(), draws, len(self.groups), edge=0.5 / self.pairs.sum())

    def draws(self, resamples: int) -> Floats:
        """(resamples,) the area of every resample; NaN in those without events, or without others."""
        counts = group_counts(len(self.groups), resamples)
        return ratio(((counts @ self.won) * counts).sum(axis=1), ((counts @ self.pairs) * counts).sum(axis=1))

    def within(self, resamples: int) -> Estimate | None:
        """Estimate the area within groups: rows are compared with rows of their own group alone."""
        won, pairs = np.diag(self.won), np.diag(self.pairs)
        if not pairs.any():
            return None
        # A group counts as often as it is drawn, not as often squared: its copies are not compared with each other.
        counts = group_counts(len(self.groups), resamples)
        draws = ratio(counts @ won, counts @ pairs)
        return interval(won.sum() / pairs.sum(), draws, int((pairs > 0).sum()), edge=0.5 / pairs.sum())

    def mean_within(self, resamples: int) -> Estimate | None:
        """Estimate the mean over groups of the area within each, of those with and without an event."""
        pairs = np.diag(self.pairs)
        both = pairs > 0
        if not both.any():
            return None
        areas = np.diag(self.won)[both] / pairs[both]
        counts = group_counts(len(areas), resamples)
        return interval(float(areas.mean()), counts @ areas / len(areas), len(areas), edge=0.5 / pairs.sum())


def gain(wins: Wins, others: Wins, resamples: int) -> Estimate | None:
    """By how much one area exceeds another on the same rows; None without events, or without others."""
    if not wins.pairs.any():
        return None
    value = (wins.won.sum() - others.won.sum()) / wins.pairs.sum()
    return interval(value, wins.draws(resamples) - others.draws(resamples), len(wins.groups))


def interval(value: float, draws: Floats, groups: int, edge: float | None = None) -> Estimate:
    """An estimate with its interval: the spread of the resamples, with Student's t for one less than the groups.

    Parameters
    ----------
    value : the estimate.
    draws : the same of every resample; those that are not finite are left out.
    groups : how many groups there are; with too few there is no interval.
    edge : of shares in [0, 1], the nearest to 0 and 1 that a resample counts as; the spread is then taken on the logit
        scale, as `riskmodel.analysis.outcomes.metrics.auc_estimate` takes it. None for any other figure.
    """
    draws = draws[np.isfinite(draws)]
    if len(draws) < 2 or groups < MIN_GROUPS or (edge is not None and not 0.0 < value < 1.0):
        return Estimate(float(value))
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2.0, groups - 1)
    if edge is None:
        reach = float(np.std(draws, ddof=1) * quantile)
        return Estimate(float(value), float(value) - reach, float(value) + reach)
    reach = float(np.std(special.logit(np.clip(draws, edge, 1.0 - edge)), ddof=1) * quantile)
    middle = special.logit(value)
    return Estimate(float(value), float(special.expit(middle - reach)), float(special.expit(middle + reach)))


def share(happened: Mask) -> Estimate | None:
    """The share of rows with an event, with Wilson's interval, which takes rows as independent; None without rows."""
    if not len(happened):
        return None
    bounds = stats.binomtest(int(happened.sum()), len(happened)).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(float(happened.mean()), float(bounds.low), float(bounds.high))


@lru_cache(maxsize=256)
def group_counts(groups: int, resamples: int) -> Floats:
    """(resamples, groups) how often each group is drawn, with replacement, as many as there are."""
    random = np.random.default_rng((groups, resamples))
    return random.multinomial(groups, np.full(groups, 1.0 / groups), size=resamples).astype(float)


def _sums(table: Floats, codes: Codes, count: int) -> Floats:
    """(rows, count) the sums of a table's columns by their group; columns of one group stand together."""
    sums = np.zeros((len(table), count))
    if len(codes):
        present, starts = np.unique(codes, return_index=True)
        sums[:, present] = np.add.reduceat(table, starts, axis=1)
    return sums


def ratio(above: Floats, below: Floats) -> Floats:
    """Quotients; NaN where there is nothing to divide by."""
    quotients: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0.0)
    return quotients
