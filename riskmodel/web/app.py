"""The app: one model behind a JSON service and a page."""

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

import riskmodel
from riskmodel.documents.validation import message_of
from riskmodel.engine.assessor import Assessor
from riskmodel.errors import Problem, RiskmodelError, suggest
from riskmodel.model import Model
from riskmodel.web import api, batch, page
from riskmodel.web.jobs import Batches, JobRunner, MicroBatcher
from riskmodel.web.middleware import BodyLimit, Guard
from riskmodel.web.openapi import PATHS, described
from riskmodel.web.problems import HTTPProblem, invalid, problem_response
from riskmodel.web.requests import AppState
from riskmodel.web.settings import LOCAL_HOSTS, Settings, check_servable

health = APIRouter(default_response_class=Response)


@health.get("/health/live", summary="Whether the service lives")
async def live() -> Response:
    """Any answer says that it does."""
    return api.json_response({"status": "alive"})


@health.get("/health/ready", summary="Whether the service can be asked")
async def ready() -> Response:
    """It answers once its model has been tried; from when it is about to end, nothing answers."""
    return api.json_response({"status": "ready"})


def create_app(settings: Settings) -> FastAPI:
    """Make the app of a service.

    Parameters
    ----------
    settings : what is served.

    Raises
    ------
    ModelError
        Where the model cannot be used, because it is not fitted yet.
    """
    model, limits = Model(settings.model), settings.limits
    check_servable(model)
    app = FastAPI(
        title="riskmodel",
        version=riskmodel.__version__,
        description=f"Scores situations with the model {model.identity.title}, and accounts for every point.",
        # FastAPI's own pages about the document load from other hosts.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.shared = AppState(
        model=model,
        settings=settings,
        about=api.about(model, limits),
        batcher=MicroBatcher(Assessor(model.spec, model.compiled, model.identity)),
        jobs=JobRunner(limits.analyses_at_once, limits.analysis_seconds),
        batches=Batches(limits),
    )
    for router in (api.router, batch.router, health, page.router):
        app.include_router(router)
    app.openapi = described(app)  # type: ignore[method-assign]
    app.add_exception_handler(RiskmodelError, _invalid)
    app.add_exception_handler(HTTPException, _no_route)
    app.add_exception_handler(RequestValidationError, _wrong_query)
    app.add_middleware(
        Guard,
        hosts=LOCAL_HOSTS | settings.hosts,
        requests=limits.requests_at_once,
        body=BodyLimit(limits.body_bytes, limits.body_seconds),
        bodies={batch.PATH: BodyLimit(limits.upload_bytes, limits.upload_seconds)},
    )
    return app


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RiskmodelError)  # noqa: S101  (that is what it is registered for)
    return problem_response(invalid(error))


async def _wrong_query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    problems = [Problem(message_of(line), ".".join(map(str, line["loc"][1:]))) for line in error.errors()]
    return problem_response(invalid(RiskmodelError(problems)))


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    detail = error.detail
    if error.status_code == 404:
        detail = f"there is nothing at {request.url.path}{suggest(request.url.path, PATHS, short=False)}"
    elif error.status_code == 405:
        detail = f"{request.url.path} does not take {request.method}, but {(error.headers or {}).get('Allow')}"
    return problem_response(HTTPProblem(error.status_code, detail, error.headers))
