"""The views of results in a notebook; their style touches nothing but themselves."""

import re
from functools import cache
from hashlib import sha256

from riskmodel.assessment import Assessment
from riskmodel.report.document import Report, as_html
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.markup import escape_html, stylesheet

_ROOM = ".riskmodel-page.cell { padding: 0.75rem; }"
_CLASS = re.compile(r"\.riskmodel(-page)?(?![\w-])")
_SIZE = re.compile(r"([\d.]+)rem\b")
_ALIGNED = re.compile(r' align="(left|right)"')


def notebook_view(assessment: Assessment) -> str:
    """An assessment as HTML for a notebook cell."""
    # The ids of another assessment in the same notebook are others, and those of this one are the same every time.
    digest = sha256(repr(assessment.scores).encode()).hexdigest()[:8]
    heading = escape_html(f"{assessment.heading} ({assessment.model.line})")
    return _cell(f"<h2>{heading}</h2>{fragment(assessment, prefix=f'a{digest}-')}")


def report_view(report: Report) -> str:
    """A report as HTML for a notebook cell."""
    return _cell(str(as_html(report)))


def _cell(content: str) -> str:
    # A notebook that is not trusted has no style sheet but the host's, which leaves only what the cells say themselves.
    aligned = _ALIGNED.sub(r'\g<0> style="text-align: \1"', content)
    return f'<style>{_style()}</style><div class="riskmodel-page cell">{aligned}</div>'


@cache
def _style() -> str:
    """The style sheet, more specific than any that hosts have for their outputs, and in sizes that no host sets."""
    style = _CLASS.sub(r"\g<0>\g<0>\g<0>", stylesheet("assessment.css") + _ROOM)
    return _SIZE.sub(lambda size: f"{16.0 * float(size[1]):g}px", style)
