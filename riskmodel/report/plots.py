"""Pictures: what all of them share."""

from pathlib import Path
from typing import TYPE_CHECKING

from riskmodel.errors import RiskmodelError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")
BLUE, ORANGE, GREY = "#1f5a92", "#c05a1c", "0.55"
"""Colours that stay apart for eyes that do not see red and green apart, and in print without colour."""


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
    try:
        figure.savefig(path, dpi=150, metadata={"Date": None} if Path(path).suffix.lower() == ".svg" else None)
    except OSError as error:
        raise RiskmodelError(f"{path}: cannot be written: {error.strerror}") from None
