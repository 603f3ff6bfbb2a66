"""The plot of a sensitivity: a row for each input, with the scores it leads to and its share of the variance."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.analysis.results.sensitivity import ScoreSensitivity, Sensitivity, SobolIndex
from riskmodel.analysis.sensitivity.tornado import Bar
from riskmodel.errors import single_line
from riskmodel.report.band_zones import draw_upright_zones, fitted
from riskmodel.report.formatting import plain_value, score_number
from riskmodel.report.plotting import (
    INK,
    LARGE,
    MUTED,
    SMALL,
    STEEL,
    WIDTH,
    annotate,
    caption,
    change_colour,
    change_word,
    entitle,
    label_figure,
    label_rows,
    new_figure,
    room_beside,
    row_labels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_ROWS = 14
"""Rows of a score; the report has them all."""
_LABELS, _LINE, _ROW = 2.3, 0.16, 0.11
"""Inches of the labels of rows, of their lines, and between rows."""
_ENDS = 0.75
"""Inches beside the bars for the values at their ends."""
_INDEX_SHARES = (2.1, 1.0)


class _Row(NamedTuple):
    """An input, weight or group of them, with what there is of it."""

    title: str
    bar: Bar | None
    sobol: SobolIndex | None


def draw(result: Sensitivity) -> "Figure":
    """Draw for each score the effect of each input alone, beside its shares of the variance."""
    parts = [(score, _rows(score)) for score in result.scores.values()]
    labels = [row_labels([row.title for row in rows], _LABELS) for _, rows in parts]
    heights = [
        max(len(texts), 2) * (_ROW + _LINE * max((text.count("\n") + 1 for text in texts), default=1)) + 1.5
        for texts in labels
    ]
    figure = new_figure(WIDTH, 0.8 + sum(heights))
    grid = {"height_ratios": heights or None, "width_ratios": _INDEX_SHARES}
    panels = figure.subplots(max(len(parts), 1), 2, squeeze=False, gridspec_kw=grid)
    for (score, rows), texts, (left, right) in zip(parts, labels, panels, strict=False):
        _draw_bars(score, rows, texts, left)
        _draw_indices(score, rows, right)
        entitle(left, statement(score), room_beside(texts), pad=20)
    if not parts:
        for axes in panels.ravel():
            axes.set_axis_off()
        panels[0, 0].text(0, 0.5, "The data are insufficient for every score", fontsize=LARGE)
    draws = f"{result.draws:,} draws, {result.evaluations:,} evaluations, seed {result.seed}"
    label_figure(figure, result.heading, caption(result.model, draws))
    figure.set_label("; ".join([result.heading, *(statement(score) for score, _ in parts)]))
    return figure


def statement(score: ScoreSensitivity) -> str:
    """Say in a sentence which input moves a score most by itself, and which next."""
    plain = score.plain
    if not score.tornado or score.tornado[0].swing == 0.0:
        return f"{plain.title}: nothing that varies moves it by itself"
    first, *others = score.tornado
    low, high = (score_number(value, plain.decimals) for value in (first.least, first.greatest))
    text = f"{plain.title}: {single_line(first.title)} moves it most, {low} to {high}"
    if others and others[0].swing > 0.0:
        low, high = (score_number(value, plain.decimals) for value in (others[0].least, others[0].greatest))
        text += f"; then {single_line(others[0].title)}, {low} to {high}"
    return text


def _rows(score: ScoreSensitivity) -> list[_Row]:
    """Return the rows of a score: the inputs by their bars, then what has a share of the variance alone."""
    indices = {index.name: index for index in score.indices if index.kind == "input"}
    rows = [
        _Row(f"{bar.title} (missing)" if bar.missing else bar.title, bar, indices.pop(bar.name, None))
        for bar in score.tornado
    ]
    others = [*indices.values(), *(index for index in score.indices if index.kind != "input")]
    rows += [_Row(index.title, None, index) for index in others]
    groups = [_Row(index.title, None, index) for index in score.groups]
    return [*rows[: _MAX_ROWS - len(groups)], *groups]


def _draw_bars(score: ScoreSensitivity, rows: Sequence[_Row], labels: Sequence[str], axes: "Axes") -> None:
    """Draw the scores that each input leads to by itself, with its values at the ends."""
    plain, base = score.plain, score.plain.value
    bars = [(place, row.bar) for place, row in enumerate(rows) if row.bar is not None]
    label_rows(axes, labels)
    if base is None or not bars:
        axes.set_xticks([])
        axes.set_xlabel("no score to move one input from", fontsize=SMALL, color=MUTED, loc="left")
        return
    shown = fitted([base, *(end for _, bar in bars for end in (bar.least, bar.greatest))], plain.out_of)
    room = _ENDS / 3.2 * (shown[1] - shown[0])
    axes.set_xlim(shown[0] - room, shown[1] + room)
    shown = (shown[0] - room, shown[1] + room)
    draw_upright_zones(axes, plain.bands, plain.out_of, plain.better, shown)
    for place, bar in bars:
        axes.barh(place, bar.swing, left=bar.least, color=STEEL, alpha=0.3, height=0.5, linewidth=0)
        ends = sorted((bar.at_low, bar.at_high), key=lambda value: -abs(value - base))
        for value in ends:
            if value != base:
                colour = change_colour(value - base, plain.better)
                axes.barh(place, value - base, left=base, color=colour, height=0.5, linewidth=0)
        for end, value, other in ((bar.low, bar.at_low, bar.at_high), (bar.high, bar.at_high, bar.at_low)):
            is_left = value < other or (value == other and end == bar.low)
            x = min(bar.least, value) if is_left else max(bar.greatest, value)
            offset, side = (-3, "right") if is_left else (3, "left")
            annotate(axes, plain_value(end), (x, place), (offset, 0), ha=side, va="center", fontsize=SMALL)
    axes.axvline(base, color=INK, linewidth=1.2)
    lower, upper = change_word(-1.0, plain.better), change_word(1.0, plain.better)
    axes.set_xlabel(f"← {lower}   {score_number(base, plain.decimals)} now   {upper} →", fontsize=SMALL, color=MUTED)
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= plain.out_of and shown[0] <= tick <= shown[1]]
    axes.set_xticks(ticks)
    axes.set_xlim(*shown)


def _draw_indices(score: ScoreSensitivity, rows: Sequence[_Row], axes: "Axes") -> None:
    """Draw the share of the variance that each row has alone, and with others."""
    label_rows(axes, [""] * len(rows))
    known = [(place, row.sobol) for place, row in enumerate(rows) if row.sobol is not None] if score.sd else []
    axes.axvline(0.0, color=STEEL, linewidth=0.8)
    for place, index in known:
        for estimate, lift, fill in ((index.first, -0.14, INK), (index.total, 0.14, "white")):
            if estimate.low is not None and estimate.high is not None:
                axes.plot([estimate.low, estimate.high], [place + lift] * 2, color=STEEL, linewidth=1.5, zorder=2)
            axes.plot(estimate.value, place + lift, "o", color=INK, markerfacecolor=fill, markersize=5, zorder=3)
    text = "share of the variance,\n95 % interval; filled: alone,\nopen: with others too"
    axes.set_xlabel(text if known else "nothing varies", fontsize=SMALL, color=MUTED)
    if not known:
        axes.set_xticks([])
