"""Validation: the performance of a model's score against outcomes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from riskmodel.analysis.outcomes.diagnostics import average_precision, base_rates, baselines, by_band, rule_effects
from riskmodel.analysis.outcomes.metrics import RECALIBRATIONS, Recalibration, auc_estimate, brier_skill, quality
from riskmodel.analysis.outcomes.study import OutcomeArguments, OutcomeStudy, count_rows, prepare_study
from riskmodel.analysis.results.validation import Recalibrated, Validation
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import Require
from riskmodel.tables.options import FormatKeywords, TableOptions

if TYPE_CHECKING:
    import pandas as pd


@call_as('validate(data, "outcome", model=model)', 'model.validate(data, "outcome")')
def validate(
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
    **table: Unpack[FormatKeywords],
) -> Validation:
    """Test a model's score against outcomes.

    Parameters
    ----------
    data
        A CSV or Parquet file, or a pandas frame, with columns named like indicators; an indicator without a column
        is missing in every row.
    outcome
        The column of outcomes, which became known after the indicators of the row: 0 or 1, or any number with
        `event_from`. Rows without an outcome are left out, and counted.
    model
        A loaded model, or an argument of `riskmodel.load_model`.
    score
        A score that should be higher if an event is likelier.
    event_from
        The smallest outcome that is an event.
    group
        The column of groups of dependent rows (such as pairs of states), which intervals and folds do not split.
    time
        The column of times; fits use earlier rows and are tested on later ones. Without it, folds of groups.
    test_from
        The first time to test on; by default, about the last third of the rows.
    resamples, confidence, seed
        Of the bootstrap: the number of resamples, the coverage of intervals, and the seed of the random numbers.
    require
        The names of indicators that must have a column, or `"all"`.
    **table
        How the data are read; see `riskmodel.FormatKeywords`.

    Raises
    ------
    ModelError
        If the model is invalid.
    SituationError
        If the data are invalid or too few: no event on one side of the split, or only one group.
    """
    options = TableOptions.of(table)
    arguments = OutcomeArguments(
        outcome, score, event_from, group, time, test_from, resamples, confidence, seed, options, require
    )
    study = prepare_study(data, model, arguments)
    used_model, tested, resampled = study.model, study.splits.test, study.resamples
    values, events = study.values[tested], study.events[tested]
    recalibrated = tuple(_recalibrated(study, method, fit) for method, fit in RECALIBRATIONS.items())
    fitted = study.splits.parts[0].fit if len(study.splits.parts) == 1 else None
    return Validation(
        model=used_model.identity,
        score=score,
        title=used_model.spec.scores[score].title or score,
        source=study.observations.source,
        outcome=outcome,
        event=study.event,
        split=study.splits.description,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        grouped=arguments.grouped,
        counts=count_rows(study),
        coverage=float(study.coverage[tested].mean()),
        absent=study.absent,
        check=study.check,
        auc=auc_estimate(events, values, resampled.subset(tested), study.tested_draws),
        average_precision=average_precision(events, values),
        auc_before=None
        if fitted is None
        else auc_estimate(study.events[fitted], study.values[fitted], resampled.subset(fitted)),
        recalibrated=recalibrated,
        bands=tuple(
            by_band(
                used_model.compiled.scores[score].bands,
                study.bands[tested],
                events,
                {result.method: result.probabilities for result in recalibrated},
                confidence,
            )
        ),
        comparisons=tuple(baselines(study)),
        rules=tuple(rule_effects(study)),
        better=used_model.compiled.scores[score].better,
        tested_values=values,
        tested_events=events,
    )


def _recalibrated(study: OutcomeStudy, method: str, fit: Recalibration) -> Recalibrated:
    """Forecast the rows tested by one method, fitted on other rows."""

    def fit_on(rows: Mask) -> Callable[[Mask], Floats]:
        forecast = fit(study.values[rows], study.events[rows])
        return lambda others: forecast(study.values[others])

    tested = study.splits.test
    probabilities = study.splits.predict(fit_on)[tested]
    measured = quality(probabilities, study.events[tested])
    skill_before = brier_skill(measured.brier, base_rates(study)[tested], study.events[tested])
    return Recalibrated(method, measured, skill_before, probabilities)
