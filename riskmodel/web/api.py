"""The routes of the JSON service."""

from typing import Any

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.errors import ModelError
from riskmodel.load.situations import values_for
from riskmodel.marks import whole_range
from riskmodel.model import Model
from riskmodel.report.data import assessment_data, identity_data
from riskmodel.web.bodies import asked_of, situation_of
from riskmodel.web.schemas import AllLimits, LeversRequest, UncertaintyRequest
from riskmodel.web.settings import Limits

router = APIRouter(default_response_class=Response)


def json_response(data: object, status: int = 200) -> Response:
    """Plain data as an answer."""
    return Response(to_json(data), status, media_type="application/json")


@router.post("/api/score", summary="Assess one situation")
async def score(request: Request) -> Response:
    """Both scores, their bands and bounds, and the account of every point; as `riskmodel score --format json`."""
    state = request.app.state
    situation = situation_of(await request.body(), state)
    values = values_for(state.model.spec, situation)
    # It takes less time than handing it to a thread and back.
    return json_response(assessment_data(await state.gatherer.assess((situation, values))))


@router.get("/api/model", summary="The model that is served")
async def model(request: Request) -> Response:
    """What the model says, how far its indicators range, and the limits of the service."""
    return Response(request.app.state.about, media_type="application/json")


@router.post("/api/uncertainty", summary="How sure the scores are")
async def uncertainty(request: Request) -> Response:
    """Median, intervals and the probability of each band; as `riskmodel uncertainty --format json`."""
    from riskmodel.analysis.uncertainty.uncertainty import uncertainty as found_by

    state = request.app.state
    asked, situation = asked_of(UncertaintyRequest, await request.body(), state)
    how = asked.model_dump(exclude={"situation"})
    return await _analysed(
        request, lambda on_progress: found_by(situation, model=state.model, on_progress=on_progress, **how)
    )


@router.post("/api/levers", summary="What it would take to reach a target")
async def levers(request: Request) -> Response:
    """Each lever alone, and the smallest change of all together; as `riskmodel levers --format json`."""
    from riskmodel.analysis.levers.levers import levers as found_by

    state = request.app.state
    asked, situation = asked_of(LeversRequest, await request.body(), state)
    return await _analysed(
        request, lambda on_progress: found_by(situation, asked.target, model=state.model, on_progress=on_progress)
    )


async def _analysed(request: Request, task: Any) -> Response:
    found = await request.app.state.desk.run(request, task)
    return json_response(found.to_dict())


def about(served: Model, limits: Limits) -> bytes:
    """What is told of the model, as JSON."""
    return to_json(
        {
            "model": identity_data(served.identity),
            "spec": served.spec.model_dump(mode="json"),
            "ranges": {name: _range(served, name) for name in served.spec.indicators},
            "limits": AllLimits(**limits.model_dump()).model_dump(mode="json"),
        }
    )


def _range(served: Model, name: str) -> dict[str, Any] | None:
    if served.spec.indicators[name].labels is not None:
        return None
    try:
        return whole_range(served.spec, name)._asdict()
    except ModelError:
        return None
