"""Load situations from files or Python values, and check their values against a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from riskmodel.documents.document import Document, UnreadableFileError, from_python, from_text, read
from riskmodel.documents.nodes import parse_scalar, position_of
from riskmodel.documents.python_values import plain_value
from riskmodel.documents.validation import in_order, validate
from riskmodel.errors import Problem, SituationError, grouped, suggest
from riskmodel.schema.base import Strict
from riskmodel.schema.distributions import median, numbers_in
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Scenario
from riskmodel.schema.situation import Distribution, SituationSpec, SituationsSpec, SituationValue

ModelValues: TypeAlias = Mapping[str, float | str | None]
"""Values by indicator, valid for a model; None for missing."""


@dataclass(frozen=True)
class Situation:
    """A situation and its source document, so that errors can give line and column."""

    spec: SituationSpec
    document: Document
    path: tuple[str | int, ...] = ()
    changes: Mapping[str, SituationValue] = field(default_factory=dict)
    """What-if values that replace those of the file."""

    @cached_property
    def values(self) -> Mapping[str, SituationValue]:
        """The values, changes included."""
        return {**self.spec.values, **self.changes} if self.changes else self.spec.values

    @cached_property
    def distributions(self) -> Mapping[str, Distribution]:
        """The values that are distributions."""
        return {name: value for name, value in self.values.items() if isinstance(value, Strict)}

    @property
    def model(self) -> str | None:
        """The model named by the situation; a path is relative to the situation's file."""
        name = self.spec.model
        path = Path(self.document.name).parent / name if name else None
        return str(path) if path is not None and path.is_file() else name

    @cached_property
    def _values_by_model(self) -> dict[int, tuple[ModelSpec, ModelValues]]:
        """Checked values by the identity of the model; the model is kept so that its identity stays unique."""
        return {}


def read_situations(path: str | Path) -> list[Situation]:
    """Read a file with one situation, or with a list of them under `situations`.

    Raises
    ------
    SituationError
        With every problem of the file; values are checked against a model when they are assessed.
    """
    situations, problems = read_valid_situations(path)
    if problems:
        raise SituationError(grouped(problems))
    return situations


def read_valid_situations(path: str | Path) -> tuple[list[Situation], list[Problem]]:
    """Return the situations of a file as far as they can be read, and every problem of the file."""
    try:
        return situations_in(read(path))
    except UnreadableFileError as error:
        return [], [error.problem]


def situations_in(document: Document) -> tuple[list[Situation], list[Problem]]:
    """Return the situations of a document as far as they can be read, and every problem."""
    root = document.root.value
    if isinstance(root, dict) and "situations" in root:
        _, problems = validate(SituationsSpec, document)
        entries = root["situations"].value
        nodes = entries if isinstance(entries, list) else []
        readable = [_readable(node.plain(), document, ("situations", index)) for index, node in enumerate(nodes)]
        return [situation for situation in readable if situation], in_order([*problems, *document.duplicates])
    situation, problems = situation_in(document)
    return [situation] if situation else [], problems


def situation_in(document: Document) -> tuple[Situation | None, list[Problem]]:
    """Return the only situation of a document as far as it can be read, and every problem."""
    spec, problems = validate(SituationSpec, document)
    situation = Situation(spec, document) if spec else _readable(document.content, document, ())
    return situation, in_order([*problems, *document.duplicates])


def _readable(content: object, document: Document, path: tuple[str | int, ...]) -> Situation | None:
    """Return a situation; if it is invalid, only its plain values, so that they can be checked."""
    values = content.get("values") if isinstance(content, dict) else None
    plain = {
        name: value
        for name, value in (values if isinstance(values, dict) else {}).items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    for candidate in (content, {"values": plain}):
        try:
            return Situation(SituationSpec.model_validate(candidate), document, path)
        except ValidationError:
            continue
    return None


def from_values(values: Mapping[str, object], **about: str | None) -> Situation:
    """Make a situation from Python values; `about` may have id, title and date.

    Raises
    ------
    SituationError
        If a value is neither a number, a label, None nor a distribution.
    """
    content = {"values": plain_value(values), **{key: text for key, text in about.items() if text is not None}}
    document = from_python(content)
    spec, problems = validate(SituationSpec, document)
    if spec is None:
        raise SituationError(problems)
    return Situation(spec, document)


def from_scenario(name: str, scenario: Scenario) -> Situation:
    """Make a situation from a scenario of a model."""
    content = {"id": name, "title": scenario.title or name, "description": scenario.because, "values": scenario.values}
    plain = {key: value for key, value in content.items() if value is not None}
    return Situation(SituationSpec.model_validate(plain), from_python(plain))


def read_changes(texts: Sequence[str]) -> dict[str, SituationValue]:
    """Parse changes such as `NAME=VALUE`; a value is a number, a label, `null` for missing, or `{low: 2, high: 5}`.

    Raises
    ------
    SituationError
        With every text without a name or value, every duplicate name, and every invalid distribution.
    """
    changes: dict[str, SituationValue] = {}
    problems: list[Problem] = []
    for text in texts:
        name, value = (part.strip() for part in text.partition("=")[::2])
        if not name or not value:
            problems.append(Problem(f"should be NAME=VALUE (null is missing); got {text!r}", file="--set"))
        elif name in changes:
            problems.append(Problem("is set twice", field=name, file="--set"))
        if value.startswith("{"):
            try:
                changes[name] = _parse_distribution(name, value)
            except (SituationError, UnreadableFileError) as error:
                inner = error.problems if isinstance(error, SituationError) else [error.problem]
                problems += (Problem(problem.message, field=name, file="--set") for problem in inner)
            continue
        scalar = parse_scalar(value)
        changes[name] = value if isinstance(scalar, bool) else float(scalar) if isinstance(scalar, int) else scalar
    if problems:
        raise SituationError(problems)
    return changes


def _parse_distribution(name: str, text: str) -> SituationValue:
    document = from_text(text, "--set")
    if document.duplicates:
        raise SituationError(document.duplicates)
    return from_values({name: document.root.plain()}).spec.values[name]


def values_for(model: ModelSpec, situation: Situation) -> ModelValues:
    """Return the checked values of a situation for a model; computed once for each model.

    Returns
    -------
    By indicator a number, a label or None; the median of a distribution.

    Raises
    ------
    SituationError
        With every unknown indicator and every invalid value.
    """
    cached_model, values = situation._values_by_model.get(id(model), (None, {}))
    if cached_model is not model:
        values = _read_values(model, situation)
        situation._values_by_model[id(model)] = model, values
    return values


def _read_values(model: ModelSpec, situation: Situation) -> ModelValues:
    values: dict[str, float | str | None] = {}
    problems: list[Problem] = []
    for name, value in situation.spec.values.items():
        if name in situation.changes:
            continue
        path = ("values", name)
        if name not in model.indicators:
            problems.append(problem_at(situation, (*path, "[key]"), _unknown(name, model)))
            continue
        values[name], faults = _check(model.indicators[name], value)
        if faults:
            problems += (problem_at(situation, (*path, *steps), message) for steps, message in faults)
    for name in situation.spec.notes:
        if name not in model.indicators:
            problems.append(problem_at(situation, ("notes", name, "[key]"), _unknown(name, model)))
    for name, changed in situation.changes.items():
        if name not in model.indicators:
            problems.append(Problem(_unknown(name, model), field=name, file="--set"))
            continue
        values[name], faults = _check(model.indicators[name], changed)
        problems += (Problem(message, field=name, file="--set") for _, message in faults)
    if problems:
        raise SituationError(problems)
    return values


def _unknown(name: str, model: ModelSpec) -> str:
    return f"not an indicator of model {model.id!r}{suggest(name, model.indicators)}"


Fault = tuple[tuple[str | int, ...], str]


def _check(indicator: Indicator, value: SituationValue) -> tuple[float | str | None, list[Fault]]:
    """Return a value as a number, label or None, and its faults: path inside the value, and message."""
    if value is None or isinstance(value, float | str):
        reason = indicator.why_not_valid(value)
        return value, [((), reason)] if reason else []
    if indicator.labels is not None:
        return None, [((), "a distribution is for numbers, and this indicator has labels")]
    faults: list[Fault] = [
        ((key,), reason) for key, number in numbers_in(value).items() if (reason := indicator.why_not_valid(number))
    ]
    if faults:
        return None, faults
    return _median(value, indicator)


def _median(value: Distribution, indicator: Indicator) -> tuple[float | None, list[Fault]]:
    try:
        return median(value, indicator.bounds), []
    except ValueError as error:
        return None, [((), f"{error} (valid: {indicator.valid_text})")]


def problem_at(situation: Situation, path: tuple[str | int, ...], message: str) -> Problem:
    """Return a problem of the value at a path inside a situation, with its line and column."""
    document = situation.document
    position = position_of(document.root, (*situation.path, *path))
    line, column = (position.span.line, position.span.column) if position.span else (None, None)
    return Problem(message, position.field, document.name, line, column, document.line(line))
