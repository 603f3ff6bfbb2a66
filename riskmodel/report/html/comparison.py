"""Several assessments side by side, and what explains the difference between them."""

from collections.abc import Sequence

from riskmodel.analysis.comparison.result import Comparison
from riskmodel.assessment import Assessment
from riskmodel.report import figures
from riskmodel.report.comparison import comparison_report
from riskmodel.report.comparison_plot import MOST, accounts, draw
from riskmodel.report.html.gauge import gauge
from riskmodel.report.html.markup import Html, element, together
from riskmodel.report.html.picture import drawn
from riskmodel.report.sections import Report, Section, Table, as_html

_HEADINGS = ("Situation", "Score", "Reported", "Band", "Bounds", "Coverage")


def side_by_side(assessments: Sequence[Assessment]) -> Html:
    """The scores of several situations as gauges, and as a table."""
    table = Table(_HEADINGS, figures.comparison_rows(assessments), "llrlrr")
    cards = (_card(assessment, f"side{place}-") for place, assessment in enumerate(assessments, start=1))
    return together(
        element("div", cards, class_="riskmodel cards"),
        Html(as_html(Report("All scores", (), [Section("", (), table)]))),
    )


def _card(assessment: Assessment, prefix: str) -> Html:
    return element(
        "section",
        element("h3", dated(assessment)),
        (gauge(score, prefix, level=4) for score in assessment.top_scores),
        class_="card",
    )


def dated(assessment: Assessment) -> str:
    """What a situation is called, with its date where it has one."""
    return f"{assessment.heading} ({assessment.date})" if assessment.date else assessment.heading


def difference(found: Comparison) -> Html:
    """What explains the difference: the picture that `riskmodel compare --plot` draws, and its numbers."""
    told, number = comparison_report(found), len(accounts(found))
    shown = Html()
    if number > MOST:
        shown = element("p", f"{number:,} accounts are too many for a picture (at most {MOST}).", class_="note")
    elif number:
        shown = drawn(lambda: draw(found), "The way from one value of a score to the other")
    numbers = told._replace(title=f"{told.title}, in numbers")
    return together(element("h2", told.title), shown, Html(as_html(numbers)))
