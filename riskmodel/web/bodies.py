"""Bodies of requests: JSON bytes to what is asked, read as situation files are, with the same words for what is wrong.

The page and the API call `situation_of(await request.body(), request.app.state)`; `asked_of` is for what goes with a
situation. What these raise is made into an answer by the handlers of `riskmodel.web.app`.
"""

from typing import TypeVar

from pydantic import BaseModel
from starlette.datastructures import State

from riskmodel.errors import Problem, RiskmodelError, SituationError, grouped
from riskmodel.load.files import Document, UnreadableFileError, from_bytes, from_json
from riskmodel.load.situations import Situation, in_order, problem_at, situation_in, situations_in, values_for
from riskmodel.load.validate import validate
from riskmodel.spec.situation import SituationSpec
from riskmodel.web.problems import BODY, RefusedError

Asked = TypeVar("Asked", bound=BaseModel)


def situation_of(body: bytes, state: State) -> Situation:
    """The situation that a body is.

    Parameters
    ----------
    body : JSON, as a situation file has it.
    state : of the app; its model is the one that the situation must be for.

    Raises
    ------
    RefusedError
        Where it is no JSON, or too much of it.
    SituationError
        With every problem that the situation has; where there is none, assessing it may still find values at fault.
    """
    situation, problems = situation_in(_document(body, state))
    if situation is not None:
        problems += _other_model(situation, state)
    if problems:
        if situation is not None:
            problems += _faults(situation, state)
        raise SituationError(in_order(problems))
    assert situation is not None  # noqa: S101  (without one there are problems)
    return situation


def situations_of(body: bytes, state: State, most: int, least: int = 1) -> list[Situation]:
    """The situations that a body has under `situations`, as a file of several has them.

    Parameters
    ----------
    body, state : as for `situation_of`.
    most, least : how many there may be.

    Raises
    ------
    RefusedError, SituationError
        As `situation_of` does.
    """
    return _situations(_document(body, state), state, most, least)


def situations_in_file(body: bytes, state: State, most: int) -> list[Situation]:
    """The situations of a body that is a situation file, YAML or JSON.

    Parameters
    ----------
    body, state, most : as for `situations_of`.

    Raises
    ------
    RefusedError, SituationError
        As `situation_of` does.
    """
    try:
        document = from_bytes(body, BODY)
    except UnreadableFileError as error:
        raise RefusedError(400, error.problem.message, None, [error.problem]) from None
    found = _situations(document, state, most, 1)
    if faults := [problem for situation in found for problem in _faults(situation, state)]:
        raise SituationError(grouped(in_order(faults)))
    return found


def _situations(document: Document, state: State, most: int, least: int) -> list[Situation]:
    found, problems = situations_in(document)
    problems += [problem for situation in found for problem in _other_model(situation, state)]
    if problems:
        problems += [problem for situation in found for problem in _faults(situation, state)]
        raise SituationError(grouped(in_order(problems)))
    if not least <= len(found) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise SituationError([Problem(f"should be {wanted}; got {len(found)}", "situations", BODY)])
    return found


def asked_of(spec: type[Asked], body: bytes, state: State) -> tuple[Asked, Situation]:
    """What a body asks, and the situation that it has under `situation`.

    Raises
    ------
    RefusedError, RiskmodelError
        As `situation_of` does.
    """
    document = _document(body, state)
    asked, problems = validate(spec, document)
    problems += document.duplicates
    if asked is None or problems:
        raise RiskmodelError(in_order(problems))
    stated: SituationSpec = asked.situation  # type: ignore[attr-defined]  # all that can be asked have one
    situation = Situation(stated, document, ("situation",))
    if other := _other_model(situation, state):
        raise SituationError(other)
    return asked, situation


def _document(body: bytes, state: State) -> Document:
    if not body.strip():
        raise RefusedError(400, "the body is empty; it should be JSON")
    try:
        return from_json(body, BODY, state.settings.limits.body_values)
    except UnreadableFileError as error:
        status = 413 if error.is_too_much else 400
        raise RefusedError(status, error.problem.message, None, [error.problem]) from None


def _other_model(situation: Situation, state: State) -> list[Problem]:
    """What to say of a situation that is meant for a model that is not served."""
    named, served = situation.spec.model, state.model.spec.id
    if named is None or named == served:
        return []
    return [problem_at(situation, ("model",), f"this service has the model {served!r}; got {named!r}")]


def _faults(situation: Situation, state: State) -> list[Problem]:
    """What the model says against the values of a situation that is at fault already."""
    try:
        values_for(state.model.spec, situation)
    except SituationError as error:
        return list(error.problems)
    return []
