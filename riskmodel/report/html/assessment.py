"""An assessment as a piece of HTML, to be set into a page of any kind under a heading of the second level."""

from collections.abc import Iterable, Iterator, Sequence

from riskmodel.analysis.nearly import NearRule
from riskmodel.assessment import Assessment
from riskmodel.report import figures
from riskmodel.report.html.gauge import gauge
from riskmodel.report.html.markup import Html, element
from riskmodel.report.html.rules import rules
from riskmodel.report.html.waterfall import waterfall


def fragment(
    assessment: Assessment, nearly: Sequence[NearRule] | None = None, prefix: str = "", unfolded: bool = False
) -> Html:
    """Scores as gauges, the account of each as a waterfall, the rules, and what to know about the inputs.

    Parameters
    ----------
    assessment : of any model.
    nearly : the rules that nearly fired, from `riskmodel.analysis.nearly`; None leaves their list out.
    prefix : what ids, and the keys (`data-key`) of what can be folded, begin with; different for each fragment of a
        page.
    unfolded : whether everything that can be folded stands open, as on paper.
    """
    return element(
        "div",
        gauges(assessment, prefix),
        (waterfall(assessment, score, prefix) for score in assessment.scores.values()),
        rules(assessment, nearly, prefix, unfolded) if assessment.rules else "",
        _inputs(assessment),
        class_="riskmodel assessment",
        data_summary=summary(assessment),
    )


def summary(assessment: Assessment) -> str:
    """The scores that are no sub-scores, in one sentence; each as `Escalation risk 87.3 of 100, severe`."""
    return f"{'; '.join(f'{score.title} {figures.headline(score)}' for score in assessment.top_scores)}."


def gauges(assessment: Assessment, prefix: str) -> Html:
    """Every score as a gauge, sub-scores smaller and after the others."""
    subs = [gauge(score, prefix, level=4) for score in assessment.scores.values() if score.is_sub_score]
    tops = [gauge(score, prefix) for score in assessment.top_scores]
    return Html(
        element("div", tops, class_="gauges")
        + (element("section", element("h3", "Sub-scores"), element("div", subs, class_="gauges")) if subs else "")
    )


def _inputs(assessment: Assessment) -> Iterator[Html]:
    remarks = figures.remarks(assessment)
    if remarks:
        told = ((element("dt", heading), element("dd", said)) for heading, said in remarks)
        yield _section("About the values", element("dl", (part for pair in told for part in pair)))
    notes = figures.notes(assessment)
    if notes:
        items = (element("li", element("b", f"{title}:"), f" {note}") for title, note in notes)
        yield _section("Why the values are what they are", element("ul", items))
    for heading, texts in (("Doubts", assessment.doubts), ("Sources", assessment.sources)):
        if texts:
            yield _section(heading, _items(texts))


def _items(texts: Iterable[str]) -> Html:
    return element("ul", (element("li", said) for said in texts))


def _section(heading: str, content: Html) -> Html:
    return element("section", element("h3", heading), content, class_="inputs")
