"""The FastAPI app: JSON API, page and health checks of one model."""

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import riskmodel
from riskmodel.documents.validation import message_of
from riskmodel.engine.assessor import Assessor
from riskmodel.errors import Problem, RiskmodelError, suggest
from riskmodel.model import Model
from riskmodel.web import api, batch, documentation, entry, page, pictures, series, workbook
from riskmodel.web.access_log import AccessLog
from riskmodel.web.jobs import Batches, JobRunner, MicroBatcher
from riskmodel.web.keys import Keys
from riskmodel.web.middleware import BodyLimit, Guard
from riskmodel.web.openapi import PATHS, document_of
from riskmodel.web.problems import HTTPProblem, invalid, problem_response
from riskmodel.web.requests import AppState
from riskmodel.web.settings import LOCAL_HOSTS, Settings, check_servable

health = APIRouter(default_response_class=Response)


@health.get("/health/live", summary="Check that the service runs")
async def live() -> Response:
    """Respond if the service runs."""
    return api.json_response({"status": "alive"})


@health.get("/health/ready", summary="Check that the service accepts requests")
async def ready() -> Response:
    """Respond if the model is loaded and has been tried; a service that is shutting down does not respond."""
    return api.json_response({"status": "ready"})


def create_app(settings: Settings) -> FastAPI:
    """Create the app of a service.

    Raises
    ------
    ModelError
        The model cannot be used because it is not fitted yet.
    RiskmodelError
        The file of keys is not valid.
    """
    model, limits = Model(settings.model), settings.limits
    check_servable(model)
    app = FastAPI(
        title="riskmodel",
        version=riskmodel.__version__,
        description=f"Scores situations with the model {model.identity.title}, with the contributions to each score.",
        # FastAPI's documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.shared = AppState(
        model=model,
        settings=settings,
        model_json=api.model_json(model, limits),
        batcher=MicroBatcher(Assessor(model.spec, model.compiled, model.identity)),
        jobs=JobRunner(limits.analyses_at_once, limits.analysis_seconds),
        batches=Batches(limits),
    )
    # Before FastAPI's own route, which is then there for the document only: it would look for parameters first.
    app.router.routes.insert(0, Route("/api/score", api.score, methods=["POST"]))
    pages = (page.router, entry.router, pictures.router, workbook.router, documentation.router)
    for router in (api.router, batch.router, series.router, health, *pages):
        app.include_router(router)
    app.openapi = document_of(app, model, settings.key_file is not None)  # type: ignore[method-assign]
    app.add_exception_handler(RiskmodelError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_query)
    app.add_middleware(
        Guard,
        hosts=LOCAL_HOSTS | settings.hosts,
        requests=limits.requests_at_once,
        body=BodyLimit(limits.body_bytes, limits.body_seconds),
        bodies=dict.fromkeys(
            (batch.PATH, workbook.PATH, *series.PATHS), BodyLimit(limits.upload_bytes, limits.upload_seconds)
        ),
        keys=Keys(settings.key_file) if settings.key_file else None,
    )
    if settings.access_log:
        app.add_middleware(AccessLog, target=settings.access_log)
    return app


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RiskmodelError)  # noqa: S101  (registered for this type)
    return problem_response(invalid(error))


async def _invalid_query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems = [Problem(message_of(line), ".".join(map(str, line["loc"][1:]))) for line in error.errors()]
    return problem_response(invalid(RiskmodelError(problems)))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = error.detail
    if error.status_code == 404:
        detail = f"no route {request.url.path}{suggest(request.url.path, PATHS, short=False)}"
    elif error.status_code == 405:
        detail = f"{request.url.path} accepts {(error.headers or {}).get('Allow')}, not {request.method}"
    return problem_response(HTTPProblem(error.status_code, detail, error.headers))
