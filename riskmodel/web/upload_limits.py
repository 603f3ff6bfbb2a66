"""Check the size of an uploaded table, decompressed, before it is scored: small files can hold very large tables."""

import os
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import counted
from riskmodel.tables.input_file import PARQUET, ZIP, InputFile
from riskmodel.web.problems import BODY, HTTPProblem
from riskmodel.web.settings import Limits

if TYPE_CHECKING:
    from pyarrow.parquet import ColumnChunkMetaData

_BLOCK_BYTES = 1 << 20
_BATCH_ROWS = 65_536


def check_size(file: BinaryIO, limits: Limits) -> int:
    """Check the rows and decompressed bytes of a table; the file is read.

    Returns
    -------
    The size of the file in bytes.

    Raises
    ------
    HTTPProblem
        The table is larger than a limit.
    SituationError
        The file is damaged.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    source = InputFile(file, BODY, size)
    if source.kind == PARQUET:
        _check_parquet(source, limits)
    elif source.is_text:
        _check_text(source, limits)
    elif source.kind == ZIP:
        _check_workbook(source, limits)
    else:
        raise source.error("is neither CSV, Parquet nor a workbook; score other files with `riskmodel batch`")
    return size


def _check_text(source: InputFile, limits: Limits) -> None:
    n_bytes = n_lines = 0
    last = b"\n"
    for block in source.blocks(_BLOCK_BYTES):
        n_bytes += len(block)
        n_lines += block.count(b"\n")
        last = block[-1:]
        _check(n_bytes, n_lines - 1, limits)
    _check(n_bytes, n_lines - (last == b"\n"), limits)


def _check_parquet(source: InputFile, limits: Limits) -> None:
    # Slow to import, and not needed for CSV.
    import pyarrow.parquet as pq

    file = source.seekable()
    try:
        metadata = pq.ParquetFile(file, pre_buffer=False).metadata
        groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
        n_bytes = sum(group.total_byte_size for group in groups)
        _check(n_bytes, metadata.num_rows, limits)
        chunks = [group.column(column) for group in groups for column in range(metadata.num_columns)]
        text_columns = sorted({chunk.path_in_schema for chunk in chunks if _is_repeated_text(chunk)})
        if text_columns:
            # A text that is stored once can be the cell of every row.
            with_dictionaries = pq.ParquetFile(file, read_dictionary=text_columns, pre_buffer=False)
            batches = with_dictionaries.iter_batches(batch_size=_BATCH_ROWS, columns=text_columns, use_threads=False)
            for batch in batches:
                n_bytes += sum(_expanded_bytes(column) for column in batch.columns)
                _check(n_bytes, metadata.num_rows, limits)
    except (pa.ArrowException, OSError) as error:
        raise source.error(f"is cut off, damaged, or no Parquet: {str(error)[:200]}") from None


def _check_workbook(source: InputFile, limits: Limits) -> None:
    # Slow to import, and in an extra.
    from riskmodel.tables.spreadsheet.extent import workbook_extent

    extent = workbook_extent(source, limits.unpacked_bytes)
    # The first row of a sheet is that of the headings.
    _check(extent.bytes, extent.rows - 1, limits)
    if extent.cells > limits.sheet_cells:
        limit = counted(limits.sheet_cells, "cell")
        raise HTTPProblem(413, f"a sheet of the workbook has more than {limit}; send it as CSV")


def _is_repeated_text(chunk: "ColumnChunkMetaData") -> bool:
    # Nested columns cannot be written as CSV, and are rejected for that.
    is_nested = "." in chunk.path_in_schema
    return chunk.physical_type == "BYTE_ARRAY" and bool(chunk.has_dictionary_page) and not is_nested


def _expanded_bytes(column: pa.Array) -> int:
    """Return the bytes of the cells of a column without its dictionary."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    return pc.sum(pc.binary_length(column.dictionary).take(column.indices)).as_py() or 0


def _check(n_bytes: int, n_rows: int, limits: Limits) -> None:
    if n_bytes > limits.unpacked_bytes:
        raise HTTPProblem(413, f"the table is larger than {limits.unpacked_bytes:,} bytes once it is decompressed")
    if n_rows > limits.rows:
        raise HTTPProblem(413, f"the table has more than {counted(limits.rows, 'row')}")
