"""Score units over time, and account for what changed their scores."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from riskmodel.analysis.panels.rows import ranks_within
from riskmodel.analysis.results.series import AccountEntry, SeriesInput, SeriesScore, TimeSeries
from riskmodel.analysis.sampling import check_seed, next_power_of_two
from riskmodel.analysis.series.alerts import Moment, read_conditions, time_code, watch
from riskmodel.analysis.series.intervals import Ends, intervals
from riskmodel.analysis.series.units import UnitRows, read_units
from riskmodel.analysis.situations import OnProgress
from riskmodel.analysis.weights import check_weight_uncertainty
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.account import Entry, account_entries, entry_title
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.engine.table import ScoreArrays, score_table
from riskmodel.errors import SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.frames.output import Bands
from riskmodel.tables.options import FormatKeywords, TableKeywords, TableOptions

if TYPE_CHECKING:
    import pandas as pd

DRAWS = 1 << 10
_NOISE = 1e-12
"""Points, as a share of the top of a score, below which a difference is rounding error."""
_MIN_DRAWS, _MAX_DRAWS = 1 << 7, 1 << 16


@call_as("series(data, model=model)", "model.series(data)")
def series(
    data: "str | Path | pd.DataFrame",
    *,
    model: Model | str | Path = DEFAULT,
    by: str | Sequence[str] = (),
    time: str | None = None,
    draws: int = DRAWS,
    weight_uncertainty: float | None = None,
    seed: int = 0,
    alerts: str | Sequence[str] = (),
    at: Moment | None = None,
    on_progress: OnProgress | None = None,
    **table: Unpack[FormatKeywords],
) -> TimeSeries:
    """Score units over time, and account for what changed their scores.

    A change is that of the exact score against the same unit's row one step before; after a gap there is none. Where
    times are irregular, it is against the unit's previous row. The account of a change is the difference of the two
    accounts: what indicators, rules and the clip at the ends of the scale add to it. If an indicator goes missing, its
    weight goes to the others, whose points then change too.

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
    draws
        Number of draws for the interval of a row, from 128 to 65,536, rounded up to a power of 2; 0 for no intervals.
        Missing inputs are drawn from the distribution that is the model's default, or else uniformly over their range.
    weight_uncertainty
        Relative standard deviation of a weight of average size, in (0, 1), for weights to be drawn too. None: weights
        are fixed.
    seed
        A whole number of 0 or more; the same seed gives the same draws.
    alerts
        Conditions that are watched, such as `escalation >= 60`, `escalation is high`, `escalation rises 10 in 3` or
        `escalation falls 5 in 6 months`. The last two compare with the reported score of the same unit so many steps of
        the table's times earlier; where these are irregular, with its row that many rows earlier.
    at
        The time at which they are examined, in any way that the table could write it, or as a number or date; by
        default the last of the table.
    on_progress
        Called with the share done, in [0, 1], and the step being done.
    **table
        How the data are read; see `riskmodel.FormatKeywords`.

    Returns
    -------
    TimeSeries
        Units with two rows for a time, or with a time that cannot be read, are listed in `skipped`.

    Raises
    ------
    SituationError
        If the table cannot be read, no column of times is named, a value is invalid, or no unit is left.
    RiskmodelError
        If an option is out of range, an alert is malformed, or the table has no such time.
    """
    loaded = ensure_model(model)
    conditions = read_conditions(loaded.spec, alerts)
    if weight_uncertainty is not None:
        check_weight_uncertainty(weight_uncertainty)
    check_seed(seed)
    number = 0 if draws == 0 else next_power_of_two(draws, _MIN_DRAWS, _MAX_DRAWS)
    units = read_units(loaded.spec, data, unit_options(by, time, table))
    time_code(units.times.names, at, units.table.source, units.time)
    columns = {name: column[units.rows] for name, column in units.table.columns.items()}
    compiled, rows = loaded.compiled, len(units.rows)
    arrays = score_table(compiled, columns, rows, account=True)
    if number == 0:
        nothing = np.full(rows, np.nan)
        ends = dict.fromkeys(arrays, (nothing, nothing))
    else:
        values = {name: scored.value for name, scored in arrays.items()}
        ends = intervals(loaded, columns, values, number, weight_uncertainty, seed, on_progress)
    entries = {name: tuple(scored) for name, scored in groupby(account_entries(compiled), lambda entry: entry.score)}
    names = sorted(compiled.scores, key=lambda name: compiled.scores[name].is_sub)
    scores = {
        name: _score(compiled, compiled.scores[name], arrays[name], entries[name], ends[name], units) for name in names
    }
    result = TimeSeries(
        model=loaded.identity,
        source=units.table.source,
        rows=rows,
        check=units.table.check(compiled),
        by=units.by,
        time=units.time,
        times=units.times.names,
        step=None if units.times.step is None else str(units.times.step),
        draws=number,
        weight_uncertainty=weight_uncertainty,
        seed=seed,
        skipped=units.skipped,
        alerts=(),
        labels=units.labels,
        cells={name: units.table.cells[name].array[units.rows] for name in units.labels if name in units.table.cells},
        unit_names=units.names,
        unit=units.unit,
        position=units.times.positions[units.times.codes],
        table_row=units.rows,
        before=units.before,
        inputs={name: _input(loaded, name) for name in columns},
        values=columns,
        scores=scores,
        scored_by=loaded,
    )
    return replace(result, alerts=watch(result, conditions, at)) if conditions else result


def unit_options(by: str | Sequence[str], time: str | None, table: FormatKeywords) -> TableOptions:
    """Return the options of a table of units over time.

    Raises
    ------
    SituationError
        If a column is named twice, or another option is invalid.
    TypeError
        If the columns are given by the names that other functions have for them.
    """
    if "id" in table:
        raise TypeError("the columns that name units are given by by=, not by id=")
    columns = [by] if isinstance(by, str) else list(by or ())
    if doubled := [name for name in columns if columns.count(name) > 1]:
        raise SituationError(f"--by names {doubled[0]!r} twice")
    keywords: TableKeywords = {**table, "id": by, "time": time}
    return TableOptions.of(keywords)


def _score(
    model: CompiledModel,
    score: CompiledScore,
    arrays: ScoreArrays,
    entries: Sequence[Entry],
    ends: Ends,
    units: UnitRows,
) -> SeriesScore:
    assert arrays.points is not None  # noqa: S101  (requested)
    change, difference = _changes(arrays.value, arrays.points, units)
    difference[np.abs(difference) < _NOISE * score.out_of] = 0.0
    return SeriesScore(
        score.name,
        score.title,
        score.out_of,
        score.decimals,
        score.is_sub,
        score.band_starts,
        arrays.value,
        arrays.reported,
        Bands(arrays.band, score.bands, score.better),
        arrays.coverage,
        arrays.low,
        arrays.high,
        *ends,
        change,
        tuple(AccountEntry(kind, name, entry_title(model, score, kind, name)) for _, kind, name in entries),
        difference,
        ranks_within(arrays.value, units.times.codes, score.out_of),
    )


def _input(model: Model, name: str) -> SeriesInput:
    indicator = model.compiled.indicators[name]
    return SeriesInput(indicator.title, model.spec.indicators[name].unit, indicator.labels)


def _changes(value: Floats, points: Floats, units: UnitRows) -> tuple[Floats, Floats]:
    """Return the (n,) changes of a score, and the (k, n) changes of the points of its account; NaN where there is none.

    Parameters
    ----------
    value : (n,) the exact score.
    points : (k, n) the entries of its account, which sum to it.
    """
    # The row before is the neighbour, since rows are sorted.
    change = np.diff(value, prepend=np.nan)
    change[units.before < 0] = np.nan
    difference = np.diff(points, axis=1, prepend=np.nan)
    difference[:, np.isnan(change)] = np.nan
    return change, difference
