"""What to say of Sobol' indices: where one is what it cannot be, and where there are too few draws to tell."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from riskmodel.analysis.sensitivity.sobol import CONFIDENCE, Indices
from riskmodel.kernels.scales import Floats
from riskmodel.results import Estimate

WIDEST = 0.1
"""An interval wider than this is too wide to tell anything."""
_ROUNDING = 1e-9
_MOST = 1 << 24


def estimates(values: Floats, resampled: Floats) -> list[Estimate]:
    """Indices with their intervals, from their spread over resamples; neither is cut off at 0 and 1.

    Parameters
    ----------
    values : (k,) indices.
    resampled : (r, k) of each resample.
    """
    reach = _reach(resampled)
    return [
        Estimate(float(value), float(value - away), float(value + away))
        for value, away in zip(values, reach, strict=True)
    ]


def _reach(resampled: Floats, looks: int = 1) -> Floats:
    """How far intervals reach to either side of an estimate, for each column of resamples.

    With several looks the intervals hold for all of them together (Bonferroni).
    """
    deviations = float(special.ndtri(1.0 - (1.0 - CONFIDENCE) / 2 / looks))
    return np.asarray(deviations * np.std(resampled, axis=0, ddof=1))


def impossible(names: Sequence[str], found: Indices) -> Iterator[str]:
    """What exceeds what it can be by more than its interval; in words.

    So many figures are looked at that some would do so by chance; the intervals are those of all of them together.

    Parameters
    ----------
    names : of the k factors.
    found : their indices, without groups: a sum over factors counts every factor once.
    """
    first, total, firsts, totals = found[:4]
    looks = 3 * len(names) + 2
    for beyond, resampled, told in (
        (-first, firsts, "first-order index below 0"),
        (total - 1.0, totals, "total index above 1"),
        (first - total, firsts - totals, "first-order index above the total index"),
    ):
        for place in np.flatnonzero(beyond > _reach(resampled, looks) + _ROUNDING).tolist():
            yield f"{names[place]}: a {told}, by more than its interval"
    for beyond, resampled, told in (
        (first.sum() - 1.0, firsts.sum(axis=1), f"first-order indices sum to {first.sum():.3f}, more than 1"),
        (1.0 - total.sum(), totals.sum(axis=1), f"total indices sum to {total.sum():.3f}, less than 1"),
    ):
        if beyond > _reach(resampled, looks) + _ROUNDING:
            yield f"{told} by more than the interval of the sum"


def too_few(names: Sequence[str], found: Indices, draws: int) -> Iterator[str]:
    """Where the sample is too small to tell, and how many draws would probably do; in words.

    An interval shrinks at least with the square root of the draws.

    Parameters
    ----------
    names : of the k factors.
    found : their indices.
    draws : n, the rows of each matrix.
    """
    widths = 2 * np.stack([_reach(found.first_resampled), _reach(found.total_resampled)])
    order, place = divmod(int(np.argmax(widths)), len(names))
    if widths[order, place] > WIDEST:
        index = ("first-order", "total")[order]
        yield (
            f"the sample is too small to tell: the interval of the {index} index of {names[place]} is "
            f"{widths[order, place]:.2f} wide; {_enough(draws, widths[order, place] / WIDEST)}"
        )
    if len(names) < 2:
        return
    first, second = np.argsort(-found.total, kind="stable")[:2].tolist()
    ahead = float(found.total[first] - found.total[second])
    reach = float(_reach(found.total_resampled[:, first] - found.total_resampled[:, second]))
    if ahead < reach:
        yield (
            f"the sample is too small to tell whether {names[first]} or {names[second]} matters more (total indices "
            f"{found.total[first]:.3f} and {found.total[second]:.3f}); {_enough(draws, reach / max(ahead, _ROUNDING))}"
        )


def _enough(draws: int, times: float) -> str:
    """How many draws would make an interval so many times narrower."""
    needed = draws * times**2
    if needed > _MOST:
        return f"even {_MOST:,} draws might not do"
    return f"{1 << int(np.ceil(np.log2(needed))):,} draws would probably do"
