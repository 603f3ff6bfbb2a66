"""Calibrating: weights of one score found in outcomes, near the expert's, and what they gain on rows no fit saw."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.analysis.calibration.probability_map import MappedModel, ProbabilityMap, Tested
from riskmodel.analysis.calibration.result import Calibration, Performance
from riskmodel.analysis.calibration.weighing import Earlier, weighed
from riskmodel.analysis.discrimination import auc_draws, auc_estimate, gain_estimate
from riskmodel.analysis.probabilities import Curve, Quality, logistic, quality, skill_beside
from riskmodel.analysis.setting import Asked, Counts, counts, set_up
from riskmodel.analysis.splits import Split, both_kinds
from riskmodel.analysis.variants import scored
from riskmodel.arrays import Mask
from riskmodel.batch.csv_source import CsvOptions
from riskmodel.calls import call_as
from riskmodel.columns import Require
from riskmodel.derived import checked_id, derived
from riskmodel.errors import ModelError, RiskmodelError
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model
from riskmodel.results import Estimate

if TYPE_CHECKING:
    import pandas as pd


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
    data, outcome, model, score, event_from, group, test_from : as for `riskmodel.validate`.
    resamples, confidence, seed, delimiter, decimal, thousands, require : as for `riskmodel.validate`.
    model_id : the id of the calibrated model; the old one followed by `calibrated` without it.
    time : the column of times; it must be named, because a gain that is not shown on later rows is none.

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
    asked = Asked(outcome, score, event_from, group, time, test_from, resamples, confidence, seed, marks, require)
    setting = set_up(data, before, asked)
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
        reweighed, choice, untold = weighed(before, score, earlier)
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
    found = counts(setting)._replace(
        tested=len(happened), events=int(happened.sum()), groups=len(np.unique(drawn.codes))
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
        lost=int(((split.fit | split.test) & ~there).sum()),
        untold=untold,
        choice=choice,
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
