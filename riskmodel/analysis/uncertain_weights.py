"""Uncertain weights: the share of each weight varied around its value by a Dirichlet distribution.

The k shares of a score are drawn from Dirichlet(c x share), so that each keeps its mean and all sum to 1. One number
says how uncertain they are: a weight of average size, 1/k, has a standard deviation of `spread` times itself. As the
variance of a Dirichlet share m is m (1 - m) / (c + 1), that makes the concentration c = (k - 1) / spread^2 - 1. Smaller
weights vary more in proportion, larger ones less. Reference: N. L. Johnson, S. Kotz, N. Balakrishnan, *Continuous
Multivariate Distributions*, volume 1 (2000), chapter 49.

Gamma variates with the shapes c x share are such a draw once they are divided by their sum, which a weighted mean does
anyway. They are independent of each other, so each weight is a factor of its own.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from riskmodel.analysis.quantiles import smooth
from riskmodel.distributions import Quantile
from riskmodel.engine.compiled import CompiledScore
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

_LEAST_SHAPE = 0.02
"""Of a gamma variate: below it most draws are so near 0 that floats cannot tell them from it."""
_LEAST_SPREAD = 1e-9


class UncertainWeight(NamedTuple):
    """One weight that is drawn.

    Attributes
    ----------
    score, name : the score that it is a weight of, and the indicator or sub-score that has it.
    share : of the weights of the score, in (0, 1); its mean.
    quantile : of what is drawn in place of the weight.
    """

    score: str
    name: str
    share: float
    quantile: Quantile


def check_spread(spread: float) -> None:
    """Check how uncertain weights are said to be.

    Raises
    ------
    RiskmodelError
        Where it is no number above 0 and below 1, or so small that floats hardly hold the difference.
    """
    if not isinstance(spread, int | float):
        raise RiskmodelError(f"weights vary by a share such as 0.2; got {spread!r}")
    if not 0.0 < spread < 1.0:
        raise RiskmodelError(f"weights vary by more than 0 and less than 100 %; got {100 * spread:g} %")
    if spread < _LEAST_SPREAD:
        raise RiskmodelError(f"weights that vary by less than {100 * _LEAST_SPREAD:g} % hardly do; leave it out")


def concentration(inputs: int, spread: float) -> float:
    """The concentration of the Dirichlet distribution of k = `inputs` shares, 2 or more; see above."""
    return (inputs - 1) / spread**2 - 1.0


def uncertain_weights(score: CompiledScore, spread: float) -> list[UncertainWeight]:
    """The weights of a score as factors, in the order of its inputs; none where it has one input only.

    Parameters
    ----------
    score : the compiled score.
    spread : standard deviation of a weight of average size, as a share of itself, in (0, 1).

    Raises
    ------
    RiskmodelError
        Where a weight is so small that it would hardly ever be drawn above 0.
    """
    if len(score.inputs) < 2:
        return []
    total = sum(part.weight for part in score.inputs)
    whole = concentration(len(score.inputs), spread)
    least = min(score.inputs, key=lambda part: part.weight)
    if whole * least.weight < _LEAST_SHAPE * total:
        raise RiskmodelError(
            f"weights of {score.name} cannot vary by {spread:.4g}: the weight of {least.name} is only "
            f"{least.weight / total:.2g} of them all; ask for less"
        )
    return [
        UncertainWeight(score.name, part.name, part.weight / total, _gamma(whole * part.weight / total))
        for part in score.inputs
    ]


@lru_cache(maxsize=1024)
def _gamma(shape: float) -> Quantile:
    """The quantile function of a gamma distribution.

    Over normal quantiles its cube root is nearly straight (E. B. Wilson, M. M. Hilferty, *The distribution of
    chi-square*, Proceedings of the National Academy of Sciences 17, 1931), which leaves little to a spline.
    """
    root = smooth(
        lambda share: np.cbrt(special.gammaincinv(shape, share)),
        lambda share: np.cbrt(special.gammainccinv(shape, share)),
        0.0,
        np.inf,
    )

    def quantile(share: Floats) -> Floats:
        found = root(share)
        return found * found * found

    return quantile
