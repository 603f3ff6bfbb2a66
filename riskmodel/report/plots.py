"""Pictures: what all of them share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from warnings import catch_warnings, filterwarnings

from riskmodel.errors import RiskmodelError, printable_lines
from riskmodel.report.fonts import use_fonts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
BLUE, ORANGE, GREY = "#1f5a92", "#c05a1c", "0.55"
"""Colours that stay apart for eyes that do not see red and green apart, and in print without colour."""
_SETTINGS = Lock()
"""How text is written in SVG, and what is warned of, holds for the whole program: one thread at a time changes it."""


def check_plot(path: str | Path) -> None:
    """Check that a plot can be written under a name, before any work is done.

    Raises
    ------
    RiskmodelError
        Where its ending is no format that plots have, or matplotlib is not installed.
    """
    from riskmodel.analysis.needs import require

    if Path(path).suffix.lower() not in FORMATS:
        raise RiskmodelError(f"{path}: a plot ends in {', '.join(FORMATS)}")
    require("plot")


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches."""
    # The object, and not pyplot: a library must not choose what windows the program has.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: "Figure", path: str | Path) -> None:
    """Write a figure; the ending of the file is the format, PNG, SVG or PDF.

    Raises
    ------
    RiskmodelError
        Where the file cannot be written.
    """
    _take_text_as_it_is(figure)
    use_fonts(figure, str(path))
    metadata = {"Date": None} if Path(path).suffix.lower() == ".svg" else None
    try:
        with _SETTINGS, _quiet_on_letters():
            figure.savefig(path, dpi=150, metadata=metadata)
    except OSError as error:
        raise RiskmodelError(f"{path}: cannot be written: {error.strerror}") from None


def as_svg(figure: "Figure") -> str:
    """A figure as the text of an SVG in which letters are letters, the same whenever it is drawn."""
    from io import StringIO

    import matplotlib as mpl

    _take_text_as_it_is(figure)
    out = StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "riskmodel"}
    # Letters that matplotlib's own font lacks are drawn by whoever shows the text.
    with _SETTINGS, _quiet_on_letters(), mpl.rc_context(settings):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


@contextmanager
def _quiet_on_letters() -> Iterator[None]:
    """Keep matplotlib from warning of letters that a font lacks; `use_fonts` tells it in one line."""
    with catch_warnings():
        for beginning in ("Glyph", "Matplotlib currently does not support"):
            filterwarnings("ignore", beginning)
        yield


def _take_text_as_it_is(figure: "Figure") -> None:
    """Escape control characters in the text of a figure; dollar signs in it are no formula."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_text(printable_lines(text.get_text()))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            escaped = list(map(printable_lines, labels))
            if escaped != labels:
                axis.set_ticklabels(escaped)
