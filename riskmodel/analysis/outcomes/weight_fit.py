"""Regularized logistic fit of the shares of a score's inputs to outcomes, and the choice of the strength.

The level of row i with shares p is the arithmetic mean of the present inputs, as the engine computes it, plus the
contribution of the rules under the expert's weights, which is constant:

    x_i(p) = sum_j p_j m_ij v_ij / sum_j p_j m_ij + r_i

The probability of an event is expit(a + b x_i(p)) with b >= 0, so that it never falls as the score rises. The fit
minimises, over p, a and b,

    mean log loss + strength * sum_j e_j log(e_j / p_j)

The second term is the Kullback-Leibler divergence of the shares p from the expert's e. Times n rows it is, but for a
constant, minus the logarithm of a Dirichlet density with parameters 1 + n * strength * e_j and mode e, the usual prior
for shares that sum to 1 (A. Gelman and others, *Bayesian Data Analysis*, 3rd ed. 2013, section 3.4). The fit is thus
the posterior mode of a logistic model; the larger the strength, the narrower the prior. No p_j becomes 0, since that
would have an infinite cost, and no sign changes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeAlias

import numpy as np
from pydantic import PlainSerializer
from scipy import optimize, special

from riskmodel.errors import SituationError
from riskmodel.kernels.types import Floats
from riskmodel.results import Record
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes

MAX_SLOPE = 1_000.0
"""The largest slope, with which a hundredth of the score decides an outcome."""
_MAX_LOG_SHIFT = 30.0
"""The largest change of the logarithm of a share, so that no share underflows to 0."""
_START_SLOPES = (1.0, 10.0)
"""Slopes of the starting points; jointly in shares and slope there may be several minima."""
_VALUE_TOLERANCE = 1e-12
"""Values that differ by less are equal, but for rounding error."""
STRENGTHS = (math.inf, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""The strengths to choose from, the largest first; an infinite one keeps the expert's weights."""
N_BLOCKS = 5
"""Number of blocks of times for the choice of the strength."""


class Evidence(NamedTuple):
    """n rows of the k inputs of a score, with outcomes.

    Attributes
    ----------
    value : (n, k) directed intensities in [0, 1], the higher the higher the score; 0 if missing.
    present : (n, k) 1 if the input is in the mean, 0 if it is missing; at least one 1 in each row.
    known : (n, k) True if the input is neither missing nor assumed.
    offset : (n,) the contribution of the rules, over `out_of`.
    events : (n,) True for rows with an event.
    """

    value: Floats
    present: Floats
    known: Mask
    offset: Floats
    events: Mask

    def subset(self, rows: Mask | Codes) -> "Evidence":
        """Return some of the rows."""
        return Evidence(self.value[rows], self.present[rows], self.known[rows], self.offset[rows], self.events[rows])

    def level(self, shares: Floats) -> Floats:
        """Compute (n,) scores with (k,) shares, over `out_of`, before clipping."""
        level: Floats = _by_row(self.value, shares) / _by_row(self.present, shares) + self.offset
        return level

    def informative(self) -> Mask:
        """Return (k,) True for inputs with two different known values; none if only one input has them."""
        lowest = np.where(self.known, self.value, np.inf).min(axis=0)
        highest = np.where(self.known, self.value, -np.inf).max(axis=0)
        varies: Mask = highest - lowest > _VALUE_TOLERANCE
        return varies if varies.sum() > 1 else np.zeros_like(varies)


class Fit(NamedTuple):
    """(k,) shares that sum to 1, with the probabilities expit(intercept + slope * level)."""

    shares: Floats
    intercept: float
    slope: float

    def losses(self, evidence: Evidence) -> Floats:
        """Compute (n,) log losses, in nats."""
        return log_losses(self.intercept + self.slope * evidence.level(self.shares), evidence.events)


def log_losses(logits: Floats, events: Mask) -> Floats:
    """Compute (n,) negative log probabilities of the outcomes."""
    losses: Floats = np.logaddexp(0.0, logits) - logits * events
    return losses


class Objective:
    """The function to minimise, of (a, b, one number for each free input); the shares are a softmax of the latter.

    Parameters
    ----------
    evidence : the rows to fit on.
    expert : (k,) the expert's shares, all above 0, summing to 1.
    strength : 0 or more, finite.
    free : (k,) True for the shares that may change; their sum does not.
    """

    def __init__(self, evidence: Evidence, expert: Floats, strength: float, free: Mask) -> None:
        self._evidence, self._expert, self._strength, self._free = evidence, expert, strength, free
        self._centre = float(np.mean(evidence.level(expert)))

    def start(self, slope: float) -> Floats:
        """Return the point of the expert's shares, with a slope through the base rate."""
        rate = float(np.mean(self._evidence.events))
        return np.concatenate(([special.logit(rate), slope], np.log(self._expert[self._free])))

    def fit(self, point: Floats) -> Fit:
        """Convert a point to a fit."""
        # The level is centred, so that intercept and slope are nearly independent.
        return Fit(self._shares(point), float(point[0] - point[1] * self._centre), float(point[1]))

    def point(self, fit: Fit) -> Floats:
        """Convert a fit to a point."""
        return np.concatenate(([fit.intercept + fit.slope * self._centre, fit.slope], np.log(fit.shares[self._free])))

    def _shares(self, point: Floats) -> Floats:
        shares = self._expert.copy()
        if self._free.any():
            shares[self._free] = special.softmax(point[2:]) * self._expert[self._free].sum()
        return shares

    def __call__(self, point: Floats, /, *_: object) -> tuple[float, Floats]:
        """Return the value and the gradient at a point."""
        evidence, free = self._evidence, self._free
        slope, shares = point[1], self._shares(point)
        total = _by_row(evidence.present, shares)
        base = _by_row(evidence.value, shares) / total
        level = base + evidence.offset - self._centre
        logits = point[0] + slope * level
        residuals = (special.expit(logits) - evidence.events) / len(level)
        # d base_i / d p_j = m_ij (v_ij - base_i) / sum_j p_j m_ij, and v_ij is 0 where m_ij is.
        scaled = slope * residuals / total
        by_share = (_by_input(evidence.value, scaled) - _by_input(evidence.present, scaled * base))[free]
        fitted, expert = shares[free], self._expert[free]
        total_free = float(expert.sum())
        by_log = fitted * (by_share - (fitted @ by_share) / (total_free or 1.0))
        pull = self._strength * (fitted - expert)
        divergence = float(expert @ np.log(expert / fitted))
        value = float(np.mean(log_losses(logits, evidence.events))) + self._strength * divergence
        return value, np.concatenate(([residuals.sum(), residuals @ level], by_log + pull))


# Not by `@`, whose last bits depend on the number of threads.
def _by_row(table: Floats, shares: Floats) -> Floats:
    sums: Floats = np.einsum("ij,j->i", table, shares)
    return sums


def _by_input(table: Floats, rows: Floats) -> Floats:
    sums: Floats = np.einsum("ij,i->j", table, rows)
    return sums


def fit_shares(evidence: Evidence, expert: Floats, strength: float) -> Fit:
    """Fit shares near the expert's.

    Parameters
    ----------
    evidence : the rows to fit on, some with an event and some without.
    expert : (k,) the expert's shares, all above 0, summing to 1.
    strength : of the regularization, 0 or more; an infinite one keeps the expert's shares.

    Returns
    -------
    The fit; uninformative inputs (missing, or the same in all rows) keep their exact share.
    """
    free = evidence.informative() if math.isfinite(strength) else np.zeros(len(expert), dtype=bool)
    objective = Objective(evidence, expert, strength if free.any() else 0.0, free)
    starts = [objective.start(slope) for slope in _START_SLOPES]
    if free.any():
        # The result is then never worse than the expert's shares.
        starts.append(objective.point(fit_shares(evidence, expert, math.inf)))
    best = min((_minimize(objective, start) for start in starts), key=lambda result: float(result.fun))
    return objective.fit(np.asarray(best.x, dtype=np.float64))


def _minimize(objective: Objective, start: Floats) -> optimize.OptimizeResult:
    lowest, highest = start - _MAX_LOG_SHIFT, start + _MAX_LOG_SHIFT
    lowest[:2], highest[:2] = (-np.inf, 0.0), (np.inf, MAX_SLOPE)
    return optimize.minimize(
        objective,
        start,
        method="L-BFGS-B",
        jac=True,
        bounds=optimize.Bounds(lowest, highest),
        options={"maxiter": 1_000, "ftol": 1e-14, "gtol": 1e-9},
    )


def _or_infinite(strength: float) -> float | Literal["infinite"]:
    return "infinite" if math.isinf(strength) else strength


Strength: TypeAlias = Annotated[float, PlainSerializer(_or_infinite, return_type=float | Literal["infinite"])]
"""A regularization strength; JSON has no infinite numbers."""


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """The loss with one strength.

    Attributes
    ----------
    strength : mean log loss per unit of divergence from the expert's shares; an infinite one keeps these.
    loss : mean log loss of the rows forecast, in nats.
    excess, error : the difference from the lowest loss, and its standard error.
    """

    strength: Strength
    loss: float
    excess: float
    error: float


class Choice(NamedTuple):
    """The chosen strength, the trials of all strengths, and the number of rows and events forecast."""

    strength: float
    trials: tuple[Trial, ...]
    rows: int
    events: int


def choose_strength(evidence: Evidence, expert: Floats, times: Codes, groups: Codes) -> Choice:
    """Choose a strength by forward validation: each block of times is forecast by a fit on the blocks before it.

    The choice is the largest strength whose excess loss is at most its standard error.

    Parameters
    ----------
    evidence : n rows to fit on.
    expert : (k,) the expert's shares.
    times : (n,) codes of the times, in ascending order.
    groups : (n,) the group of each row.

    Raises
    ------
    SituationError
        If no block has rows with and without an event before it.
    """
    blocks = list(_forward_blocks(times, evidence))
    if not blocks:
        raise SituationError(
            "too few earlier rows to choose a strength: no block of them has rows with and without an event before it"
        )
    tested = np.concatenate([block for _, block in blocks])
    losses = np.column_stack(
        [
            np.concatenate(
                [
                    fit_shares(evidence.subset(before), expert, strength).losses(evidence.subset(block))
                    for before, block in blocks
                ]
            )
            for strength in STRENGTHS
        ]
    )
    means = losses.mean(axis=0)
    excess = losses - losses[:, [int(np.argmin(means))]]
    trials = tuple(
        Trial(strength, float(mean), float(column.mean()), _standard_error(column, groups[tested]))
        for strength, mean, column in zip(STRENGTHS, means, excess.T, strict=True)
    )
    chosen = next(trial.strength for trial in trials if trial.excess <= trial.error)
    return Choice(chosen, trials, len(tested), int(evidence.events[tested].sum()))


def _forward_blocks(times: Codes, evidence: Evidence) -> Iterator[tuple[Codes, Codes]]:
    """Yield the rows before each block, and those of the block; blocks have similar sizes and do not split times."""
    distinct, counts = np.unique(times, return_counts=True)
    middles = np.cumsum(counts) - counts / 2.0
    block = (N_BLOCKS * middles / len(times)).astype(int)[np.searchsorted(distinct, times)]
    for number in np.unique(block)[1:]:
        before = np.flatnonzero(block < number)
        if 0 < evidence.events[before].sum() < len(before):
            yield before, np.flatnonzero(block == number)


def _standard_error(differences: Floats, groups: Codes) -> float:
    """Return the cluster-robust standard error of a mean over rows; infinite for a single group."""
    _, codes = np.unique(groups, return_inverse=True)
    sums = np.bincount(codes, weights=differences - differences.mean())
    if len(sums) < 2:
        return math.inf
    return math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums)) / len(differences)
