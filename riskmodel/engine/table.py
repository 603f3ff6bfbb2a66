"""Scoring a table of any length: block after block, each small enough to stay in the processor's cache."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.contributions import Drivers, drivers, empty_drivers
from riskmodel.kernels.rounding import reported
from riskmodel.kernels.scales import Floats

BLOCK_ROWS = 49_152
Rows = slice | NDArray[np.intp]
MAX_THREADS = 4


class ScoreArrays(NamedTuple):
    """One score of a table; (n,) arrays. `low` and `high` are rounded as the reported value is."""

    value: Floats
    reported: Floats
    band: NDArray[np.int8]
    coverage: Floats
    low: Floats
    high: Floats
    drivers: Drivers | None
    """None where nobody asked for them."""


def score_table(
    model: CompiledModel, columns: Mapping[str, Floats], rows: int, threads: int = MAX_THREADS, explain: bool = False
) -> dict[str, ScoreArrays]:
    """Score a table by column; numpy lets go of the interpreter, so blocks are shared among a few threads.

    Parameters
    ----------
    model : the compiled model.
    columns : (rows,) float64 raw values by indicator, as for `riskmodel.engine.block.score_block`.
    rows : the number of rows, 0 or more.
    threads : at most so many are used; 1 where the caller has its own.
    explain : whether to find the drivers.
    """
    read = {name: columns[name] for name in model.indicators if name in columns}
    out = {name: _room(rows, explain) for name in model.scores}
    blocks = _blocks(read, rows)
    threads = min(len(blocks), threads, os.cpu_count() or 1)
    if threads > 1:
        keep_memory()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda block: _score_rows(model, read, block, out), blocks))
    else:
        for block in blocks:
            _score_rows(model, read, block, out)
    return out


def _room(rows: int, explain: bool) -> ScoreArrays:
    value, shown, coverage, low, high = (np.empty(rows) for _ in range(5))
    band = np.empty(rows, dtype=np.int8)
    return ScoreArrays(value, shown, band, coverage, low, high, empty_drivers(rows) if explain else None)


def _blocks(columns: Mapping[str, Floats], rows: int) -> list[Rows]:
    """Rows by block; those with a gap stand apart from the others, which need no bounds of their own."""
    gaps: NDArray[np.bool_] = np.zeros(rows, dtype=bool)
    for column in columns.values():
        gaps |= np.isnan(column)
    with_gaps = int(np.count_nonzero(gaps))
    if with_gaps in (0, rows):
        return [slice(start, min(start + BLOCK_ROWS, rows)) for start in range(0, rows, BLOCK_ROWS)]
    return [
        places[start : start + BLOCK_ROWS]
        for places in (np.flatnonzero(gaps), np.flatnonzero(~gaps))
        for start in range(0, len(places), BLOCK_ROWS)
    ]


def keep_memory() -> None:
    """Free one large untouched piece, so that the allocator keeps what one block frees for the next.

    glibc gives memory back to the system unless a program has shown that it frees large pieces (mallopt(3), dynamic
    mmap threshold, at most 32 MiB); taking it anew for each block costs more than the scoring.
    """
    np.empty(31 << 20, dtype=np.uint8)


def _score_rows(
    model: CompiledModel, columns: Mapping[str, Floats], rows: Rows, out: Mapping[str, ScoreArrays]
) -> None:
    """Score one block into `out`."""
    count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    block = score_block(model, {name: column[rows] for name, column in columns.items()}, count)
    for name, found in block.scores.items():
        decimals, target = model.scores[name].decimals, out[name]
        target.value[rows] = found.value
        target.reported[rows] = found.reported
        target.band[rows] = found.band
        target.coverage[rows] = found.coverage
        target.low[rows] = low = reported(found.low, decimals)
        target.high[rows] = low if found.high is found.low else reported(found.high, decimals)
        if target.drivers is not None:
            largest = drivers(model, block, model.scores[name])
            target.drivers.entry[:, rows] = largest.entry
            target.drivers.points[:, rows] = largest.points
