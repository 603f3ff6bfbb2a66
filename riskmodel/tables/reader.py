"""Open a table with the reader of its format, and read all of it for callers who need every row."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pyarrow as pa

from riskmodel.errors import Problem, SituationError, counted
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import known_names, number_names
from riskmodel.tables.csv.reader import CsvReader
from riskmodel.tables.input_file import ARROW, ARROW_STREAM, PARQUET, STATA, ZIP, InputFile
from riskmodel.tables.number_format import other_formats
from riskmodel.tables.options import AS_IT_COMES, TableOptions
from riskmodel.tables.parallel import in_order
from riskmodel.tables.rejects import Reject, first_problems, reject_problem
from riskmodel.tables.rows import Reader, Rows

if TYPE_CHECKING:
    from riskmodel.tables.arrow.reader import ArrowContent

_THREADS = 2
"""Pieces that are read at a time; more would be faster than the caller."""

Result = TypeVar("Result")


def open_reader(
    source: "InputFile | ArrowContent",
    spec: ModelSpec,
    options: TableOptions = AS_IT_COMES,
    *,
    as_text: bool = False,
    groups: range | None = None,
) -> Reader:
    """Open the reader for the format of a file.

    Parameters
    ----------
    source : the opened file, or the rows of a table that comes as record batches.
    spec : the model whose indicators are read.
    options : of the table; where it is not CSV, the delimiter and decimal mark for its rows as CSV.
    as_text : whether cells of CSV must be UTF-8, because they are kept as text and not as bytes.
    groups : the row groups of a Parquet file that are read; None for all.

    Raises
    ------
    SituationError
        The header or schema cannot be used.
    """
    if isinstance(source, InputFile):
        _check_options(source, options)
    if isinstance(source, InputFile) and source.is_text:
        return CsvReader(source, spec, options, as_text=as_text)
    # Imported here because CSV needs none of them, and some take long.
    from riskmodel.tables.arrow.reader import ArrowReader

    if not isinstance(source, InputFile):
        return ArrowReader(source, spec, options)
    if source.kind == PARQUET:
        from riskmodel.tables.arrow.parquet_reader import ParquetContent

        return ArrowReader(ParquetContent(source, groups), spec, options)
    if source.kind in (ARROW, ARROW_STREAM):
        from riskmodel.tables.arrow.ipc_reader import IpcContent

        return ArrowReader(IpcContent(source), spec, options)
    if source.kind == STATA:
        from riskmodel.tables.arrow.stata_reader import StataContent

        stata = StataContent(source, number_names(spec, options))
        return ArrowReader(stata, spec, options, remarks=stata.remarks)
    from riskmodel.tables.spreadsheet.reader import WorkbookContent

    known, decimal = known_names(spec, options), options.decimal or "."
    book = WorkbookContent(source, known, options.sheet, options.skip_rows, decimal)
    return ArrowReader(book, spec, options, letters=book.letters, remarks=book.remarks)


def _check_options(source: InputFile, options: TableOptions) -> None:
    """Check that options are for the format of a file."""
    formats = {
        "--sheet": (options.sheet is not None, source.kind == ZIP, "workbooks (.xlsx, .ods)"),
        "--skip-rows": (bool(options.skip_rows), source.is_text or source.kind == ZIP, "CSV and workbooks"),
        "--encoding": (options.encoding is not None, source.is_text, "CSV"),
    }
    for option, (is_given, fits, names) in formats.items():
        if is_given and not fits:
            raise source.error(f"{option} is for {names}; leave it out")


def doubtful_number(reader: Reader, rejects: Iterable[Reject], file: str) -> Problem | None:
    """Find the first number in rejected rows whose format puts the whole file in doubt.

    Parameters
    ----------
    reader : the file that is being read.
    rejects : the rows, numbered within the file.
    file : the file's name.

    Returns
    -------
    None where there is none, or where the decimal mark was given.
    """
    for reject in rejects if reader.guesses_decimal else ():
        is_number = reject.column and pa.types.is_floating(reader.schema.field(reject.column).type)
        # Spaces and apostrophes have no other meaning in a number, so they reject a row and not the file.
        is_doubtful = is_number and ("," in reject.value or reject.value.count(".") > 1)
        if is_doubtful and (text := other_formats(reject.value, reader.numbers)):
            message = f"{reject.value!r} {text}, --decimal . rejects such rows"
            return reject_problem(reject, file, reader.row_unit)._replace(message=message)
    return None


class _Piece(NamedTuple):
    result: Any
    rejected: list[Reject]
    lines: int


def read_all_or_raise(reader: Reader, take: Callable[[Rows], Result]) -> Iterator[Result]:
    """Yield `take(rows)` for the rows of each piece, in order.

    Parameters
    ----------
    reader : the file that is being read.
    take : called with the rows of each piece, by several threads.

    Raises
    ------
    SituationError
        Rows cannot be used; the first are named.
    """

    def read(piece: Any) -> _Piece:
        rows = reader.read(piece)
        return _Piece(take(rows), list(rows.rejected), rows.lines)

    before = reader.lines_before
    for piece in in_order(read, reader.pieces(), _THREADS):
        if piece.rejected:
            rejected = [reject._replace(line=before + reject.line) for reject in piece.rejected]
            if doubt := doubtful_number(reader, rejected, ""):
                raise SituationError([doubt])
            problems, more = first_problems(rejected, "", reader.row_unit)
            if more:
                message = f"and {counted(more, 'more row')} that cannot be used; the rest of the file was not read"
                problems.append(Problem(message))
            raise SituationError(problems)
        before += piece.lines
        yield piece.result
