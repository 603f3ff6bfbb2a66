"""The account of a score as a waterfall: every line begins where the one before it ended."""

from collections.abc import Iterable
from itertools import accumulate

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import figures
from riskmodel.report.figures import AccountLine
from riskmodel.report.html.images import drawing, image, paint
from riskmodel.report.html.markup import Html, element, together

_WIDE, _HIGH, _MARGIN = 240, 24, 1
_THICK, _EDGE, _NOTHING = 12, 1.75, 1e-3


def waterfall(assessment: Assessment, score: ScoreResult, prefix: str) -> Html:
    """Where the points of a score come from: a table, with a bar in each row; empty where there is no account.

    Parameters
    ----------
    prefix : of ids and keys.
    """
    lines = figures.account_lines(assessment, score)
    if score.value is None or score.reported is None:
        return Html()
    ends = [0.0, *accumulate(line.exact for line in lines)]
    printed = [0.0, *accumulate(float(line.points) for line in lines)]
    low, high = min(0.0, *ends), max(score.out_of, *ends)

    def across(value: float) -> float:
        return _WIDE * (value - low) / (high - low)

    def row(line: AccountLine, place: int) -> Html:
        steps = [_step(across(ends[place]), across(ends[place + 1]), line), _baseline(across(0.0))]
        sums = (figures.number(printed[end], score.decimals) for end in (place, place + 1))
        return _row(line, _picture(steps, " to ".join(sums)))

    total = figures.number(score.reported, score.decimals)
    parts = figures.parts_text(assessment, score)
    title = f"{score.title}: where the points come from"
    return element(
        "details",
        element("summary", element("h3", title)),
        element(
            "table",
            element("thead", _head(low, high)),
            element("tbody", (row(line, place) for place, line in enumerate(lines))),
            element("tfoot", _sum(total, across(0.0), across(score.value))),
            cellpadding=4,
            aria_label=title,
        ),
        element("p", f"Of which {parts}", class_="parts") if parts else "",
        class_="account",
        open=True,
        data_key=f"{prefix}account-{score.name}",
        id=f"{prefix}account-{score.name}",
    )


def _head(low: float, high: float) -> Html:
    return element(
        "tr",
        element(
            "th",
            element("span", "From"),
            element("br"),
            element("span", "Given", class_="given"),
            scope="col",
            align="left",
        ),
        element("th", "Points", scope="col", class_="points", align="right"),
        element("th", f"Running sum, {low:.4g} to {high:.4g}", scope="col", class_="bar", align="left"),
    )


def _row(line: AccountLine, bar: Html) -> Html:
    given = together(element("br"), element("span", line.given, class_="given")) if line.given else ""
    return element(
        "tr",
        element("th", element("span", line.label), given, scope="row", align="left"),
        element("td", line.points, class_="points", align="right"),
        element("td", bar, class_="bar", align="left"),
    )


def _sum(total: str, zero: float, end: float) -> Html:
    bar = _picture([_bar("sum", "steel", zero, end), _baseline(zero)], total)
    return element(
        "tr",
        element("th", "Sum", scope="row", align="left"),
        element("td", element("strong", total), class_="points", align="right"),
        element("td", bar, class_="bar", align="left"),
    )


def _picture(parts: Iterable[Html], alt: str) -> Html:
    """A bar of the running sum, as wide and high as its cell."""
    return image(
        drawing(together(parts), _WIDE, _HIGH, _MARGIN, stretches=True), alt, _WIDE + 2 * _MARGIN, _HIGH, "running"
    )


def _step(start: float, end: float, line: AccountLine) -> Html:
    kind = "minus" if line.exact < 0 else "plus" if line.points.startswith("+") else "base"
    return together(
        _upright("link", "base", start, 0, _HIGH / 2),
        _upright("link", "base", end, _HIGH / 2, _HIGH),
        _bar(kind, kind, min(start, end), max(start, end)),
    )


def _bar(kind: str, colour: str, start: float, end: float) -> Html:
    """A bar; one that takes away is an outline, so that it is not colour alone that tells."""
    if end - start < _NOTHING:
        return Html()
    bar = _line(kind, colour, (start, end), (_HIGH / 2, _HIGH / 2), _THICK)
    if kind != "minus" or end - start <= 2 * _EDGE:
        return bar
    inside = (start + _EDGE, end - _EDGE), (_HIGH / 2, _HIGH / 2)
    return together(bar, _line("inside", "paper", *inside, _THICK - 2 * _EDGE))


def _upright(kind: str, colour: str, at: float, top: float, bottom: float) -> Html:
    return _line(kind, colour, (at, at), (top, bottom), 1)


def _baseline(zero: float) -> Html:
    return _upright("zero", "steel", zero, 0, _HIGH)


def _line(kind: str, colour: str, across: tuple[float, float], down: tuple[float, float], width: float) -> Html:
    """A line, or a bar, as thick as it is however wide and high its cell."""
    (x1, x2), (y1, y2) = ((f"{end:.7g}" for end in ends) for ends in (across, down))
    effect = "non-scaling-stroke"
    marks = paint(kind, stroke=colour)
    return element("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke_width=width, vector_effect=effect, **marks)
