"""A page that is complete in one file: nothing in it points outside, and nothing in it runs."""

from collections.abc import Iterable

import riskmodel
from riskmodel.report.html.markup import Content, Html, element, stylesheet

_LEGEND = (
    "A score is an ordered judgement on stated scales, not a probability. On its bands stand the score (upright mark) "
    "and its bounds (line), which no value of what is missing can leave; coverage is the share of the weights that is "
    "given. In an account every bar begins where the one before it ended; what takes points away is outlined."
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A browser is told what is true anyway: the page loads nothing and runs nothing; its pictures are in it."""


def document(title: str, about: Content, body: Content, models: Iterable[str]) -> str:
    """A whole page.

    Parameters
    ----------
    title : of the page, as its first heading too.
    about : what stands below that heading.
    body : what follows.
    models : which models it was made with, for the last line.
    """
    styles = stylesheet("assessment.css") + stylesheet("report.css")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(styles)),
    )
    page = element(
        "body",
        element("header", element("h1", title), about),
        element("main", body),
        element(
            "footer",
            element("p", _LEGEND),
            element("p", f"Made with riskmodel {riskmodel.__version__}; {', '.join(models)}."),
        ),
        class_="riskmodel-page report",
    )
    return f"<!doctype html>\n{element('html', head, page, lang='en')}\n"
