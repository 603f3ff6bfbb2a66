"""`/api/series`, and `/page/series` of the page: the scores of units over time, of an uploaded table."""

import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.analysis.results.series import TimeSeries
from riskmodel.analysis.series.analysis import series as find_series
from riskmodel.model import Model
from riskmodel.tables.input_file import InputFile
from riskmodel.web.api import result_response
from riskmodel.web.jobs import OnProgress
from riskmodel.web.problems import BODY
from riskmodel.web.requests import parse_query, refuse_form, state_of, table_options
from riskmodel.web.schemas import PageSeriesQuery, SeriesOptions, SeriesQuery
from riskmodel.web.series_data import propose_columns, series_data
from riskmodel.web.upload_limits import check_size

PATH, PAGE_PATH = "/api/series", "/page/series"

router = APIRouter(default_response_class=Response)


class _Upload(NamedTuple):
    """An uploaded table, with the options of its query."""

    content: bytes
    model: Model
    query: SeriesOptions
    on_progress: OnProgress

    def open(self) -> InputFile:
        """Return the table at its beginning."""
        return InputFile(io.BytesIO(self.content), BODY, len(self.content))

    def series(self, by: Sequence[str], time: str) -> TimeSeries:
        """Score the units over time."""
        query = self.query
        return find_series(
            self.open(),  # type: ignore[arg-type]  # read as a file is, but with no name of its own
            model=self.model,
            by=by,
            time=time,
            draws=query.draws,
            weight_uncertainty=query.weight_uncertainty,
            seed=query.seed,
            alerts=query.alert,
            on_progress=self.on_progress,
            delimiter=query.delimiter,
            decimal=query.decimal,
            thousands=query.thousands,
        )


async def _analyse(request: Request, query: SeriesOptions, render: Callable[[_Upload], bytes]) -> Response:
    """Store the table of a request in memory, and render its answer in a thread."""
    table_options(query)
    refuse_form(request)
    state = state_of(request)
    limits = state.settings.limits
    slots = state.batches.slots
    slots.take()
    try:
        content = await request.body()

        def task(on_progress: OnProgress) -> bytes:
            check_size(io.BytesIO(content), limits.model_copy(update={"rows": limits.series_rows}))
            return render(_Upload(content, state.model, query, on_progress))

        return result_response(await state.jobs.run(request, task))
    finally:
        slots.release()


@router.post(PATH, summary="Score units over time")
async def series(request: Request) -> Response:
    """Score the units of a CSV or Parquet file over time, with intervals, changes and their accounts.

    The body is the file; the response is that of `riskmodel series --format json`.
    """
    query = parse_query(SeriesQuery, request.query_params)
    return await _analyse(request, query, lambda upload: upload.series(query.by, query.time).to_json())


@router.post(PAGE_PATH, include_in_schema=False)
async def page_series(request: Request) -> Response:
    """Return the series of a table for the page; columns that the query does not name are proposed.

    Without a column of times, there is no series: it is null.
    """
    query = parse_query(PageSeriesQuery, request.query_params)

    def render(upload: _Upload) -> bytes:
        by, time = query.by, query.time
        if time is None:
            by, time = propose_columns(upload.model, upload.open, table_options(query))
        result = None if time is None else upload.series(by, time)
        data = (
            {"by": result.by, "time": time, "series": series_data(result)}
            if result
            else {"by": by, "time": None, "series": None}
        )
        return to_json(data, inf_nan_mode="null")

    return await _analyse(request, query, render)
