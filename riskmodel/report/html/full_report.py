"""The report: one situation, or several side by side, as a page in one file that prints well."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

import riskmodel
from riskmodel.analysis.near_misses import near_misses
from riskmodel.analysis.results.comparison import Comparison
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.analysis.situations import prepare
from riskmodel.assessment import Assessment
from riskmodel.documents.situations import Situation
from riskmodel.errors import RiskmodelError, counted
from riskmodel.model import Model
from riskmodel.report import formatting
from riskmodel.report.analyses import comparison as comparison_module
from riskmodel.report.analyses import uncertainty as uncertainty_module
from riskmodel.report.analyses.comparison import comparison_report
from riskmodel.report.analyses.uncertainty import uncertainty_report
from riskmodel.report.document import Report, Section, Table, as_html
from riskmodel.report.html import charts
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.markup import render, stylesheet
from riskmodel.report.html.svg import figure_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""For browsers, of what holds anyway: the page loads nothing and runs nothing; its pictures are in it."""
_HEADINGS = ("Situation", "Score", "Reported", "Band", "Bounds", "Coverage")
_HOW_SURE = "How sure the scores are"


class _Entry(NamedTuple):
    """A situation in a report."""

    assessment: Assessment
    fragment: Markup
    uncertainty: Markup


def report_document(situations: Sequence[tuple[Model, Situation]]) -> str:
    """Write the report on one or more situations, each with its model.

    Where values are given as ranges it includes how sure the scores are (`riskmodel.uncertainty` with its defaults),
    and of several situations under one model what explains the difference between the first and each of the others.

    Returns
    -------
    HTML that is complete in itself, in which nothing points to another file or host.

    Raises
    ------
    SituationError
        Where values are not valid.
    """
    is_single = len(situations) == 1
    entries = [
        _entry(model, situation, "" if is_single else f"s{number}-")
        for number, (model, situation) in enumerate(situations, start=1)
    ]
    assessments = [entry.assessment for entry in entries]
    models = list(dict.fromkeys(assessment.model.line for assessment in assessments))
    if is_single:
        title, about = assessments[0].heading, [assessments[0].date, *models]
    else:
        title, about = "Situations side by side", [counted(len(entries), "situation"), ", ".join(models)]
    page = render(
        "report.html",
        title=title,
        identity=" | ".join(filter(None, about)),
        entries=entries,
        gauge=charts.gauge,
        all_scores="" if is_single else _all_scores(assessments),
        differences="" if is_single else _differences(situations, assessments),
        models=models,
        version=riskmodel.__version__,
        policy=_POLICY,
        style=Markup(stylesheet("assessment.css") + stylesheet("report.css")),  # noqa: S704  (our own)
    )
    return f"<!doctype html>\n{page}\n"


def _entry(model: Model, situation: Situation, prefix: str) -> _Entry:
    assessment = model.assess(situation)
    near = near_misses(model, situation)
    shown = fragment(assessment, near, prefix, unfolded=True)
    return _Entry(assessment, shown, _uncertainty(model, situation))


def _all_scores(assessments: Sequence[Assessment]) -> Markup:
    table = Table(_HEADINGS, formatting.comparison_rows(assessments), "llrlrr")
    return as_html(Report("All scores", (), [Section("", (), table)]))


def _differences(situations: Sequence[tuple[Model, Situation]], assessments: Sequence[Assessment]) -> Markup:
    """Explain the differences between situations under one model; empty where they have several models."""
    if len({assessment.model.fingerprint for assessment in assessments}) > 1:
        return Markup()
    from riskmodel.analysis.comparison.analysis import compare

    return comparison_section(compare([situation for _, situation in situations], model=situations[0][0]))


def _uncertainty(model: Model, situation: Situation) -> Markup:
    """Show how sure the scores are; empty where every value is given as one number."""
    if not prepare(model, situation).uncertain:
        return Markup()
    from riskmodel.analysis.uncertainty.analysis import uncertainty

    try:
        return uncertainty_section(uncertainty(situation, model=model))
    except RiskmodelError as error:
        return render("analysis.html", title=_HOW_SURE, note=error, picture="", numbers="")


def comparison_section(comparison: Comparison) -> Markup:
    """Explain a difference: the picture that `riskmodel compare --plot` draws, and its numbers."""
    report, number = comparison_report(comparison), len(comparison_module.drawable_accounts(comparison))
    if number > comparison_module.MAX_ACCOUNTS:
        note = f"{number:,} accounts are too many for a picture (at most {comparison_module.MAX_ACCOUNTS})."
        return _analysis(report.title, report, note)
    draw = (lambda: comparison_module.draw(comparison)) if number else None
    return _analysis(report.title, report, draw=draw, alt="The way from one value of a score to the other")


def uncertainty_section(uncertainty: Uncertainty) -> Markup:
    """Show how sure scores are: the picture that `riskmodel uncertainty --plot` draws, and its numbers."""
    report = uncertainty_report(uncertainty)
    alt = f"{_HOW_SURE}: {uncertainty.heading}"
    return _analysis(_HOW_SURE, report, draw=lambda: uncertainty_module.draw(uncertainty), alt=alt)


def _analysis(
    title: str, report: Report, note: str = "", draw: "Callable[[], Figure] | None" = None, alt: str = ""
) -> Markup:
    """Show the picture and the numbers of an analysis; without matplotlib, a note in place of the picture."""
    if draw and find_spec("matplotlib") is None:
        draw, note = None, "The picture is left out: it needs matplotlib (pip install matplotlib)."
    numbers = as_html(report._replace(title=f"{title}, in numbers"))
    return render(
        "analysis.html", title=title, note=note, picture=figure_image(draw(), alt) if draw else "", numbers=numbers
    )
