"""Score a table of any length in blocks that fit into the processor's cache."""

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
    """One score of a table; (n,) arrays. `low` and `high` are rounded like the reported value."""

    value: Floats
    reported: Floats
    band: NDArray[np.int8]
    coverage: Floats
    low: Floats
    high: Floats
    drivers: Drivers | None
    """None unless requested."""


def score_table(
    model: CompiledModel, columns: Mapping[str, Floats], rows: int, threads: int = MAX_THREADS, explain: bool = False
) -> dict[str, ScoreArrays]:
    """Score a table, its blocks on several threads (numpy releases the interpreter lock).

    Parameters
    ----------
    model : the compiled model.
    columns : (rows,) float64 raw values by indicator, as for `riskmodel.engine.block.score_block`.
    rows : the number of rows, 0 or more.
    threads : the most threads to use; 1 if the caller has its own.
    explain : find the drivers, too.
    """
    read = {name: columns[name] for name in model.indicators if name in columns}
    out = {name: _empty_arrays(rows, explain) for name in model.scores}
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


def _empty_arrays(rows: int, explain: bool) -> ScoreArrays:
    value, rounded, coverage, low, high = (np.empty(rows) for _ in range(5))
    band = np.empty(rows, dtype=np.int8)
    return ScoreArrays(value, rounded, band, coverage, low, high, empty_drivers(rows) if explain else None)


def _blocks(columns: Mapping[str, Floats], count: int) -> list[Rows]:
    """Split rows into blocks; rows with missing values come apart from complete ones, which need no bounds."""
    gaps: NDArray[np.bool_] = np.zeros(count, dtype=bool)
    for column in columns.values():
        gaps |= np.isnan(column)
    with_gaps = int(np.count_nonzero(gaps))
    if with_gaps in (0, count):
        return [slice(start, min(start + BLOCK_ROWS, count)) for start in range(0, count, BLOCK_ROWS)]
    return [
        rows[start : start + BLOCK_ROWS]
        for rows in (np.flatnonzero(gaps), np.flatnonzero(~gaps))
        for start in range(0, len(rows), BLOCK_ROWS)
    ]


def keep_memory() -> None:
    """Free a large untouched allocation, so that the allocator keeps the memory of one block for the next.

    glibc returns memory to the system until a program has freed a large allocation (mallopt(3), dynamic mmap
    threshold, at most 32 MiB); allocating it again for each block costs more than scoring.
    """
    np.empty(31 << 20, dtype=np.uint8)


def _score_rows(
    model: CompiledModel, columns: Mapping[str, Floats], rows: Rows, out: Mapping[str, ScoreArrays]
) -> None:
    count = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    block = score_block(model, {name: column[rows] for name, column in columns.items()}, count)
    for name, score in block.scores.items():
        decimals, target = model.scores[name].decimals, out[name]
        target.value[rows] = score.value
        target.reported[rows] = score.reported
        target.band[rows] = score.band
        target.coverage[rows] = score.coverage
        target.low[rows] = low = reported(score.low, decimals)
        target.high[rows] = low if score.high is score.low else reported(score.high, decimals)
        if target.drivers is not None:
            largest = drivers(model, block, model.scores[name])
            target.drivers.entry[:, rows] = largest.entry
            target.drivers.points[:, rows] = largest.points
