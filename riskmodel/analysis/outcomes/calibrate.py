"""Calibration: weights of one score fitted to earlier outcomes, near the model's own, and tested on later rows."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np

from riskmodel.analysis.derived import derived
from riskmodel.analysis.outcomes.metrics import (
    Curve,
    auc_draws,
    auc_estimate,
    brier_skill,
    fit_logistic,
    gain_estimate,
    quality,
)
from riskmodel.analysis.outcomes.probability_map import MappedModel, ProbabilityMap, Tested
from riskmodel.analysis.outcomes.splits import Split, check_both_outcomes
from riskmodel.analysis.outcomes.study import OutcomeArguments, count_rows, prepare_study, score_values
from riskmodel.analysis.outcomes.weight_fit import Choice, Evidence, choose_strength, fit_shares
from riskmodel.analysis.results.calibration import Calibration, ForecastCounts, Performance
from riskmodel.analysis.weights import new_weights, weights_of, with_weights
from riskmodel.calls import call_as
from riskmodel.documents.derived import checked_id
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.errors import ModelError, RiskmodelError, SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import Require
from riskmodel.tables.input_file import file_sha256
from riskmodel.tables.labels import Codes
from riskmodel.tables.options import FormatKeywords, TableOptions

if TYPE_CHECKING:
    import pandas as pd


class FitRows(NamedTuple):
    """n rows to fit on.

    Attributes
    ----------
    columns : (n,) raw values by indicator, encoded for the engine.
    events : (n,) True for rows with an event.
    times : (n,) codes of the times, in ascending order.
    groups : (n,) the group of each row.
    """

    columns: Mapping[str, Floats]
    events: Mask
    times: Codes
    groups: Codes


def calibrate_weights(model: Model, score: str, rows: FitRows) -> tuple[Model, Choice, tuple[str, ...]]:
    """Fit the weights of a score.

    Returns
    -------
    The model with the new weights (the given model for an infinite strength), the choice of the strength, and the
    uninformative inputs, which keep their weights.

    Raises
    ------
    SituationError
        If the rows are too few, or fewer than two inputs are informative.
    """
    compiled = model.compiled.scores[score]
    expert, evidence = _expert_shares(compiled), build_evidence(model.compiled, compiled, rows)
    free = dict(zip((item.name for item in compiled.inputs), evidence.informative(), strict=True))
    if not any(free.values()):
        raise SituationError(
            f"fewer than two inputs of the score {score!r} differ among the rows to fit on; there is nothing to weigh"
        )
    old = weights_of(model.spec, score)
    uninformative = tuple(name for name in old if not free[name])
    choice = choose_strength(evidence, expert, rows.times, rows.groups)
    if np.isinf(choice.strength):
        return model, choice, uninformative
    shares = dict(zip(free, fit_shares(evidence, expert, choice.strength).shares.tolist(), strict=True))
    new = new_weights(old, {name: shares[name] for name in old if free[name]})
    return Model(with_weights(model.spec, score, new)), choice, uninformative


def build_evidence(model: CompiledModel, score: CompiledScore, rows: FitRows) -> Evidence:
    """Compute the inputs of the score, and the contribution of rules under the model's own weights, by the engine."""
    count = len(rows.events)
    result = score_block(model, rows.columns, count).scores[score.name]
    values = np.column_stack([item.value for item in result.mean_inputs])
    present = ~np.isnan(values)
    without_rules = Evidence(
        np.where(present, values, 0.0),
        present.astype(np.float64),
        np.column_stack([item.coverage > 0.0 for item in result.mean_inputs]),
        np.zeros(count),
        rows.events,
    )
    offset = result.steps.unclipped / score.out_of - without_rules.level(_expert_shares(score))
    return without_rules._replace(offset=offset)


def _expert_shares(score: CompiledScore) -> Floats:
    """Return (k,) shares of the inputs by the model's own weights, in the engine's order."""
    weights = np.array([item.weight for item in score.inputs])
    shares: Floats = weights / weights.sum()
    return shares


@call_as('calibrate(data, "outcome", model=model)', 'model.calibrate(data, "outcome")')
def calibrate(
    data: "str | Path | pd.DataFrame",
    outcome: str,
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    score: str = "escalation",
    event_from: float | None = None,
    group: str | None = None,
    time: str | None = None,
    test_from: str | float | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
    require: Require = (),
    model_id: str | None = None,
    **table: Unpack[FormatKeywords],
) -> Calibration:
    """Fit the weights of a score to outcomes, near the model's own.

    Weights keep their signs and their sum, none becomes 0, and they depart from the model's own only as far as
    forecasts within the earlier rows improve: `riskmodel.analysis.outcomes.weight_fit` has the formulas. Weights,
    strength and map are fitted on the earlier rows only, and tested on the later ones.

    Parameters
    ----------
    data, outcome, model, score, event_from, group, test_from
        As for `riskmodel.validate`.
    resamples, confidence, seed, require, **table
        As for `riskmodel.validate`.
    model_id
        The id of the calibrated model; by default, the old id followed by `calibrated`.
    time
        The column of times; required, since a gain counts only on later rows.

    Raises
    ------
    ModelError
        If the model is invalid, or the score is not an arithmetic mean.
    SituationError
        If the data are invalid or too few.
    """
    from threadpoolctl import threadpool_limits

    if time is None:
        raise RiskmodelError(
            "calibration needs the times of rows (--time COLUMN): weights are fitted on earlier rows, "
            "and what they gain is measured on later ones"
        )
    if model_id is not None:
        checked_id(model_id)
    before = ensure_model(model)
    _check_mean(before, score)
    options = TableOptions.of(table)
    arguments = OutcomeArguments(
        outcome, score, event_from, group, time, test_from, resamples, confidence, seed, options, require
    )
    study = prepare_study(data, before, arguments)
    rows, (split,) = study.observations, study.splits.parts
    assert rows.time is not None  # noqa: S101  (its column was named)
    fit_rows = FitRows(
        {name: column[split.fit] for name, column in rows.columns.items()},
        study.events[split.fit],
        rows.time.codes[split.fit],
        study.resamples.codes[split.fit],
    )
    # L-BFGS-B factors matrices of some twenty rows: threads of the linear algebra would only wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        reweighed, choice, uninformative = calibrate_weights(before, score, fit_rows)
    # Where no weight has changed it is still the same model.
    after = before if reweighed is before and model_id is None else derived(reweighed.spec, "calibrated", model_id)
    new = score_values(after.spec, score, rows)
    has_score = ~np.isnan(new)
    kept = Split(split.fit & has_score, split.test & has_score)
    check_both_outcomes(study.events, [kept])
    fit_events, test_events = study.events[kept.fit], study.events[kept.test]
    tested = study.resamples.subset(kept.test)
    rate = float(np.mean(fit_events))

    def performance_of(values: Floats) -> tuple[Curve, Floats, Performance]:
        curve = fit_logistic(values[kept.fit], fit_events)
        draws = auc_draws(test_events, values[kept.test], tested)
        probabilities = quality(curve(values[kept.test]), test_events)
        skill_before = brier_skill(probabilities.brier, rate, test_events)
        auc = auc_estimate(test_events, values[kept.test], tested, draws)
        return curve, draws, Performance(auc, probabilities, skill_before)

    curve, draws, performance = performance_of(new)
    _, draws_before, performance_before = performance_of(study.values)
    counts = replace(
        count_rows(study), tested=len(test_events), events=int(test_events.sum()), groups=len(np.unique(tested.codes))
    )
    fitted_times, tested_times = map(rows.time.span, split)
    return Calibration(
        before=before,
        after=after,
        score=score,
        title=before.spec.scores[score].title or score,
        source=rows.source,
        sha256=_sha256(data),
        outcome=outcome,
        event=study.event,
        fitted_times=fitted_times,
        tested_times=tested_times,
        counts=counts,
        check=study.check,
        changed=before.identity.fingerprint != after.identity.fingerprint,
        n_dropped=int(((split.fit | split.test) & ~has_score).sum()),
        uninformative=uninformative,
        strength=choice.strength,
        trials=choice.trials,
        forecast=ForecastCounts(choice.rows, choice.events),
        performance_before=performance_before,
        performance_after=performance,
        gain=gain_estimate(test_events, new[kept.test], study.values[kept.test], tested, (draws, draws_before)),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        grouped=arguments.grouped,
        map=ProbabilityMap(
            model=_mapped_model(after),
            score=score,
            outcome=outcome,
            event=study.event,
            base_rate=rate,
            rows=len(fit_events),
            events=int(fit_events.sum()),
            times=fitted_times,
            intercept=curve.intercept,
            slope=curve.slope,
            meaning=f"the chance of {study.event}, where {rate:.2%} of rows have an event, as among those fitted; "
            "where events are rarer or more frequent, chances are lower or higher",
            tested=Tested(
                rows=counts.tested,
                events=counts.events,
                times=tested_times,
                brier=performance.probabilities.brier,
                skill=performance.probabilities.skill,
            ),
        ),
    )


def _mapped_model(model: Model) -> MappedModel:
    identity = model.identity
    return MappedModel(id=identity.id, version=identity.version, fingerprint=identity.fingerprint)


def _check_mean(model: Model, score: str) -> None:
    if score in model.spec.scores and (power := model.spec.scores[score].power) != 1.0:
        raise ModelError(
            f"model {model.spec.id!r}, scores.{score}.mean: only an arithmetic mean can be calibrated; got a power "
            f"mean of exponent {power:g}"
        )


def _sha256(data: object) -> str | None:
    """Return the SHA-256 of the file of data; None for frames and streams."""
    if not isinstance(data, str | Path) or not Path(data).is_file():
        return None
    return file_sha256(data)
