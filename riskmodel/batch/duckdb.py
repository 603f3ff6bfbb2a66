"""Score rows with the SQL query of a model in DuckDB.

The rows pass through one query as a stream: DuckDB takes pieces from the reader when it has room, so memory does not
depend on the size of the file. It returns rows in about the order in which it takes them; their numbers restore it.
"""

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.tables import arrays
from riskmodel.tables.cells import first_line
from riskmodel.tables.rows import Rows

_TABLE = "riskmodel_rows"
_NUMBER = "row number"
"""The column with the number of a row in the stream; no indicator or score has such a name."""
_MEMORY = "1GB"
_INTERRUPTED = "Query interrupted"
"""The message of the RuntimeError that DuckDB makes of a KeyboardInterrupt."""
_FEWEST_ROWS = 8_192
"""Rows in the stream for a piece that has as many lines. DuckDB reads ahead by rows, so that pieces of which all rows
are rejected would pile up."""


class ScoredRows(NamedTuple):
    """The rows of a piece and their scores."""

    rows: Rows
    scores: Mapping[str, ScoreArrays]


class ScoringQuery:
    """The query of a model for a table with certain columns.

    Parameters
    ----------
    model : the model.
    names : the columns of the table.
    threads : the number of threads of DuckDB.

    Raises
    ------
    RiskmodelError
        DuckDB or SQLGlot is not installed, or names of the query clash.
    """

    def __init__(self, model: Model, names: Sequence[str], threads: int) -> None:
        try:
            import duckdb

            from riskmodel.sql.query import to_sql
        except ImportError:
            raise RiskmodelError("--engine duckdb needs the extra `sql`: pip install 'riskmodel[sql]'") from None
        self._duckdb, self._threads, self._model = duckdb, threads, model.compiled
        self._query = to_sql(model, dialect="duckdb", table=_TABLE, keep=[_NUMBER], columns=names)
        self._labels = {name: indicator.labels for name, indicator in model.spec.indicators.items() if name in names}

    def scores(self, pieces: Iterator[Rows]) -> Generator[ScoredRows, None, None]:
        """Yield the pieces of a table with their scores, in order.

        Parameters
        ----------
        pieces : the rows of each; an error of the iterator is raised unchanged.

        Raises
        ------
        RiskmodelError
            DuckDB stops the query.
        """
        source = _Source(pieces, self._labels)
        # No step of the query collects rows, so nothing has to be written to disk.
        settings: Any = {"threads": self._threads, "memory_limit": _MEMORY, "temp_directory": ""}
        try:
            with self._duckdb.connect(config=settings) as connection:
                connection.register(_TABLE, source)
                with closing(_Results(pa.RecordBatchReader.from_stream(connection.sql(self._query)))) as results:
                    while source.taken or results.has_more():
                        rows = source.taken.popleft()
                        part = results.take(_length(rows)).slice(0, rows.count)
                        yield ScoredRows(rows, {name: _score(self._model, name, part) for name in self._model.scores})
        except (self._duckdb.Error, pa.ArrowException, OSError, RuntimeError) as error:
            if source.error is not None:
                raise source.error from None
            if str(error) == _INTERRUPTED:
                raise KeyboardInterrupt from None
            raise RiskmodelError(f"DuckDB: {first_line(error)}") from None


def _length(rows: Rows) -> int:
    """Return the rows of a piece in the stream: its own, and empty ones if they are few; at least one."""
    return max(rows.count, min(rows.lines, _FEWEST_ROWS), 1)


class _Source:
    """The stream of rows that DuckDB reads, from any of its threads.

    Attributes
    ----------
    taken : the pieces that were read, in order.
    error : the error that ended the stream.
    """

    def __init__(self, pieces: Iterator[Rows], labels: Mapping[str, tuple[str, ...] | None]) -> None:
        self._pieces, self._labels = pieces, labels
        self.taken: deque[Rows] = deque()
        self.error: BaseException | None = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        words = pa.dictionary(pa.int32(), pa.string())
        kinds = [(name, pa.float64() if labels is None else words) for name, labels in self._labels.items()]
        schema = pa.schema([(_NUMBER, pa.int64()), *kinds])
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema)).__arrow_c_stream__(requested_schema)

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        start = 0
        try:
            for rows in self._pieces:
                length = _length(rows)
                numbers = pa.Array.from_buffers(
                    pa.int64(), length, [None, pa.py_buffer(np.arange(start, start + length))]
                )
                columns = [_column(rows.columns[name], labels, length) for name, labels in self._labels.items()]
                start += length
                self.taken.append(rows)
                yield pa.RecordBatch.from_arrays([numbers, *columns], schema=schema)
        except (Exception, KeyboardInterrupt) as error:
            self.error = error
            raise


def _column(values: Floats, labels: Sequence[str] | None, length: int) -> pa.Array:
    """Return values or labels as a column, filled up with missing ones to a length."""
    if length > len(values):
        values = np.concatenate([values, np.full(length - len(values), np.nan)])
    if labels is None:
        # NaN is missing for the query, too.
        return pa.Array.from_buffers(pa.float64(), length, [None, pa.py_buffer(np.ascontiguousarray(values))])
    codes = np.where(np.isnan(values), -1, values).astype(np.int32)
    return pa.DictionaryArray.from_arrays(arrays.from_integers(codes), arrays.texts(labels))


class _Results:
    """The rows of a result, taken by their numbers from 0."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self._reader = reader
        self._next = 0
        self._runs: dict[int, pa.RecordBatch] = {}
        """Rows with consecutive numbers, by the first."""

    def has_more(self) -> bool:
        """Return True if rows are left; read some if there are none here."""
        return bool(self._runs) or self._read()

    def _read(self) -> bool:
        for batch in self._reader:
            if batch.num_rows:
                numbers = np.frombuffer(
                    batch.column(_NUMBER).buffers()[1], np.int64, batch.num_rows, batch.column(_NUMBER).offset * 8
                )
                starts = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), batch.num_rows]
                self._runs |= {int(numbers[start]): batch.slice(start, end - start) for start, end in pairwise(starts)}
                return True
        return False

    def take(self, length: int) -> pa.Table:
        """Return the next rows."""
        parts, end = [], self._next + length
        while self._next < end:
            if (run := self._runs.pop(self._next, None)) is None:
                if not self._read():
                    raise RiskmodelError("DuckDB: the query does not return all rows")
                continue
            parts.append(run.slice(0, end - self._next))
            self._next += parts[-1].num_rows
            if run.num_rows > parts[-1].num_rows:
                self._runs[self._next] = run.slice(parts[-1].num_rows)
        return pa.Table.from_batches(parts, self._reader.schema)

    def close(self) -> None:
        """End the query."""
        self._reader.close()


def _score(model: CompiledModel, name: str, rows: pa.Table) -> ScoreArrays:
    """Return the arrays of a score."""

    def column(suffix: str) -> Any:
        return pa.concat_arrays(rows.column(name + suffix).chunks)

    value, reported, coverage, low, high = map(arrays.floats, map(column, ("_exact", "", "_coverage", "_low", "_high")))
    bands = pc.index_in(column("_band"), value_set=arrays.texts(model.scores[name].bands))
    band = arrays.integers(pc.fill_null(bands, -1)).astype(np.int8)
    return ScoreArrays(value, reported, band, coverage, low, high, None)
