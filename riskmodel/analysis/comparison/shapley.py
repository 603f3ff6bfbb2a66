"""Shapley values: the allocation of a difference among the players that cause it.

A value function v gives every set of players a number. The share of player i is its marginal contribution, averaged
over all orders of the k players:

    phi_i = sum over sets S without i of |S|! (k - |S| - 1)! / k! (v(S with i) - v(S))

These are the only shares that sum to v(all) - v(none), are equal for players with equal marginal contributions, are 0
for players without any, and are additive in v (L. S. Shapley, *A value for n-person games*, Contributions to the Theory
of Games II, 1953).

With many players the average is over random orders (J. Castro, D. Gomez, J. Tejada, *Polynomial calculation of the
Shapley value based on sampling*, Computers & Operations Research 36, 2009), each paired with its reverse to reduce the
variance (R. Mitchell et al., *Sampling permutations for Shapley value estimation*, Journal of Machine Learning Research
23, 2022). Along every order the contributions sum to v(all) - v(none), so their averages do too.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.analysis.situations import OnProgress
from riskmodel.kernels.types import Floats
from riskmodel.tables.arrays import Mask

MAX_EXACT = 16
"""The most players for which all sets (65,536) are evaluated."""
PAIRS = 1000
"""Number of random orders, each used with its reverse, for more players."""
_BLOCK = 1 << 15
"""The most sets evaluated at a time."""
_SEED = 0

ValueFunction: TypeAlias = Callable[[Mask], Floats]
"""From (n, players) membership in n sets to (n, m) values of each set, in m components."""


class Allocation(NamedTuple):
    """The shares of the players; (players, m) arrays.

    Attributes
    ----------
    shares : sum to v(all) - v(none).
    errors : standard errors of the shares; None if they are exact.
    """

    shares: Floats
    errors: Floats | None


def allocate(value_function: ValueFunction, players: int, on_progress: OnProgress | None = None) -> Allocation:
    """Compute Shapley values: exact for up to `MAX_EXACT` players, otherwise estimated from `PAIRS` pairs of orders.

    Parameters
    ----------
    value_function : called with at most `_BLOCK` sets at a time.
    players : the number of players, 1 or more.
    """
    report = on_progress or (lambda share, doing: None)
    return (
        _exact(value_function, players, report) if players <= MAX_EXACT else _sampled(value_function, players, report)
    )


def _exact(value_function: ValueFunction, players: int, report: OnProgress) -> Allocation:
    sets = np.arange(1 << players)
    member = (sets[:, None] >> np.arange(players)) & 1 == 1
    blocks = []
    for start in range(0, len(sets), _BLOCK):
        report(start / len(sets), f"{len(sets):,} mixtures")
        blocks.append(value_function(member[start : start + _BLOCK]))
    values = np.concatenate(blocks)
    probability = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    shares = np.empty((players, values.shape[1]))
    for player in range(players):
        without = sets[~member[:, player]]
        added = values[without | 1 << player] - values[without]
        shares[player] = probability[member[without].sum(axis=1)] @ added
    return Allocation(shares, None)


def _sampled(value_function: ValueFunction, players: int, report: OnProgress) -> Allocation:
    random = np.random.default_rng(_SEED)
    pairs_per_block = max(1, _BLOCK // (2 * (players + 1)))
    blocks = []
    for start in range(0, PAIRS, pairs_per_block):
        report(start / PAIRS, f"{2 * PAIRS:,} orders of {players} differences")
        pairs = min(pairs_per_block, PAIRS - start)
        positions = random.permuted(np.tile(np.arange(players), (pairs, 1)), axis=1)
        added = _marginal_contributions(value_function, np.concatenate([positions, players - 1 - positions]))
        blocks.append((added[:pairs] + added[pairs:]) / 2)
    contributions = np.concatenate(blocks)
    return Allocation(contributions.mean(axis=0), contributions.std(axis=0, ddof=1) / math.sqrt(PAIRS))


def _marginal_contributions(
    value_function: ValueFunction, positions: np.ndarray[tuple[int, int], np.dtype[np.int64]]
) -> Floats:
    """Compute (orders, players, m) contributions of the players, from their positions in each order."""
    orders, players = positions.shape
    member = positions[:, None, :] < np.arange(players + 1)[None, :, None]
    values = value_function(member.reshape(-1, players)).reshape(orders, players + 1, -1)
    return np.take_along_axis(np.diff(values, axis=1), positions[:, :, None], axis=1)
