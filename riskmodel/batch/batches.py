"""Parts of a batch of Arrow columns, whatever their types are."""

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel import arrays
from riskmodel.arrays import Mask
from riskmodel.batch.rows import runs_of


def some_rows(content: pa.RecordBatch, kept: Mask) -> pa.RecordBatch:
    """The rows of a batch that are kept."""
    try:
        return content.filter(arrays.from_mask(kept))
    except pa.ArrowNotImplementedError:
        # Types that pyarrow cannot filter, such as views of text, it can still put together.
        return _copied(content, runs_of(kept))


def _copied(content: pa.RecordBatch, runs: Sequence[tuple[int, int]]) -> pa.RecordBatch:
    """Runs of rows, as a copy even of one alone: views of text cannot be written to Parquet from a slice."""
    # It is only for several arrays that pyarrow makes a new one.
    parts = [content.slice(0, 0), *(content.slice(start, stop - start) for start, stop in runs)]
    columns = [pa.concat_arrays([part.column(place) for part in parts]) for place in range(content.num_columns)]
    return pa.RecordBatch.from_arrays(columns, schema=content.schema)


def bounded(content: pa.RecordBatch, most: int) -> Iterator[pa.RecordBatch]:
    """A batch, halved until none of its parts holds more than so many bytes."""
    if content.num_rows < 2 or sum(map(_size, content.columns)) <= most:
        yield content
        return
    half = content.num_rows // 2
    for part in (content.slice(0, half), content.slice(half)):
        has_views = any("_view" in str(kind) for kind in part.schema.types)
        yield from bounded(_copied(part, [(0, part.num_rows)]) if has_views else part, most)


def _size(column: pa.Array) -> int:
    """The bytes of the cells of a column, where each is written out."""
    if pa.types.is_dictionary(column.type):
        words = column.dictionary
        if not (pa.types.is_string(words.type) or pa.types.is_large_string(words.type)):
            return int(column.indices.nbytes)
        return int(column.indices.nbytes) + (pc.sum(pc.binary_length(words).take(column.indices)).as_py() or 0)
    if pa.types.is_string_view(column.type) or pa.types.is_binary_view(column.type):
        # A slice of views has all the bytes that the whole of them has.
        column = pc.cast(column, pa.large_binary())
    return int(column.nbytes)
