"""Charts of a score: its gauge, and its account as a waterfall."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from markupsafe import Markup

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import formatting
from riskmodel.report.account import AccountLine, account_groups, parts_text
from riskmodel.report.html.markup import render
from riskmodel.report.html.svg import dark_style, image, paint

_BAR_WIDTH, _BAR_HEIGHT, _BAR_MARGIN = 240, 24, 1
_THICKNESS, _EDGE, _MIN_LENGTH = 12, 1.75, 1e-3


class Line(NamedTuple):
    """A line of a drawing: its class and colour, its ends, and its width in pixels."""

    kind: str
    colour: str
    x1: str
    x2: str
    y1: float | str
    y2: float | str
    width: float


class Row(NamedTuple):
    """A line of an account with its bar."""

    line: AccountLine
    bar: Markup


class Waterfall(NamedTuple):
    """The account of a score; `low` and `high` are the ends of the running sum's axis."""

    title: str
    low: float
    high: float
    rows: list[Row]
    total: str
    total_bar: Markup
    parts: str


def waterfall(assessment: Assessment, score: ScoreResult) -> Waterfall | None:
    """Return the account of a score with a bar from one running sum to the next for each line; None without a score."""
    if score.value is None or score.reported is None:
        return None
    lines = [line for group in account_groups(assessment, score) for line in (*group.lines, *group.small)]
    ends = [0.0, *accumulate(line.exact for line in lines)]
    printed = [0.0, *accumulate(float(line.points) for line in lines)]
    low, high = min(0.0, *ends), max(score.out_of, *ends)

    def across(value: float) -> float:
        return _BAR_WIDTH * (value - low) / (high - low)

    baseline = _upright("zero", "steel", across(0.0), 0, _BAR_HEIGHT)
    rows = []
    for line, (start, end), sums in zip(lines, pairwise(ends), pairwise(printed), strict=True):
        steps = [*_step(across(start), across(end), line), baseline]
        rows.append(Row(line, _bar_image(steps, " to ".join(formatting.number(sum_, score.decimals) for sum_ in sums))))
    total = formatting.number(score.reported, score.decimals)
    total_bar = _bar_image([*_bar("sum", "steel", across(0.0), across(score.value)), baseline], total)
    title, parts = f"{score.title}: where the points come from", parts_text(assessment, score)
    return Waterfall(title, low, high, rows, total, total_bar, parts)


def _bar_image(lines: Sequence[Line], alt: str) -> Markup:
    """Draw a bar that is stretched to its table cell."""
    size = {"width": _BAR_WIDTH, "height": _BAR_HEIGHT, "margin": _BAR_MARGIN}
    drawing = render("bar.svg", paint=paint, night_style=dark_style, lines=lines, **size)
    return image(drawing, alt, _BAR_WIDTH + 2 * _BAR_MARGIN, _BAR_HEIGHT, "running")


def _step(start: float, end: float, line: AccountLine) -> Iterator[Line]:
    kind = "minus" if line.exact < 0 else "plus" if line.points.startswith("+") else "base"
    yield _upright("link", "base", start, 0, _BAR_HEIGHT / 2)
    yield _upright("link", "base", end, _BAR_HEIGHT / 2, _BAR_HEIGHT)
    yield from _bar(kind, kind, min(start, end), max(start, end))


def _bar(kind: str, colour: str, start: float, end: float) -> Iterator[Line]:
    """Draw a bar; negative ones are outlines, so that they differ in more than colour."""
    if end - start < _MIN_LENGTH:
        return
    middle = _BAR_HEIGHT / 2
    yield _line(kind, colour, (start, end), (middle, middle), _THICKNESS)
    if kind == "minus" and end - start > 2 * _EDGE:
        yield _line("inside", "paper", (start + _EDGE, end - _EDGE), (middle, middle), _THICKNESS - 2 * _EDGE)


def _upright(kind: str, colour: str, x: float, top: float, bottom: float) -> Line:
    return _line(kind, colour, (x, x), (top, bottom), 1)


def _line(kind: str, colour: str, across: tuple[float, float], down: tuple[float, float], width: float) -> Line:
    x1, x2, y1, y2 = (f"{end:.7g}" for end in (*across, *down))
    return Line(kind, colour, x1, x2, y1, y2, width)
