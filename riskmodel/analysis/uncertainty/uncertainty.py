"""How sure a score is: what is uncertain is drawn many times, and every draw is scored."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from riskmodel.analysis.cases import Case, One, OnProgress, as_model, case_of
from riskmodel.analysis.draws import Factor, check_seed, draw_count, scores_known, uncertain
from riskmodel.analysis.uncertain_weights import check_spread, concentration
from riskmodel.analysis.uncertainty.result import BandShare, RuleShare, ScoreUncertainty, Uncertainty, Varied
from riskmodel.analysis.uncertainty.sampling import (
    SCRAMBLES,
    THREADS,
    Sample,
    quantile_estimates,
    samples,
    share_estimate,
)
from riskmodel.assessment import ScoreResult
from riskmodel.batch.pipeline import in_order
from riskmodel.engine.compiled import CompiledScore
from riskmodel.errors import RiskmodelError
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model

DRAWS = 1 << 14
_LEAST, _MOST = 1 << 10, 1 << 24


def uncertainty(
    situation: One,
    *,
    model: Model | str | Path = DEFAULT,
    weights: float | None = None,
    missing: bool = False,
    draws: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Uncertainty:
    """How sure the scores of a situation are.

    Parameters
    ----------
    situation : values by indicator, of which some are distributions, such as `{"low": 2, "high": 5}`; or a situation
        that was read from a file. Distributions are independent of each other.
    model : a model, its path, or its id.
    weights : how uncertain weights are, in (0, 1): the standard deviation of a weight of average size, as a share of
        itself (a Dirichlet distribution of the shares; see `riskmodel.analysis.uncertain_weights`). None: not at all.
    missing : whether missing inputs are drawn too: from the distribution that the model gives as their default, or
        without one over their whole range, in which every value is equally likely. Otherwise they stay missing, or at
        the median of their default, and the scores are those of what is there.
    draws : how many, from 1,024 to 16,777,216; the next power of 2 is taken. 16,384 without it.
    seed : any whole number from 0 on; the same seed gives the same draws.
    on_progress : called with the share that is done, in [0, 1], and what is being done.

    Raises
    ------
    SituationError
        Where values are not valid.
    RiskmodelError
        Where nothing is uncertain, no score can be given, or what is asked for is out of range.
    """
    used = as_model(model)
    case = case_of(used, situation)
    if weights is not None:
        check_spread(weights)
    number = DRAWS if draws is None else draw_count(draws, _LEAST, _MOST)
    check_seed(seed)
    setting = uncertain(used, case, weights, missing)
    if not setting.factors and setting.fixed:
        raise RiskmodelError(_NOTHING)
    scores = scores_known(used, setting)
    plain = used.assess(case.situation)
    found = samples(setting, scores, number, seed, on_progress)
    told = in_order(lambda name: _score(plain.scores[name], used.compiled.scores[name], found), scores, THREADS)
    return Uncertainty(
        heading=case.heading,
        model=used.identity,
        draws=number,
        scrambles=SCRAMBLES,
        seed=seed,
        spread=weights,
        concentrations=_concentrations(used, weights),
        varied=tuple(_varied(used, case, factor) for factor in setting.factors if not factor.is_weight),
        still_missing=() if missing else tuple(entry.title for entry in plain.inputs if entry.value is None),
        scores=dict(zip(scores, told, strict=True)),
        without_score=tuple(score.title for score in plain.top_scores if score.name not in scores),
        rules=tuple(_rule(used, name, found, number) for name in used.spec.rules),
    )


_NOTHING = (
    "nothing here is uncertain: give values as ranges such as {low: 2, high: 5}, or ask for uncertain weights "
    "(--weights 20%) or for what is missing (--missing)"
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
        plain,
        quantile_estimates(values),
        tuple(
            BandShare(band, start, share_estimate(np.mean(codes == place, axis=1)))
            for place, (band, start) in enumerate(zip(score.bands, score.band_starts, strict=True))
        ),
        values.ravel(),
    )


def _rule(model: Model, name: str, found: Sequence[Sample], draws: int) -> RuleShare:
    each = draws / len(found)
    return RuleShare(
        name,
        model.spec.rules[name].title or name,
        share_estimate(np.array([sample.fired[name] / each for sample in found])),
        sum(sample.degrees[name] for sample in found) / draws,
    )
