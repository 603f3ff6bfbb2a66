"""State shared by routes, and parsing of request bodies with the checks and messages of situation files.

Handlers in `riskmodel.web.app` turn the errors raised here into responses.
"""

from dataclasses import dataclass
from typing import TypeVar, get_origin

from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.requests import Request

from riskmodel.documents.document import Document, UnreadableFileError, from_bytes, from_json, from_python
from riskmodel.documents.situations import Situation, problem_at, situation_in, situations_in, values_for
from riskmodel.documents.validation import in_order, validate
from riskmodel.errors import Problem, RiskmodelError, SituationError, grouped
from riskmodel.model import Model
from riskmodel.schema.situation import SituationSpec
from riskmodel.tables.options import TableOptions
from riskmodel.web.jobs import Batches, JobRunner, MicroBatcher
from riskmodel.web.problems import BODY, HTTPProblem
from riskmodel.web.schemas import TableQuery
from riskmodel.web.settings import Settings

RequestBody = TypeVar("RequestBody", bound=BaseModel)
Query = TypeVar("Query", bound=TableQuery)


@dataclass(frozen=True)
class AppState:
    """Objects shared by the routes of an app; `model_json` is the response of `/api/model`."""

    model: Model
    settings: Settings
    model_json: bytes
    batcher: MicroBatcher
    jobs: JobRunner
    batches: Batches


def state_of(request: Request) -> AppState:
    """Return the state of the app of a request."""
    state: AppState = request.app.state.shared
    return state


def parse_situation(body: bytes, state: AppState) -> Situation:
    """Parse a situation from JSON.

    Raises
    ------
    HTTPProblem
        The body is not JSON, or too large.
    SituationError
        The situation is invalid; has all problems. Values are checked only if there are others: see `values_for`.
    """
    return _situation(_document(body, state), state)


def parse_one_or_several(body: bytes, state: AppState, max_count: int) -> Situation | list[Situation]:
    """Parse a situation from JSON, or a list of them under the key `situations`, with their values.

    Raises
    ------
    HTTPProblem, SituationError
        As `parse_situation` does.
    """
    document = _document(body, state)
    content = document.content
    if isinstance(content, dict) and "situations" in content:
        return _with_valid_values(_situations(document, state, max_count, 1), state)
    return _situation(document, state)


def _situation(document: Document, state: AppState) -> Situation:
    situation, problems = situation_in(document)
    if situation is not None:
        problems += _model_problems(situation, state)
    if problems:
        if situation is not None:
            problems += _value_problems(situation, state)
        raise SituationError(in_order(problems))
    assert situation is not None  # noqa: S101  (without one there are problems)
    return situation


def parse_situations(body: bytes, state: AppState, max_count: int, min_count: int = 1) -> list[Situation]:
    """Parse a list of situations from JSON, under the key `situations`.

    Raises
    ------
    HTTPProblem, SituationError
        As `parse_situation` does.
    """
    return _situations(_document(body, state), state, max_count, min_count)


def parse_situation_file(body: bytes, state: AppState, max_count: int) -> list[Situation]:
    """Parse a situation file, YAML or JSON.

    Raises
    ------
    HTTPProblem, SituationError
        As `parse_situation` does.
    """
    try:
        document = from_bytes(body, BODY)
    except UnreadableFileError as error:
        raise HTTPProblem(400, error.problem.message, None, [error.problem]) from None
    return _with_valid_values(_situations(document, state, max_count, 1), state)


def _with_valid_values(situations: list[Situation], state: AppState) -> list[Situation]:
    if problems := [problem for situation in situations for problem in _value_problems(situation, state)]:
        raise SituationError(grouped(in_order(problems)))
    return situations


def _situations(document: Document, state: AppState, max_count: int, min_count: int) -> list[Situation]:
    content = document.content
    if min_count > 1 and isinstance(content, dict) and "situations" not in content:
        raise SituationError([Problem("is required", "situations", BODY, 1, 1)])
    situations, problems = situations_in(document)
    problems += [problem for situation in situations for problem in _model_problems(situation, state)]
    if problems:
        problems += [problem for situation in situations for problem in _value_problems(situation, state)]
        raise SituationError(grouped(in_order(problems)))
    if not min_count <= len(situations) <= max_count:
        allowed = f"{min_count}" if min_count == max_count else f"{min_count} to {max_count}"
        raise SituationError([Problem(f"should be {allowed}; got {len(situations)}", "situations", BODY)])
    return situations


def parse_request(spec: type[RequestBody], body: bytes, state: AppState) -> tuple[RequestBody, Situation]:
    """Parse options from JSON, with a situation under the key `situation`.

    Raises
    ------
    HTTPProblem, RiskmodelError
        As `parse_situation` does.
    """
    document = _document(body, state)
    body_content, problems = validate(spec, document)
    problems += document.duplicates
    if body_content is None or problems:
        raise RiskmodelError(in_order(problems))
    situation_spec: SituationSpec = body_content.situation  # type: ignore[attr-defined]  # every RequestBody has one
    situation = Situation(situation_spec, document, ("situation",))
    if problems := _model_problems(situation, state):
        raise SituationError(problems)
    return body_content, situation


def parse_query(spec: type[Query], params: QueryParams) -> Query:
    """Parse query parameters; those that are lists may be repeated.

    Raises
    ------
    RiskmodelError
        A parameter is unknown, invalid or repeated.
    """
    lists = [name for name, field in spec.model_fields.items() if get_origin(field.annotation) is tuple]
    plain = {name: params.getlist(name) if name in lists else value for name, value in params.items()}
    query, problems = validate(spec, from_python(plain, "query"))
    repeated = [name for name in plain if name not in lists and len(params.getlist(name)) > 1]
    problems += [Problem("duplicate parameter", name, "query") for name in repeated]
    if query is None or problems:
        raise RiskmodelError(problems)
    # A tab cannot be typed into most query strings.
    return query.model_copy(update={"delimiter": "\t"}) if query.delimiter in ("tab", "\\t") else query


def table_options(query: TableQuery) -> TableOptions:
    """Return the options by which the table of a query is read, checked.

    Raises
    ------
    SituationError
        An option has a value that it cannot have.
    """
    return TableOptions.of(
        {
            "delimiter": query.delimiter,
            "decimal": query.decimal,
            "thousands": query.thousands,
            "missing": query.missing,
            "flags": query.flags,
            "sheet": query.sheet,
            "skip_rows": query.skip_rows,
        }
    )


def refuse_form(request: Request) -> None:
    """Raise HTTPProblem if a table was sent as a form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPProblem(415, "the body should be the file itself, not a form: curl --data-binary @FILE")


def _document(body: bytes, state: AppState) -> Document:
    if not body.strip():
        raise HTTPProblem(400, "the body is empty; it should be JSON")
    try:
        return from_json(body, BODY, state.settings.limits.body_values)
    except UnreadableFileError as error:
        status = 413 if error.is_too_much else 400
        raise HTTPProblem(status, error.problem.message, None, [error.problem]) from None


def _model_problems(situation: Situation, state: AppState) -> list[Problem]:
    """Return a problem if a situation names a model other than the served one."""
    name, served = situation.spec.model, state.model.spec.id
    if name is None or name == served:
        return []
    return [problem_at(situation, ("model",), f"this service has the model {served!r}; got {name!r}")]


def _value_problems(situation: Situation, state: AppState) -> list[Problem]:
    try:
        values_for(state.model.spec, situation)
    except SituationError as error:
        return list(error.problems)
    return []
