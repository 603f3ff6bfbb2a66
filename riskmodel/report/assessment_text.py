"""An assessment as plain text, wrapped to a width."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from operator import is_
from typing import Any

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import single_line
from riskmodel.report import formatting
from riskmodel.report.account import account_groups, parts_text

Emphasis = Callable[[str], str]

_POINTS_WIDTH = 8
_MIN_BAR_WIDTH = 6


def assessment_text(assessment: Assessment, width: int = 100, strong: Emphasis = str) -> str:
    """Return an assessment as text in lines of at most `width` (at least 72) characters; `strong` marks headings."""
    assessment, width = _escaped(assessment), max(width, 72)
    lines = [*map(strong, _wrapped(assessment.heading, width)), *_about(assessment, width), ""]
    for score in assessment.scores.values():
        lines += _score(score, width, strong)
    for score in assessment.scores.values():
        if score.account:
            lines += ["", strong(f"{score.title}: where the points come from"), *_account(assessment, score, width)]
    lines += _rules(assessment, width, strong)
    for heading, remark in formatting.remarks(assessment):
        lines += ["", *_wrapped(f"{strong(heading)}: {remark}", width)]
    for heading, items in formatting.lists(assessment):
        lines += ["", strong(heading), *(line for item in items for line in _wrapped(item, width, "  ", "    "))]
    return "\n".join(lines)


def _about(assessment: Assessment, width: int) -> Iterator[str]:
    date = f"{assessment.date} | " if assessment.date else ""
    yield f"{date}{assessment.model.line}"
    if assessment.description:
        yield from _wrapped(assessment.description, width)


def _score(score: ScoreResult, width: int, strong: Emphasis) -> Iterator[str]:
    label = f"{score.title}{' (sub-score)' if score.is_sub_score else ''}"
    half = min(44, width // 2)
    yield from _wrapped(label, width) if len(label) >= half else []
    headline = formatting.headline(score)
    parts = [headline] if len(headline) <= width - half else headline.replace("; ", ";\n").split("\n")
    first, *rest = (line for part in parts for line in _wrapped(part, width - half))
    yield f"{label if len(label) < half else '':<{half}}{strong(first)}"
    yield from (f"{'':<{half}}{strong(line)}" for line in rest)
    bounds = f"  {formatting.bounds_text(score)} "
    yield f"{bounds:<{half}}{_gauge(score, min(50, width - max(half, len(bounds))))}"


def _gauge(score: ScoreResult, cells: int) -> str:
    """Draw a score on its range: filled to the value (lighter from the lower bound on), shaded to the upper bound."""
    low, high = (round(bound / score.out_of * cells) for bound in (score.low, score.high))
    value = low if score.value is None else round(score.value / score.out_of * cells)
    return "█" * low + "▓" * (value - low) + "░" * (high - value) + "·" * (cells - high)


def _account(assessment: Assessment, score: ScoreResult, width: int) -> Iterator[str]:
    lines = [line for group in account_groups(assessment, score) for line in (*group.lines, *group.small)]
    largest = max((abs(line.exact) for line in lines), default=0.0) or 1.0
    available = width - 2 - _POINTS_WIDTH - 1 - _MIN_BAR_WIDTH
    label_width = min(max(len(line.label) for line in lines) + 2, available * 3 // 5)
    given_width = min(max(len(line.given) for line in lines) + 2, available - label_width)
    bar_width = min(40, width - 2 - label_width - given_width - _POINTS_WIDTH - 1)
    for line in lines:
        bar = ("█" if line.exact > 0 else "▒") * round(abs(line.exact) / largest * bar_width)
        label = _shortened(line.label, label_width - 1)
        given = _shortened(line.given, given_width - 1)
        yield f"  {label:<{label_width}}{given:<{given_width}}{line.points:>{_POINTS_WIDTH}} {bar}".rstrip()
    if score.reported is not None:
        total = formatting.number(score.reported, score.decimals)
        yield f"  {'Sum':<{label_width + given_width}}{total:>{_POINTS_WIDTH}}"
    if parts := parts_text(assessment, score):
        yield from _wrapped(f"of which {parts}", width, "  ", "    ")


def _rules(assessment: Assessment, width: int, strong: Emphasis) -> Iterator[str]:
    if fired := formatting.fired_rules(assessment):
        yield from ("", strong("Rules that fired"))
    for rule, degree, effects in fired:
        yield from _wrapped(f"{rule.title} ({degree})", width, "  ")
        for text in (effects, rule.because, *(f"[{citation}]" for citation in rule.citations)):
            yield from _wrapped(text or "", width, "    ")
    if undetermined := formatting.undetermined_rules(assessment):
        yield from ("", strong("Rules that could not be judged"))
    for rule, reason in undetermined:
        yield from _wrapped(f"{rule.title}: {reason}", width, "  ", "    ")


def _escaped(part: Any) -> Any:
    """Return a part of an assessment with control characters escaped and lines joined in all its texts."""
    if isinstance(part, str):
        return single_line(part).strip(" ")
    if isinstance(part, tuple):
        escaped = tuple(map(_escaped, part))
        return part if all(map(is_, escaped, part)) else escaped
    if isinstance(part, Mapping):
        return {_escaped(key): _escaped(value) for key, value in part.items()}
    if is_dataclass(part) and not isinstance(part, type):
        values = {field.name: getattr(part, field.name) for field in fields(part)}
        changes = {name: new for name, value in values.items() if (new := _escaped(value)) is not value}
        return replace(part, **changes) if changes else part
    return part


def _wrapped(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """Wrap text; lines after the first have the indent `hanging`, if it is given."""
    if text.isprintable() and len(indent) + len(text) <= width and text.strip(" ") == text:  # one line, or none
        return [indent + text] if text else []
    following = indent if hanging is None else hanging
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)


def _shortened(text: str, width: int) -> str:
    """Cut a text at a word, and join its white space."""
    joined = " ".join(text.split())
    return joined if len(joined) <= width else textwrap.shorten(joined, width, placeholder="…")


def side_by_side(assessments: Sequence[Assessment], width: int) -> str:
    """Return several assessments as a text table with a row for each score, without sub-scores."""
    from io import StringIO

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("Situation", "Score", "Reported", "Band"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "Reported" else "left")
    table.add_column("Bounds", justify="right", no_wrap=True)
    table.add_column("Coverage", justify="right", no_wrap=True)
    for row in formatting.comparison_rows(list(map(_escaped, assessments))):
        table.add_row(*row)
    out = StringIO()
    Console(file=out, width=max(width, 72), color_system=None, highlight=False, markup=False, emoji=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines() if line.strip())
