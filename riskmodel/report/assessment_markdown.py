"""An assessment as Markdown."""

from collections.abc import Iterable, Iterator, Sequence

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import escape_control, single_line
from riskmodel.report import formatting


def document(assessment: Assessment) -> str:
    """One assessment as a Markdown document."""
    model = assessment.model
    version = f" {model.version}" if model.version else ""
    lines = [f"# {escape(assessment.heading)}", ""]
    date = f"{assessment.date}. " if assessment.date else ""
    lines += [f"{date}Model `{model.id}`{version}, fingerprint `{model.short_fingerprint}`.", ""]
    if assessment.description:
        lines += [escape(assessment.description), ""]
    lines += comparison([assessment])
    for score in assessment.scores.values():
        if score.account:
            lines += ["", f"## {escape(score.title)}: where the points come from", "", *_account(assessment, score)]
    lines += _rules(assessment)
    for heading, told in formatting.remarks(assessment):
        lines += ["", f"**{heading}:** {escape(told)}"]
    for heading, texts in (
        ("Why the values are what they are", [f"{title}: {note}" for title, note in formatting.notes(assessment)]),
        ("Doubts", assessment.doubts),
        ("Sources", assessment.sources),
    ):
        if texts:
            lines += ["", f"## {heading}", "", *(f"- {escape(text)}" for text in texts)]
    return "\n".join(map(escape_control, lines))


def comparison(assessments: Sequence[Assessment]) -> list[str]:
    """The scores of one or more assessments as a table, a row for each score of each."""
    headings = ("Situation", "Score", "Reported", "Band", "Bounds", "Coverage")
    return list(map(escape_control, table(headings, formatting.comparison_rows(assessments), "llrlrr")))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> Iterator[str]:
    """A Markdown table; `align` has a letter for each column, l or r."""
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---:' if side == 'r' else '---' for side in align)} |"
    for row in rows:
        yield f"| {' | '.join(escape(cell) for cell in row)} |"


def escape(text: str) -> str:
    """Text in which nothing is taken for Markdown."""
    for mark in ("\\", "`", "*", "_", "[", "]", "<", "|"):
        text = text.replace(mark, f"\\{mark}")
    return single_line(text).strip(" ")


def _account(assessment: Assessment, score: ScoreResult) -> Iterator[str]:
    rows = [(line.label, line.given, line.points) for line in formatting.account_lines(assessment, score)]
    if score.reported is not None:
        rows.append(("Sum", "", formatting.number(score.reported, score.decimals)))
    yield from table(("From", "Given", "Points"), rows, "llr")
    if parts := formatting.parts_text(assessment, score):
        yield from ("", f"Of which {escape(parts)}.")


def _rules(assessment: Assessment) -> list[str]:
    lines: list[str] = []
    fired = formatting.fired(assessment)
    if fired:
        lines += ["", "## Rules that fired", ""]
    for rule in fired:
        degree = escape(formatting.degree_text(assessment, rule))
        lines.append(f"- **{escape(rule.title)}** ({degree}): {escape(formatting.effects_text(assessment, rule))}.")
        lines += [f"  {escape(told)}" for told in (rule.because, *(f"({cite})" for cite in rule.citations)) if told]
    undetermined = formatting.undetermined(assessment)
    if undetermined:
        lines += ["", "## Rules that could not be judged", ""]
    lines += [
        f"- {escape(rule.title)}: {escape(formatting.why_undetermined(assessment, rule))}" for rule in undetermined
    ]
    return lines
