"""The report: one situation, or several side by side, as a page in one file that prints well."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from riskmodel.analysis.cases import case_of
from riskmodel.analysis.nearly import nearly_fired
from riskmodel.analysis.uncertainty.result import Uncertainty
from riskmodel.assessment import Assessment
from riskmodel.errors import RiskmodelError, counted
from riskmodel.load.situations import Situation
from riskmodel.model import Model
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.comparison import dated, difference, side_by_side
from riskmodel.report.html.document import document
from riskmodel.report.html.markup import Html, element, together
from riskmodel.report.sections import as_html

_HOW_SURE = "How sure the scores are"


class _Asked(NamedTuple):
    """A situation, and what its model makes of it."""

    model: Model
    situation: Situation
    assessment: Assessment


def report_document(asked: Sequence[tuple[Model, Situation]]) -> str:
    """The report on one or more situations, each with its model.

    Where values are given as ranges it tells how sure the scores are (`riskmodel.uncertainty` with its defaults), and
    of several situations under one model what explains the difference between the first and each of the others.

    Parameters
    ----------
    asked : one or more.

    Returns
    -------
    HTML that is complete in itself, in which nothing points to another file or host.

    Raises
    ------
    SituationError
        Where values are not valid.
    """
    found = [_Asked(model, situation, model.assess(situation)) for model, situation in asked]
    lines = list(dict.fromkeys(one.assessment.model.line for one in found))
    if len(found) == 1:
        one = found[0].assessment
        told = " | ".join(filter(None, (one.date, one.model.line)))
        about = together(element("p", told, class_="identity"), _description(one))
        return document(one.heading, about, _situation(found[0], "", "Assessment", Html()), lines)
    about = element("p", f"{counted(len(found), 'situation')} | {', '.join(lines)}", class_="identity")
    return document("Situations side by side", about, _several(found), lines)


def _several(found: Sequence[_Asked]) -> Iterator[Html]:
    yield element("h2", "Scores")
    yield side_by_side([one.assessment for one in found])
    if len({one.assessment.model.fingerprint for one in found}) == 1:
        from riskmodel.analysis.comparison.compare import compare

        yield difference(compare([one.situation for one in found], model=found[0].model))
    for place, one in enumerate(found, start=1):
        about = _description(one.assessment)
        yield element("article", _situation(one, f"s{place}-", dated(one.assessment), about), class_="situation")


def _situation(one: _Asked, prefix: str, heading: str, about: Html) -> Html:
    near = nearly_fired(one.model, one.situation)
    shown = fragment(one.assessment, near, prefix, unfolded=True)
    return together(element("h2", heading), about, shown, _uncertainty(one))


def _description(assessment: Assessment) -> Html:
    return element("p", assessment.description, class_="description") if assessment.description else Html()


def _uncertainty(one: _Asked) -> Html:
    """How sure the scores are; empty where every value is given as one number."""
    if not case_of(one.model, one.situation).uncertain:
        return Html()
    from riskmodel.analysis.uncertainty.uncertainty import uncertainty

    try:
        found = uncertainty(one.situation, model=one.model)
    except RiskmodelError as error:
        return together(element("h2", _HOW_SURE), element("p", str(error), class_="note"))
    return how_sure(found)


def how_sure(found: Uncertainty) -> Html:
    """How sure scores are: the picture that `riskmodel uncertainty --plot` draws, and its numbers."""
    from riskmodel.report.html.picture import drawn
    from riskmodel.report.uncertainty import uncertainty_report
    from riskmodel.report.uncertainty_plot import draw

    shown = drawn(lambda: draw(found), f"{_HOW_SURE}: {found.heading}")
    told = uncertainty_report(found)._replace(title=f"{_HOW_SURE}, in numbers")
    return together(element("h2", _HOW_SURE), shown, Html(as_html(told)))
