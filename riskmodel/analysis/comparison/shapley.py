"""Shapley values: a difference shared out among the players that make it.

A worth v gives every set of players a number. Player i is owed what it adds, averaged over every order in which the k
players could come:

    phi_i = sum over sets S without i of |S|! (k - |S| - 1)! / k! (v(S with i) - v(S))

They are the only shares that sum to v(all) - v(none), treat players alike that add alike, give nothing to one that adds
nothing, and add up when worths are added (L. S. Shapley, *A value for n-person games*, Contributions to the Theory of
Games II, 1953).

With many players the average is over orders drawn at random (J. Castro, D. Gomez, J. Tejada, *Polynomial calculation of
the Shapley value based on sampling*, Computers & Operations Research 36, 2009), each with its reverse, which what comes
early in one comes late in (R. Mitchell et al., *Sampling permutations for Shapley value estimation*, Journal of Machine
Learning Research 23, 2022). Along every order what is added sums to v(all) - v(none), so the average does too.
"""

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.analysis.situations import OnProgress
from riskmodel.kernels.scales import Floats
from riskmodel.tables.arrays import Mask

MAX_EXACT = 16
"""With more players there are too many sets (65,536 here) to look at all of them."""
PAIRS = 1000
"""How many orders are drawn, each used with its reverse, where not every set is looked at."""
_BLOCK = 1 << 15
_SEED = 0

ValueFunction: TypeAlias = Callable[[Mask], Floats]
"""From (n, players) membership in n sets to (n, m): m numbers that each set is worth."""


class Allocation(NamedTuple):
    """What each player is owed; (players, m) arrays.

    Attributes
    ----------
    shares : they sum to what all are worth less what none is.
    errors : standard errors of the shares; None where the shares are exact.
    """

    shares: Floats
    errors: Floats | None


def allocate(worth: ValueFunction, players: int, on_progress: OnProgress | None = None) -> Allocation:
    """Shapley values, exact for up to `MAX_EXACT` players, beyond that estimated from `PAIRS` orders and reverses.

    Parameters
    ----------
    worth : called with at most a few ten thousand sets at a time.
    players : how many there are, 1 or more.
    """
    tell = on_progress or (lambda share, doing: None)
    return _exact(worth, players, tell) if players <= MAX_EXACT else _sampled(worth, players, tell)


def _exact(worth: ValueFunction, players: int, tell: OnProgress) -> Allocation:
    sets = np.arange(1 << players)
    member = (sets[:, None] >> np.arange(players)) & 1 == 1
    found = []
    for start in range(0, len(sets), _BLOCK):
        tell(start / len(sets), f"{len(sets):,} mixtures")
        found.append(worth(member[start : start + _BLOCK]))
    value = np.concatenate(found)
    chance = np.array([1 / (players * math.comb(players - 1, size)) for size in range(players)])
    shares = np.empty((players, value.shape[1]))
    for player in range(players):
        without = sets[~member[:, player]]
        added = value[without | 1 << player] - value[without]
        shares[player] = chance[member[without].sum(axis=1)] @ added
    return Allocation(shares, None)


def _sampled(worth: ValueFunction, players: int, tell: OnProgress) -> Allocation:
    random = np.random.default_rng(_SEED)
    at_once = max(1, _BLOCK // (2 * (players + 1)))
    found = []
    for start in range(0, PAIRS, at_once):
        tell(start / PAIRS, f"{2 * PAIRS:,} orders of {players} differences")
        pairs = min(at_once, PAIRS - start)
        places = random.permuted(np.tile(np.arange(players), (pairs, 1)), axis=1)
        added = _added_along(worth, np.concatenate([places, players - 1 - places]))
        found.append((added[:pairs] + added[pairs:]) / 2)
    each = np.concatenate(found)
    return Allocation(each.mean(axis=0), each.std(axis=0, ddof=1) / math.sqrt(PAIRS))


def _added_along(worth: ValueFunction, places: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> Floats:
    """What each player adds along each order: (orders, players, m), from the place of each player in each order."""
    orders, players = places.shape
    member = places[:, None, :] < np.arange(players + 1)[None, :, None]
    value = worth(member.reshape(-1, players)).reshape(orders, players + 1, -1)
    return np.take_along_axis(np.diff(value, axis=1), places[:, :, None], axis=1)
