"""The view of an assessment in a notebook: a small table, and the account behind each score."""

from html import escape

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import figures

_CELL = 'style="text-align:left"'
_RIGHT = 'style="text-align:right"'


def notebook_view(assessment: Assessment) -> str:
    """HTML for a notebook cell; everything that comes from a file is escaped."""
    model = assessment.model
    rows = "".join(
        f"<tr><th {_CELL}>{escape(score.title)}</th><td {_CELL}>{escape(figures.headline(score))}</td>"
        f"<td {_CELL}>{figures.bounds_text(score)}</td></tr>"
        for score in assessment.scores.values()
    )
    accounts = "".join(_account(assessment, score) for score in assessment.scores.values() if score.account)
    remarks = "".join(
        f"<p><b>{escape(heading)}:</b> {escape(told)}</p>" for heading, told in figures.remarks(assessment)
    )
    return (
        f"<div><b>{escape(assessment.heading)}</b> "
        f"<small>{escape(model.id)} {escape(model.version or '')} {model.short_fingerprint}</small>"
        f"<table>{rows}</table>{accounts}{_rules(assessment)}{remarks}</div>"
    )


def _account(assessment: Assessment, score: ScoreResult) -> str:
    rows = "".join(
        f"<tr><td {_CELL}>{escape(line.label)}</td><td {_CELL}>{escape(line.given)}</td>"
        f"<td {_RIGHT}>{line.points}</td></tr>"
        for line in figures.account_lines(assessment, score)
    )
    parts = figures.parts_text(assessment, score)
    return (
        f"<details><summary>{escape(score.title)}: where the points come from</summary><table>{rows}</table>"
        f"{f'<p>Of these points: {escape(parts)}</p>' if parts else ''}</details>"
    )


def _rules(assessment: Assessment) -> str:
    items = "".join(
        f"<li><b>{escape(rule.title)}</b> (degree {rule.degree:.2f}): {escape(figures.effects_text(assessment, rule))}"
        f"<br><small>{escape(' '.join(filter(None, (rule.because, *rule.citations))))}</small></li>"
        for rule in figures.fired(assessment)
    )
    return f"<details><summary>Rules that fired</summary><ul>{items}</ul></details>" if items else ""
