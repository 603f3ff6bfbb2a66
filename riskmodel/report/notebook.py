"""HTML of results for notebook cells, with a style sheet that applies to the cell only."""

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from riskmodel.assessment import Assessment
from riskmodel.report.document import Report, as_html
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.bands import band_styles
from riskmodel.report.html.markup import escape_html, stylesheet
from riskmodel.report.html.svg import figure_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PADDING = (
    ".riskmodel-page.cell { padding: 0.75rem; } .riskmodel-page.cell figure.plot { max-width: 55rem; margin: 0; }"
)
_CLASS = re.compile(r"\.riskmodel(-page)?(?![\w-])")
_SIZE = re.compile(r"([\d.]+)rem\b")
_ALIGN = re.compile(r' align="(left|right)"')


def notebook_view(assessment: Assessment) -> str:
    """Return an assessment as HTML for a notebook cell."""
    # Ids that differ between the assessments of a notebook, and are the same each time.
    digest = sha256(repr(assessment.scores).encode()).hexdigest()[:8]
    heading = escape_html(f"{assessment.heading} ({assessment.model.line})")
    return _cell(f"<h2>{heading}</h2>{fragment(assessment, prefix=f'a{digest}-')}")


def report_view(report: Report, figure: "Figure | None" = None) -> str:
    """Return a report as HTML for a notebook cell, below its plot if there is one."""
    if figure is None:
        return _cell(str(as_html(report)))
    plot = figure_image(figure, str(figure.get_label()))
    return _cell(f'<figure class="riskmodel plot">{plot}</figure>{as_html(report)}')


def _cell(content: str) -> str:
    # Hosts drop the style sheet of a notebook that is not trusted, and override `align`, but keep style attributes.
    aligned = _ALIGN.sub(r'\g<0> style="text-align: \1"', content)
    style = _scoped(stylesheet("assessment.css") + _PADDING + band_styles(content))
    return f'<style>{style}</style><div class="riskmodel-page cell">{aligned}</div>'


def _scoped(style: str) -> str:
    """Return a style sheet with selectors more specific than those of hosts, and sizes independent of the host's."""
    specific = _CLASS.sub(r"\g<0>\g<0>\g<0>", style)
    return _SIZE.sub(lambda size: f"{16.0 * float(size[1]):g}px", specific)
