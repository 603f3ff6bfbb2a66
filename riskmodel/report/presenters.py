"""The registry of views: the functions that present a result, by its type.

They are given by name, because some of them need libraries that are slow to import.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from riskmodel.report import document
from riskmodel.report.document import Report
from riskmodel.results import DrawableResult, Viewable


class Views(NamedTuple):
    """The functions that present results of a type, as `module.function` below `riskmodel.report`.

    Attributes
    ----------
    report : returns a `Report`, from which text, Markdown and notebook cell are made if they have no function.
    draw : returns a matplotlib figure; empty for a type without a plot.
    """

    report: str = ""
    draw: str = ""
    text: str = ""
    markdown: str = ""
    notebook: str = ""


VIEWS = {
    "Assessment": Views(
        text="assessment_text.assessment_text",
        markdown="assessment_markdown.assessment_markdown",
        notebook="notebook.notebook_view",
    ),
    "Calibration": Views("analyses.calibration.calibration_report"),
    "Comparison": Views("analyses.comparison.comparison_report", "analyses.comparison.draw"),
    "EffectiveWeights": Views("analyses.sensitivity.effective_weights_report"),
    "Levers": Views("analyses.levers.levers_report", "analyses.levers.draw"),
    "LeversOfSeveral": Views("analyses.levers.overview_report"),
    "Profile": Views("analyses.profile.profile_report"),
    "Ranking": Views("analyses.ranking.ranking_report", "analyses.ranking.draw"),
    "Sensitivities": Views("analyses.sensitivity.sensitivities_report"),
    "Sensitivity": Views("analyses.sensitivity.sensitivity_report", "analyses.sensitivity.draw"),
    "Uncertainties": Views("analyses.uncertainty.uncertainties_report"),
    "Uncertainty": Views("analyses.uncertainty.uncertainty_report", "analyses.uncertainty.draw"),
    "Validation": Views("analyses.validation.validation_report", "analyses.validation.draw"),
    "Weighting": Views("analyses.weighting.weighting_report"),
}
"""By name of the type; other types have the views of their base class."""


def as_report(result: Viewable) -> Report:
    """Return the report of a result."""
    report: Report = function(_views(result).report)(result)
    return report


def as_text(result: Viewable) -> str:
    """Return a result as plain text."""
    name = _views(result).text
    return str(function(name)(result)) if name else document.as_text(as_report(result))


def as_markdown(result: Viewable) -> str:
    """Return a result as Markdown."""
    name = _views(result).markdown
    return str(function(name)(result)) if name else document.as_markdown(as_report(result))


def as_notebook_cell(result: Viewable) -> str:
    """Return a result as HTML for a notebook."""
    from riskmodel.report.notebook import report_view

    name = _views(result).notebook
    return str(function(name)(result)) if name else report_view(as_report(result))


def save_plot(result: DrawableResult, path: str | Path) -> None:
    """Write the plot of a result to a file; see `riskmodel.results.DrawableResult.save_plot`."""
    from riskmodel.report.plotting import check_plot, save

    check_plot(path)
    save(function(_views(result).draw)(result), path)


def function(name: str) -> Callable[..., Any]:
    """Import a function below `riskmodel.report`, such as `analyses.levers.levers_report`."""
    module, _, attribute = name.rpartition(".")
    loaded: Callable[..., Any] = getattr(import_module(f"riskmodel.report.{module}"), attribute)
    return loaded


def _views(result: Viewable) -> Views:
    return next(VIEWS[kind.__name__] for kind in type(result).__mro__ if kind.__name__ in VIEWS)
