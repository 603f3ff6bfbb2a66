"""Weighing: a model with those weights in one score that the earlier rows ask for."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from riskmodel.analysis.derived import checked_id, derived
from riskmodel.analysis.outcomes.metrics import (
    Curve,
    Quality,
    auc_draws,
    auc_estimate,
    gain_estimate,
    logistic,
    quality,
    skill_beside,
)
from riskmodel.analysis.outcomes.observations import Codes
from riskmodel.analysis.outcomes.probability_map import MappedModel, ProbabilityMap, Tested
from riskmodel.analysis.outcomes.splits import Split, both_kinds
from riskmodel.analysis.outcomes.study import Counts, OutcomeArguments, counts, prepare_study, scored
from riskmodel.analysis.outcomes.weight_fit import Choice, Evidence, choose_strength, fit_shares
from riskmodel.analysis.results.calibration import Calibration, ForecastCounts, Performance
from riskmodel.analysis.weights import new_weights, weights_of, with_weights
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.errors import ModelError, RiskmodelError, SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, load_model
from riskmodel.results import Estimate
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import Require
from riskmodel.tables.csv_reader import CsvOptions

if TYPE_CHECKING:
    import pandas as pd


class Earlier(NamedTuple):
    """n rows to fit on, and nothing of any other row.

    Attributes
    ----------
    columns : (n,) raw values by indicator, as the engine takes them.
    events : (n,) whether there was an event.
    times : (n,) the position of each row's time, in ascending order.
    groups : (n,) the group of each row.
    """

    columns: Mapping[str, Floats]
    events: Mask
    times: Codes
    groups: Codes


def weighed(model: Model, score: str, rows: Earlier) -> tuple[Model, Choice, tuple[str, ...]]:
    """Find the weights.

    Returns
    -------
    The model with them (the very same one where the strength is infinite), how near they stay to its own, and the
    inputs of which the rows tell nothing, which keep theirs.

    Raises
    ------
    SituationError
        Where the rows tell too little to weigh anything.
    """
    compiled = model.compiled.scores[score]
    expert, evidence = _expert(compiled), evidence_of(model.compiled, compiled, rows)
    free = dict(zip((part.name for part in compiled.inputs), evidence.told_of(), strict=True))
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


def evidence_of(model: CompiledModel, score: CompiledScore, rows: Earlier) -> Evidence:
    """What the engine makes of the rows: the inputs of the score, and what rules add under the model's own weights."""
    count = len(rows.events)
    found = score_block(model, rows.columns, count).scores[score.name]
    every = np.ones(count, dtype=bool)
    present = [every if part.present is None else part.present for part in found.mean_inputs]
    known = [every if part.coverage is None else part.coverage > 0.0 for part in found.mean_inputs]
    bare = Evidence(
        np.column_stack([part.value for part in found.mean_inputs]),
        np.column_stack(present).astype(np.float64),
        np.column_stack(known),
        np.zeros(count),
        rows.events,
    )
    return bare._replace(offset=found.steps.unclipped / score.out_of - bare.level(_expert(score)))


def _expert(score: CompiledScore) -> Floats:
    """(k,) the shares of the inputs by the model's own weights, in the order in which the engine has them."""
    weights = np.array([part.weight for part in score.inputs])
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
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    require: Require = (),
    model_id: str | None = None,
) -> Calibration:
    """Find the weights of a score in outcomes, near the model's own.

    Weights keep their signs and their sum, none becomes 0, and they leave the model's own only as far as forecasts
    within the earlier rows ask for: the modules `shares` and `strength` beside this one have the formulas. Weights,
    strength and map see the earlier rows alone; what they are worth is measured on the later ones.

    Parameters
    ----------
    data, outcome, model, score, event_from, group, test_from
        As for `riskmodel.validate`.
    resamples, confidence, seed, delimiter, decimal, thousands, require
        As for `riskmodel.validate`.
    model_id
        The id of the calibrated model; the old one followed by `calibrated` without it.
    time
        The column of times; it must be named, because a gain that is not shown on later rows is none.

    Raises
    ------
    ModelError
        Where the model cannot be used, or the score is no arithmetic mean.
    SituationError
        Where the data cannot be used, or say too little.
    """
    from threadpoolctl import threadpool_limits

    if time is None:
        raise RiskmodelError(
            "calibration needs the times of rows (--time COLUMN): weights are fitted on earlier rows, "
            "and what they gain is measured on later ones"
        )
    if model_id is not None:
        checked_id(model_id)
    before = model if isinstance(model, Model) else load_model(model)
    _check_mean(before, score)
    marks = CsvOptions(delimiter, decimal, thousands)
    asked = OutcomeArguments(
        outcome, score, event_from, group, time, test_from, resamples, confidence, seed, marks, require
    )
    setting = prepare_study(data, before, asked)
    seen, events, old = setting.seen, setting.events, setting.values
    assert seen.time is not None  # noqa: S101  (its column was named)
    (split,) = setting.splits.parts
    earlier = Earlier(
        {name: column[split.fit] for name, column in seen.columns.items()},
        events[split.fit],
        seen.time.codes[split.fit],
        setting.drawn.codes[split.fit],
    )
    # L-BFGS-B factors matrices of some twenty rows: threads of the linear algebra would only wait for each other.
    with threadpool_limits(limits=1, user_api="blas"):
        reweighed, choice, uninformative = weighed(before, score, earlier)
    # Where no weight has changed it is still the same model.
    after = before if reweighed is before and model_id is None else derived(reweighed.spec, "calibrated", model_id)
    new = scored(after.spec, score, seen)
    there = ~np.isnan(new)
    kept = Split(split.fit & there, split.test & there)
    both_kinds(events, [kept])
    drawn = setting.drawn.of(kept.test)
    curve, old_curve = (logistic(values[kept.fit], events[kept.fit]) for values in (new, old))
    happened = events[kept.test]
    draws = auc_draws(happened, new[kept.test], drawn), auc_draws(happened, old[kept.test], drawn)
    rate = float(np.mean(events[kept.fit]))
    performance, performance_before = (
        _performance(
            auc_estimate(happened, values, drawn, resampled), quality(forecast(values), happened), rate, happened
        )
        for values, forecast, resampled in zip((new[kept.test], old[kept.test]), (curve, old_curve), draws, strict=True)
    )
    found = replace(
        counts(setting), tested=len(happened), events=int(happened.sum()), groups=len(np.unique(drawn.codes))
    )
    fitted_times, tested_times = map(seen.time.span, split)
    return Calibration(
        before=before,
        after=after,
        score=score,
        title=before.spec.scores[score].title or score,
        source=seen.source,
        sha256=_sha256(data),
        outcome=outcome,
        event=setting.event,
        fitted_times=fitted_times,
        tested_times=tested_times,
        counts=found,
        check=setting.check,
        changed=before.identity.fingerprint != after.identity.fingerprint,
        n_dropped=int(((split.fit | split.test) & ~there).sum()),
        uninformative=uninformative,
        strength=choice.strength,
        trials=choice.trials,
        forecast=ForecastCounts(choice.rows, choice.events),
        performance_before=performance_before,
        performance_after=performance,
        gain=gain_estimate(happened, new[kept.test], old[kept.test], drawn, draws),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        grouped=asked.grouped,
        map=_map(
            after,
            score,
            (outcome, setting.event),
            curve,
            events[kept.fit],
            (fitted_times, tested_times),
            found,
            performance,
        ),
    )


def _performance(auc: Estimate, probabilities: Quality, rate: float, happened: Mask) -> Performance:
    return Performance(auc, probabilities, skill_beside(probabilities.brier, rate, happened))


def _check_mean(model: Model, score: str) -> None:
    if score in model.spec.scores and (power := model.spec.scores[score].power) != 1.0:
        raise ModelError(
            f"model {model.spec.id!r}, scores.{score}.mean: only an arithmetic mean can be calibrated; got a power "
            f"mean of exponent {power:g}"
        )


def _map(
    model: Model,
    score: str,
    told: tuple[str, str],
    curve: Curve,
    fitted: Mask,
    times: tuple[tuple[str, str], tuple[str, str]],
    counts: Counts,
    performance: Performance,
) -> ProbabilityMap:
    identity, rate = model.identity, float(np.mean(fitted))
    return ProbabilityMap(
        model=MappedModel(id=identity.id, version=identity.version, fingerprint=identity.fingerprint),
        score=score,
        outcome=told[0],
        event=told[1],
        base_rate=rate,
        rows=len(fitted),
        events=int(fitted.sum()),
        times=times[0],
        intercept=curve.intercept,
        slope=curve.slope,
        meaning=f"the chance of {told[1]}, where {rate:.2%} of rows have an event, as among those fitted; "
        "where events are rarer or more frequent, chances are lower or higher",
        tested=Tested(
            rows=counts.tested,
            events=counts.events,
            times=times[1],
            brier=performance.probabilities.brier,
            skill=performance.probabilities.skill,
        ),
    )


def _sha256(data: object) -> str | None:
    """The fingerprint of the file that data came from; None where it was a frame, or cannot be read twice."""
    if not isinstance(data, str | Path) or not Path(data).is_file():
        return None
    with Path(data).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
