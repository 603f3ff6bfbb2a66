"""Report of a validation, and the lines that the report of a calibration shares with it."""

from collections.abc import Iterator
from dataclasses import astuple

from riskmodel.analysis.outcomes.diagnostics import Baseline
from riskmodel.analysis.outcomes.metrics import MIN_GROUPS
from riskmodel.analysis.results.calibration import Calibration
from riskmodel.analysis.results.validation import Validation
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section, Table, estimate_text

CONSTANTS = ("better than the rate fitted on by", "than the rate tested on by")
"""Headings of the Brier skill against a constant forecast, by the rate of the fitted rows and of the tested rows."""
_SUSPICIOUS_AUC = 0.99


def left_out(result: Validation | Calibration, by_new_weights: int = 0) -> Iterator[str]:
    """Yield a line for each reason for which rows were left out."""
    for count, reason in (
        (result.counts.without_outcome, "it is not known what happened"),
        (result.counts.without_score, "there is too little data for a score"),
        (by_new_weights, "there is too little data for a score by the new weights"),
    ):
        if count:
            yield f"left out: {counted(count, 'row')} where {reason}"


def intervals_line(result: Validation | Calibration) -> str:
    """Describe what the intervals are computed from."""
    if result.counts.groups < MIN_GROUPS:
        return f"no intervals: fewer than {MIN_GROUPS} {result.grouped} are tested on"
    resamples = f"{result.resamples:,} resamples of {result.grouped}, {result.counts.groups:,} of them tested on"
    return f"{100 * result.confidence:g}% intervals from {resamples}; seed {result.seed}"


def validation_report(result: Validation) -> Report:
    """Return the report of a validation."""
    parts = (_discrimination, _comparisons, _indicators, _reliability, _probabilities, _rules)
    title = f"{result.title} ({result.score}) against {result.outcome}; an event is {result.event}"
    return Report(title, list(_about(result)), [section for part in parts for section in part(result)])


def _about(result: Validation) -> Iterator[str]:
    counts = result.counts
    yield f"{result.source} | {result.model.line}"
    yield result.split
    fitted = f"{counts.fitted:,} fitted on ({counted(counts.fitted_events, 'event')}), " if counts.fitted else ""
    share = f"{counted(counts.events, 'event')}, {counts.events / counts.tested:.1%}"
    yield f"{counted(counts.rows, 'row')}: {fitted}{counts.tested:,} tested on ({share})"
    yield from left_out(result)
    yield f"mean coverage of the score {result.coverage:.0%}"
    yield from result.check.remarks
    yield intervals_line(result)


def _discrimination(result: Validation) -> Iterator[Section]:
    rate = result.counts.events / result.counts.tested
    lines = [
        f"AUC                {estimate_text(result.auc)}",
        f"average precision  {result.average_precision:.3f}; knowing nothing gives {rate:.3f}",
    ]
    if result.auc.value < 0.5:
        lines.append("An AUC below 0.5: the score is higher where there was no event.")
    if result.auc_before:
        before = estimate_text(result.auc_before)
        lines.append(f"AUC of the earlier rows, which is not a test of what was fitted to them: {before}")
    yield Section("Discrimination on the rows tested on", lines)


def _comparisons(result: Validation) -> Iterator[Section]:
    own = ("the score", "", f"{result.auc.value:.3f}", f"{result.average_precision:.3f}", "", "")
    others = [_row(other) for other in result.comparisons if not other.is_indicator]
    headings = ("", "rows", "AUC", "avg. precision", "Brier", "the score's AUC less this one's")
    yield Section("On the same rows", table=Table(headings, [own, *others], "lrrrrl"))


def _indicators(result: Validation) -> Iterator[Section]:
    alone = [other for other in result.comparisons if other.is_indicator]
    if not alone:
        return
    headings = ("", "rows", "AUC", "avg. precision", "", "the score's AUC less this one's")
    remarks = [
        f"{other.name} alone separates events almost perfectly: was it known before the outcome?"
        for other in alone
        if other.auc is not None and other.auc.value >= _SUSPICIOUS_AUC
    ]
    table = Table(headings, [_row(other) for other in alone], "lrrrrl")
    yield Section("Each indicator alone, on the rows where it is known", table=table, remarks=remarks)


def _row(other: Baseline) -> tuple[str, ...]:
    return (
        other.name,
        f"{other.rows:,}",
        "" if other.auc is None else f"{other.auc.value:.3f}",
        "" if other.average_precision is None else f"{other.average_precision:.3f}",
        "" if other.brier is None else f"{other.brier:.4f}",
        "" if other.score_gain is None else estimate_text(other.score_gain, signed=True),
    )


def _reliability(result: Validation) -> Iterator[Section]:
    if not result.bands:
        return
    methods = [recalibrated.method for recalibrated in result.recalibrated]
    rows = [
        (
            band.band,
            f"{band.rows:,}",
            f"{band.events:,}",
            "" if band.rate is None else estimate_text(band.rate),
            *(f"{band.expected[method]:.3f}" if band.rows else "" for method in methods),
        )
        for band in result.bands
    ]
    table = Table(("", "rows", "events", "share of events", *methods), rows, "lrrl" + "r" * len(methods))
    yield Section("What happened in each band, and what recalibration on other rows expected there", table=table)


def _probabilities(result: Validation) -> Iterator[Section]:
    rows = [
        (
            recalibrated.method,
            *(f"{part:.4f}" for part in astuple(recalibrated.quality)[:5]),
            f"{recalibrated.skill_before:.1%}",
            f"{recalibrated.quality.skill:.1%}",
        )
        for recalibrated in result.recalibrated
    ]
    headings = ("", "Brier", "reliability", "resolution", "uncertainty", "within", *CONSTANTS)
    heading = (
        "As probabilities, by recalibration on other rows: Brier = reliability - resolution + uncertainty + within"
    )
    yield Section(heading, table=Table(headings, rows, "lrrrrrrr"))


def _rules(result: Validation) -> Iterator[Section]:
    acted = [effect for effect in result.rules if effect.rows]
    if acted:
        rows = [
            (
                effect.rule,
                f"{effect.rows:,}",
                f"{effect.points:+.1f}",
                _percent(effect.rate),
                _percent(effect.other_rate),
                estimate_text(effect.gain, signed=True),
            )
            for effect in acted
        ]
        headings = ("", "rows moved", "points", "events there", "elsewhere", "AUC with it less AUC without it")
        yield Section("What each rule adds", table=Table(headings, rows, "lrrrrl"))
    idle = [effect.rule for effect in result.rules if not effect.rows]
    if idle:
        yield Section(f"Rules that moved no row, so that nothing is known of them here: {', '.join(idle)}")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
