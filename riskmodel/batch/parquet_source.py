"""Reading Parquet: the schema, then batches of rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskmodel import arrays, cells
from riskmodel.batch.inputs import Input
from riskmodel.batch.rows import Fault, Reject, reject
from riskmodel.columns import twice_named
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec

ROWS = 49_152
"""Rows that are read at once: a block of the engine."""
CELLS = 4_000_000
"""Cells that are read at once, where there are so many columns that a block of rows would fill the memory."""


class Batch(NamedTuple):
    """Rows that belong together."""

    content: pa.RecordBatch
    seen: int
    """Bytes of the file that had been read by then, in proportion to the rows."""


class ParquetSource:
    """A Parquet file that is being read.

    Parameters
    ----------
    source : the opened file.
    spec : the model that its columns are matched to.
    groups : the row groups that are read; all without it.

    Attributes
    ----------
    before : the rows of the file before those that are read.

    Raises
    ------
    SituationError
        Where the file cannot be read, or its columns cannot be used.
    """

    def __init__(self, source: Input, spec: ModelSpec, groups: range | None = None) -> None:
        self._source = source
        try:
            # Read ahead, and the memory taken grows with the file.
            self._file = pq.ParquetFile(source.seekable(), pre_buffer=False)
            self.schema = self._file.schema_arrow
            about = self._file.metadata
            self._groups = range(about.num_row_groups) if groups is None else groups
            self.before = sum(about.row_group(group).num_rows for group in range(self._groups.start))
            self._rows = sum(about.row_group(group).num_rows for group in self._groups)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None
        self.names: list[str] = self.schema.names
        if twice := twice_named(self.names):
            raise source.error(f"the column {twice[0]!r} stands twice")
        for name in self.names:
            if name in spec.indicators:
                try:
                    cells.read_column(spec.indicators[name], pa.nulls(0, self.schema.field(name).type))
                except SituationError as error:
                    raise source.error(f"column {name}: {error}") from None

    def _damaged(self, error: Exception) -> SituationError:
        said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        return self._source.error(f"is cut off, damaged, or no Parquet: {said}")

    def pieces(self) -> Iterator[Batch]:
        """The rows of the file, in order."""
        done, size = 0, max(min(ROWS, CELLS // max(len(self.names), 1)), 1)
        try:
            for batch in self._file.iter_batches(batch_size=size, row_groups=list(self._groups), use_threads=False):
                done += batch.num_rows
                yield Batch(batch, (self._source.size or 0) * done // max(self._rows, 1))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None


class ParquetRows:
    """The rows of a batch of Arrow columns; see `riskmodel.batch.rows.Rows`."""

    blank = 0
    end = b"\n"

    def __init__(self, batch: Batch, spec: ModelSpec, delimiter: str, decimal: str) -> None:
        content = batch.content
        self.lines, self.seen = content.num_rows, batch.seen
        self._delimiter, self._decimal = delimiter, decimal
        found = {
            name: cells.read_column(spec.indicators[name], content.column(name))
            for name in content.schema.names
            if name in spec.indicators
        }
        faulty = {name: column.faulty for name, column in found.items() if column.faulty is not None}
        self.columns: Mapping[str, Floats] = {name: column.values for name, column in found.items()}
        self.rejected: Sequence[Reject] = ()
        if faulty:
            rows = np.logical_or.reduce(list(faulty.values()))
            self.rejected = [
                _reject(spec, content, int(row), [name for name in faulty if faulty[name][row]])
                for row in np.flatnonzero(rows)
            ]
            content = content.filter(arrays.from_mask(~rows))
            self.columns = {name: values[~rows] for name, values in self.columns.items()}
        self._content = content
        self.count = content.num_rows

    def whole(self) -> pa.Array:
        """The rows as CSV text, each led by a line end."""
        columns = [self.cells(place) for place in range(self._content.num_columns)]
        columns[0] = pc.binary_join_element_wise(arrays.texts(["\n"])[0], columns[0], arrays.texts([""])[0])
        return pc.binary_join_element_wise(*columns, arrays.texts([self._delimiter])[0])

    def cells(self, place: int) -> pa.Array:
        """The cells of a column as CSV text."""
        column = self._content.column(place)
        text = pc.cast(column, pa.string())
        if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
            text = text if self._decimal == "." else pc.replace_substring(text, ".", self._decimal)
        return pc.fill_null(quoted(text, self._delimiter), arrays.texts([""])[0])

    def typed(self, place: int) -> pa.Array:
        """The cells of a column as they are."""
        return self._content.column(place)


def quoted(text: pa.Array, delimiter: str) -> pa.Array:
    """Text with quotes where CSV needs them; empty text has them too, to be told from what is missing."""
    special = pc.match_substring_regex(text, '^$|["\r\n' + ("\\" + delimiter) + "]")
    if not pc.any(special).as_py():
        return text
    quote = arrays.texts(['"'])[0]
    doubled = pc.replace_substring(text, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise(quote, doubled, quote, arrays.texts([""])[0]), text)


_FIT_CSV = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_temporal,
    pa.types.is_null,
)


def check_holdable(schema: pa.Schema, names: Sequence[str]) -> None:
    """Check that columns can be written as CSV.

    Raises
    ------
    SituationError
        Where a column's type has no text.
    """
    for name in names:
        kind = schema.field(name).type
        held = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not any(fits(held) for fits in _FIT_CSV):
            raise SituationError(
                f"the column {name!r} holds {kind}, which CSV cannot; leave it out with --columns, or write Parquet"
            )


def _reject(spec: ModelSpec, content: pa.RecordBatch, row: int, names: Sequence[str]) -> Reject:
    values = {name: content.column(name)[row].as_py() for name in names}
    row_id = content.column("id")[row].as_py() if "id" in content.schema.names else None
    faults = [Fault(name, str(value), cells.why_faulty(spec.indicators[name], value)) for name, value in values.items()]
    return reject(row + 1, "" if row_id is None else str(row_id), faults)
