"""A comparison as an account of the difference."""

import textwrap
from collections.abc import Iterator
from textwrap import fill, shorten
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.comparison.shapley import PAIRS
from riskmodel.analysis.requirements import require
from riskmodel.analysis.results.comparison import OBSTACLES, Account, Comparison, Difference, Entry
from riskmodel.assessment import ScoreResult
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.rounding import reported
from riskmodel.report import formatting
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.plotting import BLUE, GREY, ORANGE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_WORDS = 40
_NOTHING = 1e-9
"""Points that are no more than what sums of floats are off by."""


def comparison_report(found: Comparison) -> Report:
    """Every difference, score by score."""
    several = len(found.differences) > 1
    sections = [section for difference in found.differences for section in _sections(difference, several)]
    return Report("What explains the difference", _about(found), sections)


def _about(found: Comparison) -> list[str]:
    first = found.differences[0]
    if found.between == "models":
        before, after = model_labels(first)
        about = [first.before.name, f"before: {before}", f"after: {after}"]
        players = "part in which the models differ"
    else:
        about = [first.before.model.line, f"before: {first.before.name}"]
        about += [f"after: {difference.after.name}" for difference in found.differences]
        players = "input"
    accounts = [account for difference in found.differences for account in difference.accounts.values()]
    if all(account.exact for account in accounts):
        return [*about, f"points: what each {players} adds, averaged over every order (Shapley values, exact)"]
    return [
        *about,
        f"points: what each {players} adds, averaged over every order (Shapley values)",
        f"estimated from {2 * PAIRS:,} orders drawn at random where an error is told, which is the standard error",
    ]


def model_labels(found: Difference) -> tuple[str, str]:
    """What to call the two models of a difference: with their files where they have the same id."""
    sides = found.before, found.after
    clash = found.before.model.id == found.after.model.id
    before, after = (f"{side.model.line}, {side.file}" if clash and side.file else side.model.line for side in sides)
    return before, after


def _sections(found: Difference, several: bool) -> Iterator[Section]:
    whose = f"{found.after.name}: " if several else ""
    for account in found.accounts.values():
        yield _account_section(account, whose)
    if found.rules:
        rows = [(rule.title, _degree(rule.before), _degree(rule.after)) for rule in found.rules]
        yield Section(f"{whose}Rules that differ in degree", table=Table(("", "before", "after"), rows, "lrr"))
    if found.unmatched:
        told = [f"{score.title}: only {'after' if score.after else 'before'}" for score in found.unmatched]
        yield Section(f"{whose}Scores that only one model has", told)


def _degree(degree: float | None) -> str:
    if degree is None:
        return "no such rule"
    return f"{degree:.2f}" if degree > 0 else "does not fire"


def rounded_value(result: ScoreResult, decimals: int) -> float:
    """The value of a score as it is shown, where there is one."""
    return float(reported(np.array([np.nan if result.value is None else result.value]), decimals)[0])


def rounded_entries(account: Account) -> list[tuple[Entry, float]]:
    """The entries that make a difference, with points rounded so that they sum to the difference shown."""
    telling = [entry for entry in account.entries if abs(entry.points) > _NOTHING]
    total = rounded_value(account.after, account.decimals) - rounded_value(account.before, account.decimals)
    shown = formatting.apportion([entry.points for entry in telling], total, account.decimals)
    return list(zip(telling, shown, strict=True))


def _account_section(account: Account, whose: str) -> Section:
    before, after, decimals = account.before, account.after, account.decimals
    ends = f"{_end(before, decimals)} -> {_end(after, decimals)}"
    heading = f"{whose}{after.title}: {ends}"
    if account.obstacle:
        return Section(heading, [f"no account: {OBSTACLES[account.obstacle]}"])
    telling = rounded_entries(account)
    silent = [entry.title for entry in account.entries if entry not in [told for told, _ in telling]]
    remarks = [f"without effect: {', '.join(silent)}"] if silent else []
    if not telling:
        return Section(heading, [*remarks] or ["nothing differs that could matter to it"])
    errors = not account.exact
    rows = [_row(entry, points, decimals, errors) for entry, points in telling]
    total = rounded_value(after, decimals) - rounded_value(before, decimals)
    rows.append(("Sum", "", "", formatting.signed(total, decimals), *([""] if errors else [])))
    headings = ("", "before", "after", "points", *(["error"] if errors else []))
    values = "rr" if telling[0][0].kind == "indicator" else "ll"
    table = Table(headings, rows, f"l{values}r{'r' if errors else ''}")
    return Section(heading, table=table, remarks=remarks)


def _end(result: ScoreResult, decimals: int) -> str:
    if result.value is None:
        return "insufficient data"
    text = formatting.number(rounded_value(result, decimals), decimals)
    return f"{text} {result.band}" if result.band else text


def _row(entry: Entry, points: float, decimals: int, errors: bool) -> tuple[str, ...]:
    label = f"{entry.title} ({entry.unit})" if entry.unit else entry.title
    error = [f"{entry.error:.{decimals + 1}f}" if entry.error is not None else ""] if errors else []
    return (label, _told(entry.before), _told(entry.after), formatting.signed(points, decimals), *error)


def _told(value: float | str | None) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return textwrap.shorten(value, _WORDS, placeholder="…")
    return formatting.plain_number(value)


MAX_ACCOUNTS = 12
"""More accounts than this are no picture any more."""
_LABEL = 36


def drawable_accounts(found: Comparison) -> list[tuple[Difference, Account]]:
    """What a picture would show: every account that there is, and whose it is."""
    return [(each, account) for each in found.differences for account in each.accounts.values() if not account.obstacle]


def draw(found: Comparison) -> "Figure":
    """Draw a waterfall for each account.

    Raises
    ------
    RiskmodelError
        Where no score has an account, there are more than `MAX_ACCOUNTS`, or matplotlib is not installed.
    """
    require("plot")
    drawn = drawable_accounts(found)
    if not 0 < len(drawn) <= MAX_ACCOUNTS:
        raise RiskmodelError(f"a picture is of 1 to {MAX_ACCOUNTS} accounts; there are {len(drawn):,}")
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
    decimals, told = account.decimals, rounded_entries(account)
    before, after = account.before.value or 0.0, account.after.value or 0.0
    last = len(told) + 1
    axes.barh([0, last], [before, after], color=GREY, height=0.6)
    at, seen = before, [before, after]
    for place, (entry, shown) in enumerate(told, start=1):
        axes.barh(place, entry.points, left=at, color=ORANGE if entry.points > 0 else BLUE, height=0.6)
        text = formatting.signed(shown, decimals)
        axes.annotate(text, (max(at, at + entry.points), place), (3, 0), textcoords="offset points", va="center")
        axes.plot([at + entry.points] * 2, [place - 0.3, place + 1.3], color="0.7", linewidth=0.8, zorder=0)
        at += entry.points
        seen.append(at)
    for place, result in ((0, account.before), (last, account.after)):
        value = rounded_value(result, decimals)
        label = " ".join(filter(None, (formatting.number(value, decimals), result.band)))
        axes.annotate(label, (value, place), (3, 0), textcoords="offset points", va="center")
    labels = [ends[0], *(entry.title for entry, _ in told), ends[1]]
    axes.set_yticks(range(last + 1), [fill(shorten(label, 2 * _LABEL, placeholder="…"), _LABEL) for label in labels])
    axes.invert_yaxis()
    room = account.after.out_of * 0.13
    axes.set(title=account.after.title, xlim=(min(0.0, *seen), max(account.after.out_of, *seen) + room))
    axes.spines[["top", "right"]].set_visible(False)
