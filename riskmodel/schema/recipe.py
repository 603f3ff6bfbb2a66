"""`RecipeSpec`: the content of a recipe, which says from which sources the indicators of which pairs are derived."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from riskmodel.schema.base import Id, Strict, Text

SourceKind: TypeAlias = Literal[
    "acled", "contacts", "disputes", "gdelt", "gpr", "icews", "polecat", "table", "trade", "ucdp_ged"
]
PeriodStep: TypeAlias = Literal["month", "quarter", "year"]
CodeScheme: TypeAlias = Literal["iso3", "iso2", "cow", "gw", "cameo", "fips", "icews", "name"]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_text(value: object) -> object:
    """Accept the numbers and dates of YAML."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Time: TypeAlias = Annotated[Text, BeforeValidator(_as_text)]
"""A day, month or year as text: `2018-03-01`, `2018-03`, `2018`."""


class Period(Strict):
    """The time from the beginning of `from` to the end of `to`, in steps."""

    start: Annotated[Time, Field(alias="from")]
    end: Annotated[Time, Field(alias="to")]
    step: PeriodStep = "month"


class Coverage(Strict):
    """What the files of a source hold without a gap, where it is not seen from them."""

    start: Annotated[Time | None, Field(alias="from")] = None
    end: Annotated[Time | None, Field(alias="to")] = None
    pairs: Literal["all", "listed"] | None = None


class SourceSpec(Strict):
    """Files of one kind."""

    kind: SourceKind
    path: Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]
    covers: Coverage | None = None
    codes: CodeScheme | None = None
    columns: Mapping[Text, Text] = {}
    sheet: Text | None = None


class RecipeSpec(Strict):
    """A whole recipe."""

    format: Literal[1]
    title: Text | None = None
    pairs: Literal["all"] | tuple[Text, ...]
    period: Period
    sources: Annotated[Mapping[Id, SourceSpec], Field(min_length=1)]
    derivations: Text | None = None
    borders: Text | None = None
