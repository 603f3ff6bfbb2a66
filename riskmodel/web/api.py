"""Routes of the JSON API, and the handling of requests that they share with the page."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.analysis.comparison.analysis import compare as find_differences
from riskmodel.analysis.levers.analysis import levers as find_levers
from riskmodel.analysis.results.comparison import Comparison
from riskmodel.analysis.results.levers import Levers
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.analysis.sensitivity.analysis import sensitivity as find_sensitivity
from riskmodel.analysis.uncertainty.analysis import uncertainty as find_uncertainty
from riskmodel.assessment import Assessment
from riskmodel.documents.situations import Situation, values_for
from riskmodel.errors import ModelError
from riskmodel.model import Model
from riskmodel.results import adapter
from riskmodel.schema.breakpoints import indicator_range
from riskmodel.web.jobs import OnProgress
from riskmodel.web.requests import (
    RequestBody,
    parse_one_or_several,
    parse_request,
    parse_situation,
    parse_situations,
    state_of,
)
from riskmodel.web.schemas import (
    MAX_SITUATIONS,
    AllLimits,
    LeversRequest,
    ModelAnswer,
    Range,
    SensitivityRequest,
    UncertaintyRequest,
)
from riskmodel.web.settings import Limits

Outcome = TypeVar("Outcome")
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
    return await _analyse(request, UncertaintyRequest, find_uncertainty, render)


async def analyse_levers(request: Request, render: Callable[[Levers], Rendered]) -> Rendered:
    """Search levers for the target of a request in a thread, and render the result there."""
    return await _analyse(request, LeversRequest, find_levers, render)


async def analyse_differences(request: Request, render: Callable[[Comparison], Rendered], most: int) -> Rendered:
    """Compare the two or more situations of a request in a thread, and render the result there."""
    state = state_of(request)
    situations = parse_situations(await request.body(), state, most, 2)

    def task(on_progress: OnProgress) -> Rendered:
        return render(find_differences(situations, model=state.model, on_progress=on_progress))

    return await state.jobs.run(request, task)


async def _analyse(
    request: Request, spec: type[RequestBody], find: Callable[..., Outcome], render: Callable[[Outcome], Rendered]
) -> Rendered:
    state = state_of(request)
    body, situation = parse_request(spec, await request.body(), state)
    options = body.model_dump(exclude={"situation"})

    def task(on_progress: OnProgress) -> Rendered:
        return render(find(situation, model=state.model, on_progress=on_progress, **options))

    return await state.jobs.run(request, task)


@router.post("/api/score", summary="Assess a situation, or several")
async def score(request: Request) -> Response:
    """Assess a situation, or several: scores, bands, bounds and contributions; as `riskmodel score --format json`.

    Several are a list under `situations`, and get a list of assessments in their order.
    """
    state = state_of(request)
    given = parse_one_or_several(await request.body(), state, MAX_SITUATIONS)
    situations = given if isinstance(given, list) else [given]
    # Scoring takes less time than handing the situations to a thread; they arrive together, and are one block.
    cases = [state.batcher.assess((situation, values_for(state.model.spec, situation))) for situation in situations]
    if not isinstance(given, list):
        return result_response((await cases[0]).to_json())
    assessments = await asyncio.gather(*cases)
    return result_response(b"[" + b",".join(assessment.to_json() for assessment in assessments) + b"]")


@router.get("/api/model", summary="Describe the served model")
async def model(request: Request) -> Response:
    """Return the content of the model file, the ranges of its indicators, and the limits of the service."""
    return result_response(state_of(request).model_json)


@router.post("/api/uncertainty", summary="Propagate uncertainty to the scores")
async def uncertainty(request: Request) -> Response:
    """Compute median, intervals and band probabilities of each score; as `riskmodel uncertainty --format json`."""
    return result_response(await analyse_uncertainty(request, lambda result: result.to_json()))


@router.post("/api/sensitivity", summary="Show which inputs and weights move the scores")
async def sensitivity(request: Request) -> Response:
    """Vary inputs and weights, alone and together; as `riskmodel sensitivity --format json`."""
    json = await _analyse(request, SensitivityRequest, find_sensitivity, lambda result: result.to_json())
    return result_response(json)


@router.post("/api/compare", summary="Explain the differences between situations")
async def compare(request: Request) -> Response:
    """Explain the difference between the first situation and each of the others; as `riskmodel compare --format json`.

    The parts of each difference sum to it.
    """
    return result_response(await analyse_differences(request, lambda result: result.to_json(), MAX_SITUATIONS))


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
