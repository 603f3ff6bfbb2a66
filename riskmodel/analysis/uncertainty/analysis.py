"""Propagate uncertain values and weights to scores by (quasi-)Monte Carlo."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from riskmodel.analysis.results.uncertainty import (
    BandShare,
    RuleShare,
    ScoreUncertainty,
    Uncertainties,
    Uncertainty,
    Varied,
)
from riskmodel.analysis.sampling import (
    Factor,
    UncertainInputs,
    check_seed,
    known_scores,
    next_power_of_two,
    uncertain_inputs,
)
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationLike,
    SituationsLike,
    each_of,
    prepare,
)
from riskmodel.analysis.uncertainty.estimates import (
    SCRAMBLES,
    THREADS,
    Sample,
    certain_sample,
    quantile_estimates,
    samples,
    share_estimate,
)
from riskmodel.analysis.weights import check_weight_uncertainty, concentrations
from riskmodel.assessment import ScoreResult
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation
from riskmodel.engine.compile import CompiledScore
from riskmodel.errors import RiskmodelError
from riskmodel.model import Model, ensure_model
from riskmodel.tables.parallel import in_order

DRAWS = 1 << 14
_MIN_DRAWS, _MAX_DRAWS = 1 << 10, 1 << 24
_NOTHING_UNCERTAIN = (
    "nothing here is uncertain: give values as ranges such as {low: 2, high: 5}, or ask for uncertain weights "
    "(--weight-uncertainty 20%) or for what is missing (--sample-missing)"
)


@overload
def uncertainty(
    situation: SituationLike,
    *,
    model: Model | str | Path = ...,
    weight_uncertainty: float | None = ...,
    sample_missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Uncertainty: ...


@overload
def uncertainty(
    situation: "SituationsLike",
    *,
    model: Model | str | Path = ...,
    weight_uncertainty: float | None = ...,
    sample_missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Uncertainties: ...


@call_as("uncertainty(situation, model=model)", "model.uncertainty(situation)")
def uncertainty(
    situation: "SituationLike | SituationsLike",
    *,
    model: Model | str | Path = DEFAULT,
    weight_uncertainty: float | None = None,
    sample_missing: bool = False,
    draws: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Uncertainty | Uncertainties:
    """Estimate the distributions of the scores of a situation, or of each of several.

    Parameters
    ----------
    situation
        Values by indicator, some of them distributions such as `{"low": 2, "high": 5}`, which are independent of each
        other; or a situation read from a file. Or several: a list, a pandas frame with a row for each, or a file of
        them.
    model
        A model, its path, or its id.
    weight_uncertainty
        Relative standard deviation of a weight of average size, in (0, 1); weight shares have a Dirichlet distribution
        (see `riskmodel.analysis.weights`). None: weights are fixed.
    sample_missing
        Draw missing inputs too: from the distribution that is the model's default, or else uniformly over their whole
        range. Otherwise they stay missing, or at the median of their default.
    draws
        Number of draws, from 1,024 to 16,777,216, rounded up to a power of 2; 16,384 by default.
    seed
        A whole number of 0 or more; the same seed gives the same draws.
    on_progress
        Called with the share done, in [0, 1], and the step being done.

    Returns
    -------
    Uncertainty | Uncertainties
        The result for one situation; for several, one such result for each. If nothing is uncertain about one of
        several, every draw is its nominal score.

    Raises
    ------
    SituationError
        If values are not valid.
    RiskmodelError
        If nothing is uncertain about the one situation, none of its scores is known, or an option is out of range.
    """
    loaded = ensure_model(model)
    if weight_uncertainty is not None:
        check_weight_uncertainty(weight_uncertainty)
    number = DRAWS if draws is None else next_power_of_two(draws, _MIN_DRAWS, _MAX_DRAWS)
    check_seed(seed)
    study = _Study(loaded, weight_uncertainty, sample_missing, number, seed)
    if isinstance(situation, Situation | Mapping):
        return study.of(prepare(loaded, situation), on_progress)
    return Uncertainties(each_of(loaded, situation, study.of_several, on_progress))


class _Study(NamedTuple):
    """The options of `uncertainty`, the same for every situation."""

    model: Model
    weight_uncertainty: float | None
    missing: bool
    draws: int
    seed: int

    def of(self, case: Case, on_progress: OnProgress | None) -> Uncertainty:
        """Analyse a single situation."""
        inputs = uncertain_inputs(self.model, case, self.weight_uncertainty, self.missing)
        if not inputs.factors and inputs.fixed:
            raise RiskmodelError(_NOTHING_UNCERTAIN)
        return self._result(case, inputs, known_scores(self.model, inputs), on_progress)

    def of_several(self, case: Case, on_progress: OnProgress | None) -> Uncertainty:
        """Analyse one of several, which has a result even if nothing is uncertain or no score is known."""
        inputs = uncertain_inputs(self.model, case, self.weight_uncertainty, self.missing)
        try:
            scores = known_scores(self.model, inputs)
        except RiskmodelError:
            scores = []
        return self._result(case, inputs, scores, on_progress)

    def _result(
        self, case: Case, inputs: UncertainInputs, scores: Sequence[str], on_progress: OnProgress | None
    ) -> Uncertainty:
        model = self.model
        nominal = model.assess(case.situation)
        if inputs.factors:
            drawn = samples(inputs, scores, self.draws, self.seed, on_progress)
        else:
            drawn = [certain_sample(inputs, scores, self.draws // SCRAMBLES)] * SCRAMBLES
        results = in_order(
            lambda name: _score(nominal.scores[name], model.compiled.scores[name], drawn), scores, THREADS
        )
        return Uncertainty(
            heading=case.heading,
            model=model.identity,
            draws=self.draws,
            scrambles=SCRAMBLES,
            seed=self.seed,
            weight_uncertainty=self.weight_uncertainty,
            concentrations=concentrations(model.compiled, self.weight_uncertainty),
            varied=tuple(_varied(model, case, factor) for factor in inputs.factors if not factor.is_weight),
            missing=() if self.missing else tuple(entry.title for entry in nominal.inputs if entry.value is None),
            scores=dict(zip(scores, results, strict=True)),
            without_score=tuple(score.title for score in nominal.top_scores if score.name not in scores),
            rules=tuple(_rule(model, name, drawn, self.draws) for name in model.spec.rules),
        )


def _varied(model: Model, case: Case, factor: Factor) -> Varied:
    indicator = model.spec.indicators[factor.name]
    labels = model.compiled.indicators[factor.name].labels
    quantiles = [float(factor.quantile(np.array([share]))[0]) for share in (0.05, 0.5, 0.95)]
    low, median, high = (value if labels is None else labels[int(value)] for value in quantiles)
    title = indicator.title or factor.name
    missing = factor.name not in case.uncertain
    has_default = missing and indicator.default is not None
    return Varied(factor.name, title, indicator.unit, low, median, high, missing, has_default)


def _score(nominal: ScoreResult, score: CompiledScore, drawn: Sequence[Sample]) -> ScoreUncertainty:
    values = np.stack([sample.values[score.name] for sample in drawn])
    codes = np.stack([sample.bands[score.name] for sample in drawn])
    return ScoreUncertainty(
        nominal.title,
        nominal,
        quantile_estimates(values),
        tuple(
            BandShare(band, start, share_estimate(np.mean(codes == code, axis=1)))
            for code, (band, start) in enumerate(zip(score.bands, score.band_starts, strict=True))
        ),
        values.ravel() if np.ptp(values) else np.broadcast_to(values[0, :1], values.size),
    )


def _rule(model: Model, name: str, drawn: Sequence[Sample], draws: int) -> RuleShare:
    draws_each = draws / len(drawn)
    return RuleShare(
        name,
        model.spec.rules[name].title or name,
        share_estimate(np.array([sample.fired[name] / draws_each for sample in drawn])),
        sum(sample.degrees[name] for sample in drawn) / draws,
    )
