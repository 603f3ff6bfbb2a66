"""Draw and score the uncertain inputs and weights of a situation at quasi-random points.

Points are scrambled Sobol' points (I. M. Sobol' 1967; A. B. Owen, *Scrambling Sobol' and Niederreiter-Xing points*,
Journal of Complexity 14, 1998), which fill [0, 1]^d more evenly than random ones do. Each scramble is an independent,
unbiased replicate, so the spread over scrambles estimates the error.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.stats import qmc

from riskmodel.analysis.quantiles import SCIPY, quantile_of
from riskmodel.analysis.situations import Case
from riskmodel.analysis.weights import uncertain_weights
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel, ScoreInput
from riskmodel.engine.imputation import missing_quantile
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.schema.breakpoints import range_quantile
from riskmodel.schema.distributions import Quantile

BLOCK = 1 << 15
"""Draws scored at once, so that they stay in the processor's cache."""
_BITS = 30
_MAX_FACTORS = qmc.Sobol.MAXDIM


class Factor(NamedTuple):
    """An uncertain input or weight.

    Attributes
    ----------
    name : the indicator; for a weight the indicator or sub-score that has it.
    score : the score of a weight; empty for the value of an indicator.
    quantile : from shares in (0, 1) to raw values, or to variates that replace the weight.
    """

    name: str
    score: str
    quantile: Quantile

    @property
    def is_weight(self) -> bool:
        """True for a weight, False for the value of an indicator."""
        return bool(self.score)


@dataclass(frozen=True)
class UncertainInputs:
    """The factors of a case and their distributions, with the inputs that are fixed.

    Attributes
    ----------
    model : the compiled model without minimum coverage, which does not change with draws of weights.
    fixed : encoded values by indicator.
    factors : the uncertain inputs and weights.
    """

    model: CompiledModel
    fixed: Mapping[str, float]
    factors: tuple[Factor, ...]

    def scored(self, points: Floats) -> Block:
        """Score a draw at each point.

        Parameters
        ----------
        points : (factors, n) in (0, 1).
        """
        return self.scored_at(self.drawn(points))

    def drawn(self, points: Floats) -> Floats:
        """Return (factors, n) values at points (factors, n) in (0, 1)."""
        return np.stack([factor.quantile(shares) for factor, shares in zip(self.factors, points, strict=True)])

    def scored_at(self, values: Floats) -> Block:
        """Score drawn values.

        Parameters
        ----------
        values : (factors, n) from `drawn`.
        """
        rows = values.shape[1]
        columns = {name: np.full(rows, value) for name, value in self.fixed.items()}
        drawn: dict[str, dict[str, Floats]] = {}
        for factor, column in zip(self.factors, values, strict=True):
            if factor.is_weight:
                drawn.setdefault(factor.score, {})[factor.name] = column
            else:
                columns[factor.name] = column
        # An input without a drawn weight is missing in every draw, and drops out whatever its weight is.
        weights = {
            name: [
                columns_drawn[part.name] if part.name in columns_drawn else np.zeros(rows)
                for part in self.model.scores[name].inputs
            ]
            for name, columns_drawn in drawn.items()
        }
        return score_block(self.model, columns, rows, weights)


def uncertain_inputs(
    model: Model, case: Case, relative_sd: float | None, missing: bool, everything: bool = False
) -> UncertainInputs:
    """Return the factors of a case.

    Parameters
    ----------
    model : the model.
    case : its distributions are factors.
    relative_sd : of a weight of average size (see `riskmodel.analysis.weights`); None: weights are fixed.
    missing : make missing inputs factors too, drawn from the model's default, or else from their whole range; otherwise
        they stay missing, and a default stays at its median.
    everything : make all given inputs factors, over their whole range, in place of the values given.
    """
    spec, compiled = model.spec, model.compiled
    factors = []
    for name in spec.indicators:
        if everything and name in case.given:
            factors.append(Factor(name, "", range_quantile(spec, name)))
        elif name in case.uncertain:
            factors.append(Factor(name, "", quantile_of(case.uncertain[name], spec.indicators[name].bounds)))
        elif missing and name not in case.given and (quantile := missing_quantile(spec, name, SCIPY)):
            factors.append(Factor(name, "", quantile))
    drawn = {factor.name for factor in factors}
    fixed = {name: value for name, value in case.given.items() if name not in drawn}
    if relative_sd is not None:
        assumed = {name for name, indicator in compiled.indicators.items() if indicator.default is not None}
        factors += _weights(compiled, drawn | fixed.keys() | assumed, relative_sd)
    if len(factors) > _MAX_FACTORS:
        raise RiskmodelError(f"{len(factors):,} values and weights are uncertain; at most {_MAX_FACTORS:,} can be")
    return UncertainInputs(without_min_coverage(compiled), fixed, tuple(factors))


def known_scores(model: Model, inputs: UncertainInputs) -> list[str]:
    """Return the scores that are known, counting drawn inputs as known; sub-scores are left out.

    Raises
    ------
    RiskmodelError
        If there is none.
    """
    medians = {
        factor.name: float(factor.quantile(np.array([0.5]))[0]) for factor in inputs.factors if not factor.is_weight
    }
    columns = {name: np.array([value]) for name, value in {**inputs.fixed, **medians}.items()}
    block = score_block(model.compiled, columns, rows=1)
    known = [name for name in model.spec.main_scores if not np.isnan(block.scores[name].value[0])]
    if not known:
        raise RiskmodelError(
            "the data are insufficient for every score; give more values, or draw what is missing (--sample-missing)"
        )
    return known


def _weights(model: CompiledModel, present: set[str], relative_sd: float) -> Iterator[Factor]:
    """Yield the weights of inputs that are present; those of the others drop out of every mean."""
    for score in model.scores.values():
        kept = {part.name for part in score.inputs if present & _leaf_indicators(model, part)}
        weights = [weight for weight in uncertain_weights(score, relative_sd) if weight.name in kept]
        if len(weights) > 1:
            yield from (Factor(weight.name, weight.score, weight.quantile) for weight in weights)


def _leaf_indicators(model: CompiledModel, part: ScoreInput) -> frozenset[str]:
    return model.scores[part.name].leaf_indicators if part.is_score else frozenset((part.name,))


def without_min_coverage(model: CompiledModel) -> CompiledModel:
    """Return a model whose scores need no coverage, which draws of weights would change."""
    scores = {name: score._replace(min_coverage=0.0) for name, score in model.scores.items()}
    return replace(model, scores=scores)


def check_seed(seed: int) -> None:
    """Check a seed.

    Raises
    ------
    RiskmodelError
        If it is not a whole number of 0 or more.
    """
    if not isinstance(seed, int) or seed < 0:
        raise RiskmodelError(f"a seed is a whole number from 0 on; got {seed!r}")


def next_power_of_two(draws: int, least: int, most: int) -> int:
    """Round a number of draws up to a power of 2.

    Raises
    ------
    RiskmodelError
        If it is not a whole number, or out of range.
    """
    if not isinstance(draws, int):
        raise RiskmodelError(f"draws are a whole number; got {draws!r}")
    if not least <= draws <= most:
        raise RiskmodelError(f"draws are from {least:,} to {most:,}; got {draws:,}")
    return 1 << (draws - 1).bit_length()


def replicate_generators(seed: int, number: int) -> Sequence[np.random.Generator]:
    """Return generators of independent scrambles, the same for the same seed of 0 or more."""
    return [np.random.default_rng(sequence) for sequence in np.random.SeedSequence(seed).spawn(number)]


def sobol_points(factors: int, number: int, scramble: np.random.Generator, start: int = 0) -> Floats:
    """Return scrambled Sobol' points.

    Parameters
    ----------
    factors : dimensions d.
    number : of points, a power of 2.
    scramble : its generator, which is not advanced, so that more points of the same scramble can be drawn.
    start : the number of points of the scramble to skip.

    Returns
    -------
    (d, number) in (0, 1), never at its ends.
    """
    sequence = qmc.Sobol(factors, bits=_BITS, seed=deepcopy(scramble))
    if start:
        sequence.fast_forward(start)
    points: Floats = sequence.random(number)
    return np.ascontiguousarray(points.T) + 2.0 ** -(_BITS + 1)
