"""The difference between two situations as an HTML fragment: both scores on one scale, and what explains it."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TypeAlias

from markupsafe import Markup

from riskmodel.analysis.results.comparison import OBSTACLES, Account, Comparison, Difference, Entry
from riskmodel.report import formatting
from riskmodel.report.account import SMALL
from riskmodel.report.analyses.comparison import entry_values, method_lines, rounded_entries, rounded_value
from riskmodel.report.html.account import THICK, AccountRow, AccountRows
from riskmodel.report.html.bars import Axis, Bar
from riskmodel.report.html.gauge import paired_gauge
from riskmodel.report.html.markup import render
from riskmodel.report.plotting import change_word

_Rounded: TypeAlias = tuple[Entry, float]
"""An entry with its points as printed."""
_SIDES = ("A", "B")
_WORDS = {"worse": "worse", "better": "better", "higher": "higher", "lower": "lower", "same": "no change"}


class _Change(NamedTuple):
    """The change of a score: as printed, in a word, and on the scale; the account is empty if there is none."""

    account: Account
    points: str
    change: str
    word: str
    readings: tuple[str, str]
    gauge: Markup
    axis: Markup
    groups: list[AccountRows]
    total: AccountRow | None
    note: str


def comparison_fragment(comparison: Comparison, prefix: str = "", unfolded: bool = False) -> Markup:
    """Return the differences between the first situation and each of the others, with their accounts.

    Parameters
    ----------
    comparison : between situations.
    prefix : start of the keys (`data-key`) of folded parts; unique to each fragment of a page.
    unfolded : whether all folded parts are open, as on paper.
    """
    differences = [(difference, _changes(difference)) for difference in comparison.differences]
    return render(
        "comparison.html",
        differences=differences,
        sides=_SIDES,
        prefix=prefix,
        unfolded=unfolded,
        summary=_summary,
        method=method_lines(comparison),
    )


def _summary(changes: Sequence[_Change]) -> str:
    return f"{'; '.join(f'{change.account.title} {change.points} {change.word}'.strip() for change in changes)}."


def _changes(difference: Difference) -> list[_Change]:
    return [_change(account) for account in difference.accounts.values()]


def _change(account: Account) -> _Change:
    before, after, decimals = account.before, account.after, account.decimals
    readings = formatting.score_text(before), formatting.score_text(after)
    note = f"No account: {OBSTACLES[account.obstacle]}." if account.obstacle else ""
    if account.difference is None:
        gauge = paired_gauge(before, after, _SIDES, "steel")
        return _Change(account, "No difference", "same", "", readings, gauge, Markup(), [], None, note)
    rounded = rounded_value(after, decimals) - rounded_value(before, decimals)
    kind, text = _kind(account, rounded), formatting.signed(rounded, decimals)
    rows = rounded_entries(account)
    groups = _grouped(account, rows)
    sums = [total for total, _ in groups.values()]
    axis = Axis.of([*(entry.points for entry, _ in rows), *sums, account.difference])
    colour = kind if kind in ("worse", "better") else "steel"
    return _Change(
        account,
        text,
        kind,
        _WORDS[kind],
        readings,
        paired_gauge(before, after, _SIDES, colour),
        axis.image(),
        [_group(account, axis, title, entries) for title, (_, entries) in groups.items()],
        AccountRow("Sum", "", text, axis.bar([Bar("sum", "steel", 0.0, account.difference, thickness=THICK)], text)),
        note or ("" if rows else "Nothing differs in what it is made of."),
    )


def _kind(account: Account, points: float) -> str:
    """Return `worse` or `better`; for a score with neither, `higher` or `lower`; `same` for no points."""
    text = formatting.number(points, account.decimals)
    if float(text) == 0:
        return "same"
    return change_word(points, account.after.better)


def _grouped(account: Account, rows: Sequence[_Rounded]) -> Mapping[str, tuple[float, list[_Rounded]]]:
    """Return the sum and the entries of each group that has any, by its title, in the model's order."""
    titles = {part.name: part.title for part in account.after.by_group if part.kind == "group"}
    order = {name: index for index, name in enumerate(titles)}
    ordered = sorted(rows, key=lambda row: order.get(row[0].group or "", len(order)))
    groups = {}
    for group, items in groupby(ordered, key=lambda row: row[0].group or ""):
        entries = list(items)
        groups[titles.get(group, "Other")] = (sum(entry.points for entry, _ in entries), entries)
    return groups


def _group(account: Account, axis: Axis, title: str, entries: Sequence[_Rounded]) -> AccountRows:
    small = [row for row in entries if abs(row[0].points) < SMALL * account.after.out_of]
    small = small if len(small) > 1 else []
    rows = [
        (entry, _row(account, axis, entry.title, _given(entry, account.decimals), entry.points, points))
        for entry, points in entries
    ]
    folded = [entry for entry, _ in small]
    return AccountRows(
        _sum(account, axis, title, entries, THICK) if account.after.by_group else None,
        [row for entry, row in rows if entry not in folded],
        [row for entry, row in rows if entry in folded],
        _sum(account, axis, f"{len(small)} smaller entries", small) if small else None,
    )


def _sum(account: Account, axis: Axis, label: str, entries: Sequence[_Rounded], thickness: int = 12) -> AccountRow:
    exact, points = sum(entry.points for entry, _ in entries), sum(points for _, points in entries)
    return _row(account, axis, label, "", exact, points, thickness)


def _given(entry: Entry, decimals: int) -> str:
    unit = f" ({entry.unit})" if entry.unit else ""
    error = "" if entry.error is None else f", error {entry.error:.{decimals + 1}f}"
    before, after = entry_values(entry)
    return f"{before} \N{RIGHTWARDS ARROW} {after}{unit}{error}"


def _row(
    account: Account, axis: Axis, label: str, given: str, exact: float, points: float, thickness: int = 12
) -> AccountRow:
    kind, text = _kind(account, exact), formatting.signed(points, account.decimals)
    colour = {"worse": "worse", "better": "better"}.get(kind, "base")
    is_outlined = kind == "better" or (kind == "lower" and account.after.better is None)
    bar = Bar("change", colour, 0.0, exact, "outlined" if is_outlined else "filled", thickness)
    return AccountRow(label, given, text, axis.bar([bar], text))
