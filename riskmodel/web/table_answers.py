"""What is answered to a table, as the OpenAPI document tells it; `riskmodel.web.batch` writes it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from riskmodel.results import Share
from riskmodel.web.problems import ProblemDetails


class Answer(BaseModel):
    """A part of an answer: it has all of its keys, and no others."""

    model_config = ConfigDict(extra="forbid")


class Reject(Answer):
    """A row that cannot be scored."""

    line: Annotated[int, Field(description="Of the file, from 1; of Parquet the row.")]
    id: str
    column: str
    value: str
    reason: str


class Progress(Answer):
    """How far the table has been scored; `share` is null where that is not known."""

    rows: int
    rejected: int
    share: Share | None


class Check(Answer):
    """The indicators that a table says little of, or in another unit than the model expects."""

    rows: Annotated[int, Field(description="The rows that are scored.")]
    without_column: Annotated[list[str], Field(description="Indicators without a column.")]
    similar_columns: Annotated[dict[str, str], Field(description="Columns that are named nearly like one of these.")]
    present: Annotated[dict[str, int], Field(description="Rows with a value, by indicator with a column.")]
    beyond_scale: Annotated[dict[str, int], Field(description="Rows with a value that the scale clamps.")]
    remarks: Annotated[list[str], Field(description="All of it in words.")]


class Done(Answer):
    """The counts of a table: rows in are rows out and rows rejected."""

    rows_in: int
    rows_out: int
    rows_rejected: int
    blank_lines: int
    bands: dict[str, dict[str, int]]
    formulas: Annotated[int, Field(description="Cells that got a ' so that no spreadsheet runs them.")]
    check: Check
    place: Annotated[Literal["line", "row"], Field(description="What the numbers of rejected rows count.")]
    delimiter: Annotated[str, Field(description="Of the scored text.")]
    decimal: Annotated[Literal[".", ","], Field(description="The decimal mark of the scored text.")]
    thousands: Annotated[
        Literal[",", ".", " ", "'"] | None, Field(description="What separates thousands in the scored text.")
    ]


class BatchLine(Answer):
    """One line of the answer to a table; it has one of these keys, and the last line `done` or `problem`."""

    scored: Annotated[str, Field(description="Scored rows as CSV; the first piece begins with the header.")] = ""
    rejected: list[Reject] | None = None
    progress: Progress | None = None
    done: Done | None = None
    problem: ProblemDetails | None = None
