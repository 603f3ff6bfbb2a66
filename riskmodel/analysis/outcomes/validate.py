"""Validating: a model's score held against what happened."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskmodel.analysis.outcomes.diagnostics import average_precision, base_rates, by_band, compare, rule_effects
from riskmodel.analysis.outcomes.metrics import RECALIBRATIONS, Recalibration, auc_estimate, quality, skill_beside
from riskmodel.analysis.outcomes.study import OutcomeArguments, OutcomeStudy, counts, prepare_study
from riskmodel.analysis.results.validation import Recalibrated, Validation
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model
from riskmodel.tables.arrays import Mask
from riskmodel.tables.columns import Require
from riskmodel.tables.csv_reader import CsvOptions

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
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    require: Require = (),
) -> Validation:
    """Hold a model's score against what happened.

    Parameters
    ----------
    data
        A CSV or Parquet file, or a pandas frame, with columns named like indicators; an indicator without a column
        is missing in every row.
    outcome
        The column that tells what happened, known only after the row's indicators were: 0 or 1, or any number with
        `event_from`. Rows without an outcome are left out, and counted.
    model
        A loaded model, or what `riskmodel.load_model` takes.
    score
        The score that should be the higher, the likelier the event.
    event_from
        The outcome from which on there is an event.
    group
        The column whose rows belong together (a pair of states); intervals and folds take groups as a whole.
    time
        The column of times; fits see earlier rows and are tested on later ones. Without it, folds of groups.
    test_from
        The first time to test on; about the last third of the rows without it.
    resamples, confidence, seed
        Of the bootstrap: how often, the rate at which intervals should cover, and the start of the random numbers.
    delimiter, decimal, thousands
        Of CSV; found in the header, `.`, and nothing between thousands, without them.
    require
        The names of indicators that must have a column, or `"all"`.

    Raises
    ------
    ModelError
        Where the model cannot be used.
    SituationError
        Where the data cannot be used, or say too little: no event on one side of the split, one group only.
    """
    marks = CsvOptions(delimiter, decimal, thousands)
    asked = OutcomeArguments(
        outcome, score, event_from, group, time, test_from, resamples, confidence, seed, marks, require
    )
    setting = prepare_study(data, model, asked)
    used_model, tested, drawn = setting.model, setting.splits.test, setting.drawn
    values, happened = setting.values[tested], setting.events[tested]
    recalibrated = tuple(_recalibrated(setting, method, fitted) for method, fitted in RECALIBRATIONS.items())
    single = setting.splits.parts[0].fit if len(setting.splits.parts) == 1 else None
    return Validation(
        model=used_model.identity,
        score=score,
        title=used_model.spec.scores[score].title or score,
        source=setting.seen.source,
        outcome=outcome,
        event=setting.event,
        split=setting.splits.told,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        grouped=asked.grouped,
        counts=counts(setting),
        coverage=float(setting.coverage[tested].mean()),
        absent=setting.absent,
        check=setting.check,
        auc=auc_estimate(happened, values, drawn.of(tested), setting.tested_draws),
        average_precision=average_precision(happened, values),
        auc_before=None
        if single is None
        else auc_estimate(setting.events[single], setting.values[single], drawn.of(single)),
        recalibrated=recalibrated,
        bands=tuple(
            by_band(
                used_model.compiled.scores[score].bands,
                setting.bands[tested],
                happened,
                {found.method: found.probabilities for found in recalibrated},
                confidence,
            )
        ),
        comparisons=tuple(compare(setting)),
        rules=tuple(rule_effects(setting)),
        tested_values=values,
        tested_events=happened,
    )


def _recalibrated(setting: OutcomeStudy, method: str, fitted: Recalibration) -> Recalibrated:
    """The probabilities of the tested rows by one method, fitted on other rows."""

    def fit_on(rows: Mask) -> Callable[[Mask], Floats]:
        forecast = fitted(setting.values[rows], setting.events[rows])
        return lambda others: forecast(setting.values[others])

    tested = setting.splits.test
    probabilities = setting.splits.predict(fit_on)[tested]
    measured = quality(probabilities, setting.events[tested])
    skill_before = skill_beside(measured.brier, base_rates(setting)[tested], setting.events[tested])
    return Recalibrated(method, measured, skill_before, probabilities)
