"""The plot and the report of an analysis as a section of a page, and the frame of all pages."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from markupsafe import Markup

import riskmodel
from riskmodel.report.document import Report, as_html
from riskmodel.report.html.bands import band_styles
from riskmodel.report.html.markup import render, stylesheet
from riskmodel.report.html.svg import figure_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""A page loads and runs nothing; its images are embedded."""


def page(template: str, title: str, about: Sequence[str], models: Sequence[str], **values: object) -> str:
    """Return a page as HTML without references to other files.

    Parameters
    ----------
    template : it extends `page.html`.
    title, about : its title, and the lines below it.
    models : the models that it was made with.
    **values : of the template.
    """
    content = render(
        template,
        title=title,
        about=about,
        models=models,
        version=riskmodel.__version__,
        policy=_POLICY,
        style=Markup(stylesheet("assessment.css") + stylesheet("report.css")),  # noqa: S704  (our own)
        **values,
    )
    head, end, rest = content.partition("</style>")
    return f"<!doctype html>\n{head}{band_styles(rest)}{end}{rest}\n"


def analysis_section(
    title: str, report: Report, note: str = "", draw: "Callable[[], Figure] | None" = None, alt: str = ""
) -> Markup:
    """Return the plot and the report of an analysis; without matplotlib, a note in place of the plot.

    Parameters
    ----------
    title : heading of the section; empty where its page has the title.
    report : the numbers.
    note : a remark before the plot.
    draw : draws the plot.
    alt : its alternative text; by default the label of the figure.
    """
    if draw and find_spec("matplotlib") is None:
        draw, note = None, "The plot is left out: it needs matplotlib (pip install matplotlib)."
    heading = f"{title}, in numbers" if title else "In numbers" if draw or note else ""
    numbers = as_html(report._replace(title=heading))
    figure = draw() if draw else None
    image = figure_image(figure, alt or str(figure.get_label())) if figure else ""
    return render("analysis.html", title=title, note=note, figure=image, numbers=numbers)
