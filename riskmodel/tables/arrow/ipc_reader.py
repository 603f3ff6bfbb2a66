"""Read Arrow IPC: files (Feather, version 2), and streams."""

from collections.abc import Iterator

import pyarrow as pa

from riskmodel.errors import SituationError
from riskmodel.tables import cells
from riskmodel.tables.arrow.reader import Batch
from riskmodel.tables.columns import check_distinct
from riskmodel.tables.input_file import ARROW, InputFile


class IpcContent:
    """The rows of an Arrow IPC file or stream; see `riskmodel.tables.arrow.reader.ArrowContent`.

    Parameters
    ----------
    source : the opened file.

    Raises
    ------
    SituationError
        The file cannot be read, or two of its columns have the same name.
    """

    rows_before = 0

    def __init__(self, source: InputFile) -> None:
        self._source, self.name = source, source.name
        try:
            self._batches: Iterator[pa.RecordBatch]
            if source.kind == ARROW:
                file = pa.ipc.open_file(source.seekable())
                self._batches = map(file.get_batch, range(file.num_record_batches))
                self.schema: pa.Schema = file.schema
                self._total = file.num_record_batches
            else:
                stream = pa.ipc.open_stream(source.seekable())
                self._batches, self.schema, self._total = iter(stream), stream.schema, 0
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None
        check_distinct(self.schema.names, source.name)

    def _damaged(self, error: Exception) -> SituationError:
        return self._source.error(f"is cut off, damaged, or no Arrow IPC: {cells.first_line(error)}")

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches, in order; batches of the file that are longer are divided."""
        try:
            for number, content in enumerate(self._batches, 1):
                read = (self._source.size or 0) * number // self._total if self._total else 0
                for start in range(0, content.num_rows, size):
                    yield Batch(content.slice(start, size), read)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from None
