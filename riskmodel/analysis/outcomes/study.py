"""Variants of a model: the same in all but one respect, so that what the one respect is worth can be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.outcomes.metrics import Resamples, auc_draws, draw_resamples
from riskmodel.analysis.outcomes.observations import Observations, OutcomeColumns, read_observations
from riskmodel.analysis.outcomes.splits import Splits, both_kinds, by_groups, out_of_time
from riskmodel.analysis.requirements import check_score, require
from riskmodel.analysis.weights import nominal_paths
from riskmodel.engine.compile import CompiledModel, CompiledScore, compile_model
from riskmodel.engine.table import score_table
from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, load_model
from riskmodel.results import Record
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask
from riskmodel.tables.check import TableCheck, count_values, table_check
from riskmodel.tables.columns import Require
from riskmodel.tables.csv_reader import CsvOptions

if TYPE_CHECKING:
    import pandas as pd


def scored(spec: ModelSpec, score: str, seen: Observations) -> Floats:
    """(n,) exact values of a score; NaN where there is none."""
    return score_table(compile_model(spec), seen.columns, len(seen.outcome))[score].value


def without_rules(spec: ModelSpec) -> ModelSpec:
    """The model with its weights alone."""
    return spec.model_copy(update={"rules": {}})


def without_rule(spec: ModelSpec, rule: str) -> ModelSpec:
    """The model with one rule taken out."""
    return spec.model_copy(update={"rules": {name: kept for name, kept in spec.rules.items() if name != rule}})


def equal_weights(spec: ModelSpec) -> ModelSpec:
    """The model without rules, in which every weight is 1 or -1; it gives a score whatever its coverage is."""
    scores = {}
    for name, score in spec.scores.items():
        weights = {part: float(np.sign(score.weight(part))) for part in score.weights}
        scores[name] = score.model_copy(update={"weights": weights, "min_coverage": 0.0})
    return without_rules(spec).model_copy(update={"scores": scores})


def directed(model: CompiledModel, score: CompiledScore, seen: Observations) -> dict[str, Floats]:
    """What each indicator by itself says of a score: (n,) in [0, 1], the higher the higher the score; NaN is missing.

    Parameters
    ----------
    model : the compiled model.
    score : the score whose indicators, through sub-scores, are taken.
    seen : the rows; indicators without a column, or without any value, are left out.
    """
    found = {}
    for name, weight in sorted(_nominal(model, score).items()):
        indicator = model.indicators[name]
        if name not in seen.columns or indicator.intensity is None or np.isnan(seen.columns[name]).all():
            continue
        raw = seen.columns[name]
        intensity = indicator.intensity(np.where(np.isnan(raw), 0.0, raw))
        found[name] = np.where(np.isnan(raw), np.nan, intensity if weight > 0 else 1.0 - intensity)
    return found


def _nominal(model: CompiledModel, score: CompiledScore) -> dict[str, float]:
    """The signed share of each indicator in a score, through sub-scores."""
    shares: dict[str, float] = {}
    for name, share in nominal_paths(model, score):
        shares[name] = shares.get(name, 0.0) + share
    return shares


class OutcomeArguments(NamedTuple):
    """What a caller says of the data, and of the intervals; `riskmodel.validate` tells what each means."""

    outcome: str
    score: str
    event_from: float | None
    group: str | None
    time: str | None
    test_from: str | float | None
    resamples: int
    confidence: float
    seed: int
    marks: CsvOptions
    require: Require

    @property
    def grouped(self) -> str:
        """What is drawn for intervals, in words."""
        return "rows" if self.group is None else f"groups ({self.group})"


@dataclass(frozen=True)
class OutcomeStudy:
    """n rows, and what is asked of them.

    Attributes
    ----------
    model, asked : the model, and what the caller said.
    seen : the rows.
    values, bands, coverage : (n,) exact values of the score, NaN where there is none; positions of their bands; the
        share of weight that is present, in [0, 1].
    events, event : (n,) whether there was an event (anything where that is not known), and what one is in words.
    splits : which rows are fitted on and tested on.
    drawn : resamples of all n rows.
    """

    model: Model
    asked: OutcomeArguments
    seen: Observations
    values: Floats
    bands: NDArray[np.int8]
    coverage: Floats
    events: Mask
    event: str
    splits: Splits
    drawn: Resamples

    @property
    def absent(self) -> tuple[str, ...]:
        """The indicators that the score is built from, but that have no value in any row."""
        reached = self.model.compiled.scores[self.asked.score].leaf_indicators
        known = {name for name, column in self.seen.columns.items() if not np.isnan(column).all()}
        return tuple(name for name in self.model.spec.indicators if name in reached - known)

    @property
    def check(self) -> TableCheck:
        """The indicators without a column, and the values beyond their scale."""
        compiled, seen = self.model.compiled, self.seen
        return table_check(compiled, seen.names, len(seen.outcome), count_values(compiled, seen.columns))

    @cached_property
    def tested_draws(self) -> Floats:
        """The area under the ROC curve of the score in every resample of the rows tested."""
        return self._draws(self.splits.test)

    def score_draws(self, rows: Mask) -> Floats:
        """The same for some of these rows."""
        return self.tested_draws if np.array_equal(rows, self.splits.test) else self._draws(rows)

    def _draws(self, rows: Mask) -> Floats:
        return auc_draws(self.events[rows], self.values[rows], self.drawn.of(rows))


@dataclass(frozen=True, slots=True)
class Counts(Record):
    """Rows and events.

    Attributes
    ----------
    rows : all that were read.
    without_outcome, without_score : left out because it is not known what happened, or the score has too little data.
    fitted, fitted_events : rows that fits saw, and events among them (0 with folds, in which every row is fitted on for
        some and tested on once).
    tested, events : rows that everything is judged by, and events among them.
    groups : different groups among the rows tested.
    """

    rows: int
    without_outcome: int
    without_score: int
    fitted: int
    fitted_events: int
    tested: int
    events: int
    groups: int


def prepare_study(
    data: "str | Path | pd.DataFrame", model: Model | str | Path | Mapping[str, Any], asked: OutcomeArguments
) -> OutcomeStudy:
    """Read the rows, score them, and hold rows to fit on and rows to test on apart.

    Raises
    ------
    ModelError
        Where the model cannot be used.
    SituationError
        Where the data cannot be used, or say too little: no event on one side of the split, one group only.
    """
    require("evidence")
    _check(asked)
    used_model = model if isinstance(model, Model) else load_model(model)
    check_score(used_model.spec, asked.score)
    told = OutcomeColumns(asked.outcome, asked.group, asked.time)
    seen = read_observations(used_model.spec, data, told, asked.marks, asked.require)
    events, event = events_of(seen.outcome, asked.outcome, asked.event_from)
    columns = score_table(used_model.compiled, seen.columns, len(seen.outcome))[asked.score]
    used = ~np.isnan(seen.outcome) & ~np.isnan(columns.value)
    if not used.any():
        raise SituationError(f"{seen.source}: no row has both an outcome and a score")
    groups = np.arange(len(used)) if seen.group is None else seen.group.codes
    if seen.time is None or asked.time is None:
        splits = by_groups(groups, used, asked.seed, are_rows=seen.group is None)
    else:
        start = None if asked.test_from is None else label_of(asked.test_from)
        splits = out_of_time(seen.time, used, asked.time, start)
    both_kinds(events, splits.parts)
    drawn = draw_resamples(groups, asked.resamples, asked.confidence, asked.seed)
    return OutcomeStudy(
        used_model, asked, seen, columns.value, columns.band, columns.coverage, events, event, splits, drawn
    )


def _check(asked: OutcomeArguments) -> None:
    if asked.resamples < 2:
        raise RiskmodelError(f"there should be 2 resamples or more; got {asked.resamples}")
    if not 0.0 < asked.confidence < 1.0:
        raise RiskmodelError(f"confidence should lie between 0 and 1; got {asked.confidence:g}")
    if asked.seed < 0:
        raise RiskmodelError(f"a seed is 0 or more; got {asked.seed}")
    if asked.test_from is not None and asked.time is None:
        raise RiskmodelError("to test from some time on, name the column of times")


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


def counts(setting: OutcomeStudy) -> Counts:
    """The rows and events of a setting."""
    known = ~np.isnan(setting.seen.outcome)
    tested, fit = setting.splits.test, setting.splits.parts[0].fit
    single = len(setting.splits.parts) == 1
    return Counts(
        len(known),
        int((~known).sum()),
        int((known & np.isnan(setting.values)).sum()),
        int(fit.sum()) if single else 0,
        int(setting.events[fit].sum()) if single else 0,
        int(tested.sum()),
        int(setting.events[tested].sum()),
        len(np.unique(setting.drawn.codes[tested])),
    )
