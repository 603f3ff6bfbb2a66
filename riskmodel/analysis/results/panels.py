"""Results about the rows of tables: ranks and their changes, and means by group."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import computed_field

from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import reported
from riskmodel.results import HIDDEN, Record, Result, Share, Tabular
from riskmodel.tables.check import TableCheck
from riskmodel.tables.frames.output import Bands
from riskmodel.tables.labels import Codes, Labels


@dataclass(frozen=True, slots=True)
class RowKeys(Record):
    """The columns by which rows are named and grouped.

    Attributes
    ----------
    columns : (n,) labels by name of the column: those of `id`, `time` and `within`, each once.
    id : the columns that name units; empty where rows are numbered.
    time : the column of times.
    within : other columns within whose groups rows are ranked.
    step : the distance of neighbouring times, such as `1 month`; None if they are irregular.
    gaps : neighbouring times of the table between which a time is missing.
    """

    columns: Annotated[Mapping[str, Labels], HIDDEN]
    id: tuple[str, ...]
    time: str | None
    within: tuple[str, ...]
    step: str | None
    gaps: tuple[tuple[str, str], ...]

    def name(self, row: int) -> str:
        """Return the name of the unit of a row: its ids, or its number from 1."""
        return ", ".join(self.columns[name].label(row) for name in self.id) or f"row {row + 1}"


@dataclass(frozen=True, slots=True)
class RankedRow(Record):
    """A score of a row, and its rank.

    Attributes
    ----------
    value, reported, band : the score; None where the data are insufficient.
    rank : within the row's time and group; 1 is the highest score, or the lowest of an ascending order.
    change, rank_before, rank_change : against the time before, of the reported score and the rank; None where the unit
        has no row or score then. A negative change of rank is one towards rank 1.
    """

    value: float | None
    reported: float | None
    band: str | None
    rank: int | None
    change: float | None
    rank_before: int | None
    rank_change: int | None


@dataclass(frozen=True, slots=True)
class RankedRows(Record):
    """The ranks of n rows by one score.

    Attributes
    ----------
    name, title, decimals : the score.
    value, reported : (n,) scores, NaN where there is none.
    bands : (n,) of the reported values.
    rank : (n,) ranks, 0 where there is none.
    change : (n,) change of the reported value against the time before; NaN where there is none.
    rank_before : (n,) the rank at the time before, 0 where there is none.
    """

    name: str
    title: str
    decimals: int
    value: Floats
    reported: Floats
    bands: Bands
    rank: Codes
    change: Floats
    rank_before: Codes

    @property
    def rank_change(self) -> Floats:
        """(n,) rank less the rank before, NaN where one of them is lacking."""
        return np.where((self.rank > 0) & (self.rank_before > 0), self.rank - self.rank_before, np.nan)

    def rows(self) -> Iterator[RankedRow]:
        """Yield each row."""
        bands = [None if code < 0 else self.bands.names[code] for code in self.bands.codes.tolist()]
        columns = (
            *(or_none(values) for values in (self.value, self.reported)),
            bands,
            or_none(np.where(self.rank > 0, self.rank, np.nan), int),
            or_none(self.change),
            or_none(np.where(self.rank_before > 0, self.rank_before, np.nan), int),
            or_none(self.rank_change, int),
        )
        for cells in zip(*columns, strict=True):
            yield RankedRow(*cells)


def rounded_difference(after: Floats, before: Floats, decimals: int) -> Floats:
    """Return differences of reported values, rounded like these, so that they have no digits of rounding error."""
    change = after - before
    return np.copysign(reported(np.abs(change), decimals), change) + 0.0


def or_none(values: Floats, kind: type[int] | type[float] = float) -> list[Any]:
    """Return numbers as Python values, None for NaN."""
    return [None if value != value else kind(value) for value in values.tolist()]  # noqa: PLR0124


@dataclass(frozen=True)
class TableRanking(Tabular, Result):
    """The ranks of the rows of a table by each score, within times and groups, and their changes.

    Attributes
    ----------
    source
        The table.
    rows
        Number of rows.
    check
        The indicators without a column, and the values beyond their scale.
    keys
        The columns by which rows are named and grouped.
    ascending
        True if rank 1 is the lowest score.
    since
        (rows,) the position of the row of the same unit at the time before; -1 where it has none.
    after_gap
        Number of rows whose unit has no row at the time before, but at an earlier one; they have no change.
    scores
        By score.
    """

    model: ModelIdentity
    source: str
    rows: int
    check: TableCheck
    keys: RowKeys
    ascending: bool
    since: Annotated[Codes, HIDDEN]
    after_gap: int
    scores: Annotated[Mapping[str, RankedRows], HIDDEN]

    def __getitem__(self, score: str) -> RankedRows:
        return score_of(self.scores, score)

    @computed_field
    def ranking(self) -> list["RankedScores"]:
        """Every row, in the order of the table."""
        ranked = zip(*(score.rows() for score in self.scores.values()), strict=True)
        names = list(self.scores)
        return [
            RankedScores(key, dict(zip(names, cells, strict=True)))
            for key, cells in zip(keys_by_row(self.keys.columns, self.rows), ranked, strict=True)
        ]


def keys_by_row(columns: Mapping[str, Labels], rows: int) -> Iterator[dict[str, str]]:
    """Yield the key of each row: its labels by column."""
    for row in range(rows):
        yield {name: labels.label(row) for name, labels in columns.items()}


@dataclass(frozen=True, slots=True)
class RankedScores(Record):
    """A row: its labels by column, and its ranks by score."""

    key: Mapping[str, str]
    scores: Mapping[str, RankedRow]


@dataclass(frozen=True, slots=True)
class GroupMean(Record):
    """The mean of a score over the rows of a group.

    Attributes
    ----------
    value, reported, band : the weighted mean; None where the coverage is too small.
    coverage : the share of the group's weight in rows that have a score.
    """

    value: float | None
    reported: float | None
    band: str | None
    coverage: Share


@dataclass(frozen=True, slots=True)
class GroupMeans(Record):
    """The means of one score over k groups.

    Attributes
    ----------
    name, title, decimals : the score.
    value, reported : (k,) means, NaN where the coverage is too small.
    bands : (k,) of the reported means.
    coverage : (k,) shares of the group's weight in rows that have a score.
    """

    name: str
    title: str
    decimals: int
    value: Floats
    reported: Floats
    bands: Bands
    coverage: Floats

    def groups(self) -> Iterator[GroupMean]:
        """Yield each group."""
        bands = [None if code < 0 else self.bands.names[code] for code in self.bands.codes.tolist()]
        columns = (or_none(self.value), or_none(self.reported), bands, self.coverage.tolist())
        for cells in zip(*columns, strict=True):
            yield GroupMean(*cells)


@dataclass(frozen=True, slots=True)
class GroupScores(Record):
    """A group: its labels by column, the number of its rows, the sum of their weights, and means by score."""

    key: Mapping[str, str]
    rows: int
    weight: float
    scores: Mapping[str, GroupMean]


@dataclass(frozen=True)
class Aggregation(Tabular, Result):
    """Means of scores over groups of rows.

    Attributes
    ----------
    source
        The table.
    rows
        Number of rows.
    check
        The indicators without a column, and the values beyond their scale.
    by
        The columns whose labels make the groups.
    weight
        The column of weights; None if all rows count the same.
    min_coverage
        The share of a group's weight that must be in rows with a score, for the group to have a mean.
    keys
        (groups,) labels by column.
    counts, weights
        (groups,) number of rows, and sum of their weights.
    scores
        By score.
    """

    model: ModelIdentity
    source: str
    rows: int
    check: TableCheck
    by: tuple[str, ...]
    weight: str | None
    min_coverage: Share
    keys: Annotated[Mapping[str, Labels], HIDDEN]
    counts: Annotated[Codes, HIDDEN]
    weights: Annotated[Floats, HIDDEN]
    scores: Annotated[Mapping[str, GroupMeans], HIDDEN]

    def __getitem__(self, score: str) -> GroupMeans:
        return score_of(self.scores, score)

    @computed_field
    def groups(self) -> list[GroupScores]:
        """Every group, in ascending order of its labels."""
        means = zip(*(score.groups() for score in self.scores.values()), strict=True)
        names = list(self.scores)
        return [
            GroupScores(key, count, weight, dict(zip(names, cells, strict=True)))
            for key, count, weight, cells in zip(
                keys_by_row(self.keys, len(self.counts)),
                self.counts.tolist(),
                self.weights.tolist(),
                means,
                strict=True,
            )
        ]
