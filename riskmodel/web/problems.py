"""Errors as problem details (RFC 9457): what is wrong, and for each fault the field and the place."""

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
"""What the body of a request is called where a file would have its name."""
_LONGEST = 500
"""Characters of one message: some quote what was sent."""
_MOST = 100
"""Faults that are told one by one."""


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    model_config = ConfigDict(extra="forbid")

    detail: str
    field: str | None = Field(description="Where, such as `values.espionage`; null for the request as a whole.")
    line: int | None = Field(description="In the body, from 1; null where it is not about a place in it.")
    column: int | None


class ProblemDetails(BaseModel):
    """Why a request was not done (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Always `about:blank`: the status says which kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str
    errors: list[Fault] = Field(description="Every fault that was found, at most the first 100.")


class HTTPProblem(Exception):  # noqa: N818  (RFC 9457 calls it a problem)
    """A request that is refused, or failed.

    Parameters
    ----------
    status : the HTTP status.
    detail : why.
    headers : of the answer.
    problems : each fault, where there is more to say than `detail`.
    """

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.problems = status, detail, headers, problems


def invalid(error: RiskmodelError) -> HTTPProblem:
    """Return the problem of a request that is not valid."""
    count = len(error.problems)
    first = _fault_data(error.problems[0])
    where = f"{first['field']}: " if first["field"] else ""
    detail = f"{where}{first['detail']}"
    return HTTPProblem(
        422, f"{counted(count, 'error')}; the first: {detail}" if count > 1 else detail, None, error.problems
    )


def problem_data(refused: HTTPProblem) -> dict[str, Any]:
    """Return a problem as plain data, with the fields of `ProblemDetails`."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": _clipped(refused.detail),
        "errors": [_fault_data(problem) for problem in refused.problems[:_MOST]],
    }


def problem_response(refused: HTTPProblem) -> Response:
    """Answer with a problem."""
    return Response(problem_bytes(refused), refused.status, refused.headers, MEDIA_TYPE)


def problem_bytes(refused: HTTPProblem) -> bytes:
    """Return a problem as JSON."""
    # What was sent may hold halves of surrogate pairs, which UTF-8 has not; as escapes JSON can hold them.
    return json.dumps(problem_data(refused), ensure_ascii=False).encode(errors="backslashreplace")


def _fault_data(problem: Problem) -> dict[str, Any]:
    file = "" if problem.file == BODY else problem.file
    return {
        "detail": _clipped(problem.message),
        "field": _clipped(problem.field or file) or None,
        "line": problem.line,
        "column": problem.column,
    }


def _clipped(text: str) -> str:
    # Options of the command are parts of the query here.
    text = re.sub(r"""--(decimal|thousands) ([.,]|' '|"'")""", r"\1=\2", text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
