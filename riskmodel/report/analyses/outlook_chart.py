"""Fan charts of an outlook with the past, and how such outlooks did."""

from typing import TYPE_CHECKING

from riskmodel.analysis.results.outlook import Outlook
from riskmodel.extras import require
from riskmodel.report.plotting import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(result: Outlook) -> "Figure":
    """Draw the fans of an outlook; RiskmodelError if matplotlib is not installed."""
    require("plot")
    return new_figure(9, 4)
