"""The columns of a sheet of scores, whatever the format of the workbook: decimals, and bands."""

from collections.abc import Mapping

from riskmodel.engine.compile import CompiledModel
from riskmodel.schema.band_colours import BandColour, band_colours
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


def bands_of(column: InputColumn | AddedColumn, model: CompiledModel) -> Mapping[str, BandColour]:
    """Return the colours of the bands of which a column has one in each row, the lowest first; empty for others."""
    if isinstance(column, ScoreColumn) and column.kind == "band":
        score = model.scores[column.score]
        return dict(zip(score.bands, band_colours(len(score.bands), score.better), strict=True))
    return {}
