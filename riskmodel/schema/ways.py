"""The ways from sources to values, as a derivations file states them: methods with thresholds, reasons and trust."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from riskmodel.errors import suggest
from riskmodel.schema.base import Cites, Finding, Id, Number, Strict, Text, raise_findings
from riskmodel.schema.recipe import SourceKind

SourceFamily: TypeAlias = Literal["events", "contacts", "disputes", "violence", "trade", "table", "gpr"]
Trust: TypeAlias = Literal["good", "fair", "weak"]
KINDS: Mapping[SourceFamily, tuple[SourceKind, ...]] = {
    "events": ("gdelt", "icews", "polecat"),
    "contacts": ("contacts",),
    "disputes": ("disputes",),
    "violence": ("ucdp_ged", "acled"),
    "trade": ("trade",),
    "table": ("table",),
    "gpr": ("gpr",),
}
"""The kinds of sources of each family."""


def _code_text(value: object) -> object:
    """Refuse a code that is a number, because YAML has taken its zero away."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        message = f"should be text in quotes, because codes begin with zeros; got {value!r}"
        raise PydanticCustomError("finding", "{message}", {"message": message})
    return value


Codes: TypeAlias = Annotated[
    tuple[Annotated[Text, BeforeValidator(_code_text)], ...],
    Field(
        min_length=1,
        description="Codes of acts: a root, base or code of CAMEO (`04`, `042`, `1125`) with all below it, a range of "
        "them (`190-196`), a type of PLOVER (`CONSULT`), or one with a mode (`ASSAULT/aerial`).",
    ),
]


class Way(Strict):
    """Base class of the ways: the reason, how far its values can be trusted, and the passages that it rests on."""

    trust: Trust
    because: Text
    cites: Cites | None = None


class ContactsInMonth(Way):
    """The official contacts of the two whose days overlap the month; those of the same days are one contact."""

    method: Literal["contacts"]
    family: Annotated[Literal["contacts"], Field(alias="from")]

    @property
    def text(self) -> str:
        """The way in a phrase."""
        return "official contacts in the month, those of the same days counted once"


class DaysOfActs(Way):
    """The days of the month with an act of these codes between the two, times a factor."""

    method: Literal["days"]
    family: Annotated[Literal["events"], Field(alias="from")]
    codes: Codes
    times: Annotated[Number, Field(gt=0)] = 1

    @property
    def text(self) -> str:
        """The way in a phrase."""
        times = "" if self.times == 1 else f", times {self.times:g}"
        return f"days with an act of {', '.join(self.codes)}{times}"


class Step(Strict):
    """A value that holds from so many days of acts on.

    Attributes
    ----------
    codes : of the acts.
    days : days of the month with such an act.
    along : codes of acts between the two, of which the month needs one as well.
    """

    value: Number
    days: Annotated[int, Field(strict=True, ge=1, le=28)]
    codes: Codes
    along: Annotated[Codes | None, Field(alias="with")] = None


class Ladder(Way):
    """The highest of the steps that hold; without one, the value of `otherwise`.

    `actors` are those whose acts count: the two on each other, or third states and organisations on either of them.
    """

    method: Literal["ladder"]
    family: Annotated[Literal["events"], Field(alias="from")]
    actors: Literal["the two", "third"] = "the two"
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
    otherwise: Number

    @model_validator(mode="after")
    def _check_otherwise(self) -> "Ladder":
        lowest = min(step.value for step in self.steps)
        if lowest <= self.otherwise:
            message = f"should be below {lowest:g}, the lowest value of the steps; got {self.otherwise:g}"
            raise_findings([Finding(("otherwise",), message, self.otherwise)])
        return self

    @property
    def text(self) -> str:
        """The way in a phrase."""
        whose = "" if self.actors == "the two" else " by third parties"
        values = ", ".join(f"{value:g}" for value in sorted({step.value for step in self.steps}, reverse=True))
        return f"{values} by days of acts{whose} in the month, otherwise {self.otherwise:g}"


class DeathsBetween(Way):
    """A value for months with so many deaths in fighting between the two; blank for others."""

    method: Literal["deaths_between"]
    family: Annotated[Literal["violence"], Field(alias="from")]
    deaths: Annotated[Number, Field(gt=0)]
    value: Number

    @property
    def text(self) -> str:
        """The way in a phrase."""
        return f"{self.value:g}, for {self.deaths:g} or more deaths in fighting between the two"


class DisputesBegun(Way):
    """Disputes of the two that began in the years up to the end of the month.

    Of violence, an episode of deaths between the two is a dispute.

    Attributes
    ----------
    years : up to the end of the month, all of which the sources must cover.
    quiet_months : months without a death that end an episode.
    """

    method: Literal["disputes_begun"]
    family: Annotated[Literal["disputes", "violence"], Field(alias="from")]
    years: Annotated[int, Field(strict=True, ge=1, le=100)]
    quiet_months: Annotated[int | None, Field(strict=True, ge=1, le=120)] = None

    @model_validator(mode="after")
    def _check_quiet_months(self) -> "DisputesBegun":
        if (self.family == "violence") == (self.quiet_months is None):
            message = "is required" if self.family == "violence" else "is for violence only; disputes have an end"
            raise_findings([Finding(("quiet_months",), message, self.quiet_months)])
        return self

    @property
    def text(self) -> str:
        """The way in a phrase."""
        quiet = f"episodes of deaths between the two, which {self.quiet_months} months without end,"
        which = "disputes" if self.family == "disputes" else quiet
        return f"{which} that began in the {self.years} years up to the end of the month"


class PeaceYears(Way):
    """Full years since the last dispute of the two ended, or since the last death between them; 0 while there is one.

    Attributes
    ----------
    enough_years : without any dispute in a source, the years since it begins are the value if they are as many.
    """

    method: Literal["peace_years"]
    family: Annotated[Literal["disputes", "violence"], Field(alias="from")]
    enough_years: Annotated[int, Field(strict=True, ge=1, le=1000)]

    @property
    def text(self) -> str:
        """The way in a phrase."""
        last = "dispute of the two ended" if self.family == "disputes" else "death in fighting between the two"
        return f"full years since the last {last}"


class DeathsNearby(Way):
    """Deaths in the states that adjoin either of the two, put on a scale that is straight in their logarithm.

    Attributes
    ----------
    months : up to the end of the month, of which the deaths count.
    points : pairs of deaths and value, both rising; log10(1 + deaths) lies straight between.
    """

    method: Literal["deaths_nearby"]
    family: Annotated[Literal["violence"], Field(alias="from")]
    months: Annotated[int, Field(strict=True, ge=1, le=12)]
    points: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _check_points(self) -> "DeathsNearby":
        findings = [
            Finding(("points", number + 1), f"should be above {before!r} in both numbers", after)
            for number, (before, after) in enumerate(pairwise(self.points))
            if not (before[0] < after[0] and before[1] < after[1])
        ]
        if self.points[0][0] != 0:
            findings.append(Finding(("points", 0, 0), "should be 0 deaths", self.points[0][0]))
        raise_findings(findings)
        return self

    @property
    def text(self) -> str:
        """The way in a phrase."""
        return f"deaths of {self.months} months in the states that adjoin either of the two, on a logarithmic scale"


class FieldsOfActs(Way):
    """The number of fields in which the two acted together in these months, as a floor; blank without any.

    Attributes
    ----------
    fields : codes by field.
    months : up to the end of the month.
    """

    method: Literal["fields"]
    family: Annotated[Literal["events"], Field(alias="from")]
    fields: Annotated[Mapping[Id, Codes], Field(min_length=1)]
    months: Annotated[int, Field(strict=True, ge=1, le=12)]

    @property
    def text(self) -> str:
        """The way in a phrase."""
        return f"fields of {', '.join(self.fields)} with an act in {self.months} months, a floor"


class TradeBelowMean(Way):
    """Percent by which the trade of twelve months lies below its yearly mean of the years before."""

    method: Literal["trade_below_mean"]
    family: Annotated[Literal["trade"], Field(alias="from")]
    years: Annotated[int, Field(strict=True, ge=1, le=20)]

    @property
    def text(self) -> str:
        """The way in a phrase."""
        return f"% by which trade of 12 months lies below its mean of the {self.years} years before"


class AsGiven(Way):
    """The value of a column as it is: of the pair, else the mean of the two states, else of the world.

    Attributes
    ----------
    column : of the source; without, the indicator.
    """

    method: Literal["as_given"]
    family: Annotated[Literal["table", "gpr"], Field(alias="from")]
    column: Text | None = None

    @property
    def text(self) -> str:
        """The way in a phrase."""
        return "as given" if self.column is None else f"{self.column} as given"


_WAYS: tuple[type[Way], ...] = (
    AsGiven,
    ContactsInMonth,
    DaysOfActs,
    DeathsBetween,
    DeathsNearby,
    DisputesBegun,
    FieldsOfActs,
    Ladder,
    PeaceYears,
    TradeBelowMean,
)
_BY_METHOD: Mapping[str, type[Way]] = {get_args(way.model_fields["method"].annotation)[0]: way for way in _WAYS}


def _known_method(value: object) -> object:
    method = value.get("method") if isinstance(value, Mapping) else None
    if isinstance(value, Mapping) and method not in _BY_METHOD:
        hint = suggest(method, _BY_METHOD, short=False) if isinstance(method, str) else ""
        message = f"should be one of {', '.join(_BY_METHOD)}{hint}" if "method" in value else "needs a method"
        raise_findings([Finding(("method",) if "method" in value else (), message, method)])
    return value


def _method_of(value: object) -> str | None:
    method = value.get("method") if isinstance(value, Mapping) else getattr(value, "method", None)
    return None if method is None else f"<{method}>"


AnyWay: TypeAlias = Annotated[
    Annotated[AsGiven, Tag("<as_given>")]
    | Annotated[ContactsInMonth, Tag("<contacts>")]
    | Annotated[DaysOfActs, Tag("<days>")]
    | Annotated[DeathsBetween, Tag("<deaths_between>")]
    | Annotated[DeathsNearby, Tag("<deaths_nearby>")]
    | Annotated[DisputesBegun, Tag("<disputes_begun>")]
    | Annotated[FieldsOfActs, Tag("<fields>")]
    | Annotated[Ladder, Tag("<ladder>")]
    | Annotated[PeaceYears, Tag("<peace_years>")]
    | Annotated[TradeBelowMean, Tag("<trade_below_mean>")],
    Discriminator(_method_of, custom_error_type="finding", custom_error_message="should be a mapping with a method"),
    BeforeValidator(_known_method),
]
