"""`RecipeSpec`: the content of a recipe, which says from which sources the indicators of which pairs are derived."""

import re
from calendar import monthrange
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from riskmodel.errors import repr_value
from riskmodel.schema.base import Finding, Id, Strict, Text, raise_findings

SourceKind: TypeAlias = Literal[
    "acled", "contacts", "disputes", "gdelt", "gpr", "icews", "polecat", "table", "trade", "ucdp_ged"
]
PeriodStep: TypeAlias = Literal["month", "quarter", "year"]
CodeScheme: TypeAlias = Literal[
    "iso3", "iso2", "cow", "gw", "cameo", "fips", "imf", "name", "icews", "ucdp", "historyatstate"
]
STEP_MONTHS: Mapping[PeriodStep, int] = {"month": 1, "quarter": 3, "year": 12}
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_text(value: object) -> object:
    """Accept a year, which YAML reads as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked_date(text: str) -> str:
    match = _DATE.fullmatch(text)
    if match:
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
        if year and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
            return text
    message = f"should be a year, month or day such as 2018, 2018-03 or 2018-03-01; got {text!r}"
    raise PydanticCustomError("finding", "{message}", {"message": message})


DateText: TypeAlias = Annotated[Text, BeforeValidator(_as_text), AfterValidator(_checked_date)]
"""A day, month or year as text: `2018-03-01`, `2018-03`, `2018`."""


def first_day_of(date: str) -> str:
    """Return the first day of a year, month or day as ISO text."""
    return f"{date}-01-01"[:10] if len(date) == 4 else f"{date}-01"[:10]


def last_day_of(date: str) -> str:
    """Return the last day of a year, month or day as ISO text."""
    if len(date) == 4:
        return f"{date}-12-31"
    return date if len(date) == 10 else f"{date}-{monthrange(int(date[:4]), int(date[5:]))[1]}"


class Period(Strict):
    """The time from the beginning of `from` to the end of `to`, in steps."""

    start: Annotated[DateText, Field(alias="from")]
    end: Annotated[DateText, Field(alias="to")]
    step: PeriodStep = "month"

    @model_validator(mode="after")
    def _check_order(self) -> "Period":
        findings = []
        if self.last_month < self.first_month:
            findings.append(Finding(("to",), f"{self.end} is before {self.start}", self.end))
        months = STEP_MONTHS[self.step]
        if self.first_month % months:
            findings.append(Finding(("from",), f"{self.start} does not begin a {self.step}", self.start))
        elif (self.last_month + 1) % months:
            findings.append(Finding(("to",), f"{self.end} does not end a {self.step}", self.end))
        raise_findings(findings)
        return self

    @property
    def first_month(self) -> int:
        """The first month, counted from January 1970."""
        return _month(first_day_of(self.start))

    @property
    def last_month(self) -> int:
        """The last month, counted from January 1970."""
        return _month(last_day_of(self.end))


def _month(day: str) -> int:
    return (int(day[:4]) - 1970) * 12 + int(day[5:7]) - 1


def _all_or_list(pairs: object) -> object:
    if pairs != "all" and not (isinstance(pairs, list | tuple) and pairs):
        raise PydanticCustomError("pairs", "should be a list of pairs such as [USA-RUS, IND-PAK], or `all`")
    for pair in pairs if pairs != "all" else ():
        if not isinstance(pair, str):
            message = f"each pair should be text such as USA-RUS; got {repr_value(pair)}"
            raise PydanticCustomError("finding", "{message}", {"message": message})
    return pairs


class Coverage(Strict):
    """The time and the pairs of which the files of a source hold all that there is, where it is not seen from them."""

    start: Annotated[DateText | None, Field(alias="from")] = None
    end: Annotated[DateText | None, Field(alias="to")] = None
    pairs: Literal["all", "listed"] | None = None

    @model_validator(mode="after")
    def _check_order(self) -> "Coverage":
        if self.start is not None and self.end is not None and last_day_of(self.end) < first_day_of(self.start):
            raise_findings([Finding(("to",), f"{self.end} is before {self.start}", self.end)])
        return self


class SourceSpec(Strict):
    """Files of one kind."""

    kind: SourceKind
    path: Annotated[tuple[Text, ...], BeforeValidator(_as_list), Field(min_length=1)]
    covers: Coverage = Coverage()
    codes: CodeScheme | None = None
    columns: Mapping[Text, Text] = {}
    sheet: Text | None = None


class RecipeSpec(Strict):
    """A whole recipe."""

    format: Literal[1]
    title: Text | None = None
    pairs: Annotated[Literal["all"] | tuple[Text, ...], BeforeValidator(_all_or_list)]
    period: Period
    sources: Annotated[Mapping[Id, SourceSpec], Field(min_length=1)]
    derivations: Text | None = None
    borders: Text | None = None
