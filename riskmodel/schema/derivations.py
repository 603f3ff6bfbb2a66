"""`DerivationsSpec`: the content of a derivations file, which says by which ways indicators are derived from sources.

Each indicator has its ways in order of preference. A way names the family of sources that it takes, a method with its
thresholds, the reason for them, and how far its values can be trusted.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from riskmodel.schema.base import Cites, Finding, Id, Intensity, Number, Source, Strict, Text, raise_findings
from riskmodel.schema.references import uncited
from riskmodel.schema.ways import AnyWay, Codes


def _checked_days(text: str) -> str:
    """Check a day, or two with a slash between, in order."""
    ends = text.split("/")
    try:
        days = [date.fromisoformat(end) for end in ends if re.fullmatch(r"\d{4}-\d\d-\d\d", end)]
    except ValueError:
        days = []
    if len(days) == len(ends) <= 2 and days[0] <= days[-1]:
        return text
    message = f"should be a day such as 2014-01-23, or the first and the last with a slash between; got {text!r}"
    raise PydanticCustomError("finding", "{message}", {"message": message})


def _day_text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


Days: TypeAlias = Annotated[Text, BeforeValidator(_day_text), AfterValidator(_checked_days)]
"""A day (`2014-01-23`), or the first and the last of several (`2013-12-01/2013-12-04`)."""


def _checked_role(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        message = f"should be a role of three capital letters such as GOV or MIL; got {text!r}"
        raise PydanticCustomError("finding", "{message}", {"message": message})
    return text


Roles: TypeAlias = Annotated[tuple[Annotated[Text, AfterValidator(_checked_role)], ...], Field(min_length=1)]
"""Roles of CAMEO or PLOVER: `GOV`."""


class HardlyReported(Strict):
    """A pair with fewer events than this in so many months: that nothing is seen means nothing."""

    events: Annotated[Number, Field(ge=0)]
    months: Annotated[int, Field(strict=True, ge=1, le=12)]


class StateRoles(Strict):
    """Roles of actors in CAMEO and PLOVER, and sectors of ICEWS."""

    gdelt: Roles
    icews: Annotated[tuple[Text, ...], Field(min_length=1)]
    polecat: Roles


class EventRules(Strict):
    """Rules for all ways that count events.

    Attributes
    ----------
    left_out : codes that no way counts.
    state_roles : by kind of source, the roles or sectors of actors who act for their state, beside actors without any.
    usable_days : days with a usable file that a month needs.
    quarter_hours : files that a day of GDELT 2.0 needs.
    hole_below : share of the usual number of rows, below which the file of a day is a hole.
    holes : days without a usable file, by kind of source.
    """

    left_out: Codes
    state_roles: StateRoles
    usable_days: Annotated[int, Field(strict=True, ge=1, le=28)]
    quarter_hours: Annotated[int, Field(strict=True, ge=1, le=96)]
    hole_below: Intensity
    hardly_reported: HardlyReported
    holes: Mapping[Literal["gdelt", "icews", "polecat"], tuple[Days, ...]] = {}
    because: Text
    cites: Cites | None = None

    def hole_days(self, kind: str) -> tuple[str, ...]:
        """Return each day without a usable file, as ISO text."""
        days: list[str] = []
        for text in next((holes for name, holes in self.holes.items() if name == kind), ()):
            first, last = (date.fromisoformat(end) for end in (text[:10], text[-10:]))
            days += ((first + timedelta(number)).isoformat() for number in range((last - first).days + 1))
        return tuple(days)


class IndicatorRules(Strict):
    """The ways of an indicator, in order of preference.

    Attributes
    ----------
    period : the value of a quarter or a year: the mean of its months, the highest, or the last.
    one_way : whether all months of a pair are of the same way, because the ways have different scales: the first that
        has a value for the pair; otherwise each month is of the first that has a value for it.
    blank : why there is no value where no way gives one; without, each way has its own reason.
    """

    period: Literal["mean", "highest", "last"]
    one_way: bool = False
    ways: tuple[AnyWay, ...] = ()
    blank: Text | None = None

    @model_validator(mode="after")
    def _check_blank(self) -> "IndicatorRules":
        if not self.ways and self.blank is None:
            raise_findings([Finding((), "needs `ways`, or the reason why it is `blank`")])
        return self


class DerivationsSpec(Strict):
    """A whole derivations file."""

    format: Literal[1]
    title: Text | None = None
    sources: Mapping[Id, Source] = {}
    events: EventRules
    indicators: Annotated[Mapping[Id, IndicatorRules], Field(min_length=1)]

    @model_validator(mode="after")
    def _check_citations(self) -> "DerivationsSpec":
        findings = list(uncited(("events", "cites"), self.events.cites, self.sources))
        for name, indicator in self.indicators.items():
            for number, way in enumerate(indicator.ways):
                findings += uncited(("indicators", name, "ways", number, "cites"), way.cites, self.sources)
        raise_findings(findings)
        return self
