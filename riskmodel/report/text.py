"""The card: an assessment as plain text that can be pasted into a brief."""

import textwrap
from collections.abc import Callable, Iterator, Sequence

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import figures

Emphasis = Callable[[str], str]

_LABEL = 44
_GIVEN = 32
_POINTS = 8


def card(assessment: Assessment, width: int = 100, strong: Emphasis = str) -> str:
    """One assessment as text.

    Parameters
    ----------
    width : characters to a line; at least 80 are used.
    strong : how to make a heading stand out.
    """
    width = max(width, 80)
    lines = [strong(assessment.heading), *_about(assessment, width), ""]
    for score in assessment.scores.values():
        lines += _score(score, width, strong)
    for score in assessment.scores.values():
        if score.account:
            lines += ["", strong(f"{score.title}: where the points come from"), *_account(assessment, score, width)]
    lines += _rules(assessment, width, strong)
    for heading, told in figures.remarks(assessment):
        lines += ["", *_wrapped(f"{strong(heading)}: {told}", width, "")]
    for heading, texts in (
        ("Why the values are what they are", [f"{title}: {note}" for title, note in figures.notes(assessment)]),
        ("Doubts", assessment.doubts),
        ("Sources", assessment.sources),
    ):
        if texts:
            lines += ["", strong(heading), *(line for text in texts for line in _wrapped(text, width, "  ", "    "))]
    return "\n".join(lines)


def _about(assessment: Assessment, width: int) -> Iterator[str]:
    model = assessment.model
    version = f" {model.version}" if model.version else ""
    date = f"{assessment.date} | " if assessment.date else ""
    yield f"{date}model {model.id}{version}, fingerprint {model.short_fingerprint}"
    if assessment.description:
        yield from _wrapped(assessment.description, width, "")


def _score(score: ScoreResult, width: int, strong: Emphasis) -> Iterator[str]:
    label = f"{score.title}{' (sub-score)' if score.is_sub_score else ''}"
    yield f"{label:<{_LABEL}}{strong(figures.headline(score))}"
    gauge = max(20, min(50, width - _LABEL))
    yield f"{'  ' + figures.bounds_text(score):<{_LABEL}}{_gauge(score, gauge)}"


def _gauge(score: ScoreResult, cells: int) -> str:
    """The score on its range: filled up to the value, shaded between the bounds, dots elsewhere."""

    def cell(value: float) -> int:
        return min(cells - 1, int(value / score.out_of * cells))

    marks = ["·"] * cells
    for index in range(cell(score.low), cell(score.high) + 1):
        marks[index] = "░"
    if score.value is not None:
        for index in range(cell(score.value) + 1):
            marks[index] = "▓" if marks[index] == "░" and score.high > score.low else "█"
    return "".join(marks)


def _account(assessment: Assessment, score: ScoreResult, width: int) -> Iterator[str]:
    lines = figures.account_lines(assessment, score)
    room = max(10, width - 2 - _LABEL - _GIVEN - _POINTS - 1)
    for line in lines:
        bar = ("█" if line.size > 0 else "▒") * max(1, round(abs(line.size) * room)) if line.size else ""
        label = textwrap.shorten(line.label, _LABEL - 1, placeholder="…")
        given = textwrap.shorten(line.given, _GIVEN - 1, placeholder="…")
        yield f"  {label:<{_LABEL}}{given:<{_GIVEN}}{line.points:>{_POINTS}} {bar}".rstrip()
    if score.reported is not None:
        total = figures.number(score.reported, score.decimals)
        yield f"  {'Sum':<{_LABEL + _GIVEN}}{total:>{_POINTS}}"


def _rules(assessment: Assessment, width: int, strong: Emphasis) -> Iterator[str]:
    fired = figures.fired(assessment)
    if fired:
        yield from ("", strong("Rules that fired"))
    for rule in fired:
        yield from _wrapped(f"{rule.title} (degree {rule.degree:.2f})", width, "  ")
        yield from _wrapped(figures.effects_text(assessment, rule), width, "    ")
        for told in (rule.because, *(f"[{citation}]" for citation in rule.citations)):
            if told:
                yield from _wrapped(told, width, "    ")
    undetermined = figures.undetermined(assessment)
    if undetermined:
        yield from ("", strong("Rules that could not be judged"))
    for rule in undetermined:
        yield from _wrapped(f"{rule.title}: {figures.why_undetermined(assessment, rule)}", width, "  ", "    ")


def _wrapped(text: str, width: int, indent: str, then: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent if then is None else then, break_on_hyphens=False
    )


def side_by_side(assessments: Sequence[Assessment], width: int) -> str:
    """Several assessments as a table, a row for each, without the accounts."""
    from io import StringIO

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    names = list(dict.fromkeys(name for assessment in assessments for name in assessment.scores))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Situation", overflow="fold", min_width=20)
    for name in names:
        table.add_column(_title(name, assessments), overflow="fold", min_width=17)
        table.add_column("bounds", justify="right", no_wrap=True)
    for assessment in assessments:
        row = [assessment.heading]
        for name in names:
            score = assessment.scores.get(name)
            row += [figures.short_headline(score), figures.range_text(score)] if score else ["", ""]
        table.add_row(*row)
    out = StringIO()
    Console(file=out, width=max(width, 80), color_system=None, highlight=False, markup=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines() if line.strip())


def _title(name: str, assessments: Sequence[Assessment]) -> str:
    return next(assessment.scores[name].title for assessment in assessments if name in assessment.scores)
