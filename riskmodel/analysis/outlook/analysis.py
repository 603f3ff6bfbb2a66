"""Carry the scores of units ahead, and hold such outlooks against the past."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from riskmodel.analysis.outlook.backtest import FIRST, LEAST, Comparisons, compare, origins, summary
from riskmodel.analysis.outlook.unit import OtherMoves, UnitPast, is_reported
from riskmodel.analysis.results.outlook import (
    CarriedIndicator,
    Driver,
    Fan,
    Method,
    Outlook,
    OutlookScore,
    UnitOutlook,
)
from riskmodel.analysis.results.series import SkippedUnit
from riskmodel.analysis.results.uncertainty import QUANTILES
from riskmodel.analysis.sampling import check_seed, next_power_of_two
from riskmodel.analysis.series.analysis import unit_options
from riskmodel.analysis.series.units import UnitRows, read_units
from riskmodel.analysis.situations import OnProgress
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import Problem, RiskmodelError, SituationError, counted
from riskmodel.extras import require
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.options import FormatKeywords
from riskmodel.tables.times import MONTHS, Times
from riskmodel.tables.times_ahead import times_after

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 1 << 10
_MIN_DRAWS, _MAX_DRAWS = 1 << 7, 1 << 16
_MAX_HORIZON = 120
_MAX_TIMES = 20_000
_MAX_LISTED = 3


@call_as("outlook(data, model=model)", "model.outlook(data)")
def outlook(
    data: "str | Path | pd.DataFrame",
    *,
    model: Model | str | Path = DEFAULT,
    by: str | Sequence[str] = (),
    time: str | None = None,
    horizon: int = 12,
    draws: int = DRAWS,
    seed: int = 0,
    influences: bool = False,
    on_progress: OnProgress | None = None,
    **table: Unpack[FormatKeywords],
) -> Outlook:
    """Carry the scores of units ahead, and hold such outlooks against the past.

    Each indicator of a unit is carried forward from its own past, by a random walk, a local level or a damped trend,
    whichever has the smallest AICc. The errors of one step are drawn together for all indicators, by a stationary
    bootstrap over the past, and the engine scores every draw. From up to twelve earlier times of each unit the same is
    done from what was known then, and compared with the scores that followed, beside two naive forecasts.

    Parameters
    ----------
    data
        A file or frame (of pandas, polars, pyarrow) with a row for each unit and time.
    model
        A model, its path, or its id.
    by
        The column that names units, or several; by default `id`, where the table has it. Without any, the table is one
        unit.
    time
        The column of times: numbers, years, quarters, months, days or instants.
    horizon
        Steps ahead, from 1 to 120; a step is the distance of neighbouring times of the table, such as a month.
    draws
        Number of draws, from 128 to 65,536, rounded up to a power of 2.
    seed
        A whole number of 0 or more; the same seed gives the same draws.
    influences
        Add what the influences that the model states would push, with drawn strengths, and compare the past with and
        without them. They are theory, and per month; a step is some months, quarters or years. See
        `docs/influences.md`.
    on_progress
        Called with the share done, in [0, 1], and the step being done.
    **table
        How the data are read; see `riskmodel.FormatKeywords`.

    Returns
    -------
    Outlook
        Units with fewer than 24 times with a score are listed in `skipped`.

    Raises
    ------
    SituationError
        If the table cannot be read, no column of times is named, times are irregular, a value is invalid, or no unit is
        left.
    RiskmodelError
        If an option is out of range, influences are to be added and the model states none or times are no months, or
        statsmodels or scoringrules is not installed.
    """
    require("outlook")
    loaded = ensure_model(model)
    if not isinstance(horizon, int) or isinstance(horizon, bool) or not 1 <= horizon <= _MAX_HORIZON:
        raise RiskmodelError(f"a horizon is a whole number of steps from 1 to {_MAX_HORIZON}; got {horizon!r}")
    draws = next_power_of_two(draws, _MIN_DRAWS, _MAX_DRAWS)
    check_seed(seed)
    rows = read_units(loaded.spec, data, unit_options(by, time, table))
    times_after(rows.times, horizon)
    months = _months_of_a_step(loaded, rows.times) if influences else 0
    names = loaded.spec.main_scores
    comparisons: dict[str, list[Comparisons]] = {name: [] for name in names}
    units, skipped, origin_count = [], list(rows.skipped), 0
    moves = _moves(rows)
    for number, name in enumerate(rows.names):
        if on_progress is not None:
            on_progress(number / len(rows.names), name)
        grid = _Grid(rows, number)
        past = grid.refusal or UnitPast.of(loaded, name, grid.values(), seed, grid.others(moves))
        if isinstance(past, UnitPast):
            known = np.flatnonzero(~np.all([np.isnan(past.scored[score].value) for score in names], axis=0))
            if len(known) >= LEAST:
                starts = origins(known)
                origin_count += len(starts)
                for start in starts.tolist():
                    for score, compared in compare(past, start, horizon, draws, months).items():
                        comparisons[score].append(compared)
                units.append(_unit_outlook(past, grid, horizon, draws, months))
                continue
            past = (
                f"{counted(len(known), 'time')} with a score; an outlook needs {LEAST} at least: {FIRST} for the first "
                f"forecast that is held against the past, and {LEAST - FIRST} to hold it against"
            )
        skipped.append(SkippedUnit(name, past, len(grid.rows)))
    if not units:
        raise SituationError([Problem(_nothing_left(skipped), file=rows.table.source)])
    compiled = loaded.compiled.scores
    scores = {
        name: OutlookScore(
            compiled[name].title,
            compiled[name].out_of,
            compiled[name].decimals,
            dict(zip(compiled[name].bands, compiled[name].band_starts, strict=True)),
            compiled[name].better,
            summary(len(units), origin_count, comparisons[name]),
        )
        for name in names
    }
    verdicts = sorted(
        scores.values(), key=lambda score: score.backtest is not None and score.backtest.overall.beats_both
    )
    return Outlook(
        verdict=tuple(score.verdict for score in verdicts),
        model=loaded.identity,
        source=rows.table.source,
        check=rows.table.check(loaded.compiled),
        by=rows.by,
        time=rows.time,
        step=str(rows.times.step),
        horizon=horizon,
        draws=draws,
        seed=seed,
        influences=influences,
        scores=scores,
        units=tuple(units),
        skipped=tuple(skipped),
    )


def _months_of_a_step(model: Model, times: Times) -> int:
    """Return the months of a step, which influences need; RiskmodelError if it has none."""
    if not model.spec.influences:
        raise RiskmodelError(f"model {model.spec.id!r} states no influences; add them to its file, or leave them out")
    step = times.step
    if step is None or step.unit not in MONTHS:
        raise RiskmodelError(f"influences are per month, and the times are {step} apart; leave --influences out")
    return round(step.size) * MONTHS[step.unit]


class _Grid:
    """The times of a unit from its first to its last, one step apart, and its rows among them."""

    def __init__(self, units: UnitRows, number: int) -> None:
        self._units, self.name = units, units.names[number]
        self.rows = np.arange(*np.searchsorted(units.unit, (number, number + 1)))
        codes = units.times.codes[self.rows]
        positions = units.times.positions[codes]
        self._first, self.last = int(codes[0]), int(codes[-1])
        self.at = positions - positions[0]
        self.count = int(self.at[-1]) + 1
        self.refusal = ""
        if self.count > _MAX_TIMES:
            step = units.times.step
            self.refusal = f"{self.count:,} steps of {step} from its first to its last time; at most {_MAX_TIMES:,}"

    def values(self) -> dict[str, Floats]:
        """Return (count,) encoded values by indicator with a column; NaN at times without a row."""
        columns, rows = self._units.table.columns, self._units.rows[self.rows]
        return {name: self._complete(column[rows]) for name, column in columns.items()}

    def _complete(self, column: Floats) -> Floats:
        complete = np.full(self.count, np.nan)
        complete[self.at] = column
        return complete

    def others(self, moves: Mapping[str, Floats]) -> OtherMoves:
        """Return the moves of the other units, of all rows that have a row before."""
        units = self._units
        chosen = np.flatnonzero((units.before >= 0) & (units.unit != units.unit[self.rows[0]]))
        positions = units.times.positions[units.times.codes]
        return OtherMoves(chosen, positions[chosen] - positions[self.rows[0]], moves)

    def labels(self) -> dict[str, str]:
        """Return the labels of the unit by column."""
        return {name: self._units.labels[name].label(int(self.rows[0])) for name in self._units.by}

    def times(self) -> tuple[str, ...]:
        """Return the names of all times, those of the table as it writes them."""
        times = self._units.times
        names = [times.names[self._first], *times_after(times, self.count - 1, self._first)]
        for code, index in zip(times.codes[self.rows].tolist(), self.at.tolist(), strict=True):
            names[index] = times.names[code]
        return tuple(names)

    def ahead(self, steps: int) -> tuple[str, ...]:
        """Return the names of the times after the last."""
        return times_after(self._units.times, steps, self.last)


def _moves(units: UnitRows) -> dict[str, Floats]:
    """Return (n,) changes of the values of each indicator since the time before; NaN where there is none."""
    columns = {name: column[units.rows] for name, column in units.table.columns.items()}
    return {
        name: np.where(units.before >= 0, column - column[units.before], np.nan) for name, column in columns.items()
    }


def _unit_outlook(past: UnitPast, grid: _Grid, horizon: int, draws: int, months: int) -> UnitOutlook:
    times = grid.times()
    origin = grid.count - 1
    paths = past.draw(origin, horizon, draws, months)
    scored = past.score(paths, horizon, draws)
    drivers = _drivers(past, paths, {name: drawn.values[-1] for name, drawn in scored.items()})
    fans = {}
    for name, drawn in scored.items():
        score = past.model.compiled.scores[name]
        bands = np.empty((horizon, len(score.bands)))
        for code in range(len(score.bands)):
            bands[:, code] = (drawn.bands == code).mean(axis=1)
        observed = past.scored[name].reported
        fans[name] = Fan(
            float(observed[~np.isnan(observed)][-1]) if not np.isnan(observed).all() else np.nan,
            observed,
            np.quantile(drawn.values, list(QUANTILES), axis=1).T,
            bands,
            drivers[name],
        )
    return UnitOutlook(
        grid.labels(),
        grid.name,
        times,
        grid.ahead(horizon),
        tuple(_carried(past, times)),
        tuple(name for name in past.model.spec.indicators if name not in past.values),
        fans,
    )


def _carried(past: UnitPast, times: Sequence[str]) -> Iterator[CarriedIndicator]:
    for name, column in past.values.items():
        known = np.flatnonzero(~np.isnan(column))
        method: Method = "past transitions"
        if not is_reported(column, len(column) - 1):
            method = "no longer reported"
        elif name in past.pasts:
            method = past.pasts[name].forecast(len(column) - 1).method
        title = past.model.compiled.indicators[name].title
        yield CarriedIndicator(name, title, method, times[known[-1]], len(known))


def _drivers(
    past: UnitPast, paths: Mapping[str, Floats], values: Mapping[str, Floats]
) -> dict[str, tuple[Driver, ...]]:
    """Return the share of the variance of each score at the horizon that is lost with each indicator at its median."""
    last = {name: path[-1:] for name, path in paths.items()}
    draws = len(next(iter(values.values())))
    drivers: dict[str, list[Driver]] = {name: [] for name in values}
    for name, path in last.items():
        if np.ptp(path) == 0.0:
            continue
        middle = np.quantile(path, 0.5, method="inverted_cdf")
        fixed = past.score({**last, name: np.full_like(path, middle)}, 1, draws)
        for score, column in values.items():
            variance = float(np.var(column))
            if variance > 0.0:
                share = 1.0 - float(np.var(fixed[score].values[0])) / variance
                drivers[score].append(Driver(name, past.model.compiled.indicators[name].title, share))
    return {score: tuple(sorted(parts, key=lambda driver: -driver.share)) for score, parts in drivers.items()}


def _nothing_left(skipped: Sequence[SkippedUnit]) -> str:
    reasons = "; ".join(f"{unit.unit}: {unit.reason}" for unit in skipped[:_MAX_LISTED])
    more = f"; and {counted(len(skipped) - _MAX_LISTED, 'other')}" if len(skipped) > _MAX_LISTED else ""
    return f"no unit has an outlook: {reasons}{more}"
