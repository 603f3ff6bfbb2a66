"""The plot of a lever search: each lever on its range, now and as it is needed alone and in combination."""

import math
from typing import TYPE_CHECKING

from riskmodel.analysis.results.levers import Change, LeverRange, Levers
from riskmodel.errors import single_line
from riskmodel.report.formatting import plain_value
from riskmodel.report.plotting import (
    INK,
    MUTED,
    SMALL,
    STEEL,
    WIDTH,
    annotate,
    caption,
    change_colour,
    change_word,
    entitle,
    explain,
    label_figure,
    label_rows,
    new_figure,
    room_beside,
    row_labels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABELS, _LINE, _ROW = 2.6, 0.16, 0.34
"""Inches of the labels of rows, of their lines, and around these."""
_MAX_NAMED = 3
"""Levers of a combined change that a title names."""
_BESIDE = 0.1
"""Of the range on both sides, for the values at its ends."""


def draw(result: Levers) -> "Figure":
    """Draw each lever on its range, with its value now and its values in the solutions."""
    order = [single.lever for single in result.single_levers] or list(result.levers)
    titles = [
        f"{single_line(lever.title)} ({single_line(lever.unit)})" if lever.unit else lever.title
        for lever in map(result.levers.__getitem__, order)
    ]
    labels = row_labels(titles, _LABELS)
    rows = max(len(labels), 1) * (_ROW + _LINE * max((text.count("\n") for text in labels), default=0))
    figure = new_figure(WIDTH, 2.0 + rows)
    axes = figure.subplots()
    label_rows(axes, labels)
    for row, name in enumerate(order):
        _draw_lever(axes, result, name, row)
    axes.set_xlim(-_BESIDE, 1 + _BESIDE)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    explain(axes, _key(result), room_beside(labels))
    entitle(axes, statement(result), room_beside(labels))
    label_figure(figure, result.heading, caption(result.model, f"Target: {result.target}"))
    figure.set_label(f"{result.heading}: {statement(result)}")
    return figure


def statement(result: Levers) -> str:
    """Say in a sentence what is enough for the target."""
    if result.insufficient:
        return f"Insufficient data for {', '.join(result.insufficient)}: no lever can reach {result.target}"
    if result.met:
        return f"{result.target} is already met"
    if result.combined is not None:
        changes = [_change(result, change) for change in result.combined.changes]
        more = len(changes) - _MAX_NAMED
        named = "; ".join(changes[:_MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")
        return f"Enough for {result.target}: {named}"
    if result.nearest is None:
        return f"No lever has a value, so none can be moved towards {result.target}"
    short = f"{result.nearest.shortfall:.3g}"
    return f"{result.target} is out of reach: {short} {'point' if short == '1' else 'points'} short at best"


def _change(result: Levers, change: Change) -> str:
    lever = result.levers[change.lever]
    return f"{single_line(lever.title)} from {plain_value(lever.now)} to {plain_value(change.rounded)}"


def _key(result: Levers) -> str:
    parts = ["Bar: the range of the lever; upright: now"]
    if any(single.reaches for single in result.single_levers):
        parts.append("diamond: needed of it alone")
    if result.combined:
        parts.append("circle: needed of all together")
    elif result.nearest and result.nearest.changes:
        parts.append("circle: the nearest, all together")
    words = _words(result)
    return "; ".join(parts) + (f"\nThe moves make {' and '.join(words)}" if words else "")


def _words(result: Levers) -> list[str]:
    """Return which way the answer moves each score of the target: `Escalation risk better`."""
    answer = result.combined or result.nearest
    words = []
    for score in result.scores if answer is not None else ():
        change = answer.scores[score.name] - (score.value or 0.0) if answer is not None else 0.0
        if score.value is not None and change:
            words.append(f"{score.title} {change_word(change, score.better)}")
    return words


def _colour(result: Levers) -> str:
    """Return the colour of the moves: that of better or of worse, if they are either for all scores of the target."""
    answer = result.combined or result.nearest
    if answer is None:
        return STEEL
    colours = {
        change_colour(answer.scores[score.name] - score.value, score.better)
        for score in result.scores
        if score.value is not None
    }
    return colours.pop() if len(colours) == 1 else STEEL


def _draw_lever(axes: "Axes", result: Levers, name: str, row: int) -> None:
    """Draw the range, and the changes from now to the value needed alone (above) and in combination (below)."""
    lever = result.levers[name]
    now = _share(lever, lever.now)
    axes.plot([0, 1], [row, row], color=STEEL, alpha=0.2, linewidth=7, solid_capstyle="round", zorder=1)
    for value, x, offset, side in ((lever.low, 0.0, -8, "right"), (lever.high, 1.0, 8, "left")):
        annotate(axes, plain_value(value), (x, row), (offset, 0), ha=side, va="center", fontsize=SMALL, color=MUTED)
    alone = [single.answer.changes[0] for single in result.single_levers if single.lever == name and single.reaches]
    together = result.combined or result.nearest
    moved = [change for change in together.changes if change.lever == name] if together else []
    colour = _colour(result)
    for changes, lift, marker, fill in ((alone, -0.18, "D", "white"), (moved, 0.18, "o", colour)):
        for change in changes:
            x, y = _share(lever, change.rounded), row + lift
            axes.plot([now, x], [y, y], color=colour, linewidth=2, zorder=2)
            axes.plot(x, y, marker, color=colour, markerfacecolor=fill, markersize=7, markeredgewidth=1.6, zorder=3)
            offset, side = (8, "left") if x >= now else (-8, "right")
            if x not in (0.0, 1.0):  # the ends of the range have labels already
                text = plain_value(change.rounded)
                annotate(axes, text, (x, y), (offset, 0), ha=side, va="center", fontsize=SMALL, color=colour, zorder=5)
    axes.plot(now, row, "|", color=INK, markersize=20, markeredgewidth=2.2, zorder=4)
    annotate(axes, plain_value(lever.now), (now, row), (0, 11), ha="center", fontsize=SMALL, weight="bold", zorder=5)


def _share(lever: LeverRange, value: float | str) -> float:
    """Return the position of a value between the ends of the lever's range, in [0, 1]."""
    if isinstance(value, str):
        return lever.labels.index(value) / max(len(lever.labels) - 1, 1)
    low, high = float(lever.low), float(lever.high)
    if lever.logarithmic and low > 0:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return (value - low) / (high - low) if high > low else 0.0
