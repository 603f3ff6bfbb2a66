"""A comparison as a picture: the way from one value of a score to the other, a step for each entry."""

from textwrap import fill, shorten
from typing import TYPE_CHECKING

from riskmodel.analysis.comparison.result import Account, Comparison, Difference
from riskmodel.analysis.needs import require
from riskmodel.errors import RiskmodelError
from riskmodel.report import figures
from riskmodel.report.comparison import model_labels, shown_entries, shown_value
from riskmodel.report.plots import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""More accounts than this are no picture any more."""
_LABEL = 36


def accounts(found: Comparison) -> list[tuple[Difference, Account]]:
    """What a picture would show: every account that there is, and whose it is."""
    return [(each, account) for each in found.differences for account in each.accounts if not account.obstacle]


def draw(found: Comparison) -> "Figure":
    """Draw a waterfall for each account.

    Raises
    ------
    RiskmodelError
        Where no score has an account, there are more than `MOST`, or matplotlib is not installed.
    """
    require("plot")
    drawn = accounts(found)
    if not 0 < len(drawn) <= MOST:
        raise RiskmodelError(f"a picture is of 1 to {MOST} accounts; there are {len(drawn):,}")
    columns = min(2, len(drawn))
    rows = -(-len(drawn) // columns)
    steps = max(len(account.entries) for _, account in drawn) + 2
    figure = new_figure(7.5 * columns, rows * (1.0 + 0.3 * steps) + 0.4)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(drawn) :]:
        panel.set_axis_off()
    for panel, (each, account) in zip(panels, drawn, strict=False):
        ends = (each.before.name, each.after.name) if found.between == "situations" else _model_names(each)
        _waterfall(panel, account, ends)
    if found.between == "models":
        figure.suptitle(found.differences[0].before.name)
    return figure


def _model_names(found: Difference) -> tuple[str, str]:
    """What to call the two models: by their ids, or by all there is to tell them apart where these are the same."""
    if found.before.model.id == found.after.model.id:
        return model_labels(found)
    return f"model {found.before.model.id}", f"model {found.after.model.id}"


def _waterfall(axes: "Axes", account: Account, ends: tuple[str, str]) -> None:
    decimals, told = account.decimals, shown_entries(account)
    before, after = account.before.value or 0.0, account.after.value or 0.0
    last = len(told) + 1
    axes.barh([0, last], [before, after], color=GREY, height=0.6)
    at, seen = before, [before, after]
    for place, (entry, shown) in enumerate(told, start=1):
        axes.barh(place, entry.points, left=at, color=ORANGE if entry.points > 0 else BLUE, height=0.6)
        text = figures.signed(shown, decimals)
        axes.annotate(text, (max(at, at + entry.points), place), (3, 0), textcoords="offset points", va="center")
        axes.plot([at + entry.points] * 2, [place - 0.3, place + 1.3], color="0.7", linewidth=0.8, zorder=0)
        at += entry.points
        seen.append(at)
    for place, result in ((0, account.before), (last, account.after)):
        value = shown_value(result, decimals)
        label = " ".join(filter(None, (figures.number(value, decimals), result.band)))
        axes.annotate(label, (value, place), (3, 0), textcoords="offset points", va="center")
    labels = [ends[0], *(entry.title for entry, _ in told), ends[1]]
    axes.set_yticks(range(last + 1), [fill(shorten(label, 2 * _LABEL, placeholder="…"), _LABEL) for label in labels])
    axes.invert_yaxis()
    room = account.after.out_of * 0.13
    axes.set(title=account.after.title, xlim=(min(0.0, *seen), max(account.after.out_of, *seen) + room))
    axes.spines[["top", "right"]].set_visible(False)
