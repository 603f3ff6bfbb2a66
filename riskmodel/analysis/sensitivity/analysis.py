"""Sensitivity of scores: tornado bars, Sobol' indices, and effective weights of one situation or several."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from riskmodel.analysis.results.sensitivity import Over, ScoreSensitivity, Sensitivities, Sensitivity, SobolIndex
from riskmodel.analysis.sampling import (
    BLOCK,
    Factor,
    UncertainInputs,
    check_seed,
    known_scores,
    next_power_of_two,
    replicate_generators,
    sobol_points,
    uncertain_inputs,
)
from riskmodel.analysis.sensitivity import sobol
from riskmodel.analysis.sensitivity.effective_weights import (
    TIE_DECIMALS,
    VarianceShare,
    effective_weights_of,
    nominal_shares,
    relevant_factors,
    variance_shares,
)
from riskmodel.analysis.sensitivity.intervals import estimates, impossible, too_few
from riskmodel.analysis.sensitivity.tables import effective_weights
from riskmodel.analysis.sensitivity.tornado import Bar, tornado
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationLike,
    SituationsLike,
    each_of,
    load_situations,
    prepare,
)
from riskmodel.analysis.weights import check_weight_uncertainty
from riskmodel.assessment import ScoreResult
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation
from riskmodel.engine.block import Block
from riskmodel.engine.table import keep_memory
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.arrays import Mask

DRAWS = 1 << 13
_MIN_DRAWS, _MAX_DRAWS = 1 << 6, 1 << 20
_MAX_EVALUATIONS = 1 << 25
_NOTHING_VARIES = (
    "nothing varies here: give values as ranges such as {low: 2, high: 5}, or let values go through their whole range "
    "(--over range), weights vary (--weight-uncertainty 20%), or what is missing (--sample-missing)"
)
_CONSTANT = "nothing that varies moves this score"


@overload
def sensitivity(
    situation: SituationLike,
    *,
    model: Model | str | Path = ...,
    over: Over | None = ...,
    weight_uncertainty: float | None = ...,
    sample_missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Sensitivity: ...


@overload
def sensitivity(
    situation: "SituationsLike",
    *,
    model: Model | str | Path = ...,
    over: Over | None = ...,
    weight_uncertainty: float | None = ...,
    sample_missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Sensitivities: ...


@call_as("sensitivity(situation, model=model)", "model.sensitivity(situation)")
def sensitivity(
    situation: "SituationLike | SituationsLike",
    *,
    model: Model | str | Path = DEFAULT,
    over: Over | None = None,
    weight_uncertainty: float | None = None,
    sample_missing: bool = False,
    draws: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Sensitivity | Sensitivities:
    """Determine which inputs and weights move the scores of a situation, or of each of several.

    Parameters
    ----------
    situation
        Values by indicator, or a situation read from a file. Values are independent of each other. Or several: a
        list, a pandas frame with a row for each, or a file of them.
    model
        A model, its path, or its id.
    over
        `given`: values given as distributions, such as `{"low": 2, "high": 5}`, vary as given, and all others are
        fixed. `range`: every given value varies uniformly over the whole range of its indicator. None: `given` if
        there is any distribution, else `range`.
    weight_uncertainty
        Relative standard deviation of a weight of average size, in (0, 1); weight shares have a Dirichlet distribution
        (see `riskmodel.analysis.weights`). None: weights are fixed.
    sample_missing
        Vary missing inputs too: by the model's default, or else over their whole range. Otherwise they stay missing,
        or at the median of their default.
    draws
        Rows n of each of the two matrices of the Sobol' indices, from 64 to 1,048,576, rounded up to a power of 2;
        8,192 by default. The model is evaluated n times for each matrix, each factor, and each group of factors.
    seed
        A whole number of 0 or more; the same seed gives the same figures.
    on_progress
        Called with the share done, in [0, 1], and the step being done.

    Returns
    -------
    Sensitivity | Sensitivities
        The result for one situation; for several, one such result for each.

    Raises
    ------
    SituationError
        If values are not valid.
    RiskmodelError
        If nothing varies in the one situation, none of its scores is known, an option is out of range, or a score is
        not finite.
    """
    loaded = ensure_model(model)
    if weight_uncertainty is not None:
        check_weight_uncertainty(weight_uncertainty)
    check_seed(seed)
    if over not in (None, "given", "range"):
        raise RiskmodelError(f"inputs vary over `given` or over `range`; got {over!r}")
    study = _Study(loaded, over, weight_uncertainty, sample_missing, draws, seed)
    if isinstance(situation, Situation | Mapping):
        return study.of(prepare(loaded, situation), on_progress)
    situations = load_situations(loaded.spec, situation)
    results = each_of(loaded, situations, study.of_several, on_progress)
    return Sensitivities(results, effective_weights(situations, model=loaded) if len(results) > 1 else None)


class _Study(NamedTuple):
    """The options of `sensitivity`, the same for every situation."""

    model: Model
    over: Over | None
    weight_uncertainty: float | None
    missing: bool
    draws: int | None
    seed: int

    def of(self, case: Case, on_progress: OnProgress | None) -> Sensitivity:
        """Analyse a single situation."""
        inputs = self._inputs(case)
        if not inputs.factors and inputs.fixed:
            raise RiskmodelError(_NOTHING_VARIES)
        return self._result(case, inputs, known_scores(self.model, inputs), on_progress)

    def of_several(self, case: Case, on_progress: OnProgress | None) -> Sensitivity:
        """Analyse one of several, which has a result even if nothing varies or no score is known."""
        inputs = self._inputs(case)
        try:
            scores = known_scores(self.model, inputs)
        except RiskmodelError:
            scores = []
        return self._result(case, inputs, scores, on_progress)

    def _over(self, case: Case) -> Over:
        return self.over or ("given" if case.uncertain else "range")

    def _inputs(self, case: Case) -> UncertainInputs:
        return uncertain_inputs(
            self.model, case, self.weight_uncertainty, self.missing, everything=self._over(case) == "range"
        )

    def _result(
        self, case: Case, inputs: UncertainInputs, scores: list[str], on_progress: OnProgress | None
    ) -> Sensitivity:
        model, nominal = self.model, self.model.assess(case.situation)
        groups = _groups(inputs)
        swaps = sobol.design(len(inputs.factors), list(groups.values()))
        number = _number_of_draws(self.draws, len(inputs.factors), len(swaps))
        is_moving = bool(scores) and bool(inputs.factors)
        if is_moving:
            generators = replicate_generators(self.seed, 1 + len(scores))
            keep_memory()
            points = sobol_points(2 * len(inputs.factors), number, generators[0])
            a, b = (inputs.drawn(matrix) for matrix in np.split(points, 2))
            sample = _Sample(
                inputs,
                groups,
                tornado(model, case, inputs, self._over(case)),
                sobol.evaluate(lambda drawn: _values(inputs, scores, drawn), swaps, a, b, on_progress),
                variance_shares(inputs.model, scores, _blocks(inputs, a, b)),
            )
            results = {
                name: _score_sensitivity(model, nominal.scores[name], sample, sample.values[row], generator)
                for row, (name, generator) in enumerate(zip(scores, generators[1:], strict=True))
            }
        else:
            results = {name: _constant(nominal.scores[name]) for name in scores}
        varying = [factor.name for factor in inputs.factors if not factor.is_weight]
        titles = {name: indicator.title or name for name, indicator in model.spec.indicators.items()}
        return Sensitivity(
            heading=case.heading,
            model=model.identity,
            over=self._over(case),
            inputs=tuple(titles[name] for name in varying),
            missing=tuple(titles[name] for name in varying if name not in case.given),
            fixed=tuple(titles[name] for name in inputs.fixed),
            weight_uncertainty=self.weight_uncertainty,
            draws=number,
            evaluations=number * len(swaps) if is_moving else 0,
            seed=self.seed,
            scores=results,
            without_score=tuple(score.title for score in nominal.top_scores if score.name not in scores),
        )


class _Sample(NamedTuple):
    """The evaluations for all s scores together.

    Attributes
    ----------
    inputs : d factors.
    groups : of factors, by name, g arrays (d,).
    bars : of the tornado, by score.
    values : (s, 2 + d + g, n) evaluations, see `riskmodel.analysis.sensitivity.sobol.evaluate`.
    variance_shares : by score.
    """

    inputs: UncertainInputs
    groups: Mapping[str, Mask]
    bars: Mapping[str, Sequence[Bar]]
    values: Floats
    variance_shares: Mapping[str, Sequence[VarianceShare]]


def _number_of_draws(draws: int | None, factors: int, matrices: int) -> int:
    if draws is None:
        return DRAWS
    number = next_power_of_two(draws, _MIN_DRAWS, _MAX_DRAWS)
    if number * matrices > _MAX_EVALUATIONS:
        most = 1 << ((_MAX_EVALUATIONS // matrices).bit_length() - 1)
        raise RiskmodelError(
            f"{number:,} draws of {factors:,} factors need {number * matrices:,} evaluations, more than can be kept; "
            f"use at most {most:,} draws"
        )
    return number


def _groups(inputs: UncertainInputs) -> dict[str, Mask]:
    """Return all inputs together and all weights together, if both vary."""
    is_weight = np.array([factor.is_weight for factor in inputs.factors])
    return {"inputs": ~is_weight, "weights": is_weight} if is_weight.any() and not is_weight.all() else {}


def _values(inputs: UncertainInputs, scores: list[str], drawn: Floats) -> Floats:
    block = inputs.scored_at(drawn)
    return np.stack([block.scores[name].value for name in scores])


def _blocks(inputs: UncertainInputs, *matrices: Floats) -> Iterator[Block]:
    for drawn in matrices:
        for start in range(0, drawn.shape[1], BLOCK):
            yield inputs.scored_at(drawn[:, start : start + BLOCK])


def _score_sensitivity(
    model: Model, nominal: ScoreResult, sample: _Sample, values: Floats, resampling: np.random.Generator
) -> ScoreSensitivity:
    """Analyse one score, given its (2 + d + g, n) evaluations and the generator of its bootstrap."""
    inputs = sample.inputs
    relevant = relevant_factors(inputs.model, nominal.name, inputs.factors)
    factors = [factor for factor, is_relevant in zip(inputs.factors, relevant, strict=True) if is_relevant]
    titles = [_title(model, nominal.name, factor) for factor in factors]
    groups = {name: row for row, (name, group) in enumerate(sample.groups.items()) if (group & relevant).any()}
    rows = [*np.flatnonzero(relevant), *(len(relevant) + row for row in groups.values())]
    indices = sobol.indices(values[0], values[1], values[2:][rows], resampling)
    score = inputs.model.scores[nominal.name]
    first = estimates(indices.first, indices.first_resampled)
    total = estimates(indices.total, indices.total_resampled)
    single = [
        SobolIndex("weight" if factor.is_weight else "input", factor.name, factor.score, title, *index)
        for factor, title, *index in zip(factors, titles, first, total, strict=False)
    ]
    grouped = [
        SobolIndex("group", name, "", f"All {name} together", first[row], total[row])
        for row, name in enumerate(groups, len(factors))
    ]
    moving = {factor.name for factor in factors if not factor.is_weight}
    return ScoreSensitivity(
        nominal.title,
        nominal,
        indices.mean,
        indices.variance**0.5,
        tuple(bar for bar in sample.bars.get(nominal.name, ()) if bar.name in moving and nominal.value is not None),
        tuple(sorted(single, key=lambda index: -round(index.total.value, TIE_DECIMALS))),
        tuple(grouped),
        effective_weights_of(
            model.spec,
            score,
            sample.variance_shares[nominal.name],
            nominal_shares(inputs.model, score, _present(inputs)),
        ),
        tuple(_warnings(titles, indices, values.shape[1])),
    )


def _constant(nominal: ScoreResult) -> ScoreSensitivity:
    """Return the result for a score of a situation in which nothing varies."""
    assert nominal.value is not None  # noqa: S101  (the score is known without any draws)
    return ScoreSensitivity(nominal.title, nominal, nominal.value, 0.0, (), (), (), (), (_CONSTANT,))


def _present(inputs: UncertainInputs) -> frozenset[str]:
    """Return the inputs that have a value in every draw."""
    assumed = (name for name, indicator in inputs.model.indicators.items() if indicator.default is not None)
    return frozenset((*inputs.fixed, *(factor.name for factor in inputs.factors if not factor.is_weight), *assumed))


def _warnings(titles: Sequence[str], indices: sobol.Indices, draws: int) -> list[str]:
    if not indices.variance:
        return [_CONSTANT]
    own = slice(len(titles))
    single = indices._replace(
        first=indices.first[own],
        total=indices.total[own],
        first_resampled=indices.first_resampled[:, own],
        total_resampled=indices.total_resampled[:, own],
    )
    return [*impossible(titles, single), *too_few(titles, single, draws)]


def _title(model: Model, score: str, factor: Factor) -> str:
    spec = model.spec
    titled = spec.scores if factor.name in spec.scores else spec.indicators
    title = titled[factor.name].title or factor.name
    if not factor.is_weight:
        return title
    other = "" if factor.score == score else f" in {spec.scores[factor.score].title or factor.score}"
    return f"Weight of {title}{other}"
