"""The result of checking a table: which column holds which indicator, and what its cells are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from riskmodel.assessment import ModelIdentity
from riskmodel.results import Record, Result, Share


@dataclass(frozen=True)
class IndicatorColumn(Record):
    """The column of an indicator and its values.

    Attributes
    ----------
    indicator, title, unit
        The indicator.
    column
        Its column; None without one.
    by
        Why it is that column: `map` (the caller), `model` (`column:` in the model), `id`, or `proposal` (the name is
        similar); empty without one.
    similarity
        Of a proposal, from 0 to 1.
    candidates
        Other columns that it could be.
    values, missing, beyond_scale
        Numbers of rows, among those that are valid.
    low, high
        The least and greatest value; None without values, and for labels.
    rejected, rejected_at, reason
        The number of rows rejected first for this column, and the place and reason of the first, such as `line 4`.
    remark
        What is odd about the values.
    """

    indicator: str
    title: str
    unit: str | None
    column: str | None
    by: Literal["map", "model", "id", "proposal", ""]
    similarity: Share | None
    candidates: tuple[str, ...]
    values: int
    missing: int
    beyond_scale: int
    low: float | None
    high: float | None
    rejected: int
    rejected_at: str | None
    reason: str | None
    remark: str | None


@dataclass(frozen=True)
class DataCheck(Result):
    """The columns of a table, matched to a model.

    Attributes
    ----------
    source, model
        The table and the model.
    rows, rejected
        The number of rows, and of those that cannot be scored.
    columns
        An entry for each indicator, in the model's order.
    rejected_whole
        How many rows are invalid as a whole, with the reason of the first; None without such rows.
    unread
        The columns that are no indicator.
    map
        The column of each indicator by the caller or by a proposal, as a map file has it.
    """

    source: str
    model: ModelIdentity
    rows: int
    rejected: int
    columns: tuple[IndicatorColumn, ...]
    rejected_whole: str | None
    unread: tuple[str, ...]
    map: Mapping[str, str]
