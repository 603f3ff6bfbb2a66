"""How large a table is before any of it is scored: small files can hold very much."""

import os
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import counted
from riskmodel.tables.input_file import PARQUET, InputFile
from riskmodel.web.problems import BODY, HTTPProblem
from riskmodel.web.settings import Limits

if TYPE_CHECKING:
    from pyarrow.parquet import ColumnChunkMetaData

_BLOCK = 1 << 20
_ROWS = 65_536


def check_size(file: BinaryIO, limits: Limits) -> int:
    """Check that a table is no larger than it may be; the file is read.

    Returns
    -------
    The bytes of the file as it is.

    Raises
    ------
    HTTPProblem
        Where it has too many rows, or too many bytes once it is decompressed.
    SituationError
        Where it is damaged.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    source = InputFile(file, BODY, size)
    if source.kind == PARQUET:
        _check_parquet(source, limits)
    else:
        _check_text(source, limits)
    return size


def _check_text(source: InputFile, limits: Limits) -> None:
    unpacked = lines = 0
    last = b"\n"
    for block in source.blocks(_BLOCK):
        unpacked += len(block)
        lines += block.count(b"\n")
        last = block[-1:]
        _check(unpacked, lines - 1, limits)
    _check(unpacked, lines - (last == b"\n"), limits)


def _check_parquet(source: InputFile, limits: Limits) -> None:
    # It takes a while to import, which services that get CSV alone are spared.
    import pyarrow.parquet as pq

    file = source.seekable()
    try:
        metadata = pq.ParquetFile(file, pre_buffer=False).metadata
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        unpacked = sum(group.total_byte_size for group in groups)
        _check(unpacked, metadata.num_rows, limits)
        chunks = [group.column(place) for group in groups for place in range(metadata.num_columns)]
        texts = sorted({chunk.path_in_schema for chunk in chunks if _is_repeated_text(chunk)})
        if texts:
            # A text that is stored once may stand in every row.
            with_words = pq.ParquetFile(file, read_dictionary=texts, pre_buffer=False)
            for batch in with_words.iter_batches(batch_size=_ROWS, columns=texts, use_threads=False):
                unpacked += sum(_written_out(column) for column in batch.columns)
                _check(unpacked, metadata.num_rows, limits)
    except (pa.ArrowException, OSError) as error:
        raise source.error(f"is cut off, damaged, or no Parquet: {str(error)[:200]}") from None


def _is_repeated_text(chunk: "ColumnChunkMetaData") -> bool:
    # Columns that hold others cannot be written as CSV, and are refused for that.
    is_nested = "." in chunk.path_in_schema
    return chunk.physical_type == "BYTE_ARRAY" and bool(chunk.has_dictionary_page) and not is_nested


def _written_out(column: pa.Array) -> int:
    """The bytes of the cells of a column, each as often as it stands there."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    return pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0


def _check(unpacked: int, rows: int, limits: Limits) -> None:
    if unpacked > limits.unpacked_bytes:
        raise HTTPProblem(413, f"the table is larger than {limits.unpacked_bytes:,} bytes once it is decompressed")
    if rows > limits.rows:
        raise HTTPProblem(413, f"the table has more than {counted(limits.rows, 'row')}")
