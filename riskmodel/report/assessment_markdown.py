"""An assessment as Markdown."""

from collections.abc import Iterator, Sequence

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import escape_control
from riskmodel.report import formatting
from riskmodel.report.account import account_groups, parts_text
from riskmodel.report.document import escape_markdown, markdown_table


def assessment_markdown(assessment: Assessment) -> str:
    """Return an assessment as a Markdown document."""
    model = assessment.model
    version = f" {model.version}" if model.version else ""
    lines = [f"# {escape_markdown(assessment.heading)}", ""]
    date = f"{assessment.date}. " if assessment.date else ""
    lines += [f"{date}Model `{model.id}`{version}, fingerprint `{model.short_fingerprint}`.", ""]
    if assessment.description:
        lines += [escape_markdown(assessment.description), ""]
    lines += score_table([assessment])
    for score in assessment.scores.values():
        if score.account:
            lines += [
                "",
                f"## {escape_markdown(score.title)}: where the points come from",
                "",
                *_account(assessment, score),
            ]
    lines += _rules(assessment)
    for heading, remark in formatting.remarks(assessment):
        lines += ["", f"**{heading}:** {escape_markdown(remark)}"]
    for heading, items in formatting.lists(assessment):
        lines += ["", f"## {heading}", "", *(f"- {escape_markdown(item)}" for item in items)]
    return "\n".join(map(escape_control, lines))


def score_table(assessments: Sequence[Assessment]) -> list[str]:
    """Return the lines of a Markdown table with a row for each score of each assessment."""
    headings = ("Situation", "Score", "Reported", "Band", "Bounds", "Coverage")
    return list(map(escape_control, markdown_table(headings, formatting.comparison_rows(assessments), "llrlrr")))


def _account(assessment: Assessment, score: ScoreResult) -> Iterator[str]:
    groups = account_groups(assessment, score)
    rows = [(line.label, line.given, line.points) for group in groups for line in (*group.lines, *group.small)]
    if score.reported is not None:
        rows.append(("Sum", "", formatting.number(score.reported, score.decimals)))
    yield from markdown_table(("From", "Given", "Points"), rows, "llr")
    if parts := parts_text(assessment, score):
        yield from ("", f"Of which {escape_markdown(parts)}.")


def _rules(assessment: Assessment) -> Iterator[str]:
    if fired := formatting.fired_rules(assessment):
        yield from ("", "## Rules that fired", "")
    for rule, degree, effects in fired:
        yield f"- **{escape_markdown(rule.title)}** ({escape_markdown(degree)}): {escape_markdown(effects)}."
        reasons = (rule.because, *(f"({citation})" for citation in rule.citations))
        yield from (f"  {escape_markdown(reason)}" for reason in reasons if reason)
    if undetermined := formatting.undetermined_rules(assessment):
        yield from ("", "## Rules that could not be judged", "")
    yield from (f"- {escape_markdown(rule.title)}: {escape_markdown(reason)}" for rule, reason in undetermined)
