"""What is asked, beside situations, and what is told of the service: the ground of the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from riskmodel.assessment import ModelIdentity
from riskmodel.documents.nodes import MAX_DEPTH
from riskmodel.results import Record
from riskmodel.schema.base import Strict, Text
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import SituationSpec
from riskmodel.web.settings import Limits
from riskmodel.web.table_answers import Answer

MAX_DRAWS = 1 << 20


class UncertaintyRequest(Strict):
    """Asks how sure the scores of a situation are."""

    situation: SituationSpec
    weight_uncertainty: Annotated[
        float | None, Field(strict=True, description="How uncertain weights are, in (0, 1).")
    ] = None
    missing: Annotated[bool, Field(strict=True, description="Whether what is missing is drawn too.")] = False
    draws: Annotated[
        int | None, Field(strict=True, ge=1 << 10, le=MAX_DRAWS, description="How many; the next power of 2 is taken.")
    ] = None
    seed: Annotated[int, Field(strict=True, ge=0)] = 0


class LeversRequest(Strict):
    """Asks what it would take to reach a target."""

    situation: SituationSpec
    target: Annotated[Text, Field(description="Such as `escalation <= 40 and stability >= 50`.")]


class BatchQuery(Strict):
    """How a table is read and written; the options of `riskmodel batch`."""

    explain: Annotated[bool, Field(description="Add the three largest entries of each score's account.")] = False
    delimiter: Annotated[str | None, Field(description="Of CSV; found in the header without it. `tab` is a tab.")] = (
        None
    )
    decimal: Annotated[str | None, Field(description="The decimal mark of CSV, `.` or `,`.")] = None
    thousands: Annotated[
        str | None, Field(description="What separates thousands in CSV: `,` `.` `'` or a space; nothing without it.")
    ] = None
    formulas: Annotated[
        Literal["escape", "keep"], Field(description="Put a ' before text cells that a spreadsheet would run, or not.")
    ] = "escape"


class Range(Answer):
    """How far an indicator ranges, in its unit."""

    low: float
    high: float
    logarithmic: bool


class AllLimits(Limits):
    """The limits of a service, with those that nobody can set."""

    body_depth: Annotated[int, Field(description="How deep a JSON body may nest.")] = MAX_DEPTH
    draws: Annotated[int, Field(description="Draws of an analysis of uncertainty.")] = MAX_DRAWS


@dataclass(frozen=True, slots=True)
class ModelAnswer(Record):
    """The model that is served, and how much is done for one request."""

    model: ModelIdentity
    spec: ModelSpec
    ranges: Annotated[
        Mapping[str, Range | None], Field(description="By indicator; null where it has labels, or nothing tells.")
    ]
    limits: AllLimits


class Health(Answer):
    """Whether the service lives, or can be asked."""

    status: Literal["alive", "ready"]
