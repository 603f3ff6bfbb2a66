"""A validation as a picture: the ROC curve, and what happened against what was expected."""

from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.validation.result import Validation
from riskmodel.report.plots import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_TENTHS = 10


def draw(found: Validation) -> "Figure":
    """Draw the ROC curve, and what happened against what was expected."""
    figure = new_figure(10, 5)
    left, right = figure.subplots(1, 2)
    _roc(found, left)
    _reliability(found, right)
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


def _reliability(found: Validation, axes: "Axes") -> None:
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
