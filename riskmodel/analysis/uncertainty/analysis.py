"""How sure a score is: what is uncertain is drawn many times, and every draw is scored."""

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
    next_power_of_two,
    scores_known,
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
from riskmodel.analysis.weights import check_spread, concentration
from riskmodel.assessment import ScoreResult
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation
from riskmodel.engine.compile import CompiledScore
from riskmodel.errors import RiskmodelError
from riskmodel.model import Model, ensure_model
from riskmodel.tables.parallel import in_order

DRAWS = 1 << 14
_LEAST, _MOST = 1 << 10, 1 << 24


@overload
def uncertainty(
    situation: SituationLike,
    *,
    model: Model | str | Path = ...,
    weight_uncertainty: float | None = ...,
    missing: bool = ...,
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
    missing: bool = ...,
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
    missing: bool = False,
    draws: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Uncertainty | Uncertainties:
    """How sure the scores of a situation are, or of each of several.

    Parameters
    ----------
    situation
        Values by indicator, of which some are distributions, such as `{"low": 2, "high": 5}`; or a situation that
        was read from a file. Distributions are independent of each other. Or several: a list, a pandas frame with a
        row for each, or a file of them.
    model
        A model, its path, or its id.
    weight_uncertainty
        How uncertain weights are, in (0, 1): the standard deviation of a weight of average size, as a share of
        itself (a Dirichlet distribution of the shares; see `riskmodel.analysis.weights`). None: not at all.
    missing
        Whether missing inputs are drawn too: from the distribution that the model gives as their default, or
        without one over their whole range, in which every value is equally likely. Otherwise they stay missing, or
        at the median of their default, and the scores are those of what is there.
    draws
        How many, from 1,024 to 16,777,216; the next power of 2 is taken. 16,384 without it.
    seed
        Any whole number from 0 on; the same seed gives the same draws.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.

    Returns
    -------
    Uncertainty | Uncertainties
        Of one situation what was found; of several one such result for each. Where nothing is uncertain about one
        of several, every draw is its score as it stands.

    Raises
    ------
    SituationError
        Where values are not valid.
    RiskmodelError
        Where nothing is uncertain about the one situation, no score of it can be given, or what is asked for is out of
        range.
    """
    used = ensure_model(model)
    if weight_uncertainty is not None:
        check_spread(weight_uncertainty)
    number = DRAWS if draws is None else next_power_of_two(draws, _LEAST, _MOST)
    check_seed(seed)
    study = _Study(used, weight_uncertainty, missing, number, seed)
    if isinstance(situation, Situation | Mapping):
        return study.of(prepare(used, situation), on_progress)
    return Uncertainties(each_of(used, situation, study.of_several, on_progress))


class _Study(NamedTuple):
    """What is asked about every situation alike; see `uncertainty`."""

    model: Model
    weight_uncertainty: float | None
    missing: bool
    draws: int
    seed: int

    def of(self, case: Case, on_progress: OnProgress | None) -> Uncertainty:
        """How sure the scores of one situation are."""
        setting = uncertain_inputs(self.model, case, self.weight_uncertainty, self.missing)
        if not setting.factors and setting.fixed:
            raise RiskmodelError(_NOTHING)
        return self._found(case, setting, scores_known(self.model, setting), on_progress)

    def of_several(self, case: Case, on_progress: OnProgress | None) -> Uncertainty:
        """The same of one of several, which has a result even where nothing is uncertain, or no score can be given."""
        setting = uncertain_inputs(self.model, case, self.weight_uncertainty, self.missing)
        try:
            scores = scores_known(self.model, setting)
        except RiskmodelError:
            scores = []
        return self._found(case, setting, scores, on_progress)

    def _found(
        self, case: Case, setting: UncertainInputs, scores: Sequence[str], on_progress: OnProgress | None
    ) -> Uncertainty:
        model = self.model
        plain = model.assess(case.situation)
        if setting.factors:
            found = samples(setting, scores, self.draws, self.seed, on_progress)
        else:
            found = [certain_sample(setting, scores, self.draws // SCRAMBLES)] * SCRAMBLES
        told = in_order(lambda name: _score(plain.scores[name], model.compiled.scores[name], found), scores, THREADS)
        return Uncertainty(
            heading=case.heading,
            model=model.identity,
            draws=self.draws,
            scrambles=SCRAMBLES,
            seed=self.seed,
            weight_uncertainty=self.weight_uncertainty,
            concentrations=_concentrations(model, self.weight_uncertainty),
            varied=tuple(_varied(model, case, factor) for factor in setting.factors if not factor.is_weight),
            missing=() if self.missing else tuple(entry.title for entry in plain.inputs if entry.value is None),
            scores=dict(zip(scores, told, strict=True)),
            without_score=tuple(score.title for score in plain.top_scores if score.name not in scores),
            rules=tuple(_rule(model, name, found, self.draws) for name in model.spec.rules),
        )


_NOTHING = (
    "nothing here is uncertain: give values as ranges such as {low: 2, high: 5}, or ask for uncertain weights "
    "(--weight-uncertainty 20%) or for what is missing (--missing)"
)


def _at(factor: Factor, share: float) -> float:
    return float(factor.quantile(np.array([share]))[0])


def _concentrations(model: Model, spread: float | None) -> dict[str, float]:
    if spread is None:
        return {}
    return {
        name: concentration(len(score.inputs), spread)
        for name, score in model.compiled.scores.items()
        if len(score.inputs) > 1
    }


def _varied(model: Model, case: Case, factor: Factor) -> Varied:
    indicator = model.spec.indicators[factor.name]
    labels = model.compiled.indicators[factor.name].labels
    low, median, high = (
        value if labels is None else labels[int(value)] for value in (_at(factor, share) for share in (0.05, 0.5, 0.95))
    )
    title = indicator.title or factor.name
    missing = factor.name not in case.uncertain
    usual = missing and indicator.default is not None
    return Varied(factor.name, title, indicator.unit, low, median, high, missing, usual)


def _score(plain: ScoreResult, score: CompiledScore, found: Sequence[Sample]) -> ScoreUncertainty:
    values = np.stack([sample.values[score.name] for sample in found])
    codes = np.stack([sample.bands[score.name] for sample in found])
    return ScoreUncertainty(
        plain.title,
        plain,
        quantile_estimates(values),
        tuple(
            BandShare(band, start, share_estimate(np.mean(codes == place, axis=1)))
            for place, (band, start) in enumerate(zip(score.bands, score.band_starts, strict=True))
        ),
        values.ravel() if np.ptp(values) else np.broadcast_to(values[0, :1], values.size),
    )


def _rule(model: Model, name: str, found: Sequence[Sample], draws: int) -> RuleShare:
    each = draws / len(found)
    return RuleShare(
        name,
        model.spec.rules[name].title or name,
        share_estimate(np.array([sample.fired[name] / each for sample in found])),
        sum(sample.degrees[name] for sample in found) / draws,
    )
