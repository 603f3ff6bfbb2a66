"""Validate documents by pydantic, and convert its errors to problems with line and column in plain language."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from riskmodel.documents.document import Document
from riskmodel.documents.nodes import position_in_scalar, position_of
from riskmodel.errors import Problem, repr_value, suggest
from riskmodel.schema.base import Finding

Spec = TypeVar("Spec", bound=BaseModel)

_MESSAGES = {
    "missing": "is required",
    "float_type": "should be a number",
    "int_type": "should be a whole number",
    "int_from_float": "should be a whole number",
    "finite_number": "should be a finite number",
    "string_type": "should be text",
    "string_too_short": "should not be empty",
    "mapping_type": "should be a mapping (key: value)",
    "dict_type": "should be a mapping (key: value)",
    "model_type": "should be a mapping (key: value)",
    "model_attributes_type": "should be a mapping (key: value)",
    "tuple_type": "should be a list",
    "greater_than": "should be above {gt:,.15g}",
    "greater_than_equal": "should be at least {ge:,.15g}",
    "less_than": "should be below {lt:,.15g}",
    "less_than_equal": "should be at most {le:,.15g}",
    "too_short": "should not be empty",
    "too_long": "should have at most {max_length} entries; it has {actual_length}",
}


def validate(spec: type[Spec], document: Document) -> tuple[Spec | None, list[Problem]]:
    """Validate a document.

    Returns
    -------
    The validated content (None if it is invalid) and every problem.
    """
    try:
        return spec.model_validate(document.content), []
    except ValidationError as error:
        return None, problems_of(error, document, spec)


def problems_of(
    error: ValidationError, document: Document, spec: type[BaseModel], under: tuple[str | int, ...] = ()
) -> list[Problem]:
    """Convert pydantic's errors to problems; `under` is the path of the validated part in the document."""
    lines = error.errors(include_url=False)
    unknown = {(line["loc"][:-1], str(line["loc"][-1])) for line in lines if line["type"] == "extra_forbidden"}

    def misspelled(line: Mapping[str, Any]) -> bool:
        """Return whether a missing key is there misspelled, which is a problem of its own."""
        required = str(line["loc"][-1])
        return any(path == line["loc"][:-1] and suggest(key, [required], short=False) for path, key in unknown)

    def is_short(line: Mapping[str, Any]) -> bool:
        """Return whether a list is shorter than it should be; pydantic counts its valid entries only."""
        return bool(len(line["input"]) < line["ctx"]["min_length"])

    checks = {"missing": lambda line: not misspelled(line), "too_short": is_short}
    kept = [line for line in lines if checks.get(line["type"], bool)(line)]
    return [problem_of({**line, "loc": (*under, *line["loc"])}, document, spec) for line in kept]


def in_order(problems: list[Problem]) -> list[Problem]:
    """Sort the problems of one text by position."""
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def finding_problem(finding: Finding, document: Document, spec: type[BaseModel]) -> Problem:
    """Convert a finding to a problem with its line and column; the parameters are those of `problem_of`."""
    context = {"message": finding.message, "offset": finding.offset}
    error = {"loc": finding.path, "type": "finding", "input": finding.value, "ctx": context}
    return problem_of(error, document, spec)


def problem_of(error: Mapping[str, Any], document: Document, spec: type[BaseModel]) -> Problem:
    """Convert one of pydantic's errors, or a finding in the same form, to a problem.

    Parameters
    ----------
    error : `loc`, `type`, `msg`, `input`, and perhaps `ctx` with the `message` and `offset` of a finding.
    document : the document.
    spec : the pydantic model of the document, for suggestions of keys.
    """
    context = error.get("ctx", {})
    position = position_of(document.root, error["loc"], at_key=error["type"] == "extra_forbidden")
    line, column = (position.span.line, position.span.column) if position.span else (None, None)
    if context.get("offset") is not None and position.span is not None:
        line, column = position_in_scalar(document.text, position.span, str(error["input"]), context["offset"])
    message = message_of(error)
    if error["type"] not in ("missing", "finding", "extra_forbidden") and not isinstance(
        position.node.value, dict | list
    ):
        message += f"; got {repr_value(error['input'])}"
    message += _hint(error, spec)
    return Problem(message, position.field, document.name, line, column, document.line(line))


def message_of(error: Mapping[str, Any]) -> str:
    """Return the message for one of pydantic's errors."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "finding":
        return str(context["message"] if "message" in context else error["msg"])
    if kind == "extra_forbidden":
        return f"unknown key {repr_value(str(error['loc'][-1]))}"
    if kind == "missing" and isinstance(error["loc"][-1], int):
        return f"the list is too short: number {error['loc'][-1] + 1} is missing"
    if kind == "literal_error":
        choices = _choices(error)
        return "should be " + " or ".join(", ".join(part) for part in (choices[:-1], choices[-1:]) if part)
    message = _MESSAGES[kind].format(**context) if kind in _MESSAGES else str(error["msg"])
    quotable = kind == "string_type" and isinstance(error["input"], int | float)
    return f"{message}, in quotes" if quotable else message


def _choices(error: Mapping[str, Any]) -> list[str]:
    """Return the choices of a literal, words in quotes, from pydantic's error."""
    return re.findall(r"'[^']*'|\d+", str(error["ctx"]["expected"]))


def _hint(error: Mapping[str, Any], spec: type[BaseModel]) -> str:
    """Return a suggestion for a misspelled key or word."""
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        return suggest(str(error["loc"][-1]), _keys(spec, error["loc"][:-1]))
    if kind == "literal_error" and isinstance(value, str):
        choices = [choice.strip("'") for choice in _choices(error)]
        return "; write it without quotes" if value in choices else suggest(value, choices, short=False)
    if kind == "one_of" and isinstance(value, dict):
        choices = str(error["msg"]).removeprefix("needs one of the keys ").replace(" or ", ", ").split(", ")
        hints = (f"; got {key!r}{suggest(key, choices, short=False)}" for key in value)
        return next(hints, "; got none")
    return ""


@cache
def _schema(spec: type[BaseModel]) -> dict[str, Any]:
    return spec.model_json_schema()


def _keys(spec: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """Return the valid keys at a path, by the JSON Schema of the specification."""
    schema = _schema(spec)
    parts = [schema]
    for step in loc:
        expanded = _alternatives(parts, schema)
        if isinstance(step, str) and step.startswith("<"):
            key = step.strip("<>")
            parts = [part for part in expanded if key in part.get("properties", {})] or expanded
        else:
            inner = (
                part.get("properties", {}).get(step) or part.get("additionalProperties") or part.get("items")
                for part in expanded
            )
            parts = [part for part in inner if isinstance(part, dict)]
    return sorted({key for part in _alternatives(parts, schema) for key in part.get("properties", {})})


def _alternatives(parts: list[dict[str, Any]], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow references and expand unions in parts of a JSON Schema."""
    expanded: list[dict[str, Any]] = []
    stack = list(parts)
    while stack:
        part = stack.pop()
        if "$ref" in part:
            stack.append(schema["$defs"][part["$ref"].rsplit("/", 1)[1]])
        elif "anyOf" in part or "oneOf" in part:
            stack += part.get("anyOf", []) + part.get("oneOf", [])
        else:
            expanded.append(part)
    return expanded
