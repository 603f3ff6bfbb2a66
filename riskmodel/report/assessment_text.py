"""The card: an assessment as plain text that can be pasted into a brief."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import single_line
from riskmodel.report import formatting

Emphasis = Callable[[str], str]

_POINTS = 8
_MIN_BAR = 6


def assessment_text(assessment: Assessment, width: int = 100, strong: Emphasis = str) -> str:
    """One assessment as text.

    Parameters
    ----------
    width : characters to a line; at least 72 are used.
    strong : how to make a heading stand out.
    """
    assessment, width = _escaped(assessment), max(width, 72)
    lines = [*map(strong, _wrapped(assessment.heading, width, "")), *_about(assessment, width), ""]
    for score in assessment.scores.values():
        lines += _score(score, width, strong)
    for score in assessment.scores.values():
        if score.account:
            lines += ["", strong(f"{score.title}: where the points come from"), *_account(assessment, score, width)]
    lines += _rules(assessment, width, strong)
    for heading, told in formatting.remarks(assessment):
        lines += ["", *_wrapped(f"{strong(heading)}: {told}", width, "")]
    for heading, texts in (
        ("Why the values are what they are", [f"{title}: {note}" for title, note in formatting.notes(assessment)]),
        ("Doubts", assessment.doubts),
        ("Sources", assessment.sources),
    ):
        if texts:
            lines += ["", strong(heading), *(line for text in texts for line in _wrapped(text, width, "  ", "    "))]
    return "\n".join(lines)


def _about(assessment: Assessment, width: int) -> Iterator[str]:
    date = f"{assessment.date} | " if assessment.date else ""
    yield f"{date}{assessment.model.line}"
    if assessment.description:
        yield from _wrapped(assessment.description, width, "")


def _score(score: ScoreResult, width: int, strong: Emphasis) -> Iterator[str]:
    label = f"{score.title}{' (sub-score)' if score.is_sub_score else ''}"
    half = min(44, width // 2)
    yield from _wrapped(label, width, "") if len(label) >= half else []
    headline = formatting.headline(score)
    parts = [headline] if len(headline) <= width - half else headline.replace("; ", ";\n").split("\n")
    first, *rest = (line for part in parts for line in _wrapped(part, width - half, ""))
    yield f"{label if len(label) < half else '':<{half}}{strong(first)}"
    yield from (f"{'':<{half}}{strong(line)}" for line in rest)
    bounds = f"  {formatting.bounds_text(score)} "
    yield f"{bounds:<{half}}{_gauge(score, min(50, width - max(half, len(bounds))))}"


def _gauge(score: ScoreResult, cells: int) -> str:
    """The score on its range: filled to the value (lighter from the lower bound on), shaded to the upper bound."""
    low, high = (round(bound / score.out_of * cells) for bound in (score.low, score.high))
    value = low if score.value is None else round(score.value / score.out_of * cells)
    return "█" * low + "▓" * (value - low) + "░" * (high - value) + "·" * (cells - high)


def _account(assessment: Assessment, score: ScoreResult, width: int) -> Iterator[str]:
    lines = formatting.account_lines(assessment, score)
    room = width - 2 - _POINTS - 1 - _MIN_BAR
    label_room = min(max(len(line.label) for line in lines) + 2, room * 3 // 5)
    given_room = min(max(len(line.given) for line in lines) + 2, room - label_room)
    bar_room = min(40, width - 2 - label_room - given_room - _POINTS - 1)
    for line in lines:
        bar = ("█" if line.size > 0 else "▒") * round(abs(line.size) * bar_room)
        label = textwrap.shorten(line.label, label_room - 1, placeholder="…")
        given = textwrap.shorten(line.given, given_room - 1, placeholder="…")
        yield f"  {label:<{label_room}}{given:<{given_room}}{line.points:>{_POINTS}} {bar}".rstrip()
    if score.reported is not None:
        total = formatting.number(score.reported, score.decimals)
        yield f"  {'Sum':<{label_room + given_room}}{total:>{_POINTS}}"
    if parts := formatting.parts_text(assessment, score):
        yield from _wrapped(f"of which {parts}", width, "  ", "    ")


def _rules(assessment: Assessment, width: int, strong: Emphasis) -> Iterator[str]:
    fired = formatting.fired_rules(assessment)
    if fired:
        yield from ("", strong("Rules that fired"))
    for rule in fired:
        yield from _wrapped(f"{rule.title} ({formatting.degree_text(assessment, rule)})", width, "  ")
        yield from _wrapped(formatting.effects_text(assessment, rule), width, "    ")
        for told in (rule.because, *(f"[{citation}]" for citation in rule.citations)):
            if told:
                yield from _wrapped(told, width, "    ")
    undetermined = formatting.undetermined_rules(assessment)
    if undetermined:
        yield from ("", strong("Rules that could not be judged"))
    for rule in undetermined:
        yield from _wrapped(f"{rule.title}: {formatting.undetermined_text(assessment, rule)}", width, "  ", "    ")


def _escaped(part: Any) -> Any:
    """Return a part of an assessment in which no text has control characters or lines of its own."""
    if isinstance(part, str):
        return single_line(part).strip(" ")
    if isinstance(part, tuple):
        return tuple(map(_escaped, part))
    if isinstance(part, Mapping):
        return {_escaped(key): _escaped(value) for key, value in part.items()}
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{field.name: _escaped(getattr(part, field.name)) for field in fields(part)})
    return part


def _wrapped(text: str, width: int, indent: str, then: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent if then is None else then, break_on_hyphens=False
    )


def side_by_side(assessments: Sequence[Assessment], width: int) -> str:
    """Several assessments as a table, a row for each score, without accounts and sub-scores."""
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
