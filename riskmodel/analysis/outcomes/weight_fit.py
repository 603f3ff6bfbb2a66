"""Shares: how much each input of a score should weigh to go by outcomes, and how near the expert's shares they stay.

The level of row i with shares p is what the engine computes with them, the arithmetic mean of the inputs that are
there, and what the rules add under the expert's weights, which is held fixed:

    x_i(p) = sum_j p_j m_ij v_ij / sum_j p_j m_ij + r_i

The chance of an event is expit(a + b x_i(p)) with b >= 0, so that a higher score never means a lower chance. Found are
the shares p, with a and b, that minimise

    mean log loss + strength * sum_j e_j log(e_j / p_j)

The second term is the Kullback-Leibler divergence of the shares p from the expert's e. Times n rows it is, but for a
constant, minus the logarithm of a Dirichlet density with parameters 1 + n * strength * e_j, the usual prior for shares
that sum to one (A. Gelman and others, *Bayesian Data Analysis*, 3rd ed. 2013, section 3.4); its mode is e. So what is
found is the posterior mode of a logistic model; the larger the strength, the narrower the prior. As no p_j can be 0 at
a finite cost, no input is lost, and as the p_j are positive, no sign turns.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple, TypeAlias

import numpy as np
from pydantic import PlainSerializer
from scipy import optimize, special

from riskmodel.analysis.outcomes.observations import Codes
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.results import Record
from riskmodel.tables.arrays import Mask

STEEPEST = 1_000.0
"""The largest slope: with it, a step of a hundredth of the score already settles an outcome."""
_FARTHEST = 30.0
"""How far the logarithm of a share is looked for from the expert's, so that none becomes 0 by underflow."""
_SLOPES = (1.0, 10.0)
"""Where descents start: in shares and slope together there may be more than one minimum."""
_ALIKE = 1e-12
"""Values this near are the same: what rounding may have left between means of the same numbers."""


class Evidence(NamedTuple):
    """n rows of the k inputs of a score, with what happened.

    Attributes
    ----------
    value : (n, k) in [0, 1], turned so that 1 always raises the score; 0 where missing.
    present : (n, k) 1 where the mean takes the input in, 0 where it is missing; at least one 1 in each row.
    known : (n, k) whether the input is there, rather than missing or assumed.
    offset : (n,) what rules add, over `out_of`.
    events : (n,) whether there was an event.
    """

    value: Floats
    present: Floats
    known: Mask
    offset: Floats
    events: Mask

    def of(self, rows: Mask | Codes) -> "Evidence":
        """Some of the rows."""
        return Evidence(self.value[rows], self.present[rows], self.known[rows], self.offset[rows], self.events[rows])

    def level(self, shares: Floats) -> Floats:
        """(n,) the score with (k,) shares, over `out_of`, before it is clipped."""
        level: Floats = _by_row(self.value, shares) / _by_row(self.present, shares) + self.offset
        return level

    def told_of(self) -> Mask:
        """(k,) which inputs have at least two different known values; of the others the rows tell nothing."""
        lowest = np.where(self.known, self.value, np.inf).min(axis=0)
        highest = np.where(self.known, self.value, -np.inf).max(axis=0)
        told: Mask = highest - lowest > _ALIKE
        return told if told.sum() > 1 else np.zeros_like(told)


class Fit(NamedTuple):
    """(k,) shares that sum to one, and the chances that go with them: expit(intercept + slope * level)."""

    shares: Floats
    intercept: float
    slope: float

    def losses(self, evidence: Evidence) -> Floats:
        """(n,) the log loss of each row, in nats."""
        return log_losses(self.intercept + self.slope * evidence.level(self.shares), evidence.events)


def log_losses(logits: Floats, events: Mask) -> Floats:
    """(n,) minus the logarithm of the chance that was given to what happened."""
    losses: Floats = np.logaddexp(0.0, logits) - logits * events
    return losses


class Objective:
    """What is minimised, as a function of (a, b, one number for each free input); the shares are a softmax of those.

    Parameters
    ----------
    evidence : the rows to fit on.
    expert : (k,) the expert's shares, all above 0, summing to one.
    strength : 0 or more, finite.
    free : (k,) which shares may change; together they keep what they had together.
    """

    def __init__(self, evidence: Evidence, expert: Floats, strength: float, free: Mask) -> None:
        self._evidence, self._expert, self._strength, self._free = evidence, expert, strength, free
        self._centre = float(np.mean(evidence.level(expert)))

    def start(self, slope: float) -> Floats:
        """The expert's shares, and a slope through the base rate."""
        rate = float(np.mean(self._evidence.events))
        return np.concatenate(([special.logit(rate), slope], np.log(self._expert[self._free])))

    def fit(self, point: Floats) -> Fit:
        """What a point stands for."""
        # Centred, intercept and slope hardly depend on each other.
        return Fit(self._shares(point), float(point[0] - point[1] * self._centre), float(point[1]))

    def point(self, fit: Fit) -> Floats:
        """What stands for a fit."""
        return np.concatenate(([fit.intercept + fit.slope * self._centre, fit.slope], np.log(fit.shares[self._free])))

    def _shares(self, point: Floats) -> Floats:
        shares = self._expert.copy()
        if self._free.any():
            shares[self._free] = special.softmax(point[2:]) * self._expert[self._free].sum()
        return shares

    def __call__(self, point: Floats, /, *_: object) -> tuple[float, Floats]:
        """The value at a point, and its gradient there."""
        evidence, free = self._evidence, self._free
        slope, shares = point[1], self._shares(point)
        total = _by_row(evidence.present, shares)
        base = _by_row(evidence.value, shares) / total
        level = base + evidence.offset - self._centre
        logits = point[0] + slope * level
        miss = (special.expit(logits) - evidence.events) / len(level)
        # d base_i / d p_j = m_ij (v_ij - base_i) / sum_j p_j m_ij, and v_ij is 0 where m_ij is.
        scaled = slope * miss / total
        by_share = (_by_input(evidence.value, scaled) - _by_input(evidence.present, scaled * base))[free]
        ours, expert = shares[free], self._expert[free]
        together = float(expert.sum())
        by_log = ours * (by_share - (ours @ by_share) / (together or 1.0))
        pull = self._strength * (ours - expert)
        divergence = float(expert @ np.log(expert / ours))
        value = float(np.mean(log_losses(logits, evidence.events))) + self._strength * divergence
        return value, np.concatenate(([miss.sum(), miss @ level], by_log + pull))


# Not by `@`, whose last bits depend on how many threads it has.
def _by_row(table: Floats, shares: Floats) -> Floats:
    summed: Floats = np.einsum("ij,j->i", table, shares)
    return summed


def _by_input(table: Floats, rows: Floats) -> Floats:
    summed: Floats = np.einsum("ij,i->j", table, rows)
    return summed


def fit_shares(evidence: Evidence, expert: Floats, strength: float) -> Fit:
    """Find shares near the expert's.

    Parameters
    ----------
    evidence : the rows to fit on, some with an event and some without.
    expert : (k,) the expert's shares, all above 0, summing to one.
    strength : how strongly shares are held near the expert's, from 0; infinite keeps them.

    Returns
    -------
    Inputs of which the rows tell nothing (missing, or the same in all) keep their share to the bit.
    """
    free = evidence.told_of() if math.isfinite(strength) else np.zeros(len(expert), dtype=bool)
    objective = Objective(evidence, expert, strength if free.any() else 0.0, free)
    starts = [objective.start(slope) for slope in _SLOPES]
    if free.any():
        # What does not forecast better than the expert's shares by more than it strays from them is no minimum.
        kept = fit_shares(evidence, expert, math.inf)
        starts.append(objective.point(kept))
    found = min((_descended(objective, start) for start in starts), key=lambda result: float(result.fun))
    return objective.fit(np.asarray(found.x, dtype=np.float64))


def _descended(objective: Objective, start: Floats) -> optimize.OptimizeResult:
    lowest, highest = start - _FARTHEST, start + _FARTHEST
    lowest[:2], highest[:2] = (-np.inf, 0.0), (np.inf, STEEPEST)
    return optimize.minimize(
        objective,
        start,
        method="L-BFGS-B",
        jac=True,
        bounds=optimize.Bounds(lowest, highest),
        options={"maxiter": 1_000, "ftol": 1e-14, "gtol": 1e-9},
    )


STRENGTHS = (math.inf, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""The strengths that are tried, the largest first; infinite keeps the expert's weights."""
BLOCKS = 5


def _or_infinite(strength: float) -> float | Literal["infinite"]:
    return "infinite" if math.isinf(strength) else strength


Strength: TypeAlias = Annotated[float, PlainSerializer(_or_infinite, return_type=float | Literal["infinite"])]
"""JSON has no infinite numbers."""


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """One strength.

    Attributes
    ----------
    strength : in mean log loss for each unit of divergence from the expert's shares; infinite keeps these.
    loss : mean log loss of the rows that were forecast, in nats.
    excess, error : by how much that is above the lowest loss, and the standard error of this difference.
    """

    strength: Strength
    loss: float
    excess: float
    error: float


class Choice(NamedTuple):
    """The strength that was chosen, all that were tried, and how many rows and events were forecast."""

    strength: float
    trials: tuple[Trial, ...]
    rows: int
    events: int


def choose_strength(evidence: Evidence, expert: Floats, times: Codes, groups: Codes) -> Choice:
    """Choose a strength on the rows to fit on.

    Parameters
    ----------
    evidence : n rows to fit on.
    expert : (k,) the expert's shares.
    times : (n,) the position of each row's time.
    groups : (n,) the group of each row.

    Raises
    ------
    SituationError
        Where no block can be forecast by what is before it.
    """
    blocks = list(_forward(times, evidence))
    if not blocks:
        raise SituationError(
            "the earlier rows are too few to choose on: no stretch of them has rows with and without an event before it"
        )
    tested = np.concatenate([block for _, block in blocks])
    losses = np.column_stack(
        [
            np.concatenate(
                [
                    fit_shares(evidence.of(before), expert, strength).losses(evidence.of(block))
                    for before, block in blocks
                ]
            )
            for strength in STRENGTHS
        ]
    )
    means = losses.mean(axis=0)
    excess = losses - losses[:, [int(np.argmin(means))]]
    trials = tuple(
        Trial(strength, float(mean), float(column.mean()), _error(column, groups[tested]))
        for strength, mean, column in zip(STRENGTHS, means, excess.T, strict=True)
    )
    chosen = next(trial.strength for trial in trials if trial.excess <= trial.error)
    return Choice(chosen, trials, len(tested), int(evidence.events[tested].sum()))


def _forward(times: Codes, evidence: Evidence) -> Iterator[tuple[Codes, Codes]]:
    """The rows before a block, and those of the block; blocks hold about as many rows each, and whole times."""
    different, counts = np.unique(times, return_counts=True)
    middles = np.cumsum(counts) - counts / 2.0
    block = (BLOCKS * middles / len(times)).astype(int)[np.searchsorted(different, times)]
    for number in np.unique(block)[1:]:
        before = np.flatnonzero(block < number)
        if 0 < evidence.events[before].sum() < len(before):
            yield before, np.flatnonzero(block == number)


def _error(differences: Floats, groups: Codes) -> float:
    """The standard error of a mean over rows of which groups are drawn as a whole; infinite with one group alone."""
    _, position = np.unique(groups, return_inverse=True)
    sums = np.bincount(position, weights=differences - differences.mean())
    if len(sums) < 2:
        return math.inf
    return math.sqrt(len(sums) / (len(sums) - 1) * float(sums @ sums)) / len(differences)
