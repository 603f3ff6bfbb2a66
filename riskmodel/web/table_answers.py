"""Types of the lines that `/api/batch` returns, for the OpenAPI document."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodel.results import Share
from riskmodel.tables.check import TableCheck
from riskmodel.web.problems import ProblemDetails


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
    row_unit: Annotated[Literal["line", "row"], Field(description="Unit of the numbers of rejected rows.")]
    delimiter: Annotated[str, Field(description="Delimiter of the scored text.")]
    decimal: Annotated[Literal[".", ","], Field(description="Decimal mark of the scored text.")]
    thousands: Annotated[
        Literal[",", ".", " ", "'"] | None, Field(description="Thousands separator of the scored text.")
    ]


class BatchLine(Answer):
    """One line of the response; has one of these keys, and the last line `done` or `problem`."""

    scored: Annotated[str, Field(description="Scored rows as CSV; the first piece begins with the header.")] = ""
    rejected: list[Reject] | None = None
    progress: Progress | None = None
    done: Done | None = None
    problem: ProblemDetails | None = None
