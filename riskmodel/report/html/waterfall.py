"""The account of a score as a waterfall: every line begins where the one before it ended."""

from collections.abc import Sequence
from itertools import accumulate

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import figures
from riskmodel.report.figures import AccountLine
from riskmodel.report.html.markup import Html, element, together

_THICK = 12


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
    low, high = min(0.0, *ends), max(score.out_of, *ends)

    def across(value: float) -> float:
        return 100.0 * (value - low) / (high - low)

    rows = [
        _row(line, _step(across(start), across(end), line, across(0.0)))
        for line, start, end in zip(lines, ends, ends[1:], strict=False)
    ]
    total = figures.number(score.reported, score.decimals)
    parts = figures.parts_text(assessment, score)
    title = f"{score.title}: where the points come from"
    return element(
        "details",
        element("summary", title),
        element(
            "table",
            element("caption", title, class_="unseen"),
            element("thead", _head(low, high)),
            element("tbody", rows),
            element("tfoot", _sum(total, across(0.0), across(score.value))),
        ),
        element("p", f"Of which {parts}", class_="parts") if parts else "",
        class_="account",
        open=True,
        data_key=f"{prefix}account-{score.name}",
        id=f"{prefix}account-{score.name}",
    )


def _head(low: float, high: float) -> Html:
    ends = together(element("span", f"{low:.4g}"), element("span", f"{high:.4g}"))
    return element(
        "tr",
        element("th", element("span", "From"), " ", element("span", "Given", class_="given"), scope="col"),
        element("th", "Points", scope="col", class_="points"),
        element("th", element("span", "Running sum from", class_="unseen"), ends, scope="col", class_="bar"),
    )


def _row(line: AccountLine, bar: Html) -> Html:
    return element(
        "tr",
        element("th", element("span", line.label), " ", element("span", line.given, class_="given"), scope="row"),
        element("td", line.points, class_="points"),
        element("td", bar, class_="bar"),
    )


def _sum(total: str, zero: float, end: float) -> Html:
    bar = _picture([_bar("sum", zero, end), _baseline(zero)])
    cells = element("td", element("strong", total), class_="points"), element("td", bar, class_="bar")
    return element("tr", element("th", "Sum", scope="row"), *cells)


def _step(start: float, end: float, line: AccountLine, zero: float) -> Html:
    kind = "minus" if line.exact < 0 else "plus" if line.points.startswith("+") else "base"
    return _picture(
        [
            _link(start, "-1", "50%"),
            _link(end, "50%", "100%"),
            _bar(kind, min(start, end), max(start, end)),
            _baseline(zero),
        ]
    )


def _picture(parts: Sequence[Html]) -> Html:
    return element("svg", parts, aria_hidden="true", width="100%", height="100%")


def _bar(kind: str, start: float, end: float) -> Html:
    """A bar; one that takes away is an outline, so that it is not colour alone that tells."""
    return element(
        "rect",
        class_=kind,
        x=f"{start:.4f}%",
        width=f"{end - start:.4f}%",
        y="50%",
        height=_THICK,
        transform=f"translate(0 {-_THICK / 2:g})",
        fill="none" if kind == "minus" else "currentColor",
        stroke="currentColor",
    )


def _link(at: float, top: str, bottom: str) -> Html:
    return element("line", class_="link", x1=f"{at:.4f}%", x2=f"{at:.4f}%", y1=top, y2=bottom, stroke="currentColor")


def _baseline(zero: float) -> Html:
    at = f"{zero:.4f}%"
    return element("line", class_="zero", x1=at, x2=at, y1=-1, y2="100%", stroke="currentColor")
