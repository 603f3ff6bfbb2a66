"""Comparisons: what else one could go by, judged on the same rows as the score.

A score has to beat what costs nothing (how often it happens at all; what happened the last time), what is simpler (one
indicator alone, equal weights), and come near what is fitted to the outcomes (a logistic regression on all indicators).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from riskmodel.analysis.outcomes import study
from riskmodel.analysis.outcomes.metrics import auc_draws, auc_estimate, gain_estimate, quality
from riskmodel.analysis.outcomes.observations import Labels
from riskmodel.analysis.outcomes.study import OutcomeStudy
from riskmodel.kernels.scales import Floats
from riskmodel.results import Estimate, Record
from riskmodel.tables.arrays import Mask


@dataclass(frozen=True, slots=True)
class Baseline(Record):
    """Something that one could go by instead of the score.

    Attributes
    ----------
    name : what it is; for an indicator its id.
    is_indicator : whether it is one indicator alone, which is judged on the rows in which it is known.
    rows, events : what it was judged on.
    auc : area under the ROC curve; None where those rows have no event, or nothing else.
    average_precision : mean share of events among the rows ranked highest, weighted by the events found.
    brier : of what is a probability by itself; None otherwise.
    score_gain : the score's area less this one's, on the same rows.
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
    """The area under the steps of precision against recall; scikit-learn's definition."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(events, values))


def compare(setting: OutcomeStudy) -> list[Baseline]:
    """All comparisons, on the rows that are tested on.

    Prevalence is one rate for all, or for all of a fold, and says nothing of who comes first. Persistence needs groups
    and times, and is left out without them; the first row of a group, before which nothing is known, gets the base rate
    of the rows fitted on.
    """
    spec, score, seen, splits = setting.model.spec, setting.asked.score, setting.seen, setting.splits
    rate = base_rates(setting)
    found = [
        _against(setting, "without rules", study.scored(study.without_rules(spec), score, seen)),
        _against(setting, "equal weights, without rules", study.scored(study.equal_weights(spec), score, seen)),
        _against(setting, "prevalence", np.zeros(len(rate)), probabilities=rate),
    ]
    if seen.group is not None and seen.time is not None:
        last = last_outcome(seen.outcome, setting.events, seen.group, seen.time)
        persistence = np.where(np.isnan(last), rate, last)
        found.append(_against(setting, "persistence", persistence, probabilities=persistence))
    compiled = setting.model.compiled
    alone = study.directed(compiled, compiled.scores[score], seen)
    regression = splits.predict(lambda fit: _regression(alone, setting.events, fit))
    found.append(_against(setting, "logistic regression", _beyond(regression, rate), probabilities=regression))
    return [*found, *(_against(setting, name, values, is_indicator=True) for name, values in alone.items())]


def base_rates(setting: OutcomeStudy) -> Floats:
    """(n,) the share of events in the rows that were fitted on; NaN in rows that are not tested on."""
    return setting.splits.predict(lambda fit: _constant(float(np.mean(setting.events[fit]))))


def _beyond(probabilities: Floats, rate: Floats) -> Floats:
    """What probabilities say beyond the base rate of the rows that they were fitted on, in logits.

    The more events a fold has, the fewer are left to fit on: put in order by probabilities from several fits, rows
    would come out worse than in no order at all.
    """
    beyond: Floats = special.logit(np.clip(probabilities, 1e-12, 1.0 - 1e-12)) - special.logit(rate)
    return beyond


def _against(
    setting: OutcomeStudy,
    name: str,
    values: Floats,
    *,
    probabilities: Floats | None = None,
    is_indicator: bool = False,
) -> Baseline:
    rows = setting.splits.test & ~np.isnan(values)
    events, others = setting.events[rows], values[rows]
    count = int(events.sum())
    if count in (0, len(events)):
        return Baseline(name, is_indicator, len(events), count, None, None, None, None)
    drawn = setting.drawn.of(rows)
    draws = auc_draws(events, others, drawn)
    return Baseline(
        name,
        is_indicator,
        len(events),
        count,
        auc_estimate(events, others, drawn, draws),
        average_precision(events, others),
        None if probabilities is None else quality(probabilities[rows], events).brier,
        gain_estimate(events, setting.values[rows], others, drawn, (setting.score_draws(rows), draws)),
    )


def _constant(rate: float) -> Callable[[Mask], Floats]:
    return lambda rows: np.full(int(rows.sum()), rate)


def last_outcome(outcome: Floats, events: Mask, group: Labels, time: Labels) -> Floats:
    """What happened the last time to the same group.

    Parameters
    ----------
    outcome : (n,) NaN where it is not known; such rows are passed over.
    events : (n,) whether the outcome is an event.
    group, time : of each row.

    Returns
    -------
    (n,) 1 where the row of that group with the latest time before had an event, 0 where it had none, the share of
    events where several rows share that time; NaN where there is none before.
    """
    known = ~np.isnan(outcome)
    size = len(time.names)
    cell = group.codes * size + time.codes
    cells, inverse = np.unique(cell[known], return_inverse=True)
    share = np.bincount(inverse, weights=events[known]) / np.bincount(inverse)
    before = np.searchsorted(cells, cell) - 1
    same = (before >= 0) & (cells[before] // size == group.codes)
    return np.where(same, share[before], np.nan)


def _regression(alone: Mapping[str, Floats], events: Mask, fit: Mask) -> Callable[[Mask], Floats]:
    """A logistic regression on the intensities of all indicators, with scikit-learn's default penalty."""
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    used = list(_usable(alone, fit))
    if not used:
        # Scores of assumed values alone: there is nothing to go by.
        return _constant(float(np.mean(events[fit])))
    table = np.column_stack(used)
    steps = make_pipeline(
        SimpleImputer(add_indicator=True), StandardScaler(), LogisticRegression(solver="newton-cholesky", tol=1e-14)
    )
    steps.fit(table[fit], events[fit])
    return lambda rows: np.asarray(steps.predict_proba(table[rows])[:, 1])


def _usable(alone: Mapping[str, Floats], fit: Mask) -> Iterator[Floats]:
    """The indicators that have any value in the rows to fit on."""
    return (values for values in alone.values() if not np.isnan(values[fit]).all())


@dataclass(frozen=True, slots=True)
class BandReliability(Record):
    """One band of a score, on the rows tested.

    Attributes
    ----------
    rows, events : how many rows lie in it, and how many of these had an event.
    rate : the share of events, with Wilson's interval (which takes the rows as independent); None without rows.
    expected : the mean probability there, by method; empty without rows.
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
    """What happened in each band.

    Parameters
    ----------
    names : the bands of the score, lowest first.
    bands : (n,) the position of each row's band.
    events : (n,) whether there was an event.
    probabilities : (n,) by method.
    confidence : of the intervals, in (0, 1).
    """
    for place, name in enumerate(names):
        rows = bands == place
        count, happened = int(rows.sum()), int(events[rows].sum())
        if not count:
            yield BandReliability(name, 0, 0, None, {})
            continue
        interval = stats.binomtest(happened, count).proportion_ci(confidence, method="wilson")
        rate = Estimate(happened / count, float(interval.low), float(interval.high))
        expected = {method: float(np.mean(found[rows])) for method, found in probabilities.items()}
        yield BandReliability(name, count, happened, rate, expected)


@dataclass(frozen=True, slots=True)
class RuleEffect(Record):
    """What one rule did to the score in the rows that were tested on.

    Attributes
    ----------
    rule, title : its id and title.
    rows : how many rows it moved the score of.
    points : mean points by which it moved these.
    rate, other_rate : shares of these rows, and of all others, that had an event; None where there are none.
    gain : the score's area under the ROC curve less that of the score without the rule.
    """

    rule: str
    title: str
    rows: int
    points: float
    rate: float | None
    other_rate: float | None
    gain: Estimate


def rule_effects(setting: OutcomeStudy) -> list[RuleEffect]:
    """The effect of every rule that acts on the score, by taking it out."""
    rules = setting.model.spec.rules
    return [_effect(setting, name) for name, rule in rules.items() if setting.asked.score in rule.then]


def _effect(setting: OutcomeStudy, name: str) -> RuleEffect:
    tested = setting.splits.test
    values, events = setting.values[tested], setting.events[tested]
    others = study.scored(study.without_rule(setting.model.spec, name), setting.asked.score, setting.seen)[tested]
    # A rule that is out of the way changes the sums of the others in the last binary places.
    moved = np.abs(values - others) > 1e-9
    gain = Estimate(0.0, 0.0, 0.0)
    if moved.any():
        drawn = setting.drawn.of(tested)
        draws = (setting.tested_draws, auc_draws(events, others, drawn))
        gain = gain_estimate(events, values, others, drawn, draws)
    return RuleEffect(
        name,
        setting.model.spec.rules[name].title or name,
        int(moved.sum()),
        float(np.mean((values - others)[moved])) if moved.any() else 0.0,
        float(np.mean(events[moved])) if moved.any() else None,
        float(np.mean(events[~moved])) if not moved.all() else None,
        gain,
    )
