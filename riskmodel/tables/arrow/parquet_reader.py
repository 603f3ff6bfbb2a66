"""Read Parquet: the schema, then batches of rows."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from riskmodel.errors import SituationError
from riskmodel.tables import cells
from riskmodel.tables.arrow.reader import MAX_BYTES, Batch
from riskmodel.tables.columns import check_distinct
from riskmodel.tables.input_file import InputFile


class ParquetContent:
    """The rows of a Parquet file; see `riskmodel.tables.arrow.reader.ArrowContent`.

    Parameters
    ----------
    source : the opened file.
    groups : the row groups that are read; None for all.

    Raises
    ------
    SituationError
        The file cannot be read, or two of its columns have the same name.
    """

    def __init__(self, source: InputFile, groups: range | None = None) -> None:
        self._source, self.name = source, source.name
        try:
            # With pre_buffer, memory would grow with the file.
            self._file = pq.ParquetFile(source.seekable(), pre_buffer=False)
            self.schema: pa.Schema = self._file.schema_arrow
            metadata = self._file.metadata
            self._groups = range(metadata.num_row_groups) if groups is None else groups
            self.rows_before = sum(metadata.row_group(group).num_rows for group in range(self._groups.start))
            self._rows = sum(metadata.row_group(group).num_rows for group in self._groups)
            self._bytes = sum(metadata.row_group(group).total_byte_size for group in self._groups)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None
        check_distinct(self.schema.names, source.name)

    def _damaged(self, error: Exception) -> SituationError:
        return self._source.error(f"is cut off, damaged, or no Parquet: {cells.first_line(error)}")

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches, in order; smaller ones where rows are long."""
        done, row_bytes = 0, self._bytes // max(self._rows, 1)
        size = max(min(size, MAX_BYTES // max(row_bytes, 1)), 1)
        try:
            for batch in self._file.iter_batches(batch_size=size, row_groups=list(self._groups), use_threads=False):
                done += batch.num_rows
                yield Batch(batch, (self._source.size or 0) * done // max(self._rows, 1))
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None
