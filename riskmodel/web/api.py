"""Routes of the JSON API, and the handling of requests that they share with the page."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.analysis.levers.analysis import levers as find_levers
from riskmodel.analysis.results.levers import Levers
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.analysis.uncertainty.analysis import uncertainty as find_uncertainty
from riskmodel.assessment import Assessment
from riskmodel.documents.situations import Situation, values_for
from riskmodel.errors import ModelError
from riskmodel.model import Model
from riskmodel.results import adapter
from riskmodel.schema.breakpoints import indicator_range
from riskmodel.web.jobs import OnProgress
from riskmodel.web.requests import parse_request, parse_situation, state_of
from riskmodel.web.schemas import AllLimits, LeversRequest, ModelAnswer, Range, UncertaintyRequest
from riskmodel.web.settings import Limits

Rendered = TypeVar("Rendered")

router = APIRouter(default_response_class=Response)


def json_response(data: object) -> Response:
    """Return plain data as a JSON response."""
    return result_response(to_json(data))


def result_response(json: bytes) -> Response:
    """Return JSON that is already serialised as a response."""
    return Response(json, media_type="application/json")


async def assess(request: Request) -> tuple[Situation, Assessment]:
    """Assess the situation in the body of a request."""
    state = state_of(request)
    situation = parse_situation(await request.body(), state)
    # Scoring takes less time than handing the situation to a thread.
    return situation, await state.batcher.assess((situation, values_for(state.model.spec, situation)))


async def analyse_uncertainty(request: Request, render: Callable[[Uncertainty], Rendered]) -> Rendered:
    """Run the uncertainty analysis of a request in a thread, and render its result there."""
    state = state_of(request)
    body, situation = parse_request(UncertaintyRequest, await request.body(), state)
    options = body.model_dump(exclude={"situation"})

    def task(on_progress: OnProgress) -> Rendered:
        return render(find_uncertainty(situation, model=state.model, on_progress=on_progress, **options))

    return await state.jobs.run(request, task)


async def analyse_levers(request: Request, render: Callable[[Levers], Rendered]) -> Rendered:
    """Search levers for the target of a request in a thread, and render the result there."""
    state = state_of(request)
    body, situation = parse_request(LeversRequest, await request.body(), state)

    def task(on_progress: OnProgress) -> Rendered:
        return render(find_levers(situation, body.target, model=state.model, on_progress=on_progress))

    return await state.jobs.run(request, task)


@router.post("/api/score", summary="Assess one situation")
async def score(request: Request) -> Response:
    """Assess one situation: scores, bands, bounds and contributions; as `riskmodel score --format json`."""
    _, assessment = await assess(request)
    return result_response(assessment.to_json())


@router.get("/api/model", summary="Describe the served model")
async def model(request: Request) -> Response:
    """Return the content of the model file, the ranges of its indicators, and the limits of the service."""
    return result_response(state_of(request).model_json)


@router.post("/api/uncertainty", summary="Propagate uncertainty to the scores")
async def uncertainty(request: Request) -> Response:
    """Compute median, intervals and band probabilities of each score; as `riskmodel uncertainty --format json`."""
    return result_response(await analyse_uncertainty(request, lambda result: result.to_json()))


@router.post("/api/levers", summary="Find changes that reach a target")
async def levers(request: Request) -> Response:
    """Find the change of each lever alone, and the smallest combined change; as `riskmodel levers --format json`."""
    return result_response(await analyse_levers(request, lambda result: result.to_json()))


def model_json(served: Model, limits: Limits) -> bytes:
    """Return the response of `/api/model`."""
    ranges = {name: _range(served, name) for name in served.spec.indicators}
    answer = ModelAnswer(served.identity, served.spec, ranges, AllLimits(**limits.model_dump()))
    return adapter(ModelAnswer).dump_json(answer, by_alias=True)


def _range(served: Model, name: str) -> Range | None:
    if served.spec.indicators[name].labels is not None:
        return None
    try:
        return Range(**indicator_range(served.spec, name)._asdict())
    except ModelError:
        return None
