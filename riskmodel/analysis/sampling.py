"""Draws: a case with everything that is uncertain about it, scored at many points at once.

Points are scrambled Sobol' points (I. M. Sobol' 1967; A. B. Owen, *Scrambling Sobol' and Niederreiter-Xing points*,
Journal of Complexity 14, 1998), which fill [0, 1]^d more evenly than random ones do. Each scramble is an independent,
unbiased draw, so scrambles repeated tell the error of what is estimated from them.
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
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model
from riskmodel.schema.breakpoints import range_quantile
from riskmodel.schema.distributions import Quantile

BLOCK = 1 << 15
"""Draws that are scored at once, so that they stay in the processor's cache."""
_BITS = 30
_MAX_FACTORS = qmc.Sobol.MAXDIM


class Factor(NamedTuple):
    """One thing that is uncertain.

    Attributes
    ----------
    name : the indicator; for a weight the indicator or sub-score that has it.
    score : for a weight, the score that it is a weight of; empty for the value of an indicator.
    quantile : from shares in (0, 1) to raw values, or to what stands in place of the weight.
    """

    name: str
    score: str
    quantile: Quantile

    @property
    def is_weight(self) -> bool:
        """Whether it is a weight, and not the value of an indicator."""
        return bool(self.score)


@dataclass(frozen=True)
class UncertainInputs:
    """A case and what is uncertain about it.

    Attributes
    ----------
    model : the compiled model, which here gives a score whatever the coverage is: coverage is a matter of what is
        known, and does not change with draws of weights.
    fixed : the values that are certain, by indicator, as the engine takes them.
    factors : what is uncertain.
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
        """(factors, n) what each factor is at points (factors, n) in (0, 1)."""
        return np.stack([factor.quantile(shares) for factor, shares in zip(self.factors, points, strict=True)])

    def scored_at(self, values: Floats) -> Block:
        """Score what was drawn.

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
        # An input without a weight here is missing in every draw, and falls out whatever its weight is.
        weights = {
            name: [
                found[part.name] if part.name in found else np.zeros(rows) for part in self.model.scores[name].inputs
            ]
            for name, found in drawn.items()
        }
        return score_block(self.model, columns, rows, weights)


def uncertain_inputs(
    model: Model, case: Case, spread: float | None, missing: bool, everything: bool = False
) -> UncertainInputs:
    """What is uncertain about a case.

    Parameters
    ----------
    model : the model.
    case : its distributions are factors.
    spread : how uncertain weights are (see `riskmodel.analysis.weights`); None: not at all.
    missing : whether missing inputs are factors too, each drawn from the model's default, or without one from its whole
        range; otherwise they stay missing, and a default stays at its median.
    everything : whether inputs that are given are factors too, over their whole range, in place of what is given.
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
    if spread is not None:
        there = (
            drawn | fixed.keys() | {name for name, found in compiled.indicators.items() if found.default is not None}
        )
        factors += _weights(compiled, there, spread)
    if len(factors) > _MAX_FACTORS:
        raise RiskmodelError(f"{len(factors):,} values and weights are uncertain; at most {_MAX_FACTORS:,} can be")
    return UncertainInputs(_whatever_the_coverage(compiled), fixed, tuple(factors))


def scores_known(model: Model, setting: UncertainInputs) -> list[str]:
    """The scores that can be given, once what is drawn counts as known; sub-scores are left out.

    Raises
    ------
    RiskmodelError
        Where there is none.
    """
    middle = {
        factor.name: float(factor.quantile(np.array([0.5]))[0]) for factor in setting.factors if not factor.is_weight
    }
    columns = {name: np.array([value]) for name, value in {**setting.fixed, **middle}.items()}
    block = score_block(model.compiled, columns, rows=1)
    found = [
        name
        for name in model.spec.scores
        if name not in model.spec.sub_scores and not np.isnan(block.scores[name].value[0])
    ]
    if not found:
        raise RiskmodelError(
            "the data are insufficient for every score; give more values, or draw what is missing (--missing)"
        )
    return found


def _weights(model: CompiledModel, there: set[str], spread: float) -> Iterator[Factor]:
    """The weights of inputs that are there; those of the others fall out of every mean, whatever they are."""
    for score in model.scores.values():
        kept = {part.name for part in score.inputs if there & _reached(model, part)}
        found = [weight for weight in uncertain_weights(score, spread) if weight.name in kept]
        if len(found) > 1:
            yield from (Factor(weight.name, weight.score, weight.quantile) for weight in found)


def _reached(model: CompiledModel, part: ScoreInput) -> frozenset[str]:
    """The indicators that an input of a score is built from."""
    return model.scores[part.name].leaf_indicators if part.is_score else frozenset((part.name,))


def _whatever_the_coverage(model: CompiledModel) -> CompiledModel:
    scores = {name: score._replace(min_coverage=0.0) for name, score in model.scores.items()}
    return replace(model, scores=scores)


def check_seed(seed: int) -> None:
    """Check a seed.

    Raises
    ------
    RiskmodelError
        Where it is no whole number, or below 0.
    """
    if not isinstance(seed, int) or seed < 0:
        raise RiskmodelError(f"a seed is a whole number from 0 on; got {seed!r}")


def next_power_of_two(draws: int, least: int, most: int) -> int:
    """How many draws are taken: the next power of 2.

    Raises
    ------
    RiskmodelError
        Where the number asked for is no whole number, or out of range.
    """
    if not isinstance(draws, int):
        raise RiskmodelError(f"draws are a whole number; got {draws!r}")
    if not least <= draws <= most:
        raise RiskmodelError(f"draws are from {least:,} to {most:,}; got {draws:,}")
    return 1 << (draws - 1).bit_length()


def replicate_generators(seed: int, number: int) -> Sequence[np.random.Generator]:
    """Sources of independent scrambles; the same for the same seed, which may be any whole number from 0 on."""
    return [np.random.default_rng(source) for source in np.random.SeedSequence(seed).spawn(number)]


def sobol_points(factors: int, number: int, scramble: np.random.Generator, start: int = 0) -> Floats:
    """Scrambled Sobol' points.

    Parameters
    ----------
    factors : dimensions d.
    number : how many, a power of 2.
    scramble : what to scramble with; it is left as it is, so that more points of the same scramble can be drawn.
    start : how many points of the scramble come before.

    Returns
    -------
    (d, number) in (0, 1), never at its ends.
    """
    sequence = qmc.Sobol(factors, bits=_BITS, seed=deepcopy(scramble))
    if start:
        sequence.fast_forward(start)
    points: Floats = sequence.random(number)
    return np.ascontiguousarray(points.T) + 2.0 ** -(_BITS + 1)
