"""Write a model as a workbook with live formulas."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskmodel.analysis.situations import load_situations, prepare
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import SituationError
from riskmodel.extras import require
from riskmodel.model import Model, ensure_model
from riskmodel.tables.output_files import Outputs, output_error

if TYPE_CHECKING:
    from riskmodel.analysis.situations import SituationsLike

MAX_SITUATIONS = 1_000
SUFFIX = ".xlsx"


@call_as("write_workbook(path, situations, model=model)")
def write_workbook(
    path: str | Path, situations: "SituationsLike" = (), *, model: "Model | str | Path" = DEFAULT
) -> None:
    """Write a model as a workbook in which every score follows, by formulas, from the cells that a reader changes.

    Parameters
    ----------
    path
        The file to write, ending in `.xlsx`.
    situations
        Up to 1,000 situations to fill in: a list, a frame with a row for each, or a file (situations in YAML or JSON, a
        table in CSV or Parquet). A distribution is replaced by its median, as for a score. Empty rows follow.
    model
        A model, its path, or its id.

    Raises
    ------
    SituationError
        If a situation is not valid, there are more than 1,000, or the file cannot be written.
    ModelError
        If the model is not valid, not fitted yet, or too large for formulas of a workbook.
    RiskmodelError
        If XlsxWriter (the extra `excel`) is not installed.
    """
    if Path(path).suffix.lower() != SUFFIX:
        raise output_error(path, f"should end in {SUFFIX}")
    require("excel")
    loaded = ensure_model(model)
    several = load_situations(loaded.spec, situations)
    if len(several) > MAX_SITUATIONS:
        raise SituationError(
            f"{len(several):,} situations are too many for a workbook of {MAX_SITUATIONS:,}; score them with "
            "`riskmodel batch`"
        )
    content = _content(loaded, [prepare(loaded, situation) for situation in several])
    with Outputs() as outputs:
        outputs.open(path).write(content)
        outputs.publish()


def _content(model: Model, cases: list[Any]) -> bytes:
    """Return the bytes of a workbook."""
    from riskmodel.workbook.book import Book
    from riskmodel.workbook.render import render

    buffer = BytesIO()
    render(Book(model, cases), buffer)
    return buffer.getvalue()
