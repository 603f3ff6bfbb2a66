"""The HTML report on one situation, or on several side by side: one file, laid out for print too."""

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from riskmodel.analysis.near_misses import near_misses
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.analysis.situations import prepare
from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.documents.situations import Situation
from riskmodel.errors import RiskmodelError, counted
from riskmodel.model import Model
from riskmodel.report import formatting
from riskmodel.report.analyses import uncertainty as uncertainty_views
from riskmodel.report.analyses import uncertainty_chart
from riskmodel.report.document import Report, Section, Table, as_html
from riskmodel.report.html.account import AccountTable, account_table
from riskmodel.report.html.analysis import analysis_section, page
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.comparison import comparison_fragment
from riskmodel.report.html.gauge import gauge
from riskmodel.report.html.markup import render
from riskmodel.report.summary import summary

_COLUMNS, _MAX_LINES = 2, 28
"""Of accounts on the first page."""
_UNCERTAINTY_TITLE = "How sure the scores are"


class _Entry(NamedTuple):
    """The parts of a report on one situation.

    Attributes
    ----------
    accounts : the scores with their accounts.
    has_lines : whether the first page has room for the lines of the groups.
    prefix : start of the ids of its elements.
    """

    assessment: Assessment
    accounts: list[tuple[ScoreResult, AccountTable | None]]
    has_lines: bool
    fragment: Markup
    uncertainty: Markup
    prefix: str


def report_document(situations: Sequence[tuple[Model, Situation]]) -> str:
    """Return the report on one or more situations, each with its model, as HTML without references to other files.

    It has the uncertainty of scores (with default options) where values are given as ranges, and for several situations
    with the same model the comparison of the first with each of the others.

    Raises
    ------
    SituationError
        Values are not valid.
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
    return page(
        "report.html",
        title,
        [" | ".join(filter(None, about))],
        models,
        entries=entries,
        gauge=gauge,
        summary=summary,
        all_scores="" if is_single else _all_scores(assessments),
        differences="" if is_single else _differences(situations, assessments),
    )


def _entry(model: Model, situation: Situation, prefix: str) -> _Entry:
    assessment = model.assess(situation)
    accounts = [(score, account_table(assessment, score)) for score in assessment.top_scores]
    heights = [sum(1 + len(group.rows) + bool(group.small) for group in table.groups) for _, table in accounts if table]
    has_lines = len(accounts) <= _COLUMNS and max(heights, default=0) <= _MAX_LINES
    content = fragment(assessment, near_misses(model, situation), prefix, unfolded=True, has_gauges=False)
    return _Entry(assessment, accounts, has_lines, content, _uncertainty(model, situation, assessment), prefix)


def _all_scores(assessments: Sequence[Assessment]) -> Markup:
    table = Table(formatting.COMPARISON_HEADINGS, formatting.comparison_rows(assessments), "llrlrr")
    return as_html(Report("All scores", (), [Section("", (), table)]))


def _differences(situations: Sequence[tuple[Model, Situation]], assessments: Sequence[Assessment]) -> Markup:
    """Return the section on the differences between situations; empty for situations of several models."""
    if len({assessment.model.fingerprint for assessment in assessments}) > 1:
        return Markup()
    from riskmodel.analysis.comparison.analysis import compare

    comparison = compare([situation for _, situation in situations], model=situations[0][0])
    return render("differences.html", differences=comparison_fragment(comparison, "difference-", unfolded=True))


def _uncertainty(model: Model, situation: Situation, assessment: Assessment) -> Markup:
    """Return the section on the uncertainty of the scores; empty if no value is given as a range."""
    if not prepare(model, situation).uncertain:
        return Markup()
    from riskmodel.analysis.uncertainty.analysis import uncertainty

    try:
        # What is missing is drawn too, as for the bands that the sentence of a score names; drawn values give no score.
        has_scores = all(score.value is not None for score in assessment.top_scores)
        return uncertainty_section(uncertainty(situation, model=model, sample_missing=has_scores))
    except RiskmodelError as error:
        return render("analysis.html", title=_UNCERTAINTY_TITLE, note=error, figure="", numbers="")


def uncertainty_section(uncertainty: Uncertainty) -> Markup:
    """Return the section on the uncertainty of scores: its plot and its report."""
    report = uncertainty_views.uncertainty_report(uncertainty)
    alt = f"{_UNCERTAINTY_TITLE}: {uncertainty.heading}"
    return analysis_section(_UNCERTAINTY_TITLE, report, draw=lambda: uncertainty_chart.draw(uncertainty), alt=alt)
