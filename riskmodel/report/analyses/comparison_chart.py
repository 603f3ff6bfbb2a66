"""The plot of a comparison: a waterfall from one score to the other for each difference."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from riskmodel.analysis.results.comparison import Account, Comparison, Difference, Entry
from riskmodel.assessment import ScoreResult
from riskmodel.errors import RiskmodelError, counted, single_line
from riskmodel.extras import require
from riskmodel.report import formatting
from riskmodel.report.analyses.comparison import (
    MAX_ACCOUNTS,
    drawable_accounts,
    model_labels,
    rounded_entries,
    rounded_value,
)
from riskmodel.report.band_zones import draw_upright_zones, fitted
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
    label_figure,
    label_rows,
    new_figure,
    room_beside,
    row_labels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_STEPS = 12
"""Entries that are drawn; those with fewer points are drawn as one."""
_LABELS, _LINE, _ROW, _FRAME = 2.5, 0.16, 0.12, 1.15
"""Inches of the labels of rows, of their lines, between rows, and around the rows."""
_POINTS = 0.6
"""Inches beside the bars for their points."""


def draw(result: Comparison) -> "Figure":
    """Draw a waterfall for each account.

    Raises
    ------
    RiskmodelError
        No score has an account, there are more than `MAX_ACCOUNTS`, or matplotlib is not installed.
    """
    require("plot")
    drawn = drawable_accounts(result)
    if not 0 < len(drawn) <= MAX_ACCOUNTS:
        raise RiskmodelError(f"a plot has 1 to {MAX_ACCOUNTS} accounts; got {len(drawn):,}")
    parts = [(account, _steps(account), _ends(result, difference)) for difference, account in drawn]
    labels = [
        row_labels([before, *(name for name, _, _ in steps), after], _LABELS) for _, steps, (before, after) in parts
    ]
    heights = [_FRAME + len(texts) * (_ROW + _LINE * max(text.count("\n") + 1 for text in texts)) for texts in labels]
    figure = new_figure(WIDTH, 0.8 + sum(heights))
    panels = figure.subplots(len(parts), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    several = len(result.differences) > 1
    statements = []
    for panel, (account, steps, (_, after)), texts in zip(panels, parts, labels, strict=True):
        _draw_waterfall(panel, account, steps, texts)
        statements.append(f"{single_line(after)}: {statement(account)}" if several else statement(account))
        entitle(panel, statements[-1], room_beside(texts), pad=20)
    first = result.differences[0]
    if result.between == "models":
        title = first.before.name
        line = " | ".join(
            dict.fromkeys(side.model.line for item in result.differences for side in (item.before, item.after))
        )
    else:
        others = [difference.after.name for difference in result.differences]
        title = (
            f"From {first.before.name} to {others[0] if len(others) == 1 else counted(len(others), 'other situation')}"
        )
        line = caption(first.before.model)
    label_figure(figure, single_line(title), f"Points: means over all orders (Shapley values) | {line}")
    figure.set_label("; ".join([single_line(title), *statements]))
    return figure


def statement(account: Account) -> str:
    """Say in a sentence how far apart the two values of a score are, and what counts most in it."""
    decimals, points = account.decimals, _difference(account)
    before, after = (_value(result, decimals) for result in (account.before, account.after))
    if points == 0.0:
        return f"{account.title} stays at {before}"
    verb, size = ("rises" if points > 0 else "falls"), formatting.number(abs(points), decimals)
    text = f"{account.title} {verb} by {size}, from {before} to {after}"
    forward = [(entry, part) for entry, part in rounded_entries(account) if part * points > 0]
    if not forward:
        return text
    largest, part = max(forward, key=lambda pair: abs(pair[1]))
    return f"{text}; mostly {single_line(largest.title)} ({formatting.signed(part, decimals)})"


def _value(result: ScoreResult, decimals: int) -> str:
    text = formatting.number(rounded_value(result, decimals), decimals)
    return f"{text} ({result.band})" if result.band else text


def _difference(account: Account) -> float:
    before, after = (rounded_value(result, account.decimals) for result in (account.before, account.after))
    return round(after - before, account.decimals)


def _steps(account: Account) -> list[tuple[str, float, float]]:
    """Return name, exact and rounded points of the entries, the smallest of many as one."""
    entries: list[tuple[Entry, float]] = rounded_entries(account)
    kept = entries if len(entries) <= _MAX_STEPS else entries[: _MAX_STEPS - 1]
    steps = [(entry.title, entry.points, points) for entry, points in kept]
    if rest := entries[len(kept) :]:
        exact, rounded = sum(entry.points for entry, _ in rest), sum(points for _, points in rest)
        steps.append((f"{counted(len(rest), 'other')} together", exact, rounded))
    return steps


def _ends(result: Comparison, difference: Difference) -> tuple[str, str]:
    """Return the names of the two sides: the situations, or the ids of the models if these differ."""
    if result.between == "situations":
        return difference.before.name, difference.after.name
    before, after = difference.before.model.id, difference.after.model.id
    return model_labels(difference) if before == after else (f"model {before}", f"model {after}")


def _draw_waterfall(
    axes: "Axes", account: Account, steps: Sequence[tuple[str, float, float]], labels: Sequence[str]
) -> None:
    after, decimals = account.after, account.decimals
    label_rows(axes, labels)
    start = account.before.value or 0.0
    last, sums = len(steps) + 1, [start, account.after.value or 0.0]
    for _, points, _ in steps:
        sums.append(sums[-1] + points if len(sums) > 2 else start + points)
    low, high = fitted(sums, max(after.out_of, *sums)) if min(sums) >= 0 else (min(sums), max(after.out_of, *sums))
    room = _POINTS / (WIDTH - _LABELS - 0.5) * (high - low)
    shown = (low - 0.2 * room, high + 1.6 * room)
    draw_upright_zones(axes, after.bands, after.out_of, after.better, shown)
    for row, (_, points, rounded) in enumerate(steps, start=1):
        end = start + points
        axes.barh(row, points, left=start, color=change_colour(points, after.better), height=0.55, linewidth=0)
        text = formatting.signed(rounded, decimals)
        annotate(axes, text, (max(start, end), row), (3, 0), va="center", fontsize=SMALL)
        axes.plot([end] * 2, [row - 0.275, row + 1], color=STEEL, linewidth=0.8, zorder=1)
        start = end
    first = account.before.value or 0.0
    axes.plot([first] * 2, [0, 1], color=STEEL, linewidth=0.8, zorder=1)
    for row, result in ((0, account.before), (last, account.after)):
        value = rounded_value(result, decimals)
        axes.plot(value, row, "o", color=INK, markersize=7, zorder=3)
        text = " ".join(filter(None, (formatting.number(value, decimals), result.band)))
        annotate(axes, text, (value, row), (7, 0), va="center", fontsize=SMALL, weight="bold")
    lower, upper = change_word(-1.0, after.better), change_word(1.0, after.better)
    axes.set_xlabel(f"← {lower}      {upper} →", fontsize=SMALL, color=MUTED)
    axes.set_xticks([tick for tick in axes.get_xticks() if shown[0] <= tick <= shown[1] and 0 <= tick <= after.out_of])
    axes.set_xlim(*shown)
