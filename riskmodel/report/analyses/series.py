"""Report of a series."""

from riskmodel.analysis.results.series import TimeSeries
from riskmodel.errors import counted
from riskmodel.report.document import Report


def series_report(result: TimeSeries) -> Report:
    """Return the report of a series."""
    units = counted(len(result.unit_names), "unit")
    about = [f"{result.source} | {result.model.line}"]
    about += [f"skipped {unit.unit}: {unit.reason}" for unit in result.skipped]
    return Report(f"Series of {units}, {counted(result.rows, 'row')}", about, [])
