"""Result of two models over the rows of a table: who moves, by how much, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import computed_field

from riskmodel.analysis.results.panels import RankedRow, RankedRows, RowKeys, keys_by_row, rounded_difference
from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.kernels.types import Floats
from riskmodel.results import HIDDEN, Record, Result, Tabular


@dataclass(frozen=True, slots=True)
class Driver(Record):
    """A part in which two models differ, and the points that it adds to the difference of a score."""

    title: str
    points: float


@dataclass(frozen=True, slots=True)
class Mover(Record):
    """A row whose score differs most between two models, and why.

    Attributes
    ----------
    row : its position in the table, from 0.
    name : of its unit, with its time.
    before, after : the reported scores.
    change : the exact difference.
    rank_before, rank_after : its ranks.
    drivers : the parts of the models that add most to the difference (Shapley values), the largest first; empty without
        an account.
    """

    row: int
    name: str
    before: float
    after: float
    change: float
    rank_before: int
    rank_after: int
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class MovedScore(Record):
    """The rows of a table by one score of two models.

    Attributes
    ----------
    before, after : ranks of the rows by each model, with the same decimals.
    compared : number of rows that have a score by both.
    rank_correlation : Spearman's, of the rows that have both scores; with several times or groups the mean over these.
        None where there is nothing to correlate.
    moved : number of rows whose rank differs.
    other_band : number of rows whose band has another name; None if a model has no bands.
    mean_rank_change : mean of the absolute changes of rank.
    movers : rows with the largest differences of the exact score.
    """

    name: Annotated[str, HIDDEN]
    title: str
    before: Annotated[RankedRows, HIDDEN]
    after: Annotated[RankedRows, HIDDEN]
    compared: int
    rank_correlation: float | None
    moved: int
    other_band: int | None
    mean_rank_change: float | None
    movers: tuple[Mover, ...]

    @property
    def change(self) -> Floats:
        """(n,) differences of the reported scores, NaN where one is lacking."""
        return rounded_difference(self.after.reported, self.before.reported, self.after.decimals)

    @property
    def rank_change(self) -> Floats:
        """(n,) rank after less rank before, NaN where one is lacking."""
        ranked = (self.before.rank > 0) & (self.after.rank > 0)
        return np.where(ranked, self.after.rank - self.before.rank, np.nan)


@dataclass(frozen=True, slots=True)
class MovedRow(Record):
    """A row by one score of two models."""

    before: RankedRow
    after: RankedRow


@dataclass(frozen=True, slots=True)
class MovedScores(Record):
    """A row: its labels by column, and both models' ranks by score."""

    key: Mapping[str, str]
    scores: Mapping[str, MovedRow]


@dataclass(frozen=True)
class RowComparison(Tabular, Result):
    """The rows of a table by two models: who moves, by how much, and why.

    Attributes
    ----------
    before, after
        The models.
    source
        The table.
    rows
        Number of rows.
    keys
        The columns by which rows are named and grouped.
    scores
        By score, of those that both models have.
    """

    before: ModelIdentity
    after: ModelIdentity
    source: str
    rows: int
    keys: RowKeys
    scores: Mapping[str, MovedScore]

    def __getitem__(self, score: str) -> MovedScore:
        return score_of(self.scores, score)

    @computed_field
    def ranking(self) -> list[MovedScores]:
        """Every row, in the order of the table."""
        names = list(self.scores)
        sides = [zip(score.before.rows(), score.after.rows(), strict=True) for score in self.scores.values()]
        return [
            MovedScores(key, {name: MovedRow(*both) for name, both in zip(names, cells, strict=True)})
            for key, cells in zip(keys_by_row(self.keys.columns, self.rows), zip(*sides, strict=True), strict=True)
        ]
