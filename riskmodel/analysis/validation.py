"""Validation: a model's score held against what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from riskmodel.analysis.comparisons import Comparison, Setting, average_precision, compare
from riskmodel.analysis.discrimination import Estimate, auc_estimate, draw_resamples
from riskmodel.analysis.needs import require
from riskmodel.analysis.observations import Codes, Observations, Told, read_observations
from riskmodel.analysis.probabilities import RECALIBRATIONS, Quality, quality
from riskmodel.analysis.reliability import BandReliability, by_band
from riskmodel.analysis.rule_effects import RuleEffect, rule_effects
from riskmodel.analysis.splits import Splits, both_kinds, by_groups, out_of_time
from riskmodel.arrays import Mask
from riskmodel.assessment import ModelIdentity
from riskmodel.engine.table import score_table
from riskmodel.errors import RiskmodelError, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model
from riskmodel.spec.model import label_of

if TYPE_CHECKING:
    import pandas as pd


class Counts(NamedTuple):
    """Rows and events.

    Attributes
    ----------
    rows : all that were read.
    without_outcome, without_score : left out because it is not known what happened, or the score has too little data.
    fitted, tested : rows that fits saw (0 with folds, in which every row is fitted on for some and tested on once), and
        rows that everything is judged by.
    groups : different groups among the rows tested.
    fitted_events, events : events among those rows.
    """

    rows: int
    without_outcome: int
    without_score: int
    fitted: int
    fitted_events: int
    tested: int
    events: int
    groups: int


class Recalibrated(NamedTuple):
    """A score made into probabilities on other rows, and how good these were; (tested,) probabilities."""

    method: str
    quality: Quality
    probabilities: Floats


@dataclass(frozen=True)
class Validation:
    """How a score did against what happened.

    Attributes
    ----------
    source, outcome, event : the data, the column of outcomes, and what of it counts as an event, in words.
    split : how rows to fit on and rows to test on were held apart, in words.
    confidence, resamples, seed : of all intervals; `grouped` says what was drawn, groups or rows.
    auc, average_precision : discrimination of the score on the rows tested.
    auc_before : the same on the rows that the fits saw; None with folds.
    recalibrated : the score as probabilities, by each method.
    bands : what happened in each band of the score.
    comparisons : what else one could go by.
    rules : what each rule adds.
    tested_values, tested_events : (tested,) the score and whether there was an event, for those who would plot them.
    """

    model: ModelIdentity
    score: str
    title: str
    source: str
    outcome: str
    event: str
    split: str
    confidence: float
    resamples: int
    seed: int
    grouped: str
    counts: Counts
    auc: Estimate
    average_precision: float
    auc_before: Estimate | None
    recalibrated: tuple[Recalibrated, ...]
    bands: tuple[BandReliability, ...]
    comparisons: tuple[Comparison, ...]
    rules: tuple[RuleEffect, ...]
    tested_values: Floats
    tested_events: Mask

    def to_dict(self) -> dict[str, Any]:
        """The validation as plain data, ready for JSON; the same as `riskmodel validate --format json` prints."""
        from riskmodel.report.validation import validation_data

        return validation_data(self)

    def __str__(self) -> str:
        from riskmodel.report.validation import validation_text

        return validation_text(self)


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
) -> Validation:
    """Hold a model's score against what happened.

    Parameters
    ----------
    data : a CSV or Parquet file, or a pandas frame, with columns named like indicators; an indicator without a column
        is missing in every row.
    outcome : the column that tells what happened, known only after the row's indicators were: 0 or 1, or any number
        with `event_from`. Rows without an outcome are left out, and counted.
    model : a loaded model, or what `riskmodel.load_model` takes.
    score : the score that should be the higher, the likelier the event.
    event_from : the outcome from which on there is an event.
    group : the column whose rows belong together (a pair of states); intervals and folds take groups as a whole.
    time : the column of times; fits see earlier rows and are tested on later ones. Without it, folds of groups.
    test_from : the first time to test on; about the last third of the rows without it.
    resamples, confidence, seed : of the bootstrap: how often, the rate at which intervals should cover, and the start
        of the random numbers.
    delimiter, decimal : of CSV; found in the header, and `.`, without them.

    Raises
    ------
    ModelError
        Where the model cannot be used.
    SituationError
        Where the data cannot be used, or say too little: no event on one side of the split, one group only.
    """
    require("sklearn", "evidence")
    _check(resamples, confidence, seed, test_from, time)
    used_model = model if isinstance(model, Model) else load_model(model)
    told = Told(outcome, group, time)
    seen = _observations(used_model, data, told, score, (delimiter, decimal))
    events, event = events_of(seen.outcome, outcome, event_from)
    columns = score_table(used_model.compiled, seen.columns, len(seen.outcome))[score]
    used = ~np.isnan(seen.outcome) & ~np.isnan(columns.value)
    splits = _splits(seen, used, told, test_from, seed)
    both_kinds(events, splits.parts)
    drawn = draw_resamples(_groups(seen), resamples, confidence, seed)
    setting = Setting(used_model.spec, score, seen, columns.value, events, splits, drawn)
    tested = splits.test
    values, happened = columns.value[tested], events[tested]
    recalibrated = tuple(
        Recalibrated(method, quality(probabilities, happened), probabilities)
        for method, probabilities in _probabilities(setting).items()
    )
    single = splits.parts[0] if len(splits.parts) == 1 else None
    return Validation(
        model=used_model.identity,
        score=score,
        title=used_model.spec.scores[score].title or score,
        source=seen.source,
        outcome=outcome,
        event=event,
        split=splits.told,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        grouped="rows" if group is None else f"groups ({group})",
        counts=_counts(setting, columns.value),
        auc=auc_estimate(happened, values, drawn.of(tested)),
        average_precision=average_precision(happened, values),
        auc_before=single and auc_estimate(events[single.fit], columns.value[single.fit], drawn.of(single.fit)),
        recalibrated=recalibrated,
        bands=tuple(
            by_band(
                used_model.compiled.scores[score].bands,
                columns.band[tested],
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


def _check(resamples: int, confidence: float, seed: int, test_from: object, time: str | None) -> None:
    if resamples < 2:
        raise RiskmodelError(f"there should be 2 resamples or more; got {resamples}")
    if not 0.0 < confidence < 1.0:
        raise RiskmodelError(f"confidence should lie between 0 and 1; got {confidence:g}")
    if seed < 0:
        raise RiskmodelError(f"a seed is 0 or more; got {seed}")
    if test_from is not None and time is None:
        raise RiskmodelError("to test from some time on, name the column of times")


def _observations(
    model: Model, data: "str | Path | pd.DataFrame", told: Told, score: str, marks: tuple[str | None, str | None]
) -> Observations:
    if score not in model.spec.scores:
        raise RiskmodelError(f"no score {score!r} in model {model.spec.id!r}{nearest(score, model.spec.scores)}")
    return read_observations(model.spec, data, told, *marks)


def events_of(outcome: Floats, column: str, event_from: float | None) -> tuple[Mask, str]:
    """Which outcomes are events, and what that means in words.

    Raises
    ------
    SituationError
        Where outcomes are not 0 or 1, and nobody says from which on there is an event.
    """
    if event_from is not None:
        return np.nan_to_num(outcome, nan=-np.inf) >= event_from, f"{column} of at least {event_from:g}"
    strange = outcome[~np.isnan(outcome) & (outcome != 0.0) & (outcome != 1.0)]
    if len(strange):
        message = f"column {column!r} holds other numbers than 0 and 1, such as {strange[0]:g}"
        raise SituationError(f"{message}; say from which on there is an event (--event-from {strange[0]:g})")
    return outcome == 1.0, f"{column} of 1"


def _groups(seen: Observations) -> Codes:
    return np.arange(len(seen.outcome)) if seen.group is None else seen.group.codes


def _splits(seen: Observations, used: Mask, told: Told, test_from: str | float | None, seed: int) -> Splits:
    if not used.any():
        raise SituationError(f"{seen.source}: no row has both an outcome and a score")
    if seen.time is None or told.time is None:
        return by_groups(_groups(seen), used, seed, are_rows=seen.group is None)
    return out_of_time(seen.time, used, told.time, None if test_from is None else label_of(test_from))


def _probabilities(setting: Setting) -> dict[str, Floats]:
    """The tested rows' probabilities by each method, fitted on other rows."""
    found = {}
    for method, fitted in RECALIBRATIONS.items():

        def fit_on(rows: Mask, fitted: Any = fitted) -> Any:
            forecast = fitted(setting.values[rows], setting.events[rows])
            return lambda others: forecast(setting.values[others])

        found[method] = setting.splits.predict(fit_on)[setting.splits.test]
    return found


def _counts(setting: Setting, values: Floats) -> Counts:
    known = ~np.isnan(setting.seen.outcome)
    tested, fit = setting.splits.test, setting.splits.parts[0].fit
    single = len(setting.splits.parts) == 1
    return Counts(
        len(known),
        int((~known).sum()),
        int((known & np.isnan(values)).sum()),
        int(fit.sum()) if single else 0,
        int(setting.events[fit].sum()) if single else 0,
        int(tested.sum()),
        int(setting.events[tested].sum()),
        len(np.unique(setting.drawn.codes[tested])),
    )
