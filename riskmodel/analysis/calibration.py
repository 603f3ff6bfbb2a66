"""Calibration: weights of one score found in outcomes, near the expert's, and what they gain on rows no fit saw."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from riskmodel.analysis.discrimination import Estimate, Resamples, auc_estimate, draw_resamples, gain_estimate
from riskmodel.analysis.needs import require
from riskmodel.analysis.observations import Labels, Observations, Told, read_observations
from riskmodel.analysis.probabilities import Quality, logistic_curve, quality
from riskmodel.analysis.probability_map import MappedModel, ProbabilityMap, Tested
from riskmodel.analysis.splits import Split, both_kinds, out_of_time
from riskmodel.analysis.strength import Choice
from riskmodel.analysis.validation import events_of
from riskmodel.analysis.weighing import Earlier, weighed, weights_of
from riskmodel.arrays import Mask
from riskmodel.engine.table import score_table
from riskmodel.errors import ModelError, RiskmodelError, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model

if TYPE_CHECKING:
    import pandas as pd


class Counts(NamedTuple):
    """Rows and events.

    Attributes
    ----------
    rows : all that were read.
    without_outcome, without_score : left out because it is not known what happened, or there is too little data for a
        score.
    lost : left out of what is tested and mapped because there is too little data for a score by the new weights.
    fitted, fitted_events : rows that weights were fitted on, and events among them.
    tested, events : later rows that the gain is measured on, and events among them.
    groups : different groups among the rows tested.
    """

    rows: int
    without_outcome: int
    without_score: int
    lost: int
    fitted: int
    fitted_events: int
    tested: int
    events: int
    groups: int


class Performance(NamedTuple):
    """How a score did on later rows: its area under the ROC curve, and its probabilities by a curve fitted before."""

    auc: Estimate
    probabilities: Quality


@dataclass(frozen=True)
class Calibration:
    """Weights found in outcomes, and what they are worth.

    Attributes
    ----------
    before, after : the model, and the same with other weights in one score; equal where the strength is infinite.
    score, title : the score.
    source, sha256 : the data, and the fingerprint of the file; None where it was none.
    outcome, event : the column of outcomes, and what of it counts as an event, in words.
    fitted_times, tested_times : the first and last time of the rows that weights were fitted on, and of those tested.
    counts : rows and events.
    untold : inputs that are missing, or the same, in every row fitted; they keep their share.
    choice : the strength that was chosen, and what others gave.
    performance_before, performance_after : on the later rows, by the old weights and by the new.
    gain : the area under the ROC curve by the new weights less that by the old.
    confidence, resamples, seed, grouped : of all intervals; `grouped` says what was drawn, groups or rows.
    map : the score by the new weights as a probability.
    """

    before: Model
    after: Model
    score: str
    title: str
    source: str
    sha256: str | None
    outcome: str
    event: str
    fitted_times: tuple[str, str]
    tested_times: tuple[str, str]
    counts: Counts
    untold: tuple[str, ...]
    choice: Choice
    performance_before: Performance
    performance_after: Performance
    gain: Estimate
    confidence: float
    resamples: int
    seed: int
    grouped: str
    map: ProbabilityMap

    @property
    def strength(self) -> float:
        """How strongly shares were held near the expert's; infinite where the data give no reason to change them."""
        return self.choice.strength

    @property
    def weights_before(self) -> dict[str, float]:
        """The signed weights that the model came with."""
        return weights_of(self.before, self.score)

    @property
    def weights_after(self) -> dict[str, float]:
        """The signed weights found."""
        return weights_of(self.after, self.score)

    @property
    def shares_before(self) -> dict[str, float]:
        """The shares of the weights that the model came with; they sum to one."""
        return _shares_of(self.weights_before)

    @property
    def shares_after(self) -> dict[str, float]:
        """The shares of the weights found; they sum to one."""
        return _shares_of(self.weights_after)

    def to_dict(self) -> dict[str, Any]:
        """The calibration as plain data, ready for JSON; the same as `riskmodel calibrate --format json` prints."""
        from riskmodel.report.calibration import calibration_data

        return calibration_data(self)

    def __str__(self) -> str:
        from riskmodel.report.calibration import calibration_text

        return calibration_text(self)


def _shares_of(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(map(abs, weights.values()))
    return {name: abs(weight) / total for name, weight in weights.items()}


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
) -> Calibration:
    """Find the weights of a score in outcomes, near the model's own.

    Weights keep their signs and their sum, none becomes 0, and they leave the model's own only as far as forecasts
    within the earlier rows ask for (`riskmodel.analysis.shares` has the formula, `riskmodel.analysis.strength` how near
    they stay). Weights, strength and map see the earlier rows alone; what they are worth is measured on the later ones.

    Parameters
    ----------
    data, outcome, model, score, event_from, group, test_from, resamples, confidence, seed, delimiter, decimal : as for
        `riskmodel.analysis.validation.validate`.
    time : the column of times; it must be named, because a gain that is not shown on later rows is none.

    Raises
    ------
    ModelError
        Where the model cannot be used, or the score is no arithmetic mean.
    SituationError
        Where the data cannot be used, or say too little.
    """
    require("sklearn", "evidence")
    before = model if isinstance(model, Model) else load_model(model)
    _check(before, score, resamples, confidence, seed)
    if time is None:
        raise RiskmodelError(
            "calibration needs the times of rows (--time COLUMN): weights are fitted on earlier rows, "
            "and what they gain is measured on later ones"
        )
    seen = read_observations(before.spec, data, Told(outcome, group, time), delimiter, decimal)
    assert seen.time is not None  # noqa: S101  (its column was named)
    events, event = events_of(seen.outcome, outcome, event_from)
    old = _values(before, score, seen)
    used = ~np.isnan(seen.outcome) & ~np.isnan(old)
    if not used.any():
        raise SituationError(f"{seen.source}: no row has both an outcome and a score")
    start = f"{test_from:g}" if isinstance(test_from, float) else test_from and str(test_from)
    (split,) = out_of_time(seen.time, used, time, start).parts
    both_kinds(events, [split])
    groups = np.arange(len(used)) if seen.group is None else seen.group.codes
    earlier = Earlier(
        {name: column[split.fit] for name, column in seen.columns.items()},
        events[split.fit],
        seen.time.codes[split.fit],
        groups[split.fit],
    )
    after, choice, untold = weighed(before, score, earlier)
    new = _values(after, score, seen)
    there = ~np.isnan(new)
    kept = Split(split.fit & there, split.test & there)
    both_kinds(events, [kept])
    drawn = draw_resamples(groups, resamples, confidence, seed).of(kept.test)
    curve = logistic_curve(new[kept.fit], events[kept.fit])
    performance = _performance(new, curve, events, kept, drawn)
    fitted_times, tested_times = (_span(seen.time, rows) for rows in split)
    known = ~np.isnan(seen.outcome)
    counts = Counts(
        rows=len(used),
        without_outcome=int((~known).sum()),
        without_score=int((known & np.isnan(old)).sum()),
        lost=int((used & ~there).sum()),
        fitted=int(split.fit.sum()),
        fitted_events=int(events[split.fit].sum()),
        tested=int(kept.test.sum()),
        events=int(events[kept.test].sum()),
        groups=len(np.unique(groups[kept.test])),
    )
    return Calibration(
        before=before,
        after=after,
        score=score,
        title=before.spec.scores[score].title or score,
        source=seen.source,
        sha256=_sha256(data),
        outcome=outcome,
        event=event,
        fitted_times=fitted_times,
        tested_times=tested_times,
        counts=counts,
        untold=untold,
        choice=choice,
        performance_before=_performance(old, logistic_curve(old[kept.fit], events[kept.fit]), events, kept, drawn),
        performance_after=performance,
        gain=gain_estimate(events[kept.test], new[kept.test], old[kept.test], drawn),
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        grouped="rows" if group is None else f"groups ({group})",
        map=_map(
            after, score, (outcome, event), curve, events[kept.fit], (fitted_times, tested_times), counts, performance
        ),
    )


def _check(model: Model, score: str, resamples: int, confidence: float, seed: int) -> None:
    if score not in model.spec.scores:
        raise RiskmodelError(f"no score {score!r} in model {model.spec.id!r}{nearest(score, model.spec.scores)}")
    if resamples < 2:
        raise RiskmodelError(f"there should be 2 resamples or more; got {resamples}")
    if not 0.0 < confidence < 1.0:
        raise RiskmodelError(f"confidence should lie between 0 and 1; got {confidence:g}")
    if seed < 0:
        raise RiskmodelError(f"a seed is 0 or more; got {seed}")
    power = model.spec.scores[score].power
    if power != 1.0:
        raise ModelError(
            f"model {model.spec.id!r}, scores.{score}.mean: only an arithmetic mean can be calibrated; got a power "
            f"mean of exponent {power:g}"
        )


def _values(model: Model, score: str, seen: Observations) -> Floats:
    return score_table(model.compiled, seen.columns, len(seen.outcome))[score].value


def _performance(
    values: Floats, curve: tuple[float, float], events: Mask, split: Split, drawn: Resamples
) -> Performance:
    from scipy import special

    intercept, slope = curve
    happened, tested = events[split.test], values[split.test]
    probabilities = np.asarray(special.expit(intercept + slope * tested))
    return Performance(auc_estimate(happened, tested, drawn), quality(probabilities, happened))


def _map(
    model: Model,
    score: str,
    told: tuple[str, str],
    curve: tuple[float, float],
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
        intercept=curve[0],
        slope=curve[1],
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


def _span(time: Labels, rows: Mask) -> tuple[str, str]:
    """The first and the last time of some rows."""
    codes = time.codes[rows]
    return time.names[codes.min()], time.names[codes.max()]


def _sha256(data: object) -> str | None:
    """The fingerprint of the file that data came from; None where it was a frame, or cannot be read twice."""
    if not isinstance(data, str | Path) or not Path(data).is_file():
        return None
    with Path(data).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
