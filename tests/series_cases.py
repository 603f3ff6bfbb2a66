"""Series whose scores, intervals and changes are given, so that what is drawn and reported of them is known."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from riskmodel.analysis.results.series import AccountEntry, SeriesInput, SeriesScore, TimeSeries
from riskmodel.assessment import ModelIdentity
from riskmodel.tables.check import TableCheck
from riskmodel.tables.frames.output import Bands
from riskmodel.tables.labels import Labels
from riskmodel.tables.times import read_times

IDENTITY = ModelIdentity(id="by-hand", version="1.0.0", title="Model by hand", fingerprint="0123456789ab" + "0" * 52)
BANDS = {"low": 0.0, "guarded": 20.0, "elevated": 40.0, "high": 60.0, "severe": 80.0}
ENTRIES = (
    AccountEntry("indicator", "military_activity", "Military activity"),
    AccountEntry("indicator", "communication_frequency", "Communication frequency"),
    AccountEntry("rule", "misread_military_moves", "Military moves are misread when nobody is talking"),
)


def months(count, start=2019):
    return [f"{start + number // 12}-{number % 12 + 1:02}" for number in range(count)]


def series_of(
    units, times=None, *, shares=(0.25, 0.15, 0.6), spread=4.0, bounds=12.0, title="Escalation", name="s", better="low"
):
    """Return a series of one score.

    Parameters
    ----------
    units : by name, a score by time; None or NaN where there is none.
    times : all times of the table; by default those of the units.
    shares : of the entries in each change.
    spread, bounds : half the widths of intervals and bounds.
    title, name, better : of the score.
    """
    rows = [(unit, time, value) for unit, scores in sorted(units.items()) for time, value in scores.items()]
    everything = times or sorted({time for _, time, _ in rows})
    read = read_times(pa.array([*everything, *(time for _, time, _ in rows)]), None)
    codes = read.codes[len(everything) :]
    order = sorted(range(len(rows)), key=lambda index: (rows[index][0], codes[index]))
    rows, codes = [rows[index] for index in order], codes[order]
    names = tuple(sorted({unit for unit, _, _ in rows}))
    unit = np.array([names.index(row[0]) for row in rows], np.intp)
    position = read.positions[codes]
    before = np.full(len(rows), -1, np.intp)
    for row in range(1, len(rows)):
        if unit[row] == unit[row - 1] and (read.step is None or position[row] == position[row - 1] + 1):
            before[row] = row - 1
    value = np.array([np.nan if row[2] is None else row[2] for row in rows], float)
    change = np.where(before >= 0, value - value[before], np.nan)
    starts = np.array(list(BANDS.values()))
    bands = np.where(np.isnan(value), -1, np.searchsorted(starts, np.nan_to_num(value), side="right") - 1)
    rank = np.array(
        [
            0 if np.isnan(value[row]) else 1 + int((value[codes == codes[row]] > value[row]).sum())
            for row in range(len(rows))
        ],
        np.intp,
    )
    middle = np.where(np.isnan(value), 50.0, value)
    score = SeriesScore(
        name, title, 100.0, 1, False, tuple(BANDS.values()), value, np.round(value, 1),
        Bands(bands.astype(np.int8), tuple(BANDS), better), np.full(len(rows), 0.9),
        np.clip(middle - bounds, 0, 100), np.clip(middle + bounds, 0, 100),
        np.clip(value - spread, 0, 100), np.clip(value + spread, 0, 100),
        change, ENTRIES, np.outer(shares, change), rank,
    )  # fmt: skip
    return TimeSeries(
        model=IDENTITY, source="made_up.csv", rows=len(rows),
        check=TableCheck(len(rows), (), {}, {"military_activity": len(rows)}, {"military_activity": 0}),
        by=("pair",), time="month", times=read.names, step=None if read.step is None else str(read.step),
        draws=1024 if spread else 0, weight_uncertainty=None, seed=0, skipped=(), alerts=(),
        labels={"pair": Labels(unit, names), "month": Labels(codes, read.names)},
        cells={},
        unit_names=names, unit=unit, position=position, table_row=np.arange(len(rows)), before=before,
        inputs={"military_activity": SeriesInput("Military activity", None, None)},
        values={"military_activity": np.ones(len(rows))}, scores={name: score},
    )  # fmt: skip


def with_score(series, other):
    """Return a series with the score of another series of the same rows beside its own."""
    return replace(series, scores={**series.scores, **other.scores})
