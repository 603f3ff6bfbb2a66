"""The plot of a validation: the ROC curve, and the reliability of the bands and of the probabilities."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.results.validation import Validation
from riskmodel.errors import counted, single_line
from riskmodel.report.plotting import (
    INK,
    MUTED,
    SMALL,
    STEEL,
    WIDTH,
    annotate,
    caption,
    entitle,
    explain,
    label_figure,
    new_figure,
    short_text,
    text_width,
)
from riskmodel.results import Estimate
from riskmodel.schema.band_colours import band_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TENTHS = 10
_HEIGHT, _HALF = 5.6, WIDTH / 2 - 0.4
"""Inches of the figure, and of the text of one of its halves."""


def draw(result: Validation) -> "Figure":
    """Draw the ROC curve, and the reliability of the recalibrated probabilities."""
    figure = new_figure(WIDTH, _HEIGHT)
    left, right = figure.subplots(1, 2)
    _draw_roc(result, left)
    _draw_reliability(result, right)
    for axes in (left, right):
        axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
        axes.spines[["top", "right"]].set_visible(False)
    rows = f"{counted(result.counts.tested, 'row')} with {counted(result.counts.events, 'event')}, {result.split}"
    source = f"Source: {short_text(result.source, 60)}"
    label_figure(figure, statement(result), caption(result.model, source, f"an event is {result.event}", rows))
    return figure


def statement(result: Validation) -> str:
    """Say in a sentence whether a score separates the rows with an event from the others."""
    return f"{result.title} against {single_line(result.outcome)}: {auc_text(result.auc)}"


def auc_text(auc: Estimate) -> str:
    """Say what an AUC and its interval mean."""
    interval = "" if auc.low is None or auc.high is None else f", {auc.low:.2f} to {auc.high:.2f}"
    value = f"{auc.value:.2f}"
    figures = f"AUC {value}{interval}"
    if auc.low is not None and auc.high is not None and auc.low <= 0.5 <= auc.high:
        return f"no sign that it separates events from the rest ({figures})"
    if auc.value > 0.5:
        pairs = f"{round(100 * float(value))} of 100 pairs of a row with an event and one without"
        return f"higher with the event in {pairs} ({figures})"
    return f"not higher where there was an event ({figures})"


def _draw_roc(result: Validation, axes: "Axes") -> None:
    from sklearn.metrics import roc_curve

    false_alarms, hits, _ = roc_curve(result.tested_events, result.tested_values)
    axes.plot([0, 1], [0, 1], color=STEEL, linewidth=1, linestyle="--")
    annotate(axes, "knowing nothing", (0.6, 0.6), (4, -4), fontsize=SMALL, color=MUTED, va="top")
    axes.plot(false_alarms, hits, color=INK, linewidth=2)
    axes.set(xlim=(0, 1), ylim=(0, 1.01), aspect="equal")
    axes.set_ylabel("share of rows with an event above the cut", fontsize=SMALL, color=MUTED)
    axes.set_xlabel("share of rows without an event above the cut", fontsize=SMALL, color=MUTED)
    entitle(axes, "Events found, by false alarms", _HALF)


def _draw_reliability(result: Validation, axes: "Axes") -> None:
    """Draw tenths of the rows for each recalibration, and the bands of the score at their logistic probability."""
    highest, farthest = 0.0, 0.0
    for recalibrated, marker, fill in zip(result.recalibrated, ("o", "s"), (STEEL, "white"), strict=True):
        order = np.argsort(recalibrated.probabilities, kind="stable")
        parts = [part for part in np.array_split(order, _TENTHS) if len(part)]
        expected = [float(np.mean(recalibrated.probabilities[part])) for part in parts]
        observed = [float(np.mean(result.tested_events[part])) for part in parts]
        highest, farthest = max(highest, *observed), max(farthest, *expected)
        axes.plot(expected, observed, marker, color=STEEL, markerfacecolor=fill, markersize=4.5, zorder=5)
    named: list[tuple[float, float, str]] = []
    for band, colour in zip(result.bands, band_colours(len(result.bands), result.better), strict=True):
        if band.rate is None or band.rate.low is None or band.rate.high is None:
            continue
        x, ends = band.expected[result.recalibrated[0].method], [band.rate.low, band.rate.high]
        axes.plot([x, x], ends, color=INK, linewidth=8, solid_capstyle="butt", zorder=3)
        axes.plot([x, x], ends, color=colour.fill, linewidth=6, solid_capstyle="butt", zorder=3)
        axes.plot(x, band.rate.value, "_", color=INK, markersize=11, markeredgewidth=1.6, zorder=4)
        named.append((x, band.rate.high, band.band))
        highest, farthest = max(highest, band.rate.high), max(farthest, x)
    right, top = (min(1.0, 1.15 * most + 0.02) for most in (farthest, highest))
    axes.plot([0, 1], [0, 1], color=STEEL, linewidth=1, linestyle="--", zorder=1)
    axes.set(xlim=(0, right), ylim=(0, top))
    _name_bands(axes, named)
    axes.set_ylabel("share of events", fontsize=SMALL, color=MUTED)
    methods = [recalibrated.method for recalibrated in result.recalibrated]
    marks = "; ".join(f"{mark}: {method}" for mark, method in zip(("filled", "open"), methods, strict=True))
    bars = f"bars: bands, {100 * result.confidence:g} % intervals"
    explain(axes, f"expected on other rows; dashed: as expected; {bars}; tenths of the rows, {marks}", _HALF)
    entitle(axes, "Events in each band, and as expected", _HALF)


def _name_bands(axes: "Axes", named: Sequence[tuple[float, float, str]]) -> None:
    """Write the names of bands above their bars, each higher than those that it would run into."""
    right, top = axes.get_xlim()[1], axes.get_ylim()[1]
    taken: list[tuple[float, float, float]] = []
    for x, y, name in sorted(named):
        half = text_width(name, SMALL) / 2 / _HALF * right
        height = 0.05 * top
        while any(
            abs(x - other_x) < half + other_half and abs(y - other) < height for other_x, other, other_half in taken
        ):
            y += height / 4  # noqa: PLW2901
        taken.append((x, y, half))
        annotate(axes, name, (x, y), (0, 4), ha="center", fontsize=SMALL, zorder=6)
