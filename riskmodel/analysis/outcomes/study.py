"""Outcome studies: a model's scores of the rows of a table, with outcomes, splits and resamples.

`validate` and `calibrate` share them, and so do the variants of a model that they compare it with.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.outcomes.metrics import Resamples, auc_draws, draw_resamples
from riskmodel.analysis.outcomes.observations import Observations, OutcomeColumns, read_observations
from riskmodel.analysis.outcomes.splits import Splits, by_groups, check_both_outcomes, out_of_time
from riskmodel.analysis.requirements import check_score
from riskmodel.analysis.weights import nominal_paths
from riskmodel.engine.compile import CompiledModel, CompiledScore, compile_model
from riskmodel.engine.table import ScoreArrays, score_table
from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.extras import require
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.plan.program import evaluate
from riskmodel.plan.steps import Input
from riskmodel.results import Record
from riskmodel.schema.base import label_of
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask
from riskmodel.tables.check import TableCheck, count_values, table_check
from riskmodel.tables.columns import Require
from riskmodel.tables.options import TableOptions

if TYPE_CHECKING:
    import pandas as pd


_DECIMALS = 9
"""Decimals to which scores of rows are compared."""


def score_values(spec: ModelSpec, score: str, observations: Observations) -> Floats:
    """Compute (n,) values of a score for comparisons among rows; NaN where there is none."""
    return _scores(compile_model(spec), score, observations).value


def _scores(model: CompiledModel, score: str, observations: Observations) -> ScoreArrays:
    scores = score_table(model, observations.columns, len(observations.outcome))[score]
    # Ranks and steps need equal scores to be equal, and their last bits depend on the order of sums.
    return scores._replace(value=np.round(scores.value, _DECIMALS))


def without_rules(spec: ModelSpec) -> ModelSpec:
    """Return the model without rules."""
    return spec.model_copy(update={"rules": {}})


def without_rule(spec: ModelSpec, rule: str) -> ModelSpec:
    """Return the model without one rule."""
    return spec.model_copy(update={"rules": {name: other for name, other in spec.rules.items() if name != rule}})


def equal_weights(spec: ModelSpec) -> ModelSpec:
    """Return the model without rules and minimum coverage, with weights of 1 and -1."""
    scores = {}
    for name, score in spec.scores.items():
        weights = {part: float(np.sign(score.weight(part))) for part in score.weights}
        scores[name] = score.model_copy(update={"weights": weights, "min_coverage": 0.0})
    return without_rules(spec).model_copy(update={"scores": scores})


def directed_intensities(model: CompiledModel, score: CompiledScore, observations: Observations) -> dict[str, Floats]:
    """Compute (n,) intensities of each indicator in [0, 1], the higher the higher the score; NaN if missing.

    Parameters
    ----------
    model : the compiled model.
    score : the score; indicators of its sub-scores are included.
    observations : the rows; indicators without a column, or without any value, are left out.
    """
    intensities = {}
    for name, weight in sorted(_nominal_weights(model, score).items()):
        indicator = model.indicators[name]
        raw = observations.columns.get(name)
        if raw is None or indicator.intensity is None or np.isnan(raw).all():
            continue
        intensity = evaluate(indicator.intensity(Input(name)), {name: raw}, len(raw))
        intensities[name] = intensity if weight > 0 else 1.0 - intensity
    return intensities


def _nominal_weights(model: CompiledModel, score: CompiledScore) -> dict[str, float]:
    """Return the signed share of each indicator in a score, through sub-scores."""
    shares: dict[str, float] = {}
    for name, share in nominal_paths(model, score):
        shares[name] = shares.get(name, 0.0) + share
    return shares


class OutcomeArguments(NamedTuple):
    """Arguments of `riskmodel.validate` and `riskmodel.calibrate`, documented there."""

    outcome: str
    score: str
    event_from: float | None
    group: str | None
    time: str | None
    test_from: str | float | None
    resamples: int
    confidence: float
    seed: int
    options: TableOptions
    require: Require

    @property
    def grouped(self) -> str:
        """The unit that is resampled, for reports."""
        return "rows" if self.group is None else f"groups ({self.group})"


@dataclass(frozen=True)
class OutcomeStudy:
    """Scores and outcomes of n rows.

    Attributes
    ----------
    model, arguments : the model, and the arguments of the caller.
    observations : the rows.
    values, bands, coverage : (n,) exact values of the score, NaN where there is none; indices of their bands; the share
        of the weights that is present, in [0, 1].
    events, event : (n,) True for rows with an event (arbitrary for unknown outcomes), and the definition of an event.
    splits : rows to fit on and to test on.
    resamples : resamples of all n rows.
    """

    model: Model
    arguments: OutcomeArguments
    observations: Observations
    values: Floats
    bands: NDArray[np.int8]
    coverage: Floats
    events: Mask
    event: str
    splits: Splits
    resamples: Resamples

    @property
    def absent(self) -> tuple[str, ...]:
        """The indicators of the score without a value in any row."""
        leaves = self.model.compiled.scores[self.arguments.score].leaf_indicators
        known = {name for name, column in self.observations.columns.items() if not np.isnan(column).all()}
        return tuple(name for name in self.model.spec.indicators if name in leaves - known)

    @property
    def check(self) -> TableCheck:
        """The indicators without a column, and the values beyond their scale."""
        compiled, rows = self.model.compiled, self.observations
        return table_check(compiled, rows.names, rows.matched, len(rows.outcome), count_values(compiled, rows.columns))

    @cached_property
    def tested_draws(self) -> Floats:
        """(resamples,) AUC of the score on resamples of the rows tested."""
        return self._draws(self.splits.test)

    def score_draws(self, rows: Mask) -> Floats:
        """Return (resamples,) AUC of the score on resamples of some of the rows tested."""
        return self.tested_draws if np.array_equal(rows, self.splits.test) else self._draws(rows)

    def _draws(self, rows: Mask) -> Floats:
        return auc_draws(self.events[rows], self.values[rows], self.resamples.subset(rows))


@dataclass(frozen=True, slots=True)
class Counts(Record):
    """Rows and events.

    Attributes
    ----------
    rows : rows read.
    without_outcome, without_score : rows left out because the outcome is unknown, or there is no score for lack of
        coverage.
    fitted, fitted_events : rows fitted on, and events among them (0 with folds, in which every row is fitted on).
    tested, events : rows tested, and events among them.
    groups : groups among the rows tested.
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
    data: "str | Path | pd.DataFrame", model: Model | str | Path | Mapping[str, Any], arguments: OutcomeArguments
) -> OutcomeStudy:
    """Read the rows, score them, and split them into rows to fit on and rows to test on.

    Raises
    ------
    ModelError
        If the model is invalid.
    SituationError
        If the data are invalid or too few: no event on one side of the split, or only one group.
    """
    require("evidence")
    _check(arguments)
    used_model = ensure_model(model)
    check_score(used_model.spec, arguments.score)
    columns = OutcomeColumns(arguments.outcome, arguments.group, arguments.time)
    rows = read_observations(used_model.spec, data, columns, arguments.options, arguments.require)
    events, event = mark_events(rows.outcome, arguments.outcome, arguments.event_from)
    scores = _scores(used_model.compiled, arguments.score, rows)
    used = ~np.isnan(rows.outcome) & ~np.isnan(scores.value)
    if not used.any():
        raise SituationError(f"{rows.source}: no row has both an outcome and a score")
    groups = np.arange(len(used)) if rows.group is None else rows.group.codes
    if rows.time is None or arguments.time is None:
        splits = by_groups(groups, used, arguments.seed, are_rows=rows.group is None)
    else:
        start = None if arguments.test_from is None else label_of(arguments.test_from)
        splits = out_of_time(rows.time, used, arguments.time, start)
    check_both_outcomes(events, splits.parts)
    resamples = draw_resamples(groups, arguments.resamples, arguments.confidence, arguments.seed)
    return OutcomeStudy(
        used_model, arguments, rows, scores.value, scores.band, scores.coverage, events, event, splits, resamples
    )


def _check(arguments: OutcomeArguments) -> None:
    if arguments.resamples < 2:
        raise RiskmodelError(f"resamples should be 2 or more; got {arguments.resamples}")
    if not 0.0 < arguments.confidence < 1.0:
        raise RiskmodelError(f"confidence should be between 0 and 1; got {arguments.confidence:g}")
    if arguments.seed < 0:
        raise RiskmodelError(f"seed should be 0 or more; got {arguments.seed}")
    if arguments.test_from is not None and arguments.time is None:
        raise RiskmodelError("test_from needs the column of times (--time COLUMN)")


def mark_events(outcome: Floats, column: str, event_from: float | None) -> tuple[Mask, str]:
    """Return (n,) True for outcomes that are events, and the definition of an event.

    Raises
    ------
    SituationError
        If outcomes are not 0 or 1, and there is no `event_from`.
    """
    if event_from is not None:
        return np.nan_to_num(outcome, nan=-np.inf) >= event_from, f"{column} of at least {event_from:g}"
    others = outcome[~np.isnan(outcome) & (outcome != 0.0) & (outcome != 1.0)]
    if len(others):
        message = f"column {column!r} has numbers other than 0 and 1, such as {others[0]:g}"
        raise SituationError(f"{message}; give the smallest that is an event (--event-from {others[0]:g})")
    return outcome == 1.0, f"{column} of 1"


def count_rows(study: OutcomeStudy) -> Counts:
    """Count the rows and events of a study."""
    known = ~np.isnan(study.observations.outcome)
    tested, fit = study.splits.test, study.splits.parts[0].fit
    single = len(study.splits.parts) == 1
    return Counts(
        len(known),
        int((~known).sum()),
        int((known & np.isnan(study.values)).sum()),
        int(fit.sum()) if single else 0,
        int(study.events[fit].sum()) if single else 0,
        int(tested.sum()),
        int(study.events[tested].sum()),
        len(np.unique(study.resamples.codes[tested])),
    )
