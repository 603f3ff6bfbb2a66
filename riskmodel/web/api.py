"""The routes of the JSON service, and the analyses behind them, which the page shares."""

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

Answer = TypeVar("Answer")

router = APIRouter(default_response_class=Response)


def json_response(data: object, status: int = 200) -> Response:
    """Answer with plain data."""
    return Response(to_json(data), status, media_type="application/json")


def result_response(json: bytes) -> Response:
    """Return the JSON of a result as an answer."""
    return Response(json, media_type="application/json")


async def assess(request: Request) -> tuple[Situation, Assessment]:
    """Assess the situation that a request has as its body."""
    state = state_of(request)
    situation = parse_situation(await request.body(), state)
    # It takes less time than handing it to a thread and back.
    return situation, await state.batcher.assess((situation, values_for(state.model.spec, situation)))


async def analyse_uncertainty(request: Request, render: Callable[[Uncertainty], Answer]) -> Answer:
    """Run the analysis of uncertainty that a request asks for, and render its result, in a thread."""
    state = state_of(request)
    body, situation = parse_request(UncertaintyRequest, await request.body(), state)
    options = body.model_dump(exclude={"situation"})

    def task(on_progress: OnProgress) -> Answer:
        return render(find_uncertainty(situation, model=state.model, on_progress=on_progress, **options))

    return await state.jobs.run(request, task)


async def analyse_levers(request: Request, render: Callable[[Levers], Answer]) -> Answer:
    """Run the search for levers that a request asks for, and render its result, in a thread."""
    state = state_of(request)
    body, situation = parse_request(LeversRequest, await request.body(), state)

    def task(on_progress: OnProgress) -> Answer:
        return render(find_levers(situation, body.target, model=state.model, on_progress=on_progress))

    return await state.jobs.run(request, task)


@router.post("/api/score", summary="Assess one situation")
async def score(request: Request) -> Response:
    """Both scores, their bands and bounds, and the account of every point; as `riskmodel score --format json`."""
    _, assessment = await assess(request)
    return result_response(assessment.to_json())


@router.get("/api/model", summary="The model that is served")
async def model(request: Request) -> Response:
    """What the model says, how far its indicators range, and the limits of the service."""
    return Response(state_of(request).about, media_type="application/json")


@router.post("/api/uncertainty", summary="How sure the scores are")
async def uncertainty(request: Request) -> Response:
    """Median, intervals and the probability of each band; as `riskmodel uncertainty --format json`."""
    return result_response(await analyse_uncertainty(request, lambda result: result.to_json()))


@router.post("/api/levers", summary="What it would take to reach a target")
async def levers(request: Request) -> Response:
    """Each lever alone, and the smallest change of all together; as `riskmodel levers --format json`."""
    return result_response(await analyse_levers(request, lambda result: result.to_json()))


def about(served: Model, limits: Limits) -> bytes:
    """Return the answer of `/api/model`, as JSON."""
    ranges = {name: _range(served, name) for name in served.spec.indicators}
    answer = ModelAnswer(served.identity, served.spec, ranges, AllLimits(**limits.model_dump()))
    return adapter(ModelAnswer).dump_json(answer)


def _range(served: Model, name: str) -> Range | None:
    if served.spec.indicators[name].labels is not None:
        return None
    try:
        return Range(**indicator_range(served.spec, name)._asdict())
    except ModelError:
        return None
