"""Read requests: what routes share, and JSON bodies with the same checks and messages as situation files.

The errors raised here are made into answers by the handlers of `riskmodel.web.app`.
"""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from riskmodel.documents.document import Document, UnreadableFileError, from_bytes, from_json
from riskmodel.documents.situations import Situation, in_order, problem_at, situation_in, situations_in, values_for
from riskmodel.documents.validation import validate
from riskmodel.errors import Problem, RiskmodelError, SituationError, grouped
from riskmodel.model import Model
from riskmodel.schema.situation import SituationSpec
from riskmodel.web.jobs import Batches, JobRunner, MicroBatcher
from riskmodel.web.problems import BODY, HTTPProblem
from riskmodel.web.settings import Settings

RequestBody = TypeVar("RequestBody", bound=BaseModel)


@dataclass(frozen=True)
class AppState:
    """What the routes of an app share.

    Attributes
    ----------
    model : the model that is served.
    settings : what the service was started with.
    about : the answer of `/api/model`, as JSON.
    batcher : assesses situations.
    jobs : runs analyses.
    batches : what tables that are scored share.
    """

    model: Model
    settings: Settings
    about: bytes
    batcher: MicroBatcher
    jobs: JobRunner
    batches: Batches


def state_of(request: Request) -> AppState:
    """Return the state of the app that answers a request."""
    state: AppState = request.app.state.shared
    return state


def parse_situation(body: bytes, state: AppState) -> Situation:
    """Parse a body that is a situation.

    Parameters
    ----------
    body : JSON, as a situation file has it.
    state : of the app; its model is the one that the situation must be for.

    Raises
    ------
    HTTPProblem
        Where it is no JSON, or too much of it.
    SituationError
        With every problem that the situation has; where there is none, assessing it may still find values at fault.
    """
    situation, problems = situation_in(_document(body, state))
    if situation is not None:
        problems += _model_problems(situation, state)
    if problems:
        if situation is not None:
            problems += _value_problems(situation, state)
        raise SituationError(in_order(problems))
    assert situation is not None  # noqa: S101  (without one there are problems)
    return situation


def parse_situations(body: bytes, state: AppState, most: int, least: int = 1) -> list[Situation]:
    """Parse a body with situations under `situations`, as a file of several has them.

    Parameters
    ----------
    body, state : as for `parse_situation`.
    most, least : how many there may be.

    Raises
    ------
    HTTPProblem, SituationError
        As `parse_situation` does.
    """
    return _situations(_document(body, state), state, most, least)


def parse_situation_file(body: bytes, state: AppState, most: int) -> list[Situation]:
    """Parse a body that is a situation file, YAML or JSON.

    Parameters
    ----------
    body, state, most : as for `parse_situations`.

    Raises
    ------
    HTTPProblem, SituationError
        As `parse_situation` does.
    """
    try:
        document = from_bytes(body, BODY)
    except UnreadableFileError as error:
        raise HTTPProblem(400, error.problem.message, None, [error.problem]) from None
    situations = _situations(document, state, most, 1)
    if problems := [problem for situation in situations for problem in _value_problems(situation, state)]:
        raise SituationError(grouped(in_order(problems)))
    return situations


def _situations(document: Document, state: AppState, most: int, least: int) -> list[Situation]:
    situations, problems = situations_in(document)
    problems += [problem for situation in situations for problem in _model_problems(situation, state)]
    if problems:
        problems += [problem for situation in situations for problem in _value_problems(situation, state)]
        raise SituationError(grouped(in_order(problems)))
    if not least <= len(situations) <= most:
        allowed = f"{least}" if least == most else f"{least} to {most}"
        raise SituationError([Problem(f"should be {allowed}; got {len(situations)}", "situations", BODY)])
    return situations


def parse_request(spec: type[RequestBody], body: bytes, state: AppState) -> tuple[RequestBody, Situation]:
    """Parse a body with options, and with a situation under `situation`.

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


def _document(body: bytes, state: AppState) -> Document:
    if not body.strip():
        raise HTTPProblem(400, "the body is empty; it should be JSON")
    try:
        return from_json(body, BODY, state.settings.limits.body_values)
    except UnreadableFileError as error:
        status = 413 if error.is_too_much else 400
        raise HTTPProblem(status, error.problem.message, None, [error.problem]) from None


def _model_problems(situation: Situation, state: AppState) -> list[Problem]:
    """Return the problem of a situation that names a model that is not served."""
    named, served = situation.spec.model, state.model.spec.id
    if named is None or named == served:
        return []
    return [problem_at(situation, ("model",), f"this service has the model {served!r}; got {named!r}")]


def _value_problems(situation: Situation, state: AppState) -> list[Problem]:
    """Return the problems of the values of a situation."""
    try:
        values_for(state.model.spec, situation)
    except SituationError as error:
        return list(error.problems)
    return []
