"""Result of a series: the scores of units over time, and what changed them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import computed_field

from riskmodel.analysis.results.alerts import Alert
from riskmodel.analysis.results.panels import or_none
from riskmodel.assessment import Assessment, ModelIdentity, score_of
from riskmodel.errors import RiskmodelError, counted, suggest
from riskmodel.kernels.types import Better, Floats
from riskmodel.model import Model
from riskmodel.results import HIDDEN, DrawableResult, Record, Tabular, view
from riskmodel.tables.arrays import Mask
from riskmodel.tables.check import TableCheck
from riskmodel.tables.frames.output import Bands
from riskmodel.tables.labels import Codes, Labels

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes


_MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class AccountEntry(Record):
    """An entry of the account of a score: an indicator, a rule, or the clip."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class ChangeEntry(Record):
    """The points that an indicator, a rule or the clip adds to the change of a score."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    title: str
    points: float


@dataclass(frozen=True, slots=True)
class SeriesPoint(Record):
    """A score of a unit at a time.

    Attributes
    ----------
    value, reported, band : the score; None where the data are insufficient.
    coverage : share of the weights that is known.
    low, high : bounds, rounded like the score.
    interval_low, interval_high : ends of the 90 % interval; None without a score or without draws.
    change : of the exact score since the time before; None if the unit has no row or score then, or none now.
    band_before : the band at the time before, if it was another; else None.
    rank : among the units at that time, 1 is the highest; None without a score.
    account : what the change consists of, the largest first; the points sum to it.
    """

    value: float | None
    reported: float | None
    band: str | None
    coverage: float
    low: float
    high: float
    interval_low: float | None
    interval_high: float | None
    change: float | None
    band_before: str | None
    rank: int | None
    account: tuple[ChangeEntry, ...]


@dataclass(frozen=True, slots=True)
class SeriesRow(Record):
    """A unit at a time.

    Attributes
    ----------
    time : its label.
    missing : the indicators without a value.
    scores : by name.
    """

    time: str
    missing: tuple[str, ...]
    scores: Mapping[str, SeriesPoint]


@dataclass(frozen=True, slots=True)
class UnitSeries(Record):
    """A unit: its labels by column, its gaps as the times before and after each, and its rows in the order of time."""

    unit: Mapping[str, str]
    gaps: tuple[tuple[str, str], ...]
    rows: tuple[SeriesRow, ...]


@dataclass(frozen=True, slots=True)
class SeriesInput(Record):
    """An indicator with a column; `labels` are those of its encoded values, None for numbers."""

    title: str
    unit: str | None
    labels: tuple[str, ...] | None

    def value(self, encoded: float) -> float | str | None:
        """Return an encoded value as it was given; None for NaN."""
        if np.isnan(encoded):
            return None
        return float(encoded) if self.labels is None else self.labels[int(encoded)]


@dataclass(frozen=True, slots=True)
class SkippedUnit(Record):
    """A unit that has no series, the reason, and the number of its rows."""

    unit: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class SeriesScore(Record):
    """One score over the n rows of a series; NaN where there is none.

    Attributes
    ----------
    name, title, out_of, decimals, is_sub_score : the score.
    band_starts : where its bands begin, in ascending order.
    value, reported : (n,) the exact and the rounded score.
    bands : (n,) of the reported values.
    coverage : (n,) share of the weights that is known.
    low, high : (n,) bounds, rounded like the score.
    interval_low, interval_high : (n,) ends of the 90 % interval; NaN without draws, and the score where nothing is
        uncertain.
    change : (n,) change of the exact score since the time before.
    entries : the k entries of the account.
    points : (k, n) points of the entries in the change, which sum to it; NaN where there is no change.
    rank : (n,) rank among the units at that time, 1 is the highest; 0 without a score.
    """

    name: str
    title: str
    out_of: float
    decimals: int
    is_sub_score: bool
    band_starts: tuple[float, ...]
    value: Floats
    reported: Floats
    bands: Bands
    coverage: Floats
    low: Floats
    high: Floats
    interval_low: Floats
    interval_high: Floats
    change: Floats
    entries: tuple[AccountEntry, ...]
    points: Floats
    rank: Codes

    @property
    def better(self) -> Better | None:
        """The better end of the score."""
        return self.bands.better

    def account(self, row: int) -> tuple[ChangeEntry, ...]:
        """Return what the change of a row consists of, the largest first; empty where there is no change."""
        return next(self._accounts(slice(row, row + 1)))

    def _accounts(self, rows: slice) -> Iterator[tuple[ChangeEntry, ...]]:
        points = np.nan_to_num(self.points[:, rows].T)
        order = np.argsort(-np.abs(points), axis=1, kind="stable").tolist()
        for by_entry, largest in zip(points.tolist(), order, strict=True):
            chosen = [(self.entries[index], by_entry[index]) for index in largest if by_entry[index] != 0.0]
            yield tuple([ChangeEntry(entry.kind, entry.name, entry.title, number) for entry, number in chosen])

    def rows(self, crossed: Mask, before: Codes) -> Iterator[SeriesPoint]:
        """Yield each row; `crossed` and `before` are those of the series."""
        bands = [*self.bands.names, None]
        columns = (
            or_none(self.value),
            or_none(self.reported),
            [bands[code] for code in self.bands.codes.tolist()],
            *(column.tolist() for column in (self.coverage, self.low, self.high)),
            *(or_none(column) for column in (self.interval_low, self.interval_high, self.change)),
            [bands[code] for code in np.where(crossed, self.bands.codes[before], -1).tolist()],
            or_none(np.where(self.rank > 0, self.rank, np.nan), int),
            self._accounts(slice(None)),
        )
        for cells in zip(*columns, strict=True):
            yield SeriesPoint(*cells)

    def band(self, row: int) -> str | None:
        """Return the band of a row."""
        code = int(self.bands.codes[row])
        return None if code < 0 else self.bands.names[code]


@dataclass(frozen=True)
class TimeSeries(Tabular, DrawableResult):
    """The scores of units over time: n rows, sorted by unit and then by time.

    Attributes
    ----------
    source
        The table.
    rows
        n.
    check
        The indicators without a column, and the values beyond their scale.
    by, time
        The columns that name units, and the column of times.
    times
        All times of the table, in order, as the table writes them.
    step
        The distance of neighbouring times, such as `1 month`; None if they are irregular.
    draws
        Number of draws of an interval; 0 without intervals.
    weight_uncertainty, seed
        The options of the draws.
    skipped
        Units without a series.
    alerts
        The conditions that were watched.
    labels
        (n,) labels by column: those of `by`, and the time.
    cells
        (n,) the same columns as the frame has them, such as dates; empty for files.
    unit_names
        Names of the units, in their order.
    unit, position, table_row
        (n,) the position of the row's unit among the names; its time in steps since the first time of the table
        (irregular times are counted); and its position in the table.
    before
        (n,) the row of the same unit at the time before; -1 where it has none. The time before is one step earlier;
        where times are irregular, it is the unit's previous row.
    inputs
        The indicators with a column, by name.
    values
        (n,) encoded values by indicator with a column; NaN where missing.
    scores
        By score; sub-scores last.
    scored_by
        The model, for assessments of single rows; None for a series that was put together otherwise.
    """

    model: ModelIdentity
    source: str
    rows: int
    check: TableCheck
    by: tuple[str, ...]
    time: str
    times: tuple[str, ...]
    step: str | None
    draws: int
    weight_uncertainty: float | None
    seed: int
    skipped: tuple[SkippedUnit, ...]
    alerts: tuple[Alert, ...]
    labels: Annotated[Mapping[str, Labels], HIDDEN]
    cells: Annotated[Mapping[str, Any], HIDDEN]
    unit_names: Annotated[tuple[str, ...], HIDDEN]
    unit: Annotated[Codes, HIDDEN]
    position: Annotated[Codes, HIDDEN]
    table_row: Annotated[Codes, HIDDEN]
    before: Annotated[Codes, HIDDEN]
    inputs: Annotated[Mapping[str, SeriesInput], HIDDEN]
    values: Annotated[Mapping[str, Floats], HIDDEN]
    scores: Annotated[Mapping[str, SeriesScore], HIDDEN]
    scored_by: Annotated[Model | None, HIDDEN] = field(default=None, compare=False, repr=False)

    def __getitem__(self, score: str) -> SeriesScore:
        return score_of(self.scores, score)

    @property
    def main_scores(self) -> tuple[str, ...]:
        """The scores from which no other is built."""
        return tuple(name for name, score in self.scores.items() if not score.is_sub_score)

    def time_label(self, row: int) -> str:
        """Return the time of a row."""
        return self.labels[self.time].label(row)

    def rows_of(self, unit: str) -> slice:
        """Return the rows of a unit; RiskmodelError if there is no such unit."""
        rows = self._rows_by_unit.get(unit)
        if rows is None:
            raise RiskmodelError(f"there is no unit {unit!r} in {self.source}{suggest(unit, self.unit_names)}")
        return rows

    @cached_property
    def _rows_by_unit(self) -> Mapping[str, slice]:
        starts = np.searchsorted(self.unit, np.arange(len(self.unit_names) + 1)).tolist()
        return {name: slice(*ends) for name, ends in zip(self.unit_names, pairwise(starts), strict=True)}

    def assessment(self, row: int) -> Assessment | None:
        """Assess the values of a row; None without the model."""
        if self.scored_by is None:
            return None
        values = {name: self.inputs[name].value(float(column[row])) for name, column in self.values.items()}
        return self.scored_by.assess(values)

    def crossed(self, score: SeriesScore) -> Mask:
        """Return (n,) True in the rows whose band is another than at the time before."""
        codes = score.bands.codes
        before = codes[self.before]
        crossed: Mask = (self.before >= 0) & (before >= 0) & (codes >= 0) & (codes != before)
        return crossed

    def gaps(self, rows: slice) -> list[tuple[str, str]]:
        """Return the times before and after each gap of a unit; none if times are irregular."""
        if self.step is None:
            return []
        starts = np.flatnonzero(np.diff(self.position[rows]) > 1) + rows.start
        return [(self.time_label(start), self.time_label(start + 1)) for start in starts.tolist()]

    def changes(self) -> "pd.DataFrame":
        """Return the changes as a long pandas frame.

        Its columns are those of the unit and the time, `score`, `kind` (indicator, rule or clip), `name` and `points`.
        The points of a unit, time and score sum to the change of the exact score since the time before. Entries of 0
        points are left out. If the unit or the time has a column `name`, say, that of the entries is `entry_name`.
        """
        frame: pd.DataFrame = view("as_frames", self)["Changes"]
        return frame

    def plot(self, unit: str | None = None, score: str | None = None, axes: "Axes | None" = None) -> "Axes":
        """Draw a score of a unit over time.

        Parameters
        ----------
        unit
            By default the only unit.
        score
            By default the first.
        axes
            Matplotlib axes to draw into; by default new ones.

        Raises
        ------
        RiskmodelError
            If there is no such unit or score, or matplotlib is not installed.
        """
        drawn: Axes = view("axes_of_series", self, unit, score, axes)
        return drawn

    @computed_field  # type: ignore[prop-decorator]
    @property
    def remarks(self) -> list[str]:
        """Sentences about the units with a single row, and about those that never have a score."""
        counts = np.bincount(self.unit, minlength=len(self.unit_names))
        single = [name for name, count in zip(self.unit_names, counts.tolist(), strict=True) if count == 1]
        sentences = []
        if single:
            sentences.append(f"{_listed(single)} {'has' if len(single) == 1 else 'have'} a single row, and no changes")
        for name in self.main_scores:
            scored = np.bincount(self.unit, ~np.isnan(self.scores[name].value), len(self.unit_names)) > 0
            without = [unit for unit, has_score in zip(self.unit_names, scored.tolist(), strict=True) if not has_score]
            if without:
                sentences.append(
                    f"{_listed(without)}: no {self.scores[name].title.lower()} at any time, data insufficient"
                )
        return sentences

    def save_plot(self, path: "str | Path", score: str | None = None) -> None:
        """Save the plot of the series: of one unit its scores below each other, of several one score side by side.

        Parameters
        ----------
        path
            The file, whose suffix gives the format: .png, .svg or .pdf.
        score
            The score that is drawn. By default all main scores of one unit, and the first of several.

        Raises
        ------
        RiskmodelError
            If there is no such score, the suffix is not supported, matplotlib is not installed, or the file cannot be
            written.
        """
        view("save_plot", self, path, score)

    @computed_field
    def units(self) -> list[UnitSeries]:
        """Every unit with its rows."""
        return list(self._units())

    def _units(self) -> Iterator[UnitSeries]:
        absent = sorted(self.check.without_column)
        missing = np.isnan(np.array([*self.values.values()])).T
        points = zip(*(score.rows(self.crossed(score), self.before) for score in self.scores.values()), strict=True)
        names = list(self.values)
        for name in self.unit_names:
            rows = self.rows_of(name)
            series = [
                SeriesRow(
                    self.time_label(row),
                    (*absent, *(names[index] for index in np.flatnonzero(missing[row]))),
                    dict(zip(self.scores, next(points), strict=True)),
                )
                for row in range(rows.start, rows.stop)
            ]
            labels = {column: self.labels[column].label(rows.start) for column in self.by}
            yield UnitSeries(labels, tuple(self.gaps(rows)), tuple(series))


def _listed(names: Sequence[str]) -> str:
    """List some names, and count the others."""
    shown = ", ".join(names[:_MAX_LISTED])
    return shown if len(names) <= _MAX_LISTED else f"{shown} and {counted(len(names) - _MAX_LISTED, 'other unit')}"
