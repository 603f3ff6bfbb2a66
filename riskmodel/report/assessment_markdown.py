"""An assessment as Markdown."""

from collections.abc import Iterator, Sequence

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import escape_control
from riskmodel.report import formatting
from riskmodel.report.account import account_groups, keeps_points
from riskmodel.report.citations import CITED, citation_numbers, cited_sources, marks
from riskmodel.report.document import escape_markdown, markdown_table
from riskmodel.report.summary import summary


def assessment_markdown(assessment: Assessment) -> str:
    """Return an assessment as a Markdown document."""
    model = assessment.model
    version = f" {model.version}" if model.version else ""
    lines = [f"# {escape_markdown(assessment.heading)}", ""]
    date = f"{assessment.date}. " if assessment.date else ""
    lines += [f"{date}Model `{model.id}`{version}, fingerprint `{model.short_fingerprint}`.", ""]
    if assessment.description:
        lines += [escape_markdown(assessment.description), ""]
    lines += [*_sentences(assessment), *_table([assessment])]
    for score in assessment.scores.values():
        if score.account:
            heading = escape_markdown(formatting.account_title(score))
            lines += ["", f"## {heading}", "", *_account(assessment, score)]
    lines += _rules(assessment)
    for heading, remark in formatting.remarks(assessment):
        lines += ["", f"**{heading}:** {escape_markdown(remark)}"]
    for heading, items in formatting.lists(assessment):
        lines += ["", f"## {heading}", "", *(f"- {escape_markdown(item)}" for item in items)]
    return "\n".join(map(escape_control, lines))


def assessments_markdown(assessments: Sequence[Assessment]) -> str:
    """Return several assessments as Markdown: the sentences of each, and a table of all scores."""
    lines: list[str] = []
    for assessment in assessments:
        lines += [f"## {escape_markdown(formatting.titled(assessment))}", "", *_sentences(assessment)]
    return "\n".join(map(escape_control, [*lines, *_table(assessments)]))


def _sentences(assessment: Assessment) -> Iterator[str]:
    for score in assessment.top_scores:
        value = "" if score.reported is None else f": {formatting.number_text(score)}"
        yield from (f"**{escape_markdown(score.title + value)}.** {escape_markdown(summary(assessment, score))}", "")


def _table(assessments: Sequence[Assessment]) -> Iterator[str]:
    """Yield the lines of a table with a row for each score of each assessment."""
    headings = ("Situation", "Score", "Reported", "Band", "Bounds", "Coverage")
    yield from markdown_table(headings, formatting.comparison_rows(assessments), "llrlrr")


def _account(assessment: Assessment, score: ScoreResult) -> Iterator[str]:
    kept = keeps_points(score)

    def row(label: str, given: str, points: str, possible: str, mark: str = "") -> str:
        cells = (label, given, points, *((possible,) if kept else ()))
        escaped = (escape_markdown(cell) for cell in cells)
        return f"| {' | '.join(f'{mark}{cell}{mark}' if cell else '' for cell in escaped)} |"

    yield from markdown_table(
        ("From", "Given", "Points", *(("Possible",) if kept else ())), (), "llrr" if kept else "llr"
    )
    for group in account_groups(assessment, score):
        is_given = bool(group.lines or group.small)
        yield row(group.title, group.remark, group.points if is_given else "", group.possible if is_given else "", "**")
        for line in group.lines:
            if line.label != group.title:
                yield row(line.label, line.given, line.points, line.possible)
        if group.small:
            yield row(group.small_title, "", group.small_points, group.small_possible)
    if score.reported is not None:
        total = formatting.number(score.reported, score.decimals)
        yield row("Sum", "", total, formatting.number(score.out_of, score.decimals), "**")


def _rules(assessment: Assessment) -> Iterator[str]:
    numbers = citation_numbers(assessment)
    if fired := formatting.fired_rules(assessment):
        yield from ("", "## Rules that fired", "")
    for rule, degree, effects in fired:
        yield f"- **{escape_markdown(rule.title)}**: {escape_markdown(degree)}. {escape_markdown(effects)}."
        reason = " ".join(filter(None, (escape_markdown(rule.because or ""), marks(rule, numbers))))
        yield from (f"  {text}" for text in (reason,) if text)
    if undetermined := formatting.undetermined_rules(assessment):
        yield from ("", "## Rules that could not be judged", "")
    yield from (f"- {escape_markdown(rule.title)}: {escape_markdown(reason)}" for rule, reason in undetermined)
    if sources := cited_sources(assessment):
        yield from ("", f"## {CITED}", "")
    for source, passages in sources:
        own = "".join(f"[{number}] " for number, text in passages if not text)
        yield f"- {own}{escape_markdown(source)}"
        yield from (f"  - [{number}] {escape_markdown(text)}" for number, text in passages if text)
