"""Weights of a score: nominal shares through sub-scores, uncertain weights, and rounded new weights.

Uncertain weight shares have a Dirichlet distribution around their values. It is drawn as gamma variates, one for each
weight, which the weighted mean normalises. A weight of average size has the relative standard deviation r that the user
gives, which for k weights is a concentration of (k - 1) / r^2 - 1.
"""

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
from riskmodel.kernels.types import Floats
from riskmodel.schema.distributions import Quantile
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Weight

_MIN_SHAPE = 0.02
"""Of a gamma variate: below it most draws are too near 0 for floats to distinguish."""
_MIN_RELATIVE_SD = 1e-9
_MIN_STEPS = 300
"""Rounding steps in a weight of average size, at least."""


def nominal_paths(
    model: CompiledModel, score: CompiledScore, present: frozenset[str] | None = None
) -> Iterator[tuple[str, float]]:
    """Yield each path from an indicator to a score with its signed share; the absolute shares sum to 1.

    Parameters
    ----------
    model, score : compiled.
    present : the indicators that have a value, to which missing inputs leave their weights; None: all of them.
    """
    inputs = [
        part
        for part in score.inputs
        if present is None or present & (model.scores[part.name].leaf_indicators if part.is_score else {part.name})
    ]
    total = sum(part.weight for part in inputs)
    for part in inputs:
        share = (-part.weight if part.inverted else part.weight) / total
        inner = nominal_paths(model, model.scores[part.name], present) if part.is_score else [(part.name, 1.0)]
        for name, inner_share in inner:
            yield name, share * inner_share


class UncertainWeight(NamedTuple):
    """A weight that is drawn.

    Attributes
    ----------
    score, name : the score that it is a weight of, and the indicator or sub-score that has it.
    share : its mean share of the weights of the score, in (0, 1).
    quantile : of the gamma variate drawn in place of the weight.
    """

    score: str
    name: str
    share: float
    quantile: Quantile


def check_weight_uncertainty(relative_sd: float) -> None:
    """Check the relative standard deviation of weights.

    Raises
    ------
    RiskmodelError
        If it is not a number in (0, 1), or too small for floats.
    """
    if not isinstance(relative_sd, int | float):
        raise RiskmodelError(f"weights vary by a share such as 0.2; got {relative_sd!r}")
    if not 0.0 < relative_sd < 1.0:
        raise RiskmodelError(f"weights vary by more than 0 and less than 100 %; got {100 * relative_sd:g} %")
    if relative_sd < _MIN_RELATIVE_SD:
        raise RiskmodelError(f"weights cannot vary by less than {100 * _MIN_RELATIVE_SD:g} %; leave it out")


def concentration(inputs: int, relative_sd: float) -> float:
    """Return the concentration of the Dirichlet distribution of `inputs` shares, 2 or more."""
    return (inputs - 1) / relative_sd**2 - 1.0


def concentrations(model: CompiledModel, relative_sd: float | None) -> dict[str, float]:
    """Return the concentration of each score with two or more inputs; none if weights are fixed."""
    if not relative_sd:
        return {}
    inputs = {name: len(score.inputs) for name, score in model.scores.items()}
    return {name: concentration(count, relative_sd) for name, count in inputs.items() if count > 1}


def uncertain_weights(score: CompiledScore, relative_sd: float) -> list[UncertainWeight]:
    """Return the weights of a score as factors, in the order of its inputs; none if it has one input only.

    Parameters
    ----------
    score : the compiled score.
    relative_sd : of a weight of average size, in (0, 1).

    Raises
    ------
    RiskmodelError
        If a weight is so small that it would hardly ever be drawn above 0.
    """
    if len(score.inputs) < 2:
        return []
    total = sum(part.weight for part in score.inputs)
    total_shape = concentration(len(score.inputs), relative_sd)
    smallest = min(score.inputs, key=lambda part: part.weight)
    if total_shape * smallest.weight < _MIN_SHAPE * total:
        raise RiskmodelError(
            f"weights of {score.name} cannot vary by {relative_sd:.4g}: the weight of {smallest.name} is only "
            f"{smallest.weight / total:.2g} of the total; choose a smaller uncertainty"
        )
    return [
        UncertainWeight(score.name, part.name, part.weight / total, _gamma(total_shape * part.weight / total))
        for part in score.inputs
    ]


@lru_cache(maxsize=1024)
def _gamma(shape: float) -> Quantile:
    """Return the quantile function of a gamma distribution.

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
        cube_root = root(share)
        return cube_root * cube_root * cube_root

    return quantile


def new_weights(old: Mapping[str, float], shares: Mapping[str, float]) -> dict[str, float]:
    """Return weights with given shares of the total weight of some inputs, rounded.

    They keep that total exactly in decimal digits (largest-remainder method of A. Hamilton); none becomes 0, and each
    keeps its sign.

    Parameters
    ----------
    old : the signed weights by input; none is 0.
    shares : of the inputs whose weights change, above 0, of any sum.

    Returns
    -------
    The signed weights by input, in the order of the old ones.
    """
    if not shares:
        return dict(old)
    names = [name for name in old if name in shares]
    total = sum(Decimal(repr(abs(old[name]))) for name in names)
    assert isinstance(total, Decimal)  # noqa: S101  (there is at least one name)
    exponent = total.normalize().as_tuple().exponent
    assert isinstance(exponent, int)  # noqa: S101  (a weight is finite)
    decimals = max(math.ceil(math.log10(_MIN_STEPS * len(names) / total)), -exponent, 0)
    units = int(total.scaleb(decimals))
    share_total = sum(Fraction(shares[name]) for name in names)
    quotas = {name: Fraction(shares[name]) * units / share_total for name in names}
    counts = {name: max(1, math.floor(quota)) for name, quota in quotas.items()}
    spare = units - sum(counts.values())
    if spare < 0:
        counts[max(counts, key=lambda name: counts[name])] += spare
    for name in sorted(names, key=lambda name: counts[name] - quotas[name])[: max(spare, 0)]:
        counts[name] += 1
    rounded = {name: math.copysign(float(Decimal(counts[name]).scaleb(-decimals)), old[name]) for name in names}
    return {name: rounded.get(name, weight) for name, weight in old.items()}


def weights_of(spec: ModelSpec, score: str) -> dict[str, float]:
    """Return the signed weights of a score, in the order of the file."""
    return {name: spec.scores[score].weight(name) for name in spec.scores[score].weights}


def with_weights(spec: ModelSpec, score: str, weights: Mapping[str, float]) -> ModelSpec:
    """Return the model with other weights in one score; the reasons beside them stay."""
    old = spec.scores[score]
    entries = {
        name: entry.model_copy(update={"weight": weights[name]}) if isinstance(entry, Weight) else weights[name]
        for name, entry in old.weights.items()
    }
    changed = old.model_copy(update={"weights": entries})
    return spec.model_copy(update={"scores": {**spec.scores, score: changed}})
