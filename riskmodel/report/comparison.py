"""A comparison as an account of the difference, and as data."""

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np

from riskmodel.analysis.comparison.result import Account, Comparison, Difference, Entry, Side
from riskmodel.analysis.comparison.shapley import PAIRS
from riskmodel.assessment import ScoreResult
from riskmodel.kernels.rounding import reported
from riskmodel.report import figures
from riskmodel.report.data import identity_data
from riskmodel.report.sections import Report, Section, Table

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
    accounts = [account for difference in found.differences for account in difference.accounts]
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
    for account in found.accounts:
        yield _account_section(account, whose)
    if found.rules:
        rows = [(rule.title, _degree(rule.before), _degree(rule.after)) for rule in found.rules]
        yield Section(f"{whose}Rules that differ in degree", table=Table(("", "before", "after"), rows, "lrr"))
    if found.lone:
        told = [f"{lone.title}: only {'after' if lone.after else 'before'}" for lone in found.lone]
        yield Section(f"{whose}Scores that only one model has", told)


def _degree(degree: float | None) -> str:
    if degree is None:
        return "no such rule"
    return f"{degree:.2f}" if degree > 0 else "does not fire"


def shown_value(result: ScoreResult, decimals: int) -> float:
    """The value of a score as it is shown, where there is one."""
    return float(reported(np.array([np.nan if result.value is None else result.value]), decimals)[0])


def shown_entries(account: Account) -> list[tuple[Entry, float]]:
    """The entries that make a difference, with points rounded so that they sum to the difference shown."""
    telling = [entry for entry in account.entries if abs(entry.points) > _NOTHING]
    total = shown_value(account.after, account.decimals) - shown_value(account.before, account.decimals)
    shown = figures.apportion([entry.points for entry in telling], total, account.decimals)
    return list(zip(telling, shown, strict=True))


def _account_section(account: Account, whose: str) -> Section:
    before, after, decimals = account.before, account.after, account.decimals
    ends = f"{_end(before, decimals)} -> {_end(after, decimals)}"
    heading = f"{whose}{after.title}: {ends}"
    if account.obstacle:
        return Section(heading, [_OBSTACLES[account.obstacle]])
    telling = shown_entries(account)
    silent = [entry.title for entry in account.entries if entry not in [told for told, _ in telling]]
    remarks = [f"without effect: {', '.join(silent)}"] if silent else []
    if not telling:
        return Section(heading, [*remarks] or ["nothing differs that could matter to it"])
    errors = not account.exact
    rows = [_row(entry, points, decimals, errors) for entry, points in telling]
    total = shown_value(after, decimals) - shown_value(before, decimals)
    rows.append(("Sum", "", "", figures.signed(total, decimals), *([""] if errors else [])))
    headings = ("", "before", "after", "points", *(["error"] if errors else []))
    values = "rr" if telling[0][0].kind == "indicator" else "ll"
    table = Table(headings, rows, f"l{values}r{'r' if errors else ''}")
    return Section(heading, table=table, remarks=remarks)


_OBSTACLES = {
    "no score before": "no account: there is no score before, the data are insufficient",
    "no score after": "no account: there is no score after, the data are insufficient",
    "no value between": "no account: mixtures of the two can be without any value that has a weight, and so without "
    "a score",
}


def _end(result: ScoreResult, decimals: int) -> str:
    if result.value is None:
        return "insufficient data"
    text = figures.number(shown_value(result, decimals), decimals)
    return f"{text} {result.band}" if result.band else text


def _row(entry: Entry, points: float, decimals: int, errors: bool) -> tuple[str, ...]:
    label = f"{entry.title} ({entry.unit})" if entry.unit else entry.title
    error = [f"{entry.error:.{decimals + 1}f}" if entry.error is not None else ""] if errors else []
    return (label, _told(entry.before), _told(entry.after), figures.signed(points, decimals), *error)


def _told(value: float | str | None) -> str:
    if value is None:
        return "missing"
    if isinstance(value, str):
        return textwrap.shorten(value, _WORDS, placeholder="…")
    return figures.plain_number(value)


def comparison_data(found: Comparison) -> dict[str, Any]:
    """A comparison as plain data."""
    return {"between": found.between, "differences": [_difference_data(each) for each in found.differences]}


def _difference_data(found: Difference) -> dict[str, Any]:
    return {
        "before": _side_data(found.before),
        "after": _side_data(found.after),
        "scores": {account.after.name: _account_data(account) for account in found.accounts},
        "rules": [rule._asdict() for rule in found.rules],
        "only_before": [lone.name for lone in found.lone if not lone.after],
        "only_after": [lone.name for lone in found.lone if lone.after],
    }


def _side_data(side: Side) -> dict[str, Any]:
    return {"situation": side.name, "model": identity_data(side.model), "file": side.file or None}


def _account_data(account: Account) -> dict[str, Any]:
    return {
        "title": account.after.title,
        "before": _end_data(account.before),
        "after": _end_data(account.after),
        "difference": account.difference,
        "exact": account.exact,
        "entries": [entry._asdict() for entry in account.entries],
        "no_account": _OBSTACLES[account.obstacle].removeprefix("no account: ") if account.obstacle else None,
    }


def _end_data(result: ScoreResult) -> dict[str, Any]:
    return {
        "value": result.value,
        "reported": result.reported,
        "band": result.band,
        "status": result.status,
        "coverage": result.coverage,
    }
