"""Types of requests and responses of the service, beside situations and results, for the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from riskmodel.analysis.outlook.analysis import DRAWS as OUTLOOK_DRAWS
from riskmodel.analysis.results.sensitivity import Over
from riskmodel.analysis.series.analysis import DRAWS as SERIES_DRAWS
from riskmodel.assessment import Assessment, ModelIdentity
from riskmodel.documents.nodes import MAX_DEPTH
from riskmodel.results import Record, Share
from riskmodel.schema.base import Strict, Text
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import SituationSpec, SituationsSpec
from riskmodel.tables.check import TableCheck
from riskmodel.web.problems import BODY, ProblemDetails
from riskmodel.web.settings import Limits

PictureKind = Literal["png", "svg"]
PageAddress = Annotated[
    str | None,
    Field(pattern=r"^https?://[^\s#]{1,300}$", description="Address of the page, without what follows #."),
]


class Answer(BaseModel):
    """Base of response types: no other keys are allowed."""

    model_config = ConfigDict(extra="forbid")


class Reject(Answer):
    """A row that cannot be scored."""

    line: Annotated[int, Field(description="Line of the file, from 1; row for Parquet.")]
    id: str
    column: str
    value: str
    reason: str


class Progress(Answer):
    """Progress of scoring; `share` is null if it is unknown."""

    rows: int
    rejected: int
    share: Share | None


class Table(Answer):
    """The format of the scored text, and facts about the table."""

    row_unit: Annotated[Literal["line", "row"], Field(description="Unit of the numbers of rejected rows.")]
    delimiter: Annotated[str, Field(description="Delimiter of the scored text.")]
    decimal: Annotated[Literal[".", ","], Field(description="Decimal mark of the scored text.")]
    thousands: Annotated[
        Literal[",", ".", " ", "'"] | None, Field(description="Thousands separator of the scored text.")
    ]
    remarks: Annotated[list[str], Field(description="Facts that a reader should know, such as the sheet that is read.")]


class Done(Answer):
    """The counts of a table: rows in are the sum of rows out and rows rejected."""

    rows_in: int
    rows_out: int
    rows_rejected: int
    blank_lines: int
    bands: dict[str, dict[str, int]]
    formulas: Annotated[
        int, Field(description="Cells prefixed with ' so that spreadsheets do not run them as formulas.")
    ]
    check: TableCheck


class BatchLine(Answer):
    """One line of the response; has one of these keys: the first line `table`, the last one `done` or `problem`."""

    table: Table | None = None
    scored: Annotated[str, Field(description="Scored rows as CSV; the first piece begins with the header.")] = ""
    rejected: list[Reject] | None = None
    progress: Progress | None = None
    done: Done | None = None
    problem: ProblemDetails | None = None


MAX_SITUATIONS = 100
MAX_DRAWS = 1 << 20
MAX_SENSITIVITY_DRAWS = 1 << 16
"""Each is evaluated once for each factor and twice more."""
MAX_SERIES_DRAWS = 1 << 12


class ScoreRequest(RootModel[SituationSpec | SituationsSpec]):
    """A situation, or several under `situations`."""


class ScoreAnswer(RootModel[Assessment | list[Assessment]]):
    """The assessment of a situation, or of each of several in their order."""


class CompareRequest(Strict):
    """Request of the differences between the first situation and each of the others."""

    situations: Annotated[tuple[SituationSpec, ...], Field(min_length=2, max_length=MAX_SITUATIONS)]


class SamplingRequest(Strict):
    """Base of requests of analyses that draw values of a situation."""

    situation: SituationSpec
    weight_uncertainty: Annotated[
        float | None, Field(strict=True, description="Relative standard deviation of weights, in (0, 1).")
    ] = None
    sample_missing: Annotated[bool, Field(strict=True, description="Sample missing inputs too.")] = False
    seed: Annotated[int, Field(strict=True, ge=0)] = 0


class UncertaintyRequest(SamplingRequest):
    """Request of an uncertainty analysis of a situation."""

    draws: Annotated[
        int | None,
        Field(strict=True, ge=1 << 10, le=MAX_DRAWS, description="Number of draws, rounded up to a power of 2."),
    ] = None


class SensitivityRequest(SamplingRequest):
    """Request of a sensitivity analysis of a situation."""

    over: Annotated[
        Over | None,
        Field(
            description="Vary the values given as ranges within them, or every value over its full range; default: "
            "given, if any is."
        ),
    ] = None
    draws: Annotated[
        int | None,
        Field(
            strict=True, ge=1 << 6, le=MAX_SENSITIVITY_DRAWS, description="Number of draws, rounded up to a power of 2."
        ),
    ] = None


class LeversRequest(Strict):
    """Request of the smallest changes that reach a target."""

    situation: SituationSpec
    target: Annotated[Text, Field(description="Such as `escalation <= 40 and stability >= 50`.")]


class TableQuery(Strict):
    """Query parameters of every table: how it is read."""

    delimiter: Annotated[str | None, Field(description="Delimiter of CSV, `tab` for a tab; default: detected.")] = None
    decimal: Annotated[str | None, Field(description="Decimal mark of CSV, `.` or `,`.")] = None
    thousands: Annotated[
        str | None, Field(description="Thousands separator of CSV: `,` `.` `'` or a space; default: none.")
    ] = None
    missing: Annotated[tuple[str, ...], Field(description="Codes of missing values, such as `..` or -999.")] = ()
    flags: Annotated[
        tuple[str, ...], Field(description="Marks that may follow a number, such as `b` in `12.3 b`.")
    ] = ()
    sheet: Annotated[
        str | None, Field(description="Sheet of a workbook, by name or number from 1; default: the one that fits.")
    ] = None
    skip_rows: Annotated[int | None, Field(ge=0, description="Lines or rows before the headings.")] = None


class BatchQuery(TableQuery):
    """Query parameters of a table that is scored; the options of `riskmodel batch`."""

    explain: Annotated[bool, Field(description="Add the three largest contributions to each score.")] = False
    formulas: Annotated[
        Literal["escape", "keep"],
        Field(description="Prefix text cells that a spreadsheet would run with ', or keep them."),
    ] = "escape"


class UnitsQuery(TableQuery):
    """Query parameters of a table with a row for each unit and time."""

    by: Annotated[
        tuple[str, ...], Field(description="The columns that name units; default: `id`, where the table has it.")
    ] = ()
    seed: Annotated[int, Field(ge=0, description="Seed of the draws.")] = 0


class SeriesOptions(UnitsQuery):
    """Query parameters of series other than the column of times."""

    alert: Annotated[tuple[str, ...], Field(description="Conditions to watch, such as `escalation >= 60`.")] = ()
    draws: Annotated[
        int, Field(ge=0, le=MAX_SERIES_DRAWS, description="Draws of the intervals of each row; 0: no intervals.")
    ] = SERIES_DRAWS
    weight_uncertainty: Annotated[
        float | None, Field(description="Relative standard deviation of weights, in (0, 1).")
    ] = None


class SeriesQuery(SeriesOptions):
    """Query parameters of series; the options of `riskmodel series`."""

    time: Annotated[str, Field(description="The column of times.")]


class PageSeriesQuery(SeriesOptions):
    """Query parameters of series of the page."""

    time: Annotated[str | None, Field(description="The column of times; default: all are proposed.")] = None


class SeriesPictureQuery(SeriesQuery):
    """Query parameters of the picture of a score of a unit over time."""

    unit: Annotated[str, Field(description="The unit that is drawn.")]
    score: Annotated[str, Field(description="The score that is drawn.")]
    kind: PictureKind
    file: Annotated[str, Field(description="Name of the table.", max_length=200)] = BODY
    address: PageAddress = None


class OutlookQuery(UnitsQuery):
    """Query parameters of an outlook; the options of `riskmodel outlook`."""

    time: Annotated[str, Field(description="The column of times.")]
    horizon: Annotated[int, Field(ge=1, le=120, description="Steps ahead.")] = 12
    draws: Annotated[int, Field(ge=1, le=MAX_SERIES_DRAWS, description="Number of draws.")] = OUTLOOK_DRAWS
    influences: Annotated[
        bool, Field(description="Add what the influences that the model states would push, which are theory.")
    ] = False


class PageOutlookQuery(OutlookQuery):
    """Query parameters of an outlook of the page."""

    score: Annotated[str, Field(description="The score that is shown.")]


class Range(Answer):
    """Range of an indicator in its unit."""

    low: float
    high: float
    logarithmic: bool


class AllLimits(Limits):
    """The limits of a service, including fixed ones."""

    body_depth: Annotated[int, Field(description="Levels of nesting in a JSON body.")] = MAX_DEPTH
    situations: Annotated[int, Field(description="Situations in a request.")] = MAX_SITUATIONS
    draws: Annotated[int, Field(description="Draws of an uncertainty analysis.")] = MAX_DRAWS
    sensitivity_draws: Annotated[int, Field(description="Draws of a sensitivity analysis.")] = MAX_SENSITIVITY_DRAWS


@dataclass(frozen=True, slots=True)
class ModelAnswer(Record):
    """The served model, and the limits of the service."""

    model: ModelIdentity
    spec: ModelSpec
    ranges: Annotated[
        Mapping[str, Range | None], Field(description="By indicator; null if it has labels, or no range.")
    ]
    limits: AllLimits


class Health(Answer):
    """State of the service."""

    status: Literal["alive", "ready"]
