"""Confidence intervals of Sobol' indices, and warnings about indices that are impossible or too uncertain."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from riskmodel.analysis.sensitivity.sobol import CONFIDENCE, Indices
from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate

_MAX_SUGGESTED_DRAWS = 1 << 24
_MAX_WIDTH = 0.1
"""Wider intervals are too wide to be of use."""
_ROUNDING_TOLERANCE = 1e-9


def estimates(values: Floats, resampled: Floats) -> list[Estimate]:
    """Return indices with their intervals, from their spread over resamples; neither is cut off at 0 and 1.

    Parameters
    ----------
    values : (k,) indices.
    resampled : (r, k) of each resample.
    """
    return [
        Estimate(float(value), float(value - half), float(value + half))
        for value, half in zip(values, _half_widths(resampled), strict=True)
    ]


def _half_widths(resampled: Floats, comparisons: int = 1) -> Floats:
    """Return half the width of the interval of each column of resamples.

    With several comparisons the intervals hold for all of them together (Bonferroni).
    """
    deviations = float(special.ndtri(1.0 - (1.0 - CONFIDENCE) / 2 / comparisons))
    return np.asarray(deviations * np.std(resampled, axis=0, ddof=1))


def impossible(names: Sequence[str], indices: Indices) -> Iterator[str]:
    """Describe indices that exceed their possible range by more than their interval.

    The intervals hold for all the figures checked together, some of which would otherwise be outside by chance.

    Parameters
    ----------
    names : of the k factors.
    indices : theirs, without groups: a sum over factors counts every factor once.
    """
    first, total, firsts, totals = indices[:4]
    comparisons = 3 * len(names) + 2
    for excess, resampled, description in (
        (-first, firsts, "first-order index below 0"),
        (total - 1.0, totals, "total index above 1"),
        (first - total, firsts - totals, "first-order index above the total index"),
    ):
        for factor in np.flatnonzero(excess > _half_widths(resampled, comparisons) + _ROUNDING_TOLERANCE).tolist():
            yield f"{names[factor]}: a {description}, by more than its interval"
    for excess, resampled, description in (
        (first.sum() - 1.0, firsts.sum(axis=1), f"first-order indices sum to {first.sum():.3f}, more than 1"),
        (1.0 - total.sum(), totals.sum(axis=1), f"total indices sum to {total.sum():.3f}, less than 1"),
    ):
        if excess > _half_widths(resampled, comparisons) + _ROUNDING_TOLERANCE:
            yield f"{description} by more than the interval of the sum"


def too_few(names: Sequence[str], indices: Indices, draws: int) -> Iterator[str]:
    """Describe what the sample is too small for, with the number of draws that would probably be enough.

    An interval shrinks at least with the square root of the draws.

    Parameters
    ----------
    names : of the k factors.
    indices : theirs.
    draws : n, the rows of each matrix.
    """
    widths = 2 * np.stack([_half_widths(indices.first_resampled), _half_widths(indices.total_resampled)])
    order, factor = divmod(int(np.argmax(widths)), len(names))
    if widths[order, factor] > _MAX_WIDTH:
        index = ("first-order", "total")[order]
        yield (
            f"the sample is too small to tell: the interval of the {index} index of {names[factor]} is "
            f"{widths[order, factor]:.2f} wide; {_enough_draws(draws, widths[order, factor] / _MAX_WIDTH)}"
        )
    if len(names) < 2:
        return
    first, second = np.argsort(-indices.total, kind="stable")[:2].tolist()
    lead = float(indices.total[first] - indices.total[second])
    half = float(_half_widths(indices.total_resampled[:, first] - indices.total_resampled[:, second]))
    if lead < half:
        yield (
            f"the sample is too small to tell whether {names[first]} or {names[second]} matters more (total indices "
            f"{indices.total[first]:.3f} and {indices.total[second]:.3f}); "
            f"{_enough_draws(draws, half / max(lead, _ROUNDING_TOLERANCE))}"
        )


def _enough_draws(draws: int, factor: float) -> str:
    """Name the number of draws that makes an interval narrower by a factor."""
    needed = draws * factor**2
    if needed > _MAX_SUGGESTED_DRAWS:
        return f"even {_MAX_SUGGESTED_DRAWS:,} draws might not do"
    return f"{1 << int(np.ceil(np.log2(needed))):,} draws would probably do"
