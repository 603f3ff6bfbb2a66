"""What reports on outcomes have in common: what was left out, what intervals are of, which constants are beside."""

from collections.abc import Iterator
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.outcomes.diagnostics import Baseline
from riskmodel.analysis.outcomes.metrics import MIN_GROUPS
from riskmodel.analysis.results.calibration import Calibration
from riskmodel.analysis.results.validation import Validation
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section, Table, estimate_text
from riskmodel.report.plotting import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


CONSTANTS = ("better than the rate fitted on by", "than the rate tested on by")
"""Headings: what is saved of the Brier score of a constant, known beforehand and known only afterwards."""


def left_out(found: Validation | Calibration, by_new_weights: int = 0) -> Iterator[str]:
    """A line for each kind of row that was left out."""
    for count, why in (
        (found.counts.without_outcome, "it is not known what happened"),
        (found.counts.without_score, "there is too little data for a score"),
        (by_new_weights, "there is too little data for a score by the new weights"),
    ):
        if count:
            yield f"left out: {counted(count, 'row')} where {why}"


def intervals_line(found: Validation | Calibration) -> str:
    """What intervals are of."""
    if found.counts.groups < MIN_GROUPS:
        return f"no intervals: fewer than {MIN_GROUPS} {found.grouped} are tested on"
    drawn = f"{found.resamples:,} resamples of {found.grouped}, {found.counts.groups:,} of them tested on"
    return f"{100 * found.confidence:g}% intervals from {drawn}; seed {found.seed}"


_TOO_GOOD = 0.99


def validation_report(found: Validation) -> Report:
    """A validation, to be pasted into a brief."""
    parts = (_discrimination, _comparisons, _indicators, _reliability, _probabilities, _rules)
    title = f"{found.title} ({found.score}) against {found.outcome}; an event is {found.event}"
    return Report(title, list(_about(found)), [section for part in parts for section in part(found)])


def _about(found: Validation) -> Iterator[str]:
    counts = found.counts
    yield f"{found.source} | {found.model.line}"
    yield found.split
    fitted = f"{counts.fitted:,} fitted on ({counted(counts.fitted_events, 'event')}), " if counts.fitted else ""
    share = f"{counted(counts.events, 'event')}, {counts.events / counts.tested:.1%}"
    yield f"{counted(counts.rows, 'row')}: {fitted}{counts.tested:,} tested on ({share})"
    yield from left_out(found)
    yield f"mean coverage of the score {found.coverage:.0%}"
    yield from found.check.remarks
    yield intervals_line(found)


def _discrimination(found: Validation) -> Iterator[Section]:
    rate = found.counts.events / found.counts.tested
    lines = [
        f"AUC                {estimate_text(found.auc)}",
        f"average precision  {found.average_precision:.3f}; knowing nothing gives {rate:.3f}",
    ]
    if found.auc.value < 0.5:
        lines.append("An AUC below 0.5: the score is higher where there was no event.")
    if found.auc_before:
        before = estimate_text(found.auc_before)
        lines.append(f"AUC of the rows before, which is no test of what was fitted to them: {before}")
    yield Section("Discrimination on the rows tested on", lines)


def _comparisons(found: Validation) -> Iterator[Section]:
    own = ("the score", "", f"{found.auc.value:.3f}", f"{found.average_precision:.3f}", "", "")
    others = [_row(other) for other in found.comparisons if not other.is_indicator]
    headings = ("", "rows", "AUC", "avg. precision", "Brier", "the score's AUC less this one's")
    yield Section("On the same rows", table=Table(headings, [own, *others], "lrrrrl"))


def _indicators(found: Validation) -> Iterator[Section]:
    alone = [other for other in found.comparisons if other.is_indicator]
    if not alone:
        return
    headings = ("", "rows", "AUC", "avg. precision", "", "the score's AUC less this one's")
    remarks = [
        f"{other.name} alone tells events apart all but perfectly: was it known before the outcome?"
        for other in alone
        if other.auc is not None and other.auc.value >= _TOO_GOOD
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


def _reliability(found: Validation) -> Iterator[Section]:
    if not found.bands:
        return
    methods = [recalibrated.method for recalibrated in found.recalibrated]
    rows = [
        (
            band.band,
            f"{band.rows:,}",
            f"{band.events:,}",
            "" if band.rate is None else estimate_text(band.rate),
            *(f"{band.expected[method]:.3f}" if band.rows else "" for method in methods),
        )
        for band in found.bands
    ]
    table = Table(("", "rows", "events", "share of events", *methods), rows, "lrrl" + "r" * len(methods))
    yield Section("What happened in each band, and what recalibration on other rows expected there", table=table)


def _probabilities(found: Validation) -> Iterator[Section]:
    rows = [
        (
            recalibrated.method,
            *(f"{part:.4f}" for part in astuple(recalibrated.quality)[:5]),
            f"{recalibrated.skill_before:.1%}",
            f"{recalibrated.quality.skill:.1%}",
        )
        for recalibrated in found.recalibrated
    ]
    headings = ("", "Brier", "reliability", "resolution", "uncertainty", "within", *CONSTANTS)
    heading = (
        "As probabilities, by recalibration on other rows: Brier = reliability - resolution + uncertainty + within"
    )
    yield Section(heading, table=Table(headings, rows, "lrrrrrrr"))


def _rules(found: Validation) -> Iterator[Section]:
    acted = [effect for effect in found.rules if effect.rows]
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
    idle = [effect.rule for effect in found.rules if not effect.rows]
    if idle:
        yield Section(f"Rules that moved no row, so that nothing is known of them here: {', '.join(idle)}")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


_TENTHS = 10


def draw(found: Validation) -> "Figure":
    """Draw the ROC curve, and what happened against what was expected."""
    figure = new_figure(10, 5)
    left, right = figure.subplots(1, 2)
    _roc(found, left)
    _draw_reliability(found, right)
    figure.suptitle(f"{found.title} against {found.outcome}, {found.split}", fontsize=10)
    return figure


def _roc(found: Validation, axes: "Axes") -> None:
    from sklearn.metrics import roc_curve

    false_alarms, hits, _ = roc_curve(found.tested_events, found.tested_values)
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1, linestyle="--")
    interval = "" if found.auc.low is None else f" ({found.auc.low:.2f} to {found.auc.high:.2f})"
    axes.plot(false_alarms, hits, color=BLUE, linewidth=2, label=f"AUC {found.auc.value:.2f}{interval}")
    axes.set(
        xlabel="share of rows without an event above the cut",
        ylabel="share of rows with an event above the cut",
        title="ROC curve",
        xlim=(0, 1),
        ylim=(0, 1.01),
        aspect="equal",
    )
    axes.legend(loc="lower right", frameon=False)


def _draw_reliability(found: Validation, axes: "Axes") -> None:
    """Tenths of the rows for each recalibration, and the bands of the score by their logistic probability."""
    most = 0.0
    for recalibrated, color, mark in zip(found.recalibrated, (BLUE, ORANGE), ("o", "s"), strict=True):
        order = np.argsort(recalibrated.probabilities, kind="stable")
        parts = [part for part in np.array_split(order, _TENTHS) if len(part)]
        expected = [float(np.mean(recalibrated.probabilities[part])) for part in parts]
        observed = [float(np.mean(found.tested_events[part])) for part in parts]
        most = max(most, *expected, *observed)
        axes.plot(
            expected, observed, mark, color=color, markersize=5, label=f"{recalibrated.method}, tenths of the rows"
        )
    for band in found.bands:
        if band.rate is None or band.rate.low is None or band.rate.high is None:
            continue
        at = band.expected[found.recalibrated[0].method]
        axes.plot([at, at], [band.rate.low, band.rate.high], color=GREY, linewidth=4, alpha=0.5, zorder=1)
        axes.annotate(band.band, (at, band.rate.high), (0, 4), textcoords="offset points", ha="center", fontsize=8)
        most = max(most, band.rate.high)
    top = min(1.0, most * 1.12 + 0.02)
    axes.plot([0, top], [0, top], color="0.7", linewidth=1, linestyle="--")
    axes.set(
        xlabel="expected, by recalibration on other rows",
        ylabel="share of events",
        title=f"Reliability (bars: bands, {100 * found.confidence:g}%)",
        xlim=(0, top),
        ylim=(0, top),
        aspect="equal",
    )
    axes.legend(loc="lower right", frameon=False, fontsize=8)
