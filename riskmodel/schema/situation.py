"""The situation file: values of indicators, and distributions of uncertain values."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from riskmodel.schema.base import Cites, Finding, Label, Number, Strict, Text, Value, one_of, plain_or, raise_findings


class Uniform(Strict):
    """Anything between two numbers, all equally likely."""

    low: Number
    high: Number

    @model_validator(mode="after")
    def _ordered(self) -> "Uniform":
        raise_findings(_not_above(self, "low", "high"))
        return self


class Pert(Strict):
    """Between two numbers, with a likeliest one between them (the beta distribution of PERT)."""

    low: Number
    likely: Number
    high: Number

    @model_validator(mode="after")
    def _ordered(self) -> "Pert":
        raise_findings([*_not_above(self, "low", "likely"), *_not_above(self, "likely", "high")])
        return self


class Normal(Strict):
    """A normal distribution, truncated to what is valid for the indicator."""

    mean: Number
    sd: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]


class Quantiles(Strict):
    """A tenth lies below p10, half below p50, nine tenths below p90."""

    p10: Number
    p50: Number
    p90: Number

    @model_validator(mode="after")
    def _ordered(self) -> "Quantiles":
        raise_findings([*_not_above(self, "p10", "p50"), *_not_above(self, "p50", "p90")])
        return self


def _not_above(part: Strict, lower: str, upper: str) -> list[Finding]:
    low, high = getattr(part, lower), getattr(part, upper)
    return [Finding((upper,), f"{upper} ({high:.10g}) is below {lower} ({low:.10g})", high)] if high < low else []


Distribution: TypeAlias = Annotated[
    Annotated[Pert, Tag("<likely>")]
    | Annotated[Normal, Tag("<mean>")]
    | Annotated[Quantiles, Tag("<p50>")]
    | Annotated[Uniform, Tag("<low>")],
    one_of("likely", "mean", "p50", "low"),
]


class Usual(Strict):
    """The reason and the sources of a default."""

    because: Annotated[Text | None, Field(description="Why this is what is usual.")] = None
    cites: Cites | None = None


class UsualUniform(Uniform, Usual):
    """A uniform distribution of what is usual."""


class UsualPert(Pert, Usual):
    """A PERT distribution of what is usual."""


class UsualNormal(Normal, Usual):
    """A truncated normal distribution of what is usual."""


class UsualQuantiles(Quantiles, Usual):
    """A distribution of what is usual, by its quantiles."""


Default: TypeAlias = Annotated[
    Annotated[Value, Tag("<plain>")]
    | Annotated[
        Annotated[UsualPert, Tag("<likely>")]
        | Annotated[UsualNormal, Tag("<mean>")]
        | Annotated[UsualQuantiles, Tag("<p50>")]
        | Annotated[UsualUniform, Tag("<low>")],
        one_of("likely", "mean", "p50", "low"),
        Tag("<mapping>"),
    ],
    plain_or("mapping", "should be a number, a label, null, or a distribution such as {low: 2, high: 5}"),
]
"""What is assumed of an indicator without a value: a value, or a distribution of what is usual."""

SituationValue: TypeAlias = Annotated[
    Annotated[Value, Tag("<plain>")] | Annotated[Distribution, Tag("<mapping>")],
    plain_or("mapping", "should be a number, a label, null, or a distribution such as {low: 2, high: 5}"),
]


def _date(value: object) -> str:
    """Accept a full or partial date; YAML reads the year `2022` as a number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        with suppress(ValueError):
            date.fromisoformat(text + "-01-01"[len(text) - 4 :])
            return text
    raise PydanticCustomError("date", "should be a date such as 2022-02-24, 2022-02 or 2022")


class SituationSpec(Strict):
    """One situation."""

    id: Label | None = None
    title: Text | None = None
    date: Annotated[str, BeforeValidator(_date, json_schema_input_type=str | int)] | None = None
    model: Annotated[Text | None, Field(description="Id or path of the model that the situation is meant for.")] = None
    description: Text | None = None
    values: Mapping[str, SituationValue]
    notes: Annotated[Mapping[str, Text], Field(description="Why each value is what it is, by indicator.")] = {}
    doubts: Annotated[tuple[Text, ...], Field(description="What is uncertain about the facts.")] = ()
    sources: Annotated[tuple[Text, ...], Field(description="Where the facts are from.")] = ()


class SituationsSpec(Strict):
    """Several situations in one file."""

    situations: Annotated[tuple[SituationSpec, ...], Field(min_length=1)]
