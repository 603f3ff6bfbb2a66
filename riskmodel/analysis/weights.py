"""Nominal weights: the share of each indicator in the weights of a score, through sub-scores."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from riskmodel.analysis.quantiles import smooth
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats
from riskmodel.schema.distributions import Quantile
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Weight


def nominal_paths(
    model: CompiledModel, score: CompiledScore, there: frozenset[str] | None = None
) -> Iterator[tuple[str, float]]:
    """Each way from an indicator to a score, with the signed share that it has; absolutely they sum to 1.

    Parameters
    ----------
    model, score : compiled.
    there : the indicators that have a value, to which missing inputs leave their weights; None: all of them.
    """
    inputs = [
        part
        for part in score.inputs
        if there is None or there & (model.scores[part.name].leaf_indicators if part.is_score else {part.name})
    ]
    total = sum(part.weight for part in inputs)
    for part in inputs:
        share = (-part.weight if part.inverted else part.weight) / total
        inner = nominal_paths(model, model.scores[part.name], there) if part.is_score else [(part.name, 1.0)]
        for name, inner_share in inner:
            yield name, share * inner_share


_MIN_SHAPE = 0.02
"""Of a gamma variate: below it most draws are so near 0 that floats cannot tell them from it."""
_MIN_SPREAD = 1e-9


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
    if spread < _MIN_SPREAD:
        raise RiskmodelError(f"weights that vary by less than {100 * _MIN_SPREAD:g} % hardly do; leave it out")


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
    if whole * least.weight < _MIN_SHAPE * total:
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


_STEPS = 300
"""The average weight holds at least so many of the steps that weights are rounded to."""


def new_weights(old: Mapping[str, float], shares: Mapping[str, float]) -> dict[str, float]:
    """Weights with given shares of what some inputs weigh together, rounded.

    They sum to what the old ones sum to, in decimal digits (largest remainder, the method of A. Hamilton); none becomes
    0, and each keeps its sign.

    Parameters
    ----------
    old : the signed weights by input; none is 0.
    shares : of those inputs whose weights change, above 0; what they sum to does not matter. The others are left out.

    Returns
    -------
    The signed weights by input, in the order of the old ones.
    """
    if not shares:
        return dict(old)
    names = [name for name in old if name in shares]
    together = sum(Decimal(repr(abs(old[name]))) for name in names)
    assert isinstance(together, Decimal)  # noqa: S101  (there is at least one)
    written = together.normalize().as_tuple().exponent
    assert isinstance(written, int)  # noqa: S101  (a weight is finite)
    places = max(math.ceil(math.log10(_STEPS * len(names) / together)), -written, 0)
    units = int(together.scaleb(places))
    whole = sum(Fraction(shares[name]) for name in names)
    quotas = {name: Fraction(shares[name]) * units / whole for name in names}
    counts = {name: max(1, math.floor(quota)) for name, quota in quotas.items()}
    spare = units - sum(counts.values())
    if spare < 0:
        counts[max(counts, key=lambda name: counts[name])] += spare
    for name in sorted(names, key=lambda name: counts[name] - quotas[name])[: max(spare, 0)]:
        counts[name] += 1
    found = {name: math.copysign(float(Decimal(counts[name]).scaleb(-places)), old[name]) for name in names}
    return {name: found.get(name, weight) for name, weight in old.items()}


def weights_of(spec: ModelSpec, score: str) -> dict[str, float]:
    """The signed weights of a score, in the order of the file."""
    weighing = spec.scores[score]
    return {name: weighing.weight(name) for name in weighing.weights}


def with_weights(spec: ModelSpec, score: str, weights: Mapping[str, float]) -> ModelSpec:
    """The model with other weights in one score; the reasons beside them stay."""
    old = spec.scores[score]
    entries = {
        name: entry.model_copy(update={"weight": weights[name]}) if isinstance(entry, Weight) else weights[name]
        for name, entry in old.weights.items()
    }
    changed = old.model_copy(update={"weights": entries})
    return spec.model_copy(update={"scores": {**spec.scores, score: changed}})
