"""Common types of the formats: strict models, numbers, ids, citations, and the findings of checks."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from inspect import isabstract
from typing import Annotated, Any, NamedTuple, TypeAlias, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainValidator, Tag
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from riskmodel.kernels.conditions import RESERVED


class Strict(BaseModel):
    """Base class of all parts of a file: unknown keys are errors, and instances are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Finding(NamedTuple):
    """An error of a check: its path relative to the checked part, the message, and the invalid value.

    `offset` is the position inside a condition, in characters; None: the whole value.
    """

    path: tuple[str | int, ...]
    message: str
    value: object = None
    offset: int | None = None


def raise_findings(findings: Iterable[Finding]) -> None:
    """Raise all findings as one pydantic ValidationError, if there are any."""
    lines: list[InitErrorDetails] = [
        InitErrorDetails(
            type=PydanticCustomError("finding", "{message}", {"message": finding.message, "offset": finding.offset}),
            loc=finding.path,
            input=finding.value,
        )
        for finding in findings
    ]
    if lines:
        raise ValidationError.from_exception_data("riskmodel", lines)


def is_id(text: str) -> bool:
    """Test for lower_snake_case: letters a to z, digits and underscores, beginning with a letter."""
    return text.isascii() and text.isidentifier() and text == text.lower() and not text.startswith("_")


def _checked_id(text: str) -> str:
    if not is_id(text):
        separated = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
        plain = re.sub(r"[^a-z0-9]+", "_", separated.lower()).strip("_")
        better = f"; write {plain!r}" if is_id(plain) else ""
        raise PydanticCustomError("finding", "{message}", {"message": f"not a lower_snake_case id: {text!r}{better}"})
    if text in RESERVED:
        raise PydanticCustomError(
            "finding", "{message}", {"message": f"{text!r} is a reserved word, so it cannot be an id"}
        )
    return text


Id: TypeAlias = Annotated[str, AfterValidator(_checked_id)]
"""lower_snake_case, and no reserved word, so that a condition can name it."""

Text: TypeAlias = Annotated[str, Field(strict=True, min_length=1)]


def _integer_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label: TypeAlias = Annotated[Text, BeforeValidator(_integer_as_text, json_schema_input_type=str | int)]
"""Text, or an integer such as the `7` of `id: 7`. Decimals are invalid: 1.10 would become 1.1."""

Number: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Amount: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e9, le=1e9)]
"""A weight or an amount of points, of at most 1e9, so that sums keep their digits."""

Intensity: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]
"""A number in [0, 1]."""


def _plain_value(value: object) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise PydanticCustomError("value", "should be a finite number, a label, or null")


Value: TypeAlias = Annotated[
    float | str | None, PlainValidator(_plain_value, json_schema_input_type=float | str | None)
]
"""The value of an indicator: a number, a label, or None for missing."""


def _code(value: object) -> float | str:
    code = _plain_value(value)
    if code is None or code == "":
        raise PydanticCustomError("value", "should be a number or text; empty cells and null are missing anyway")
    return code


Code: TypeAlias = Annotated[float | str, PlainValidator(_code, json_schema_input_type=float | str)]
"""A number or text that stands for a missing value."""


def label_of(value: float | str) -> str:
    """Convert a value to a label; a number is the label that is written like it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def one_of(*choices: str) -> Discriminator:
    """Discriminate a union by the key that only one member has; `choices` are the keys and the tags."""

    def tag(value: object) -> str | None:
        for choice in choices:
            if choice in value if isinstance(value, Mapping) else hasattr(value, choice):
                return f"<{choice}>"
        return None

    *others, last = choices
    message = f"needs one of the keys {', '.join(others)} or {last}"
    return Discriminator(tag, custom_error_type="one_of", custom_error_message=message)


def kinds_of(union: object) -> tuple[type[Any], ...]:
    """Return the classes of a union such as `AnyScale`, each annotated with its tag.

    Raises
    ------
    TypeError
        If a class does not implement an abstract method, so that an omission is an error at import.
    """
    kinds = tuple(get_args(kind)[0] for kind in get_args(get_args(union)[0]))
    for kind in kinds:
        if isabstract(kind):
            raise TypeError(f"{kind.__name__} lacks {', '.join(sorted(kind.__abstractmethods__))}")
    return kinds


def plain_or(kind: str, message: str) -> Discriminator:
    """Discriminate a plain value (`<plain>`) from a mapping or list (`<mapping>` or `<list>`, given by `kind`)."""

    def tag(value: object) -> str | None:
        if value is None or isinstance(
            value, str | float | int
        ):  # first, because most values are plain and the other tests slower
            return "<plain>"
        if isinstance(value, Mapping | BaseModel):
            return "<mapping>" if kind == "mapping" else "<plain>"
        if isinstance(value, Sequence):
            return "<list>" if kind == "list" else None
        return "<plain>"

    return Discriminator(tag, custom_error_type="finding", custom_error_message=message)


class Claim(Strict):
    """A claim of a source, in the words of the model's author."""

    section: Annotated[Text, Field(description="Section and heading where the source makes it.")]
    says: Text


class Source(Strict):
    """A source that a model is based on."""

    title: Text
    url: Text | None = None
    claims: Annotated[Mapping[str, Claim], Field(description="What the source claims, by claim id.")] = {}


class Citation(Strict):
    """A passage of a source, and the cited claims in it."""

    source: Id
    section: Text
    claims: tuple[Text, ...] = ()


Cites: TypeAlias = Annotated[
    Annotated[Citation, Tag("<plain>")] | Annotated[tuple[Citation, ...], Tag("<list>")],
    plain_or("list", "should be a citation, {source: ..., section: ...}, or a list of them"),
]


def citations(cites: Citation | tuple[Citation, ...] | None) -> tuple[Citation, ...]:
    """Return one citation, several or none as a tuple."""
    if cites is None:
        return ()
    return (cites,) if isinstance(cites, Citation) else cites


def strictly_increasing(values: Sequence[float], paths: Sequence[tuple[Any, ...]], what: str) -> Iterable[Finding]:
    """Yield a finding for each value that is not above the previous one."""
    for path, before, value in zip(paths[1:], values, values[1:], strict=False):
        if value <= before:
            yield Finding(path, f"{what} must increase; {value:g} comes after {before:g}", value)
