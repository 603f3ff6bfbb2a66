"""Whether the service lives, and whether it can be asked."""

from fastapi import APIRouter
from starlette.responses import Response

from riskmodel.web.api import json_response

router = APIRouter(default_response_class=Response)


@router.get("/health/live", summary="Whether the service lives")
async def live() -> Response:
    """Any answer says that it does."""
    return json_response({"status": "alive"})


@router.get("/health/ready", summary="Whether the service can be asked")
async def ready() -> Response:
    """It answers once its model has been tried; from when it is about to end, nothing answers."""
    return json_response({"status": "ready"})
