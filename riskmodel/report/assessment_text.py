"""An assessment as plain text, wrapped to a width."""

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import zip_longest
from operator import is_
from typing import Any, NamedTuple

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import single_line
from riskmodel.report import formatting
from riskmodel.report.account import AccountLine, account_groups, group_text, keeps_points
from riskmodel.report.citations import CITED, citation_numbers, cited_sources, marks
from riskmodel.report.summary import summary
from riskmodel.schema.band_colours import BandColour, band_colours

_MIN_WIDTH = 40
_MAX_BAR = 30
_LEAST_ACROSS = 36
"""Width that titles of groups and lists of small entries have, where they need it."""
_INDENT = "    "


class Paint(NamedTuple):
    """Marks of text on a terminal; plain by default.

    Attributes
    ----------
    strong : marks headings.
    badge, bar : mark the name of a band and the bar of a score, in the colour of the band.
    """

    strong: Callable[[str], str] = str
    badge: Callable[[str, BandColour], str] = lambda text, colour: text
    bar: Callable[[str, BandColour], str] = lambda text, colour: text


PLAIN = Paint()


def assessment_text(assessment: Assessment, width: int = 100, paint: Paint = PLAIN) -> str:
    """Return an assessment as text in lines of at most `width` (at least 40) characters."""
    assessment, width = _escaped(assessment), max(width, _MIN_WIDTH)
    lines = [*_heading(assessment, width, paint), *_wrapped(assessment.description or "", width)]
    for score in assessment.scores.values():
        lines += ["", *_score(assessment, score, width, paint)]
    for score in assessment.scores.values():
        if score.account:
            lines += ["", *_wrapped(formatting.account_title(score), width, mark=paint.strong)]
            lines += _account(assessment, score, width, paint)
    lines += _rules(assessment, width, paint)
    for heading, remark in formatting.remarks(assessment):
        lines += ["", *_wrapped(heading, width, mark=paint.strong), *_wrapped(remark, width, "  ")]
    for heading, items in formatting.lists(assessment):
        lines += ["", *_wrapped(heading, width, mark=paint.strong)]
        lines += [line for item in items for line in _wrapped(item, width, "  ", _INDENT)]
    return "\n".join(lines)


def brief_text(assessment: Assessment, width: int = 100, paint: Paint = PLAIN) -> str:
    """Return the scores with their sentences, the sums of the groups, and what is missing."""
    assessment, width = _escaped(assessment), max(width, _MIN_WIDTH)
    lines = _heading(assessment, width, paint)
    for score in assessment.top_scores:
        lines += ["", *_score(assessment, score, width, paint)]
        if groups := account_groups(assessment, score):
            lines += _wrapped(", ".join(map(group_text, groups)), width, "  ", _INDENT)
    for heading, names in (("Missing", assessment.missing), ("Missing and assumed", assessment.assumed)):
        if names:
            titles = ", ".join(assessment.input(name).title for name in names)
            lines += ["", *_wrapped(f"{heading}: {titles}", width, "", "  ")]
    return "\n".join(lines)


def scores_text(assessment: Assessment, width: int, paint: Paint = PLAIN) -> str:
    """Return the scores, each in a line, for the end of a long text."""
    assessment = _escaped(assessment)
    title_width = max(len(score.title) for score in assessment.top_scores) + 2
    return "\n".join(
        line for score in assessment.top_scores for line in _headline(score, max(width, _MIN_WIDTH), title_width, paint)
    )


def _heading(assessment: Assessment, width: int, paint: Paint) -> list[str]:
    about = " | ".join(filter(None, (assessment.date, assessment.model.line)))
    return [*_wrapped(assessment.heading, width, mark=paint.strong), *_wrapped(about, width)]


def _score(assessment: Assessment, score: ScoreResult, width: int, paint: Paint) -> Iterator[str]:
    others = assessment.top_scores if not score.is_sub_score else [score]
    yield from _headline(score, width, max(len(other.title) for other in others) + 2, paint)
    bounds = formatting.bounds_text(score)
    longest = max(len(formatting.bounds_text(other)) for other in others)
    cells = max(min(50, width - 4 - longest), 20)
    colour, bar = _colour(score), _gauge(score, cells)
    painted = "".join((paint.bar(part, colour) if colour else part) for part in bar[:-1]) + bar[-1]
    if 2 + cells + 2 + len(bounds) <= width:
        yield f"  {painted}  {bounds}"
    else:
        yield f"  {painted}"
        yield from _wrapped(bounds, width, "  ")
    yield from _wrapped(summary(assessment, score), width, "  ")


def _headline(score: ScoreResult, width: int, title_width: int, paint: Paint) -> Iterator[str]:
    """Yield the title of a score, and the score with its band; below the title where they do not fit beside it."""
    label = f"{score.title}{' (sub-score)' if score.is_sub_score else ''}"
    title_width = max(title_width, len(label) + 2)
    # The sentence below gives the reason for having none.
    text = "no score" if score.reported is None else formatting.score_text(score)
    colour = _colour(score)
    painted = paint.strong(text)
    if score.band and colour and (badge := paint.badge(f" {score.band} ", colour)) != f" {score.band} ":
        number, _, rest = text.partition(f", {score.band}")
        painted = f"{paint.strong(number)} {badge}{rest.removeprefix(',')}"
    if title_width + len(text) <= width:
        yield f"{paint.strong(label)}{'':<{title_width - len(label)}}{painted}"
    else:
        yield from _wrapped(label, width, mark=paint.strong)
        yield from [f"  {painted}"] if 2 + len(text) <= width else _wrapped(text, width, "  ")


def _colour(score: ScoreResult) -> BandColour | None:
    names = list(score.bands)
    return band_colours(len(names), score.better)[names.index(score.band)] if score.band else None


def _gauge(score: ScoreResult, cells: int) -> tuple[str, str, str]:
    """Draw a score on its range: filled to the lower bound, lighter to the value, and shaded to the upper bound."""
    low, high = (round(bound / score.out_of * cells) for bound in (score.low, score.high))
    value = low if score.value is None else round(score.value / score.out_of * cells)
    return "█" * low, "▓" * (value - low), "░" * (high - value) + "·" * (cells - high)


class _Columns(NamedTuple):
    """Widths of the columns of an account: label, value as given, points, points possible, and bars."""

    label: int
    given: int
    points: int
    possible: int
    bar: int

    def amount(self, points: str, possible: str) -> str:
        """Format points, and those possible where a score has them: `13.0 of 30.0`."""
        of = f" of {possible:>{self.possible}}" if possible else " " * (4 + self.possible) if self.possible else ""
        return f"{points:>{self.points}}{of}"


def _account(assessment: Assessment, score: ScoreResult, width: int, paint: Paint) -> Iterator[str]:
    groups = account_groups(assessment, score)
    total = "" if score.reported is None else formatting.number(score.reported, score.decimals)
    most = formatting.number(score.out_of, score.decimals) if keeps_points(score) else ""
    lines = [line for group in groups for line in group.lines]
    amounts = [(item.points, item.possible) for item in groups] + [(item.points, item.possible) for item in lines]
    points_width = max(len(total), *(len(points) for points, _ in amounts))
    across = [len(group.title) for group in groups] + [len(group.small_title) + 2 for group in groups if group.small]
    columns = _columns(
        lines, min(max(across), _LEAST_ACROSS), points_width, max(len(possible) for _, possible in amounts), width
    )
    folded = [(group.small_exact, group.small_exact_possible or 0.0) for group in groups]
    sizes = [(line.exact, line.exact_possible or 0.0) for line in lines] + folded
    unit = (max((abs(size) for pair in sizes for size in pair), default=0.0) or 1.0) / columns.bar

    def heading(title: str, points: str, possible: str) -> Iterator[str]:
        """Yield the lines of the sum of a group, or of all."""
        head = columns.label + columns.given + 2
        *before, last = textwrap.wrap(title, head - 2)
        yield from (f"  {paint.strong(line)}" for line in before)
        amount = columns.amount(points, possible).rstrip() if points else ""
        yield f"  {paint.strong(last)}{'':{head - len(last)}}{paint.strong(amount)}".rstrip()

    for group, (small, small_possible) in zip(groups, folded, strict=True):
        title = f"{group.title} ({group.remark})" if group.remark else group.title
        yield from heading(title, group.points if group.lines or group.small else "", group.possible)
        for line in group.lines:
            if line.label != group.title:
                bar = _bar(line.exact, line.exact_possible, unit)
                yield from _row((line.label, line.given, columns.amount(line.points, line.possible), bar), columns)
        if group.small:
            bar = _bar(small, small_possible if most else None, unit)
            yield from _row(
                (group.small_title, "", columns.amount(group.small_points, group.small_possible), bar), columns
            )
    yield from heading("Sum", total, most)


def _columns(lines: Sequence[AccountLine], across: int, points: int, possible: int, width: int) -> _Columns:
    """Share a width among the columns; labels and values are wrapped where they do not fit.

    The first two are together at least as wide as `across`, for the texts that stand across both.
    """
    given = max((len(line.given) for line in lines), default=0) + 2
    label = max(*(len(line.label) + 2 for line in lines), across - given, 2)
    space = width - len(_INDENT) - points - (4 + possible if possible else 0) - 1
    bar = min(_MAX_BAR, max(width // 10, space - label - given))
    space -= bar
    if label + given > space:
        label = min(label, max(space - given, space // 2))
    return _Columns(label, min(given, space - label), points, possible, bar)


def _row(cells: Sequence[str], columns: _Columns) -> Iterator[str]:
    """Yield the lines of one row: label, value, points and bar, which stand in the first line.

    A label without a value stands across both columns.
    """
    label, given, points, bar = cells
    label_width, given_width = (columns.label, columns.given) if given else (columns.label + columns.given, 0)
    labels = textwrap.wrap(label, label_width - 2, break_on_hyphens=False)
    values = textwrap.wrap(given, given_width - 2, break_on_hyphens=False) if given else []
    right = f"{points} {bar}"
    for left, middle in zip_longest(labels, values, fillvalue=""):
        yield f"{_INDENT}{left:<{label_width}}{middle:<{given_width}}{right}".rstrip()
        right = ""


def _bar(points: float, possible: float | None, unit: float) -> str:
    """Draw points as a bar, and those that were possible and are not kept; a loss is hatched."""
    bar = ("█" if points > 0 else "▒") * round(abs(points) / unit)
    return bar if possible is None else bar + "░" * (round(possible / unit) - len(bar))


def _rules(assessment: Assessment, width: int, paint: Paint) -> Iterator[str]:
    numbers = citation_numbers(assessment)
    if fired := formatting.fired_rules(assessment):
        yield from ("", paint.strong("Rules that fired"))
    for rule, degree, effects in fired:
        yield from _wrapped(f"{rule.title}: {degree}", width, "  ", _INDENT)
        for text in (effects, " ".join(filter(None, (rule.because, marks(rule, numbers))))):
            yield from _wrapped(text, width, _INDENT)
    if undetermined := formatting.undetermined_rules(assessment):
        yield from ("", paint.strong("Rules that could not be judged"))
    for rule, reason in undetermined:
        yield from _wrapped(f"{rule.title}: {reason}", width, "  ", _INDENT)
    if sources := cited_sources(assessment):
        yield from ("", paint.strong(CITED))
    for source, passages in sources:
        own = [f"[{number}] " for number, text in passages if not text]
        yield from _wrapped(f"{''.join(own)}{source}", width, "  ", _INDENT)
        for number, text in passages:
            yield from _wrapped(f"[{number}] {text}" if text else "", width, _INDENT, "        ")


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


def _wrapped(
    text: str, width: int, indent: str = "", hanging: str | None = None, mark: Callable[[str], str] = str
) -> list[str]:
    """Wrap text and mark its lines; lines after the first have the indent `hanging`, if it is given."""
    return [mark(line) for line in _lines(text, width, indent, hanging)]


def _lines(text: str, width: int, indent: str, hanging: str | None) -> list[str]:
    if text.isprintable() and len(indent) + len(text) <= width and text.strip(" ") == text:  # one line, or none
        return [indent + text] if text else []
    following = indent if hanging is None else hanging
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=following, break_on_hyphens=False)


def sentences_text(assessments: Sequence[Assessment], width: int, paint: Paint = PLAIN) -> str:
    """Return several assessments as their headings, with the sentence of each score, without sub-scores."""
    lines: list[str] = []
    for assessment in map(_escaped, assessments):
        lines += _wrapped(formatting.titled(assessment), width, mark=paint.strong)
        for score in assessment.top_scores:
            lines += _wrapped(f"{score.title}: {summary(assessment, score)}", width, "  ", _INDENT)
        lines.append("")
    return "\n".join(lines)


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
    Console(file=out, width=max(width, 60), color_system=None, highlight=False, markup=False, emoji=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines() if line.strip())
