"""Diagnostics of a validation: baselines on the same rows as the score, event rates by band, and effects of rules.

A score should beat free forecasts (prevalence, persistence) and simpler ones (one indicator, equal weights), and should
come near a model fitted to the outcomes (logistic regression on all indicators).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from riskmodel.analysis.outcomes.metrics import auc_draws, auc_estimate, gain_estimate, quality
from riskmodel.analysis.outcomes.study import (
    OutcomeStudy,
    directed_intensities,
    equal_weights,
    score_values,
    without_rule,
    without_rules,
)
from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate, Record
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Labels


@dataclass(frozen=True, slots=True)
class Baseline(Record):
    """An alternative to the score.

    Attributes
    ----------
    name : a description, or the id of an indicator.
    is_indicator : True for one indicator alone, which is tested on the rows with a value.
    rows, events : the rows tested, and events among them.
    auc : area under the ROC curve; None if all these rows have an event, or none has.
    average_precision : area under the precision-recall curve.
    brier : Brier score of forecasts that are probabilities; None otherwise.
    score_gain : the AUC of the score less this one's, on the same rows.
    """

    name: str
    is_indicator: bool
    rows: int
    events: int
    auc: Estimate | None
    average_precision: float | None
    brier: float | None
    score_gain: Estimate | None


def average_precision(events: Mask, values: Floats) -> float:
    """Compute the area under the steps of precision against recall, by scikit-learn's definition."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(events, values))


def baselines(study: OutcomeStudy) -> list[Baseline]:
    """Compare the score with all baselines, on the rows tested.

    Prevalence is constant, within folds at least, and ranks no rows. Persistence needs groups and times, and is left
    out without them; the first row of a group gets the base rate of the rows fitted on.
    """
    spec, score, rows, splits = study.model.spec, study.arguments.score, study.observations, study.splits
    rate = base_rates(study)
    results = [
        _against(study, "without rules", score_values(without_rules(spec), score, rows)),
        _against(study, "equal weights, without rules", score_values(equal_weights(spec), score, rows)),
        _against(study, "prevalence", np.zeros(len(rate)), probabilities=rate),
    ]
    if rows.group is not None and rows.time is not None:
        last = last_outcome(rows.outcome, study.events, rows.group, rows.time)
        persistence = np.where(np.isnan(last), rate, last)
        results.append(_against(study, "persistence", persistence, probabilities=persistence))
    compiled = study.model.compiled
    intensities = directed_intensities(compiled, compiled.scores[score], rows)
    regression = splits.predict(lambda fit: _regression(intensities, study.events, fit))
    results.append(_against(study, "logistic regression", _relative_logits(regression, rate), probabilities=regression))
    return [*results, *(_against(study, name, values, is_indicator=True) for name, values in intensities.items())]


def base_rates(study: OutcomeStudy) -> Floats:
    """Return (n,) event rates of the rows fitted on; NaN in rows that are not tested."""
    return study.splits.predict(lambda fit: _constant(float(np.mean(study.events[fit]))))


def _relative_logits(probabilities: Floats, rate: Floats) -> Floats:
    """Return the logits of probabilities less those of the base rates of their fits.

    Probabilities of several folds do not rank rows together: the more events a fold has, the fewer are left to fit on,
    and the lower are its probabilities.
    """
    relative: Floats = special.logit(np.clip(probabilities, 1e-12, 1.0 - 1e-12)) - special.logit(rate)
    return relative


def _against(
    study: OutcomeStudy,
    name: str,
    values: Floats,
    *,
    probabilities: Floats | None = None,
    is_indicator: bool = False,
) -> Baseline:
    rows = study.splits.test & ~np.isnan(values)
    events, others = study.events[rows], values[rows]
    count = int(events.sum())
    if count in (0, len(events)):
        return Baseline(name, is_indicator, len(events), count, None, None, None, None)
    resamples = study.resamples.subset(rows)
    draws = auc_draws(events, others, resamples)
    return Baseline(
        name,
        is_indicator,
        len(events),
        count,
        auc_estimate(events, others, resamples, draws),
        average_precision(events, others),
        None if probabilities is None else quality(probabilities[rows], events).brier,
        gain_estimate(events, study.values[rows], others, resamples, (study.score_draws(rows), draws)),
    )


def _constant(rate: float) -> Callable[[Mask], Floats]:
    return lambda rows: np.full(int(rows.sum()), rate)


def last_outcome(outcome: Floats, events: Mask, group: Labels, time: Labels) -> Floats:
    """Return the previous outcome of the same group.

    Parameters
    ----------
    outcome : (n,) NaN if unknown; such rows are skipped.
    events : (n,) True for outcomes that are events.
    group, time : of each row.

    Returns
    -------
    (n,) the share of events among the rows of the group at the latest earlier time; NaN if there is none.
    """
    known = ~np.isnan(outcome)
    size = len(time.names)
    cell = group.codes * size + time.codes
    cells, inverse = np.unique(cell[known], return_inverse=True)
    share = np.bincount(inverse, weights=events[known]) / np.bincount(inverse)
    before = np.searchsorted(cells, cell) - 1
    same = (before >= 0) & (cells[before] // size == group.codes)
    return np.where(same, share[before], np.nan)


def _regression(intensities: Mapping[str, Floats], events: Mask, fit: Mask) -> Callable[[Mask], Floats]:
    """Fit a logistic regression on the intensities of all indicators, with scikit-learn's default penalty."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    used = [values for values in intensities.values() if not np.isnan(values[fit]).all()]
    if not used:
        # All values are defaults of the model.
        return _constant(float(np.mean(events[fit])))
    table = np.column_stack(used)
    steps = make_pipeline(
        SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-14)
    )
    steps.fit(table[fit], events[fit])
    return lambda rows: np.asarray(steps.predict_proba(table[rows])[:, 1])


@dataclass(frozen=True, slots=True)
class BandReliability(Record):
    """One band of a score, on the rows tested.

    Attributes
    ----------
    rows, events : rows in the band, and events among them.
    rate : the event rate, with Wilson's interval (which assumes independent rows); None without rows.
    expected : the mean probability, by method; empty without rows.
    """

    band: str
    rows: int
    events: int
    rate: Estimate | None
    expected: Mapping[str, float]


def by_band(
    names: Sequence[str],
    bands: NDArray[np.int8],
    events: Mask,
    probabilities: Mapping[str, Floats],
    confidence: float,
) -> Iterator[BandReliability]:
    """Compute event rates and mean probabilities by band.

    Parameters
    ----------
    names : the bands of the score, lowest first.
    bands : (n,) the index of each row's band.
    events : (n,) True for rows with an event.
    probabilities : (n,) by method.
    confidence : of the intervals, in (0, 1).
    """
    for index, name in enumerate(names):
        rows = bands == index
        count, n_events = int(rows.sum()), int(events[rows].sum())
        if not count:
            yield BandReliability(name, 0, 0, None, {})
            continue
        interval = stats.binomtest(n_events, count).proportion_ci(confidence, method="wilson")
        rate = Estimate(n_events / count, float(interval.low), float(interval.high))
        expected = {method: float(np.mean(values[rows])) for method, values in probabilities.items()}
        yield BandReliability(name, count, n_events, rate, expected)


@dataclass(frozen=True, slots=True)
class RuleEffect(Record):
    """The effect of one rule on the score, in the rows tested.

    Attributes
    ----------
    rule, title : its id and title.
    rows : the number of rows whose score it changes.
    points : the mean change in these rows.
    rate, other_rate : event rates of these rows, and of all others; None if there are none.
    gain : the AUC of the score less that of the score without the rule.
    """

    rule: str
    title: str
    rows: int
    points: float
    rate: float | None
    other_rate: float | None
    gain: Estimate


def rule_effects(study: OutcomeStudy) -> list[RuleEffect]:
    """Compute the effect of every rule on the score, by taking it out."""
    rules = study.model.spec.rules
    return [_effect(study, name) for name, rule in rules.items() if study.arguments.score in rule.then]


def _effect(study: OutcomeStudy, name: str) -> RuleEffect:
    tested = study.splits.test
    values, events = study.values[tested], study.events[tested]
    others = score_values(without_rule(study.model.spec, name), study.arguments.score, study.observations)[tested]
    # Without a rule, the sums of the others differ by rounding error.
    moved = np.abs(values - others) > 1e-9
    gain = Estimate(0.0, 0.0, 0.0)
    if moved.any():
        resamples = study.resamples.subset(tested)
        draws = (study.tested_draws, auc_draws(events, others, resamples))
        gain = gain_estimate(events, values, others, resamples, draws)
    return RuleEffect(
        name,
        study.model.spec.rules[name].title or name,
        int(moved.sum()),
        float(np.mean((values - others)[moved])) if moved.any() else 0.0,
        float(np.mean(events[moved])) if moved.any() else None,
        float(np.mean(events[~moved])) if not moved.all() else None,
        gain,
    )
