"""Score a table of any length in blocks that fit into the processor's cache."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import CACHE_ROWS, SHARED_ROWS, PreparedPlan, prepared_plan
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.contributions import Drivers, drivers, empty_drivers
from riskmodel.engine.plan import ScoreSteps
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import Pool
from riskmodel.plan.steps import Step

BLOCK_ROWS = 65_536
"""Rows that a thread takes."""
Rows = slice | NDArray[np.intp]
MAX_THREADS = 4


class ScoreArrays(NamedTuple):
    """One score of a table; (n,) arrays. `low` and `high` are rounded like the reported value."""

    value: Floats
    reported: Floats
    band: NDArray[np.int8]
    coverage: Floats
    low: Floats
    high: Floats
    drivers: Drivers | None
    """None unless requested."""
    points: Floats | None = None
    """(k, n) points of the entries of the account; None unless requested."""


def score_table(
    model: CompiledModel,
    columns: Mapping[str, Floats],
    rows: int,
    threads: int = MAX_THREADS,
    explain: bool = False,
    shared: bool = False,
    account: bool = False,
) -> dict[str, ScoreArrays]:
    """Score a table, its blocks on several threads (numpy releases the interpreter lock).

    Parameters
    ----------
    model : the compiled model.
    columns : (rows,) float64 raw values by indicator, as for `riskmodel.engine.block.score_block`.
    rows : the number of rows, 0 or more.
    threads : the most threads to use; 1 if the caller has its own.
    explain : find the drivers, too.
    shared : other threads score at the same time.
    account : keep the accounts, too.
    """
    read = {name: columns[name] for name in model.indicators if name in columns}
    entries = {name: len(steps.account) if account else 0 for name, steps in prepared_plan(model).plan.scores.items()}
    out = {name: _empty_arrays(rows, explain, entries[name]) for name in model.scores}
    absent = model.indicators.keys() - read.keys()
    complete, with_gaps, gaps = _split(read, rows)
    plans = (prepared_plan(model, frozenset(read), absent), prepared_plan(model, read.keys() - gaps, absent))
    blocks = [(plan, block) for plan, part in zip(plans, (complete, with_gaps), strict=True) for block in _blocks(part)]
    threads = min(len(blocks), threads, os.cpu_count() or 1)
    size = SHARED_ROWS if shared or threads > 1 else CACHE_ROWS
    if threads > 1:
        keep_memory()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda block: _score_rows(model, block[0], read, block[1], size, out), blocks))
    else:
        for plan, block in blocks:
            _score_rows(model, plan, read, block, size, out)
    return out


def _empty_arrays(rows: int, explain: bool, entries: int) -> ScoreArrays:
    value, rounded, coverage, low, high = (np.empty(rows) for _ in range(5))
    band = np.empty(rows, dtype=np.int8)
    largest = empty_drivers(rows) if explain else None
    return ScoreArrays(
        value, rounded, band, coverage, low, high, largest, np.empty((entries, rows)) if entries else None
    )


def _split(columns: Mapping[str, Floats], count: int) -> tuple[Rows, Rows, frozenset[str]]:
    """Return the complete rows, which need no bounds, those with missing values, and the columns that have any."""
    incomplete: NDArray[np.bool_] = np.zeros(count, dtype=bool)
    gaps = set()
    for name, column in columns.items():
        missing = np.isnan(column)
        if missing.any():
            gaps.add(name)
            incomplete |= missing
    everything, nothing = slice(0, count), slice(0, 0)
    if not gaps:
        return everything, nothing, frozenset()
    if incomplete.all():
        return nothing, everything, frozenset(gaps)
    return np.flatnonzero(~incomplete), np.flatnonzero(incomplete), frozenset(gaps)


def _blocks(rows: Rows) -> list[Rows]:
    if isinstance(rows, slice):
        return [slice(start, min(start + BLOCK_ROWS, rows.stop)) for start in range(rows.start, rows.stop, BLOCK_ROWS)]
    return [rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS)]


def keep_memory() -> None:
    """Free a large untouched allocation, so that the allocator keeps the memory of one block for the next.

    glibc returns memory to the system until a program has freed a large allocation (mallopt(3), dynamic mmap
    threshold, at most 32 MiB); allocating it again for each block costs more than scoring.
    """
    np.empty(31 << 20, dtype=np.uint8)


def _score_rows(
    model: CompiledModel,
    plan: PreparedPlan,
    columns: Mapping[str, Floats],
    rows: Rows,
    at_once: int,
    out: Mapping[str, ScoreArrays],
) -> None:
    """Score some rows, so many at once."""
    count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    by_score = {
        name: (steps, out[name], _points_of(steps) if _has_account(out[name]) else ())
        for name, steps in plan.plan.scores.items()
    }
    outputs = tuple(chain(*((*_shown(steps), *points) for steps, _, points in by_score.values())))
    decimals = {name: score.decimals for name, score in model.scores.items()}
    program, pools = plan.program(outputs), dict[int, Pool]()
    for start in range(0, count, at_once):
        part: Rows
        if isinstance(rows, slice):
            part = slice(rows.start + start, min(rows.start + start + at_once, rows.stop))
            size = part.stop - part.start
        else:
            part = rows[start : start + at_once]
            size = len(part)
        pool = pools.setdefault(size, Pool((size,)))
        results = iter(program({name: column[part] for name, column in columns.items()}, size, pool))
        for name, (_, arrays, points) in by_score.items():
            value = next(results)
            arrays.value[part] = value
            for array in (arrays.reported, arrays.band, arrays.coverage, arrays.low, arrays.high):
                array[part] = next(results)
            if not points:
                continue
            account = np.stack([next(results) for _ in points])
            if arrays.points is not None:
                arrays.points[:, part] = account
            if arrays.drivers is not None:
                largest = drivers(account, value, decimals[name])
                arrays.drivers.entry[:, part] = largest.entry
                arrays.drivers.points[:, part] = largest.points


def _has_account(arrays: ScoreArrays) -> bool:
    return arrays.drivers is not None or arrays.points is not None


def _shown(steps: ScoreSteps) -> tuple[Step, ...]:
    return steps.value, steps.reported, steps.band, steps.coverage, steps.reported_low, steps.reported_high


def _points_of(steps: ScoreSteps) -> tuple[Step, ...]:
    return tuple(entry.points for entry in steps.account)
