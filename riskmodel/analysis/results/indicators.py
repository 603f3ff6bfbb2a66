"""Result of indicators: values of pairs by period, each with its basis, and the counts of the sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import computed_field

from riskmodel.assessment import ModelIdentity
from riskmodel.results import HIDDEN, Record, Result, Tabular, view

if TYPE_CHECKING:
    import pandas as pd

Trust = Literal["good", "fair", "weak"]


@dataclass(frozen=True, slots=True)
class InputFile(Record):
    """A file, or a member of a zip archive, that was read; `skipped` is the error of one that was left out."""

    path: str
    member: str
    source: str
    rows: int
    skipped: str | None = None

    @property
    def name(self) -> str:
        """The name in messages."""
        return f"{self.path}/{self.member}" if self.member else self.path


@dataclass(frozen=True, slots=True)
class SourceSummary(Record):
    """Counts of a source.

    Attributes
    ----------
    kind : of the recipe.
    files, rows, kept : files, their rows, and the rows that are records of the pairs and times.
    dropped : rows that are not, by reason.
    mended : rows that were repaired, or are odd and kept, by kind.
    unknown : codes that are in no list, as `scheme code`, with their rows.
    again : records that another row or file has too, and that count once.
    from_month, to_month : the time that it covers; None for events, whose days are listed by family.
    unused : columns of a table or an index that no indicator of the derivations takes.
    """

    kind: str
    files: int
    rows: int
    kept: int
    dropped: Mapping[str, int]
    mended: Mapping[str, int]
    unknown: Mapping[str, int]
    again: int
    from_month: str | None = None
    to_month: str | None = None
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilySummary(Record):
    """Events of one family of sources, such as GDELT 1.0 and 2.0, in which an event has the same number.

    Attributes
    ----------
    sources : names in the recipe.
    events : different events of the pairs and of mediators.
    again : events met a second time, in another file or stream.
    repeats : events beyond the first of the same source, target, code and day.
    twins : acts that are there in both directions, and count once.
    usable_days, days : of the period.
    missing : months of the period with fewer usable days than a month needs.
    """

    sources: tuple[str, ...]
    events: int
    again: int
    repeats: int
    twins: int
    usable_days: int
    days: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndicatorSummary(Record):
    """One indicator of the table.

    Attributes
    ----------
    values : rows of the table with a value, of `blanks` there is none.
    trust : rows by the trust of the way.
    blank_because : rows without a value, by reason.
    """

    values: int
    blanks: int
    trust: Mapping[str, int]
    blank_because: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DerivedValue(Record):
    """The basis of a value.

    Attributes
    ----------
    value : None where it is blank.
    trust : good, fair or weak; None where it is blank.
    way : how it was derived.
    sources : names in the recipe.
    days : days with such an act; None where the way counts none.
    rows : rows behind it.
    usable_share : share of the days with usable files; None where the way needs none.
    note : why it is blank, or what is to be known of it.
    """

    value: float | None
    trust: Trust | None
    way: str | None
    sources: tuple[str, ...]
    days: int | None
    rows: int
    usable_share: float | None
    note: str


@dataclass(frozen=True, slots=True)
class DerivedColumn(Record):
    """An indicator of all rows of the table; arrays are (rows,), and as in `analysis.indicators.facts.Derived`."""

    value: NDArray[np.float64]
    method: NDArray[np.int8]
    ways: tuple[tuple[str, Trust, tuple[str, ...]], ...]
    days: NDArray[np.int64]
    rows: NDArray[np.int64]
    usable: NDArray[np.float64]
    reason: NDArray[np.int64]
    reasons: tuple[str, ...]

    def at(self, row: int) -> DerivedValue:
        """Return the value of a row of the table with its basis."""
        method = int(self.method[row])
        way, trust, sources = self.ways[method] if method >= 0 else (None, None, ())
        value, usable = float(self.value[row]), float(self.usable[row])
        return DerivedValue(
            None if np.isnan(value) else value,
            trust,
            way,
            sources,
            int(self.days[row]) if self.days[row] >= 0 else None,
            int(self.rows[row]),
            None if np.isnan(usable) else usable,
            self.reasons[int(self.reason[row])],
        )


@dataclass(frozen=True, slots=True)
class ScoreNeed(Record):
    """The rows of the table for which a score can be computed.

    Attributes
    ----------
    score, title : the score.
    rows, scored : rows of the table, and those with a score.
    coverage, top_coverage : the least and greatest share of the weights that is known in the others; 1 without any.
    needed : the share that is needed.
    blank : shares of the weights of indicators that are blank throughout, the largest first.
    """

    score: str
    title: str
    rows: int
    scored: int
    coverage: float
    top_coverage: float
    needed: float
    blank: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class TableRow(Record):
    """A row of the table."""

    pair: str
    period: str
    values: Mapping[str, DerivedValue]


@dataclass(frozen=True, slots=True)
class IndicatorTable(Tabular, Result):
    """Indicators of pairs of states by period, derived from sources by stated rules.

    Attributes
    ----------
    recipe, recipe_sha256
        Its title or file, and the fingerprint of its text.
    derivations
        The title of the derivations, and the beginning of the fingerprint of their content.
    step
        Of the periods.
    pairs, periods
        Of the rows, which are sorted by pair as in the recipe, then by time.
    indicators, columns
        The counts of each indicator, and its values with their basis.
    has_basis_columns
        Whether the basis of each value stands in columns of the table too.
    sources, families, files
        What was read.
    model, scores
        A model, and what the table lacks for each of its scores.
    """

    recipe: str
    recipe_sha256: str
    derivations: str
    step: str
    pairs: Annotated[tuple[str, ...], HIDDEN]
    periods: Annotated[tuple[str, ...], HIDDEN]
    indicators: Mapping[str, IndicatorSummary]
    sources: Mapping[str, SourceSummary]
    families: Mapping[str, FamilySummary]
    files: tuple[InputFile, ...]
    model: ModelIdentity
    scores: tuple[ScoreNeed, ...]
    columns: Annotated[Mapping[str, DerivedColumn], HIDDEN]
    has_basis_columns: Annotated[bool, HIDDEN] = False

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows(self) -> tuple[TableRow, ...]:
        """The rows of the table, each value with its basis."""
        return tuple(
            TableRow(pair, period, {name: column.at(row) for name, column in self.columns.items()})
            for row, (pair, period) in enumerate(zip(self.pairs, self.periods, strict=True))
        )

    @property
    def basis(self) -> "pd.DataFrame":
        """The basis of each value: one row for each pair, period and indicator, blank values included."""
        frame: pd.DataFrame = view("as_frames", self)["basis"]
        return frame


@dataclass(frozen=True, slots=True)
class SourceRow(Record):
    """A row of a file behind a value: its columns that identify it, by name."""

    source: str
    file: str
    line: int
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class IndicatorRows(Tabular, Result):
    """The rows of the sources behind a value.

    Attributes
    ----------
    recipe, pair, period, indicator
        The table, the place in it, and the indicator.
    derived
        The value with its basis.
    rows
        In the order of the files; an event that is there twice is listed twice.
    """

    recipe: str
    pair: str
    period: str
    indicator: str
    derived: DerivedValue
    rows: tuple[SourceRow, ...]
