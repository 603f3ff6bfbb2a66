"""`/api/series` and `/api/outlook`, and both for the page: the scores of units over time and ahead, of a table."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.analysis.outlook.analysis import outlook as find_outlook
from riskmodel.analysis.results.outlook import Outlook
from riskmodel.analysis.results.series import TimeSeries
from riskmodel.analysis.series.analysis import series as find_series
from riskmodel.report.plotting import root_figure
from riskmodel.report.presenters import axes_of_series
from riskmodel.web.api import result_response
from riskmodel.web.pictures import picture_response, signed
from riskmodel.web.requests import parse_query
from riskmodel.web.schemas import (
    OutlookQuery,
    PageOutlookQuery,
    PageSeriesQuery,
    SeriesOptions,
    SeriesPictureQuery,
    SeriesQuery,
)
from riskmodel.web.series_data import outlook_data, propose_columns, series_data
from riskmodel.web.uploads import Upload, analyse_upload

PATHS = ("/api/series", "/page/series", "/page/series/picture", "/api/outlook", "/page/outlook")

router = APIRouter(default_response_class=Response)


@router.post("/api/series", summary="Score units over time")
async def series(request: Request) -> Response:
    """Score the units of a CSV or Parquet file over time, with intervals, changes and their accounts.

    The body is the file; the response is that of `riskmodel series --format json`.
    """
    query = parse_query(SeriesQuery, request.query_params)

    def analyse(upload: Upload) -> bytes:
        return _series(upload, query, query.by, query.time).to_json()

    return result_response(await analyse_upload(request, query, analyse))


@router.post("/page/series", include_in_schema=False)
async def page_series(request: Request) -> Response:
    """Return the series of a table for the page; columns that the query does not name are proposed.

    Without a column of times, there is no series: it is null.
    """
    query = parse_query(PageSeriesQuery, request.query_params)

    def analyse(upload: Upload) -> bytes:
        by, time = query.by, query.time
        if time is None:
            by, time = propose_columns(upload.model, upload.open, upload.options)
        result = None if time is None else _series(upload, query, by, time)
        data = None if result is None else series_data(result)
        return to_json({"by": by if result is None else result.by, "time": time, "series": data}, inf_nan_mode="null")

    return result_response(await analyse_upload(request, query, analyse))


@router.post("/page/series/picture", include_in_schema=False)
async def picture(request: Request) -> Response:
    """Draw a score of a unit over time."""
    query = parse_query(SeriesPictureQuery, request.query_params)

    def analyse(upload: Upload) -> bytes:
        result = _series(upload._replace(name=query.file), query, query.by, query.time)
        axes = axes_of_series(result, query.unit, query.score, None)
        return signed(root_figure(axes), query.kind, upload.model, query.address)

    return picture_response(await analyse_upload(request, query, analyse), query.kind)


def _series(upload: Upload, query: SeriesOptions, by: Sequence[str], time: str) -> TimeSeries:
    return find_series(
        upload.open(),  # type: ignore[arg-type]  # read as a file is, but it has no path
        by=by,
        time=time,
        alerts=query.alert,
        draws=query.draws,
        weight_uncertainty=query.weight_uncertainty,
        seed=query.seed,
        **upload.keywords,
    )


@router.post("/api/outlook", summary="Carry the scores of units ahead")
async def outlook(request: Request) -> Response:
    """Carry the scores of the units of a CSV or Parquet file ahead, and hold such outlooks against the past.

    The body is the file; the response is that of `riskmodel outlook --format json`.
    """
    query = parse_query(OutlookQuery, request.query_params)
    return result_response(await analyse_upload(request, query, lambda upload: _outlook(upload, query).to_json()))


@router.post("/page/outlook", include_in_schema=False)
async def page_outlook(request: Request) -> Response:
    """Return the outlook of a score of the only unit of a table for the page."""
    query = parse_query(PageOutlookQuery, request.query_params)

    def analyse(upload: Upload) -> bytes:
        return to_json(outlook_data(_outlook(upload, query), query.score, upload.model), inf_nan_mode="null")

    return result_response(await analyse_upload(request, query, analyse))


def _outlook(upload: Upload, query: OutlookQuery) -> Outlook:
    return find_outlook(
        upload.open(),  # type: ignore[arg-type]  # read as a file is, but it has no path
        by=query.by,
        time=query.time,
        horizon=query.horizon,
        draws=query.draws,
        seed=query.seed,
        influences=query.influences,
        **upload.keywords,
    )
