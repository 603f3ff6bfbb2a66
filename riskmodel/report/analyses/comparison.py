"""Report of a comparison: the contributions to each difference."""

from collections.abc import Iterator, Mapping
from textwrap import shorten

import numpy as np

from riskmodel.analysis.comparison.shapley import PAIRS
from riskmodel.analysis.results.comparison import OBSTACLES, Account, Comparison, Difference, Entry
from riskmodel.assessment import ScoreResult
from riskmodel.plan.numpy_steps import reported
from riskmodel.report import formatting
from riskmodel.report.document import Report, Section, Table
from riskmodel.schema.wording import distribution_words, plain_number

_MAX_VALUE = 40
"""Characters of a value in a table."""
_TOLERANCE = 1e-9
"""Points below this are rounding error of sums."""
MAX_ACCOUNTS = 12
"""Of one plot."""


def comparison_report(result: Comparison) -> Report:
    """Return the report of a comparison, with a section for each score of each difference."""
    several = len(result.differences) > 1
    sections = [section for difference in result.differences for section in _sections(difference, several)]
    return Report("What explains the difference", _about(result), sections)


def _about(result: Comparison) -> list[str]:
    first = result.differences[0]
    if result.between == "models":
        before, after = model_labels(first)
        about = [first.before.name, f"before: {before}", f"after: {after}"]
    else:
        about = [first.before.model.line, f"before: {first.before.name}"]
        about += [f"after: {difference.after.name}" for difference in result.differences]
    return [*about, *method_lines(result)]


def method_lines(result: Comparison) -> list[str]:
    """Return what the points of the accounts are, and how exact."""
    players = "part in which the models differ" if result.between == "models" else "input"
    accounts = [account for difference in result.differences for account in difference.accounts.values()]
    if all(account.exact for account in accounts):
        return [f"points: what each {players} adds, averaged over every order (Shapley values, exact)"]
    return [
        f"points: what each {players} adds, averaged over every order (Shapley values)",
        f"estimated from {2 * PAIRS:,} orders drawn at random where an error is given, which is the standard error",
    ]


def model_labels(difference: Difference) -> tuple[str, str]:
    """Return labels for the two models of a difference, with their files if they have the same id."""
    sides = difference.before, difference.after
    clash = difference.before.model.id == difference.after.model.id
    before, after = (f"{side.model.line}, {side.file}" if clash and side.file else side.model.line for side in sides)
    return before, after


def _sections(difference: Difference, several: bool) -> Iterator[Section]:
    prefix = f"{difference.after.name}: " if several else ""
    for account in difference.accounts.values():
        yield _account_section(account, prefix)
    if difference.rules:
        rows = [(rule.title, _degree(rule.before), _degree(rule.after)) for rule in difference.rules]
        yield Section(f"{prefix}Rules that differ in degree", table=Table(("", "before", "after"), rows, "lrr"))
    if difference.unmatched:
        lines = [f"{score.title}: only {'after' if score.after else 'before'}" for score in difference.unmatched]
        yield Section(f"{prefix}Scores that only one model has", lines)


def _degree(degree: float | None) -> str:
    if degree is None:
        return "no such rule"
    return formatting.degree_text(degree) if degree > 0 else "does not fire"


def rounded_value(result: ScoreResult, decimals: int) -> float:
    """Return the value of a score, rounded as scores are reported; NaN if it has none."""
    return float(reported(np.array([np.nan if result.value is None else result.value]), decimals)[0])


def rounded_entries(account: Account) -> list[tuple[Entry, float]]:
    """Return the entries with an effect, and their points rounded to sum to the difference of the rounded values."""
    entries = [entry for entry in account.entries if abs(entry.points) > _TOLERANCE]
    points = formatting.apportion([entry.points for entry in entries], _rounded_difference(account), account.decimals)
    return list(zip(entries, points, strict=True))


def _rounded_difference(account: Account) -> float:
    return rounded_value(account.after, account.decimals) - rounded_value(account.before, account.decimals)


def _account_section(account: Account, prefix: str) -> Section:
    before, after, decimals = account.before, account.after, account.decimals
    ends = f"{_end(before, decimals)} -> {_end(after, decimals)}"
    heading = f"{prefix}{after.title}: {ends}"
    if account.obstacle:
        return Section(heading, [f"no account: {OBSTACLES[account.obstacle]}"])
    rounded = rounded_entries(account)
    effective = [entry for entry, _ in rounded]
    ineffective = [entry.title for entry in account.entries if entry not in effective]
    remarks = [f"without effect: {', '.join(ineffective)}"] if ineffective else []
    if not effective:
        return Section(heading, remarks or ["nothing differs in its inputs"])
    has_errors = not account.exact
    rows = [_row(entry, points, decimals, has_errors) for entry, points in rounded]
    total = formatting.signed(_rounded_difference(account), decimals)
    rows.append(("Sum", "", "", total, *([""] if has_errors else [])))
    headings = ("", "before", "after", "points", *(["error"] if has_errors else []))
    values = "rr" if effective[0].kind == "indicator" else "ll"
    table = Table(headings, rows, f"l{values}r{'r' if has_errors else ''}")
    return Section(heading, table=table, remarks=remarks)


def _end(result: ScoreResult, decimals: int) -> str:
    if result.value is None:
        return "insufficient data"
    text = formatting.number(rounded_value(result, decimals), decimals)
    return f"{text} {result.band}" if result.band else text


def _row(entry: Entry, points: float, decimals: int, has_errors: bool) -> tuple[str, ...]:
    label = f"{entry.title} ({entry.unit})" if entry.unit else entry.title
    error = [f"{entry.error:.{decimals + 1}f}" if entry.error is not None else ""] if has_errors else []
    return (label, *entry_values(entry), formatting.signed(points, decimals), *error)


def entry_values(entry: Entry) -> tuple[str, str]:
    """Format the values of an entry before and after, ranges as given."""
    before, after = entry.ranges
    return _value_words(entry.before, before), _value_words(entry.after, after)


def _value_words(value: float | str | None, distribution: Mapping[str, float]) -> str:
    """Format a value of an entry, of a long text its start."""
    if value is None:
        return "missing"
    if distribution:
        return distribution_words(distribution)
    if isinstance(value, str):
        return shorten(value, _MAX_VALUE, placeholder="…")
    return plain_number(value)


def drawable_accounts(result: Comparison) -> list[tuple[Difference, Account]]:
    """Return the accounts that a plot shows, each with its difference."""
    return [
        (difference, account)
        for difference in result.differences
        for account in difference.accounts.values()
        if not account.obstacle
    ]
