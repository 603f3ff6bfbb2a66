"""The scored table of the page as a workbook, in the form of `riskmodel batch IN -o OUT.xlsx --explain`."""

import io
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.batch.about import about_text
from riskmodel.batch.result import RunInfo
from riskmodel.batch.scoring import Options, ScoringRun
from riskmodel.batch.target import Target
from riskmodel.extras import require
from riskmodel.web.problems import BODY
from riskmodel.web.requests import parse_query
from riskmodel.web.schemas import TableQuery
from riskmodel.web.uploads import Upload, analyse_upload

if TYPE_CHECKING:
    from riskmodel.tables.spreadsheet.sheet_writer import About

PATH = "/page/workbook"
_XLSX = Target(BODY, is_stream=True, format="xlsx", compression="", delimiter=",", ending=".xlsx")
_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(include_in_schema=False, default_response_class=Response)


@router.post(PATH)
async def workbook(request: Request) -> Response:
    """Score a table, of at most as many rows as a series, and return it as a workbook with its rejected rows."""
    query = parse_query(TableQuery, request.query_params)
    return Response(await analyse_upload(request, query, scored_workbook), media_type=_MEDIA_TYPE)


def scored_workbook(upload: Upload) -> bytes:
    """Score a table and return it as a workbook (xlsx).

    Raises
    ------
    SituationError
        The table cannot be used.
    RiskmodelError
        XlsxWriter is not installed.
    """
    require("excel")
    source, model = upload.open(), upload.model

    def about() -> "About":
        # The path is that of the service, and says nothing to a reader.
        facts = {name: fact for name, fact in source.info.items() if name != "path"}
        return about_text(model, [facts], run, RunInfo.new())

    run = ScoringRun(source, model, _XLSX, Options(explain=True, table=upload.options), threads=1, about=about)
    output = io.BytesIO()
    run.score(output, lambda rejects: None, lambda progress: upload.on_progress(progress.share or 0.0, "scored"))
    return output.getvalue()
