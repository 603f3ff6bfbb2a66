"""Problem details (RFC 9457): the JSON of every error response."""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from riskmodel.errors import Problem, RiskmodelError, counted

MEDIA_TYPE = "application/problem+json"
BODY = "body"
"""Name of a request body in messages, in place of a file name."""
INTERNAL_ERROR = "internal error; it has been logged"
_MAX_CHARACTERS = 500
"""Length of one message: some quote the request."""
_MAX_FAULTS = 100


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(extra="forbid")

    detail: str
    field: str | None = Field(description="Path such as `values.espionage`; null for the request as a whole.")
    line: int | None = Field(description="Line of the body, from 1; null if the fault has no position.")
    column: int | None


class ProblemDetails(BaseModel):
    """Description of a failed request (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Always `about:blank`: the status gives the kind of problem.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str
    errors: list[Fault] = Field(description="All faults, at most the first 100.")


class HTTPProblem(Exception):  # noqa: N818  (RFC 9457 calls it a problem)
    """An error response.

    Parameters
    ----------
    status : the HTTP status.
    detail : the reason.
    headers : headers of the response.
    problems : each fault, if there are several.
    """

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.problems = status, detail, headers, problems


def invalid(error: RiskmodelError) -> HTTPProblem:
    """Return the problem of an invalid request."""
    count = len(error.problems)
    first = _fault_data(error.problems[0])
    field = f"{first['field']}: " if first["field"] else ""
    detail = f"{field}{first['detail']}"
    return HTTPProblem(
        422, f"{counted(count, 'error')}; the first: {detail}" if count > 1 else detail, None, error.problems
    )


def problem_response(problem: HTTPProblem) -> Response:
    """Return a problem as a response."""
    return Response(problem_bytes(problem), problem.status, problem.headers, MEDIA_TYPE)


def problem_bytes(problem: HTTPProblem) -> bytes:
    """Return a problem as JSON with the fields of `ProblemDetails`."""
    data = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": _clipped(problem.detail),
        "errors": [_fault_data(fault) for fault in problem.problems[:_MAX_FAULTS]],
    }
    # A request may contain lone surrogates: not valid in UTF-8, but valid as JSON escapes.
    return json.dumps(data, ensure_ascii=False).encode(errors="backslashreplace")


def _fault_data(problem: Problem) -> dict[str, Any]:
    file = "" if problem.file == BODY else problem.file
    return {
        "detail": _clipped(problem.message),
        "field": _clipped(problem.field or file) or None,
        "line": problem.line,
        "column": problem.column,
    }


def _clipped(text: str) -> str:
    # Options of the command are keys of a body, or query parameters, here.
    text = text.replace("--weight-uncertainty 20%", '"weight_uncertainty": 0.2')
    text = text.replace("--sample-missing", '"sample_missing": true').replace("--over range", '"over": "range"')
    text = re.sub(r"""--(decimal|thousands) ([.,]|' '|"'")""", r"\1=\2", text)
    text = re.sub(r"--(?:id|(by|time))\b", lambda option: option[1] or "by", text)
    return text if len(text) <= _MAX_CHARACTERS else f"{text[: _MAX_CHARACTERS - 3]}..."
