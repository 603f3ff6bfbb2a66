"""Situations: from files, or values handed over in Python, to values that a model can be asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from riskmodel.documents.document import Document, UnreadableFileError, from_python, from_text, read
from riskmodel.documents.nodes import parse_scalar, position_of
from riskmodel.documents.python_values import plain_value
from riskmodel.documents.validation import validate
from riskmodel.errors import Problem, SituationError, grouped, suggest
from riskmodel.schema.base import Strict
from riskmodel.schema.distributions import median, numbers_in
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Scenario
from riskmodel.schema.situation import Distribution, SituationSpec, SituationsSpec, SituationValue

ModelValues: TypeAlias = Mapping[str, float | str | None]
"""One value by indicator, valid for a model; None for missing."""


@dataclass(frozen=True)
class Situation:
    """A situation and its source document, so that errors can give line and column."""

    spec: SituationSpec
    document: Document
    path: tuple[str | int, ...] = ()
    changes: Mapping[str, SituationValue] = field(default_factory=dict)
    """Values that take the place of the file's, for what-ifs."""

    @cached_property
    def values(self) -> Mapping[str, SituationValue]:
        """The values, changes included."""
        return {**self.spec.values, **self.changes} if self.changes else self.spec.values

    @cached_property
    def distributions(self) -> Mapping[str, Distribution]:
        """Those of the values that are distributions."""
        return {name: value for name, value in self.values.items() if isinstance(value, Strict)}

    @property
    def model(self) -> str | None:
        """The model that the situation names; a path counts from the situation's own file."""
        named = self.spec.model
        beside = Path(self.document.name).parent / named if named else None
        return str(beside) if beside is not None and beside.is_file() else named

    @cached_property
    def _values_by_model(self) -> dict[int, tuple[ModelSpec, ModelValues]]:
        """The values as models take them, by the identity of the model, which is kept so that no other gets it."""
        return {}


def read_situations(path: str | Path) -> list[Situation]:
    """Read a file with one situation, or with a list of them under `situations`.

    Raises
    ------
    SituationError
        With every problem that the file has in itself; what a model says to its values is told by `values_for`.
    """
    situations, problems = read_valid_situations(path)
    if problems:
        raise SituationError(grouped(problems))
    return situations


def read_valid_situations(path: str | Path) -> tuple[list[Situation], list[Problem]]:
    """Read the situations of a file as far as possible; return every problem that the file has in itself, too."""
    try:
        return situations_in(read(path))
    except UnreadableFileError as error:
        return [], [error.problem]


def situations_in(document: Document) -> tuple[list[Situation], list[Problem]]:
    """Read the one or several situations of a document as far as possible; return every problem that it has, too."""
    root = document.root.value
    if isinstance(root, dict) and "situations" in root:
        _, problems = validate(SituationsSpec, document)
        entries = root["situations"].value
        nodes = list(enumerate(entries)) if isinstance(entries, list) else []
        paths: list[tuple[str | int, ...]] = [("situations", index) for index, _ in nodes]
        readable = [_readable(node.plain(), document, path) for path, (_, node) in zip(paths, nodes, strict=True)]
        return [situation for situation in readable if situation], in_order([*problems, *document.duplicates])
    situation, problems = situation_in(document)
    return [situation] if situation else [], problems


def situation_in(document: Document) -> tuple[Situation | None, list[Problem]]:
    """Read the one situation of a document as far as possible; return every problem that it has in itself, too."""
    spec, problems = validate(SituationSpec, document)
    situation = Situation(spec, document) if spec else _readable(document.content, document, ())
    return situation, in_order([*problems, *document.duplicates])


def in_order(problems: list[Problem]) -> list[Problem]:
    """Sort the problems of one text by their position in it."""
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _readable(content: object, document: Document, path: tuple[str | int, ...]) -> Situation | None:
    """A situation; where it is broken in itself, its plain values alone, so that they can be checked all the same."""
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
    """Make a situation of values in Python; `about` takes id, title and date.

    Raises
    ------
    SituationError
        Where a value is neither a number, a label, None nor a distribution.
    """
    content = {"values": plain_value(values), **{key: text for key, text in about.items() if text is not None}}
    document = from_python(content)
    spec, problems = validate(SituationSpec, document)
    if spec is None:
        raise SituationError(problems)
    return Situation(spec, document)


def from_scenario(name: str, scenario: Scenario) -> Situation:
    """Make a situation of a scenario of a model."""
    content = {"id": name, "title": scenario.title or name, "description": scenario.because, "values": scenario.values}
    plain = {key: value for key, value in content.items() if value is not None}
    return Situation(SituationSpec.model_validate(plain), from_python(plain))


def read_changes(texts: Sequence[str]) -> dict[str, SituationValue]:
    """Read changes such as `NAME=VALUE`; a value is a number, a label, `null` for missing, or `{low: 2, high: 5}`.

    Raises
    ------
    SituationError
        With every text without a name or value, every name that is changed twice, and every distribution that is none.
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
                changes[name] = _written_distribution(name, value)
            except (SituationError, UnreadableFileError) as error:
                faults = error.problems if isinstance(error, SituationError) else [error.problem]
                problems += (Problem(fault.message, field=name, file="--set") for fault in faults)
            continue
        scalar = parse_scalar(value)
        changes[name] = value if isinstance(scalar, bool) else float(scalar) if isinstance(scalar, int) else scalar
    if problems:
        raise SituationError(problems)
    return changes


def _written_distribution(name: str, text: str) -> SituationValue:
    document = from_text(text, "--set")
    if document.duplicates:
        raise SituationError(document.duplicates)
    return from_values({name: document.root.plain()}).spec.values[name]


def values_for(model: ModelSpec, situation: Situation) -> ModelValues:
    """Read the value of every indicator that a situation gives; once for each model, however often it is called.

    Returns
    -------
    By indicator a number, label or None; of a distribution its median.

    Raises
    ------
    SituationError
        With every name that is no indicator of the model and every value that is not valid for its indicator.
    """
    known_for, values = situation._values_by_model.get(id(model), (None, {}))
    if known_for is not model:
        values = _read_values(model, situation)
        situation._values_by_model[id(model)] = model, values
    return values


def _read_values(model: ModelSpec, situation: Situation) -> ModelValues:
    values: dict[str, float | str | None] = {}
    problems: list[Problem] = []
    for name, value in situation.spec.values.items():
        if name in situation.changes:
            continue
        where = ("values", name)
        if name not in model.indicators:
            problems.append(problem_at(situation, (*where, "[key]"), _unknown(name, model)))
            continue
        values[name], faults = _single(model.indicators[name], value)
        if faults:
            problems += (problem_at(situation, (*where, *steps), message) for steps, message in faults)
    for name in situation.spec.notes:
        if name not in model.indicators:
            problems.append(problem_at(situation, ("notes", name, "[key]"), _unknown(name, model)))
    for name, changed in situation.changes.items():
        if name not in model.indicators:
            problems.append(Problem(_unknown(name, model), field=name, file="--set"))
            continue
        values[name], faults = _single(model.indicators[name], changed)
        problems += (Problem(message, field=name, file="--set") for _, message in faults)
    if problems:
        raise SituationError(problems)
    return values


def _unknown(name: str, model: ModelSpec) -> str:
    return f"not an indicator of model {model.id!r}{suggest(name, model.indicators)}"


Fault = tuple[tuple[str | int, ...], str]


def _single(indicator: Indicator, value: SituationValue) -> tuple[float | str | None, list[Fault]]:
    """A value as a number, label or None, and what is wrong with it (where, inside the value, and why)."""
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
