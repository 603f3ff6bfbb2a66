"""Levers as a picture: each on its own range, where it is, and where it would have to be."""

import math
from typing import TYPE_CHECKING

from riskmodel.analysis.levers.result import LeverRange, Levers
from riskmodel.report.plots import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.55
"""Inches to a lever."""


def draw(found: Levers) -> "Figure":
    """Draw each lever on its range."""
    order = [single.lever for single in found.singles] or list(found.levers)
    figure = new_figure(10, 1.9 + _ROW * max(len(order), 1))
    axes = figure.subplots()
    for row, name in enumerate(order):
        _lever(axes, found, name, row)
    _frame(axes, found, order)
    figure.suptitle(f"{found.heading}: {_outcome(found)}", fontsize=11)
    return figure


def _lever(axes: "Axes", found: Levers, name: str, row: int) -> None:
    """One row: the range, from now to the value needed alone (above), and from now to that in combination (below)."""
    lever = found.levers[name]
    now = _share(lever, lever.now)
    axes.plot([0, 1], [row, row], color="0.88", linewidth=7, solid_capstyle="round", zorder=1)
    for value, at, side in ((lever.low, 0.0, "right"), (lever.high, 1.0, "left")):
        space = -8 if side == "right" else 8
        axes.annotate(
            _short(value),
            (at, row),
            (space, 0),
            textcoords="offset points",
            ha=side,
            va="center",
            color=GREY,
            fontsize=8,
        )
    alone = [single.answer.changes[0] for single in found.singles if single.lever == name and single.reaches]
    together = found.combined or found.closest
    moved = [change for change in together.changes if change.lever == name] if together else []
    for changes, lift, color, mark in ((alone, -0.17, ORANGE, "D"), (moved, 0.17, BLUE, "o")):
        for change in changes:
            to = _share(lever, change.rounded)
            axes.plot([now, to], [row + lift, row + lift], color=color, linewidth=2, zorder=2)
            axes.plot(to, row + lift, mark, color=color, markersize=7, zorder=3)
            if to in (0.0, 1.0):
                # The end of the range is labelled already.
                continue
            away, side = (7, "left") if to >= now else (-7, "right")
            axes.annotate(
                _short(change.rounded),
                (to, row + lift),
                (away, 0),
                textcoords="offset points",
                ha=side,
                va="center",
                color=color,
                fontsize=8,
                zorder=5,
                bbox={"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
            )
    axes.plot(now, row, "|", color="black", markersize=17, markeredgewidth=2, zorder=4)
    axes.annotate(_short(lever.now), (now, row), (0, 11), textcoords="offset points", ha="center", fontsize=8, zorder=5)


def _frame(axes: "Axes", found: Levers, order: list[str]) -> None:
    levers = [found.levers[name] for name in order]
    labels = [lever.title if lever.unit is None else f"{lever.title}\n{lever.unit}" for lever in levers]
    axes.set_yticks(range(len(order)), labels, fontsize=8)
    axes.set(xlim=(-0.12, 1.12), ylim=(len(order) - 0.4, -0.75), xlabel="share of the range that it can be moved over")
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.plot([], [], "|", color="black", markersize=12, markeredgewidth=2, label="now")
    if any(single.reaches for single in found.singles):
        axes.plot([], [], "D-", color=ORANGE, markersize=7, linewidth=2, label="needed of it alone")
    if found.combined:
        axes.plot([], [], "o-", color=BLUE, markersize=7, linewidth=2, label="needed of all together")
    elif found.closest and found.closest.changes:
        axes.plot([], [], "o-", color=BLUE, markersize=7, linewidth=2, label="the nearest, all together")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=9)


def _outcome(found: Levers) -> str:
    if found.insufficient:
        return f"insufficient data for {found.target}"
    if found.met:
        return f"{found.target} is already met"
    return f"what it would take for {found.target}" if found.combined else f"{found.target} is not reachable"


def _share(lever: LeverRange, value: float | str) -> float:
    """Where a value lies between the ends of what the lever can be, in [0, 1]."""
    if isinstance(value, str):
        return lever.labels.index(value) / max(len(lever.labels) - 1, 1)
    low, high = float(lever.low), float(lever.high)
    if lever.logarithmic and low > 0:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low) if high > low else 0.0


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
