"""The OpenAPI document: the routes as FastAPI knows them, with what goes in and comes out from the pydantic models."""

from collections.abc import Callable
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from riskmodel.analysis.results.levers import Levers
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.assessment import Assessment
from riskmodel.results import adapter
from riskmodel.schema.situation import SituationSpec
from riskmodel.web import schemas, table_answers
from riskmodel.web.problems import MEDIA_TYPE, ProblemDetails

_REFUSALS = {
    "400": "The body is not what it should be.",
    "403": "A page of another site asks.",
    "408": "The body took too long to arrive.",
    "413": "There is too much of something; `/api/model` has the limits.",
    "421": "The service does not answer for the host that was asked.",
    "422": "Something that was sent is not valid; `errors` names the fields.",
    "503": "There is too much to do at once, or it took too long.",
}
_BODILESS = ("421", "503")
_JSON, _LINES, _ANYTHING = "application/json", "application/x-ndjson", "application/octet-stream"


class _Route(NamedTuple):
    """What a route takes, in which form, and what it gives."""

    takes: type[BaseModel] | str | None
    gives: type[Any]
    media_type: str = _JSON
    query: type[BaseModel] | None = None


_ROUTES = {
    "/api/score": _Route(SituationSpec, Assessment),
    "/api/model": _Route(None, schemas.ModelAnswer),
    "/api/uncertainty": _Route(schemas.UncertaintyRequest, Uncertainty),
    "/api/levers": _Route(schemas.LeversRequest, Levers),
    "/api/batch": _Route(
        "A table: CSV, plain or compressed by gzip or zstd, or Parquet.",
        table_answers.BatchLine,
        _LINES,
        schemas.BatchQuery,
    ),
    "/health/live": _Route(None, schemas.Health),
    "/health/ready": _Route(None, schemas.Health),
}
PATHS = (*_ROUTES, "/", "/openapi.json")
"""Everything that may be meant by a path that is none."""


def described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What gives the document of an app; it is made when it is first asked for."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return document


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    refs, definitions = _schemas()
    found["components"] = {"schemas": definitions["$defs"]}
    refusal = {MEDIA_TYPE: {"schema": refs[ProblemDetails.__name__, "serialization"]}}
    for path, route in _ROUTES.items():
        for operation in found["paths"][path].values():
            operation["responses"] = {
                "200": {
                    "description": "Done.",
                    "content": {route.media_type: {"schema": refs[route.gives.__name__, "serialization"]}},
                }
            }
            for status in _REFUSALS if route.takes else _BODILESS:
                operation["responses"][status] = {"description": _REFUSALS[status], "content": refusal}
            if isinstance(route.takes, str):
                content: dict[str, Any] = {_ANYTHING: {"schema": {"type": "string", "format": "binary"}}}
                operation["requestBody"] = {"required": True, "description": route.takes, "content": content}
                operation["responses"]["415"] = {"description": "The table was sent as a form.", "content": refusal}
            elif route.takes is not None:
                content = {_JSON: {"schema": refs[route.takes.__name__, "validation"]}}
                operation["requestBody"] = {"required": True, "content": content}
            if route.query is not None:
                operation["parameters"] = _parameters(route.query)
    return found


def _schemas() -> tuple[dict[tuple[str, JsonSchemaMode], Any], dict[str, Any]]:
    """A reference to each type that is named here, by its name, and the definitions behind them."""
    wanted: dict[tuple[type[Any], JsonSchemaMode], None] = {(ProblemDetails, "serialization"): None}
    for route in _ROUTES.values():
        wanted[route.gives, "serialization"] = None
        if not isinstance(route.takes, str) and route.takes is not None:
            wanted[route.takes, "validation"] = None
    inputs = [(kind.__name__, mode, adapter(kind)) for kind, mode in wanted]
    return TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")


def _parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    found = query.model_json_schema()["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": schema.pop("description"),
            "schema": schema,
        }
        for name, schema in found.items()
    ]
