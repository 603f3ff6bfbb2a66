"""The columns of a sheet of scores, whatever the format of the workbook: decimals, and bands."""

from riskmodel.engine.compile import CompiledModel
from riskmodel.tables.writer import AddedColumn, InputColumn, IntensityColumn, ScoreColumn

SCORES, REJECTS = "Scores", "Rejects"
"""The names of the sheets."""


def decimals_of(column: InputColumn | AddedColumn, model: CompiledModel) -> int | None:
    """Return the decimals with which a column of numbers is shown; None for all of them."""
    if isinstance(column, IntensityColumn):
        return 3
    if not isinstance(column, ScoreColumn):
        return None
    return {"coverage": 2, "drivers": None, "exact": None}.get(column.kind, model.scores[column.score].decimals)


def bands_of(column: InputColumn | AddedColumn, model: CompiledModel) -> tuple[str, ...]:
    """Return the bands of which a column has one in each row, from the lowest; empty for other columns."""
    if isinstance(column, ScoreColumn) and column.kind == "band":
        return model.scores[column.score].bands
    return ()
