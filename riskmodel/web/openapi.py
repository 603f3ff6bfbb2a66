"""The OpenAPI document: the routes of FastAPI, completed with the types of requests and responses."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from riskmodel.analysis.results.comparison import Comparison
from riskmodel.analysis.results.levers import Levers
from riskmodel.analysis.results.outlook import Outlook
from riskmodel.analysis.results.sensitivity import Sensitivity
from riskmodel.analysis.results.series import TimeSeries
from riskmodel.analysis.results.uncertainty import Uncertainty
from riskmodel.model import Model
from riskmodel.results import adapter
from riskmodel.web import schemas
from riskmodel.web.examples import Example, example_requests
from riskmodel.web.problems import MEDIA_TYPE, ProblemDetails

_ERRORS = {
    "400": "The body is not JSON, or the Host header is invalid.",
    "403": "The request comes from a page of another site.",
    "408": "The body did not arrive in time.",
    "413": "The request exceeds a limit; see `/api/model`.",
    "421": "The host name is not served.",
    "422": "The request is invalid; `errors` lists the fields.",
    "503": "The service is busy, or a time limit is exceeded.",
}
_ERRORS_WITHOUT_BODY = ("421", "503")
_NO_KEY = "A key is needed, or the given one is not valid."
_SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "basic": {"type": "http", "scheme": "basic", "description": "Name and key as user and password; for browsers."},
}
"""The ways to send a key, of which one is needed."""
_TABLE = "A table: CSV, plain or compressed by gzip or zstd, Parquet, or a workbook (.xlsx, .ods)."
_JSON, _LINES, _BINARY = "application/json", "application/x-ndjson", "application/octet-stream"


class _Route(NamedTuple):
    """Types of the request and response of a route."""

    request: type[BaseModel] | str | None
    """A type, or the description of a binary body."""
    response: type[Any]
    media_type: str = _JSON
    query: type[BaseModel] | None = None


_ROUTES = {
    "/api/score": _Route(schemas.ScoreRequest, schemas.ScoreAnswer),
    "/api/model": _Route(None, schemas.ModelAnswer),
    "/api/uncertainty": _Route(schemas.UncertaintyRequest, Uncertainty),
    "/api/sensitivity": _Route(schemas.SensitivityRequest, Sensitivity),
    "/api/levers": _Route(schemas.LeversRequest, Levers),
    "/api/compare": _Route(schemas.CompareRequest, Comparison),
    "/api/batch": _Route(
        _TABLE,
        schemas.BatchLine,
        _LINES,
        schemas.BatchQuery,
    ),
    "/api/series": _Route(_TABLE, TimeSeries, query=schemas.SeriesQuery),
    "/api/outlook": _Route(_TABLE, Outlook, query=schemas.OutlookQuery),
    "/health/live": _Route(None, schemas.Health),
    "/health/ready": _Route(None, schemas.Health),
}
PATHS = (*_ROUTES, "/", "/docs", "/openapi.json")
"""Paths that are suggested for an unknown one."""


def document_of(app: FastAPI, model: Model, needs_keys: bool) -> Callable[[], dict[str, Any]]:
    """Return a function that makes the document of an app at its first call, with examples for the model."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, example_requests(model), needs_keys)
        return app.openapi_schema

    return document


def _document(app: FastAPI, examples: Mapping[str, Example], needs_keys: bool) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    refs, definitions = _schemas()
    document["components"] = {"schemas": definitions["$defs"]}
    error_content = {MEDIA_TYPE: {"schema": refs[ProblemDetails.__name__, "serialization"]}}
    for path, route in _ROUTES.items():
        for operation in document["paths"][path].values():
            operation["responses"] = {
                "200": {
                    "description": "Success.",
                    "content": {route.media_type: {"schema": refs[route.response.__name__, "serialization"]}},
                }
            }
            for status in _ERRORS if route.request else _ERRORS_WITHOUT_BODY:
                operation["responses"][status] = {"description": _ERRORS[status], "content": error_content}
            if isinstance(route.request, str):
                content: dict[str, Any] = {_BINARY: {"schema": {"type": "string", "format": "binary"}}}
                operation["requestBody"] = {"required": True, "description": route.request, "content": content}
                operation["responses"]["415"] = {
                    "description": "The table was sent as a form.",
                    "content": error_content,
                }
            elif route.request is not None:
                content = {_JSON: {"schema": refs[route.request.__name__, "validation"]}}
                operation["requestBody"] = {"required": True, "content": content}
            if route.query is not None:
                operation["parameters"] = _parameters(route.query)
    for path, example in examples.items():
        _add_example(document["paths"][path]["post"], example)
    if needs_keys:
        _add_keys(document, error_content)
    return document


def _add_example(operation: dict[str, Any], example: Example) -> None:
    for content in operation["requestBody"]["content"].values():
        content["example"] = example.body
    for parameter in operation.get("parameters", ()):
        if value := example.query.get(parameter["name"]):
            parameter["example"] = [value] if parameter["schema"].get("type") == "array" else value


def _add_keys(document: dict[str, Any], error_content: dict[str, Any]) -> None:
    document["components"]["securitySchemes"] = _SECURITY
    document["security"] = [{name: []} for name in _SECURITY]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/health/"):
                operation["security"] = []
            else:
                operation["responses"]["401"] = {"description": _NO_KEY, "content": error_content}


def _schemas() -> tuple[dict[tuple[str, JsonSchemaMode], Any], dict[str, Any]]:
    """Return references to the types of the routes, by name and mode, and their definitions."""
    types: dict[tuple[type[Any], JsonSchemaMode], None] = {(ProblemDetails, "serialization"): None}
    for route in _ROUTES.values():
        types[route.response, "serialization"] = None
        if not isinstance(route.request, str) and route.request is not None:
            types[route.request, "validation"] = None
    inputs = [(kind.__name__, mode, adapter(kind)) for kind, mode in types]
    return TypeAdapter.json_schemas(inputs, ref_template="#/components/schemas/{model}")


def _parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    content = query.model_json_schema()
    return [
        {
            "name": name,
            "in": "query",
            "required": name in content.get("required", []),
            "description": schema.pop("description"),
            "schema": schema,
        }
        for name, schema in content["properties"].items()
    ]
