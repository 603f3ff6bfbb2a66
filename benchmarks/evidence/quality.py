"""Probabilities: the score recalibrated on the years tuned on, compared with two constants and with other methods.

The skill of a forecast depends on the reference constant. The rate of events in the years fitted on is
known beforehand; the rate of the years tested on is known only afterwards, and no forecaster has it.
"""

from typing import NamedTuple

import numpy as np
import resampling
from reference import NOT_COMPUTED, TUNED, Data, Section, events, outcomes
from wording import (
    Figure,
    Phrases,
    brief_percent,
    brief_signed,
    by_period,
    listed,
    percent,
    signed,
    span,
    with_interval,
)

from riskmodel.analysis.outcomes.metrics import RECALIBRATIONS
from riskmodel.analysis.results.validation import Validation
from riskmodel.kernels.types import Floats
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate

METHOD = "logistic"
BETTER = Phrases("is better", "is worse", "is indistinguishable from it")
RANKS = Phrases("ranks better", "ranks worse", "is indistinguishable from it")
REGRESSION = "logistic regression"


class Skill(NamedTuple):
    """The share of a constant's Brier score that probabilities save: of the rate before, and of the rate itself."""

    before: Estimate
    after: Estimate


_PARTS = ("brier", "reliability", "resolution", "uncertainty", "within")
"""The Brier score and the parts of its decomposition, in the order of the table."""


def reliability(data: Data) -> Section:
    """Show the score as a probability beside what happened, and what else there is to go by."""
    lines: list[str] = []
    headlines = []
    for outcome, title in outcomes().items():
        tested = {
            heading: validation
            for heading, period in data.later.items()
            if (validation := data.validated(period, outcome)) is not None
        }
        skills = {
            heading: {method: skill(data, outcome, heading, method) for method in RECALIBRATIONS} for heading in tested
        }
        for heading, validation in tested.items():
            rates = _rates(data, outcome, heading)
            lines += [f"{title}, {heading} ({validation.split}):", "", *_expected(validation), ""]
            lines += [*_parts(validation, skills[heading], rates), "", *_others(validation), ""]
        for heading in [heading for heading in data.later if heading not in tested]:
            lines += [f"{title}, {heading}: not computed: too few rows with and without an event.", ""]
        if tested:
            worth, ranking = _worth(data, outcome, skills, percent), _ranking(tested, signed)
            lines += [f"- {title}: {sentence}" for sentence in (worth, ranking, _surprises(tested))]
            lines.append("")
            worth, ranking = _worth(data, outcome, skills, brief_percent), _ranking(tested, brief_signed)
            headlines.append(f"{title}: {worth} {ranking}")
    if not headlines:
        return Section([NOT_COMPUTED])
    question = "**Does the score, as a probability, beat a constant, and its order that of a regression?**"
    return Section(lines, [f"{question} {' '.join(headlines)}"])


def skill(data: Data, outcome: str, heading: str, method: str) -> Skill:
    """Hold the score, recalibrated on the years tuned on, against the rate of these and that of a later period."""
    happened, known = events(data, outcome)
    known = known & ~np.isnan(data.escalation)
    (tuned,) = (rows & known for name, rows in data.periods.items() if name.endswith(TUNED))
    tested = data.periods[heading] & known
    forecast = RECALIBRATIONS[method](data.escalation[tuned], happened[tuned])(data.escalation[tested])
    codes = np.unique(data.codes[tested], return_inverse=True)[1]
    losses = (
        (forecast - happened[tested]) ** 2,
        (happened[tuned].mean() - happened[tested]) ** 2,
        happened[tested].astype(float),
    )
    sums = np.column_stack([*(np.bincount(codes, loss) for loss in losses), np.bincount(codes)])
    counts = resampling.group_counts(len(sums), data.resamples)
    drawn = counts @ sums
    return Skill(*(
        resampling.interval(float(saved(sums.sum(axis=0)[None, :])[0]), saved(drawn), len(sums))
        for saved in (_saved_before, _saved_after)
    ))  # fmt: skip


def _saved_before(sums: Floats) -> Floats:
    return 1.0 - resampling.ratio(sums[:, 0], sums[:, 1])


def _saved_after(sums: Floats) -> Floats:
    return 1.0 - resampling.ratio(sums[:, 0], sums[:, 2] * (1.0 - sums[:, 2] / sums[:, 3]))


def _rates(data: Data, outcome: str, heading: str) -> tuple[float, float]:
    """The rates of events in the years tuned on and in a later period."""
    happened, known = events(data, outcome)
    known = known & ~np.isnan(data.escalation)
    (tuned,) = (rows for name, rows in data.periods.items() if name.endswith(TUNED))
    return float(happened[known & tuned].mean()), float(happened[known & data.periods[heading]].mean())


def _expected(validation: Validation) -> list[str]:
    """Tabulate what happened in each band beside what was expected there."""
    rows = [
        (
            band.band,
            f"{band.rows:,}",
            f"{band.events:,}",
            with_interval(band.rate),
            *(f"{share:.3f}" for share in band.expected.values()),
        )
        for band in validation.bands
        if band.rate is not None
    ]
    methods = [f"{entry.method}, expected" for entry in validation.recalibrated]
    return list(markdown_table(("Band", "Rows", "Events", "Share of events", *methods), rows, "lrrrrr"))


def _parts(validation: Validation, skills: dict[str, Skill], rates: tuple[float, float]) -> list[str]:
    """Tabulate the Brier score, what it is made of, and what of a constant's it saves."""
    rows = [
        (
            entry.method,
            *(f"{getattr(entry.quality, part):.4f}" for part in _PARTS),
            percent(skills[entry.method].before),
            percent(skills[entry.method].after),
        )
        for entry in validation.recalibrated
    ]
    constants = (
        f"better than the rate before ({rates[0]:.1%}) by",
        f"better than the rate itself ({rates[1]:.1%}), known only afterwards, by",
    )
    headings = ("", "Brier", "reliability", "resolution", "uncertainty", "within", *constants)
    return list(markdown_table(headings, rows, "lrrrrrrr"))


def _others(validation: Validation) -> list[str]:
    """Tabulate what else there is to go by."""
    rows = [
        (
            other.name,
            f"{other.auc.value:.3f}",
            "" if other.brier is None else f"{other.brier:.4f}",
            signed(other.score_gain),
        )
        for other in validation.comparisons
        if not other.is_indicator and other.auc is not None
    ]
    return list(markdown_table(("Beside the score", "AUC", "Brier", "The score's AUC less this one's"), rows, "lrrr"))


def _worth(data: Data, outcome: str, skills: dict[str, dict[str, Skill]], figure: Figure) -> str:
    """Say whether the score as a probability beats either constant."""
    before = {heading: by_method[METHOD].before for heading, by_method in skills.items()}
    after = {heading: by_method[METHOD].after for heading, by_method in skills.items()}
    rate = _rates(data, outcome, next(iter(skills)))[0]
    return (
        f"Beside the rate known beforehand ({rate:.1%}), the Brier score of a {METHOD} curve over the score "
        f"{by_period(before, 0.0, BETTER, figure)}; "
        f"beside the rate of the years themselves, known only afterwards, it {by_period(after, 0.0, BETTER, figure)}."
    )


def _ranking(tested: dict[str, Validation], figure: Figure) -> str:
    """Say whether the score ranks better than a regression fitted to its indicators."""
    gains = {
        heading: other.score_gain
        for heading, validation in tested.items()
        for other in validation.comparisons
        if other.name == REGRESSION
    }
    return f"Beside a {REGRESSION} on its indicators, by AUC, the score {by_period(gains, 0.0, RANKS, figure)}."


def _surprises(tested: dict[str, Validation]) -> str:
    """Name the bands in which more or less happened than recalibration expected, by Wilson's intervals."""
    clauses = []
    for heading, validation in tested.items():
        known = [(band.band, band.rate, band.expected[METHOD]) for band in validation.bands if band.rate is not None]
        fewer = [f"*{name}*" for name, rate, expected in known if rate.high is not None and rate.high < expected]
        more = [f"*{name}*" for name, rate, expected in known if rate.low is not None and rate.low > expected]
        parts = [f"{text} in {listed(names)}" for text, names in (("fewer", fewer), ("more", more)) if names]
        clauses.append(f"in {span(heading)} {' and '.join(parts) or 'in no band'}")
    return f"More or fewer events than the {METHOD} curve expected, by the intervals: {'; '.join(clauses)}."
