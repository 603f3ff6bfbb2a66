"""Rendering of the HTML templates; text from files is always escaped."""

import re
from functools import cache
from html import escape
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from riskmodel.errors import escape_control, single_line
from riskmodel.report import formatting
from riskmodel.report.html.bands import classes_of

_BESIDE_MARKUP = re.compile(r"(?<=[>}])\n\s*|\n\s*(?=[<{])")
_LINE_BREAK = re.compile(r"\n\s*")


def render(template: str, **values: object) -> Markup:
    """Render a template, such as `assessment.html`; values that are not `Markup` are escaped."""
    return Markup(_environment().get_template(template).render(values))  # noqa: S704  (the templates escape)


def escape_html(value: object) -> Markup:
    """Escape text for HTML, control characters visibly, and join its lines; `Markup` stays as it is."""
    return value if isinstance(value, Markup) else Markup(escape(single_line(str(value))))  # noqa: S704


def _verbatim(value: str) -> Markup:
    """Escape text for HTML, control characters visibly, line breaks among them."""
    return Markup(escape(escape_control(value)))  # noqa: S704


@cache
def stylesheet(name: str) -> str:
    """Return a style sheet of this package, such as `assessment.css`."""
    return files("riskmodel.report.html").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        finalize=escape_html,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.globals |= {"formatting": formatting, "band_classes": classes_of}
    environment.filters["verbatim"] = _verbatim
    return environment


def _source(name: str) -> str:
    """Return a template without line breaks: those beside markup are removed, those in text become spaces."""
    source = files("riskmodel.report.html").joinpath("templates", name).read_text(encoding="utf-8").rstrip()
    return _LINE_BREAK.sub(" ", _BESIDE_MARKUP.sub("", source))
