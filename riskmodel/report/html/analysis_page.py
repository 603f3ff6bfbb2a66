"""A result of an analysis as a page of its own."""

from riskmodel.report.frames import identities
from riskmodel.report.html.analysis import analysis_section, page
from riskmodel.report.presenters import as_report, drawing
from riskmodel.results import Result


def analysis_document(result: Result) -> str:
    """Return a result as HTML without references to other files: what it is about, its plot, and its numbers."""
    report = as_report(result)
    models = [identity.line for identity in identities(result)]
    content = analysis_section("", report._replace(about=()), draw=drawing(result))
    return page("analysis_page.html", report.title, report.about, models, content=content)
