"""The registry of views: the functions that present a result, by its type.

They are given by name, because some of them need libraries that are slow to import.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from riskmodel.report import document
from riskmodel.report.document import Report
from riskmodel.results import DrawableResult, Viewable

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from riskmodel.analysis.results.series import TimeSeries


class Views(NamedTuple):
    """The functions that present results of a type, as `module.function` below `riskmodel.report`.

    Attributes
    ----------
    report : returns a `Report`, from which text, Markdown and notebook cell are made if they have no function.
    draw : returns a matplotlib figure; empty for a type without a plot.
    frames : returns data frames by name, the main one first; empty for a type that is no table.
    """

    report: str = ""
    draw: str = ""
    text: str = ""
    markdown: str = ""
    notebook: str = ""
    frames: str = ""


VIEWS = {
    "Aggregation": Views("analyses.panels.aggregation_report", frames="frames.aggregation_frames"),
    "Assessment": Views(
        draw="card.draw",
        text="assessment_text.assessment_text",
        markdown="assessment_markdown.assessment_markdown",
        notebook="notebook.notebook_view",
        frames="frames.assessment_frames",
    ),
    "Calibration": Views("analyses.calibration.calibration_report"),
    "Comparison": Views(
        "analyses.comparison.comparison_report", "analyses.comparison_chart.draw", frames="frames.comparison_frames"
    ),
    "DataCheck": Views("analyses.data_check.data_check_report"),
    "Digest": Views("analyses.digest.digest_report"),
    "EffectiveWeights": Views("analyses.sensitivity.effective_weights_report"),
    "IndicatorRows": Views("analyses.indicators.rows_report", frames="analyses.indicators.rows_frames"),
    "IndicatorTable": Views("analyses.indicators.indicators_report", frames="analyses.indicators.indicator_frames"),
    "InfluencePaths": Views(
        "analyses.influences.influences_report",
        "analyses.influences_chart.draw",
        frames="analyses.influences.influences_frames",
    ),
    "Levers": Views("analyses.levers.levers_report", "analyses.levers_chart.draw"),
    "LeversOfSeveral": Views("analyses.levers.overview_report"),
    "Outlook": Views(
        "analyses.outlook.outlook_report", "analyses.outlook_chart.draw", frames="analyses.outlook.outlook_frames"
    ),
    "Profile": Views("analyses.profile.profile_report"),
    "Ranking": Views("analyses.ranking.ranking_report", "analyses.ranking_chart.draw", frames="frames.ranking_frames"),
    "RowComparison": Views("analyses.panels.comparison_report", frames="frames.row_comparison_frames"),
    "Sensitivities": Views("analyses.sensitivity.sensitivities_report"),
    "Sensitivity": Views("analyses.sensitivity.sensitivity_report", "analyses.sensitivity_chart.draw"),
    "TableRanking": Views("analyses.panels.ranking_report", frames="frames.table_ranking_frames"),
    "TimeSeries": Views(
        "analyses.series.series_report",
        "analyses.series_chart.draw",
        notebook="analyses.series.notebook_view",
        frames="frames.time_series_frames",
    ),
    "Uncertainties": Views("analyses.uncertainty.uncertainties_report"),
    "Uncertainty": Views("analyses.uncertainty.uncertainty_report", "analyses.uncertainty_chart.draw"),
    "Validation": Views(
        "analyses.validation.validation_report", "analyses.validation_chart.draw", frames="frames.validation_frames"
    ),
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


def drawing(result: Viewable) -> "Callable[[], Figure] | None":
    """Return the function that draws the plot of a result; None for a type without a plot."""
    name = _views(result).draw
    return (lambda: function(name)(result)) if name else None


def as_frames(result: Viewable) -> "Mapping[str, pd.DataFrame]":
    """Return the tables of a result as data frames, the main one first."""
    frames: Mapping[str, pd.DataFrame] = function(_views(result).frames)(result)
    return frames


def axes_of_series(series: "TimeSeries", unit: str | None, score: str | None, axes: "Axes | None") -> "Axes":
    """Draw a score of a unit over time; see `riskmodel.analysis.results.series.TimeSeries.plot`."""
    drawn: Axes = function("analyses.series_chart.axes_of_series")(series, unit, score, axes)
    return drawn


def save_plot(result: DrawableResult, path: str | Path, *options: object) -> None:
    """Write the plot of a result to a file, with options of its drawing; see `DrawableResult.save_plot`."""
    from riskmodel.report.plotting import check_plot, save

    check_plot(path)
    save(function(_views(result).draw)(result, *options), path)


def function(name: str) -> Callable[..., Any]:
    """Import a function below `riskmodel.report`, such as `analyses.levers.levers_report`."""
    module, _, attribute = name.rpartition(".")
    loaded: Callable[..., Any] = getattr(import_module(f"riskmodel.report.{module}"), attribute)
    return loaded


def _views(result: Viewable) -> Views:
    return next(VIEWS[kind.__name__] for kind in type(result).__mro__ if kind.__name__ in VIEWS)
