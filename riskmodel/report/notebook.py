"""The views of results in a notebook; their style touches nothing but themselves."""

from hashlib import sha256

from riskmodel.assessment import Assessment
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.markup import Html, element, stylesheet, together
from riskmodel.report.sections import Report, as_html

_ROOM = ".riskmodel-page.cell { padding: 0.75rem; }"


def notebook_view(assessment: Assessment) -> str:
    """An assessment as HTML for a notebook cell."""
    # The ids of another assessment in the same notebook are others, and those of this one are the same every time.
    digest = sha256(repr(assessment.scores).encode()).hexdigest()[:8]
    heading = element("h2", f"{assessment.heading} ({assessment.model.line})")
    return _cell(together(heading, fragment(assessment, prefix=f"a{digest}-")))


def report_view(report: Report) -> str:
    """A report as HTML for a notebook cell."""
    return _cell(Html(as_html(report)))


def _cell(content: Html) -> Html:
    style = element("style", Html(stylesheet("assessment.css") + _ROOM))
    return together(style, element("div", content, class_="riskmodel-page cell"))
