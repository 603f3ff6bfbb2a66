"""Read CSV: the header, then the text in pieces that can be read independently."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import pyarrow as pa

from riskmodel.documents.file_kinds import FIRST_BYTES, document_kind, foreign_kind
from riskmodel.errors import SituationError, counted
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import duplicate_names
from riskmodel.tables.csv_escape import FORMULA_STARTS
from riskmodel.tables.csv_records import Dialect, Grammar, in_runs
from riskmodel.tables.csv_rows import CsvRows, Piece
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.number_format import NumberFormat, separator
from riskmodel.tables.rows import CsvFormat
from riskmodel.tables.short_numbers import ShortNumbers

BLOCK = 2 << 20
"""Bytes that are read at once, about ten thousand rows: more do not fit the processor's cache, fewer add overhead."""
MAX_RECORDS = 200_000
"""Records of a piece: a block can hold a million very short ones, and each takes memory for its scores."""
DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_MAX_LISTED = 5
_BOM = b"\xef\xbb\xbf"


class CsvOptions(NamedTuple):
    """The format of a CSV file as the caller gives it; None where it is detected or the default."""

    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    has_options: bool = True
    """True if the caller has options for the format, which messages may name."""

    @property
    def numbers(self) -> NumberFormat:
        """The format of numbers."""
        return NumberFormat(self.decimal or ".", None if self.thousands is None else separator(self.thousands))

    def check(self) -> None:
        """Check that the delimiter, the decimal mark and the thousands separator are valid and distinct.

        Raises
        ------
        SituationError
            They are not.
        """
        delimiter, thousands = self.delimiter, self.thousands
        if delimiter is not None and (
            len(delimiter) != 1 or not delimiter.isascii() or delimiter.isalnum() or delimiter in "\"'\r\n\0.+-_="
        ):
            raise SituationError(f"--delimiter should be one character such as , ; | or a tab; got {delimiter!r}")
        if self.decimal not in (None, ".", ","):
            raise SituationError(f"--decimal should be . or ,; got {self.decimal!r}")
        if thousands is None:
            return
        if separator(thousands) is None:
            raise SituationError(f"--thousands should be , . ' or a space; got {thousands!r}")
        if thousands == self.numbers.decimal:
            other = {",": ".", ".": ","}[thousands]
            raise SituationError(f"--thousands {thousands} is the decimal mark; it goes with --decimal {other}")


def check_distinct(source: InputFile, names: Sequence[str]) -> None:
    """Check that the columns of a file have distinct names.

    Raises
    ------
    SituationError
        Two columns have the same name, or none.
    """
    duplicates = duplicate_names(names)
    if any(not name.strip() for name in duplicates):
        numbers = [number for number, name in enumerate(names, 1) if not name.strip()]
        listed = ", ".join(map(str, numbers[:_MAX_LISTED])) + (", ..." if len(numbers) > _MAX_LISTED else "")
        is_tail = numbers == list(range(numbers[0], len(names) + 1))
        hint = "; are there too many delimiters at the ends of the lines?" if is_tail else ""
        raise source.error(f"{counted(len(numbers), 'column')} without a name ({listed} of {len(names):,}){hint}")
    if duplicates:
        raise source.error(f"duplicate column {duplicates[0]!r} in the header")


class CsvReader:
    """A CSV file that is being read.

    Parameters
    ----------
    source : the opened file.
    spec : the model that its columns are matched to.
    options : its format. By default the delimiter is detected in the header; the decimal mark is `.`, and a file with
        numbers in another format is refused.
    as_text : whether cells must be UTF-8, because they are kept as text and not as bytes.

    Raises
    ------
    SituationError
        The header cannot be used.
    """

    row_unit: Final = "line"

    def __init__(self, source: InputFile, spec: ModelSpec, options: CsvOptions, *, as_text: bool = False) -> None:
        self._source, self._spec, self._as_text = source, spec, as_text
        self._blocks = source.blocks(BLOCK)
        self._ended = False
        text = self._read_more(b"")
        if not text:
            raise source.error("is empty: it has no header")
        for byte_order_mark, encoding in _ENCODINGS.items():
            if text.startswith(byte_order_mark):
                raise source.error(f"is {encoding}; convert it, as with `iconv -f {encoding} -t UTF-8`")
        if kind := foreign_kind(text[:FIRST_BYTES]) or document_kind(text[:FIRST_BYTES]):
            raise source.error(f"is {kind}")
        self._bom = _BOM if text.startswith(_BOM) else b""
        delimiters = DELIMITERS if options.delimiter is None else (options.delimiter,)
        grammars = [Grammar(delimiter) for delimiter in delimiters]
        grammar, self.header, self._rest = self._read_header(text[len(self._bom) :], grammars)
        line_end = b"\r\n" if self._rest.startswith(b"\r\n") else b"\n"
        self.dialect = Dialect(grammar, chr(grammar.delimiter), options.numbers, options.has_options, line_end)
        self.numbers = options.numbers
        self.guesses_decimal = options.has_options and options.decimal is None
        self.lines_before = 1 + self.header.count(b"\n")
        self.names = grammar.cells(self.header)
        check_distinct(source, self.names)
        numbers = [
            position for position, name in enumerate(self.names) if pa.types.is_floating(self.schema.field(name).type)
        ]
        self._short = ShortNumbers(grammar.delimiter, len(self.names), numbers, options.numbers, FORMULA_STARTS)

    def _read_more(self, text: bytes) -> bytes:
        """Append the next block to a text, and record whether the file has ended."""
        block = next(self._blocks, b"")
        self._ended = not block
        return text + block

    def _read_header(self, text: bytes, grammars: Sequence[Grammar]) -> tuple[Grammar, bytes, bytes]:
        """Return the grammar by which the header has the most indicators, the header, and the text after it."""
        headers: list[tuple[Grammar, bytes]] = []
        first_error: SituationError | None = None
        for grammar in grammars:
            try:
                while (header := grammar.first(text, self._ended)) is None:
                    text = self._read_more(text)
                headers.append((grammar, header))
            except SituationError as error:
                first_error = first_error or self._source.error(str(error))
        if not headers:
            raise first_error or self._source.error("has no header")
        grammar, header = max(headers, key=lambda pair: self._count_indicators(*pair))
        self._check_header(header)
        return grammar, header, text[len(header) :]

    def _count_indicators(self, grammar: Grammar, header: bytes) -> int:
        return sum(name in self._spec.indicators for name in grammar.cells(header))

    def _check_header(self, header: bytes) -> None:
        if b"\0" in header:
            raise self._source.error("has a NUL byte in its header; is it UTF-16, or no CSV at all?")
        if header.startswith(b"sep="):
            raise self._source.error("starts with a line `sep=`, which only Excel reads; remove it")
        if not header.strip():
            raise self._source.error("starts with a blank line: it has no header")
        try:
            header.decode()
        except UnicodeDecodeError:
            raise self._source.error("has a header that is not UTF-8; convert the file") from None

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as Parquet: numbers for numeric indicators, text for all others."""
        indicators = self._spec.indicators
        numbers = {name for name in self.names if name in indicators and indicators[name].labels is None}
        return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in self.names])

    @property
    def csv_format(self) -> CsvFormat:
        """The format of the file itself, with the names as they are in its header."""
        dialect = self.dialect
        names = [self.header[start:end] for start, end in dialect.grammar.spans(self.header)]
        return CsvFormat(self._bom, names, dialect.line_end, dialect.delimiter, dialect.numbers.decimal)

    def check_csv(self, names: Sequence[str]) -> None:
        """Accept all columns: cells of CSV can be written as CSV."""

    def pieces(self) -> Iterator[Piece]:
        """Yield the records of the file in pieces, in order."""
        rest = self._rest
        while not self._ended:
            rest = self._read_more(rest)
            if rest:
                try:
                    records, rest = self.dialect.grammar.cut(rest, self._ended)
                except SituationError as error:
                    raise self._source.error(str(error)) from None
                runs = list(in_runs(records, MAX_RECORDS))
                for number, run in enumerate(runs, 1):
                    yield Piece(run, self._source.bytes_read, self._ended and number == len(runs))

    def read(self, piece: Piece) -> CsvRows:
        """Read the rows of a piece; thread-safe."""
        return CsvRows(piece, self.names, self.dialect, self._spec, self._as_text, self._short)
