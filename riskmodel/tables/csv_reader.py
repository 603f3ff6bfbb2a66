"""Reading CSV: the header, then the text in pieces that can be read without regard to each other."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

import pyarrow as pa

from riskmodel.documents.file_kinds import FIRST_BYTES, document_kind, foreign_kind
from riskmodel.errors import SituationError, counted
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import duplicate_names
from riskmodel.tables.csv_records import Dialect, Grammar, in_runs
from riskmodel.tables.csv_rows import CsvRows, Piece
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.number_format import NumberFormat, separator
from riskmodel.tables.rows import CsvFormat

BLOCK = 2 << 20
"""Bytes that are read at once: some ten thousand rows. More do not fit the processor's cache, fewer cost overhead."""
MAX_RECORDS = 200_000
"""Records that belong to one piece: of very short ones a block has a million, and each takes memory for its scores."""
DELIMITERS = (",", ";", "\t", "|")
_MARKS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_LISTED = 5
_BOM = b"\xef\xbb\xbf"


class CsvOptions(NamedTuple):
    """What a caller says of a CSV file; None where it is to be found out."""

    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    has_options: bool = True
    """Whether the caller could have said it."""

    @property
    def numbers(self) -> NumberFormat:
        """How numbers are written."""
        return NumberFormat(self.decimal or ".", None if self.thousands is None else separator(self.thousands))

    def check(self) -> None:
        """Check that cells, and the parts of a number, can be told apart.

        Raises
        ------
        SituationError
            Where they cannot.
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
    """Check that every column of a file has a name of its own.

    Raises
    ------
    SituationError
        Where two have the same, or more than one has none.
    """
    duplicates = duplicate_names(names)
    if any(not name.strip() for name in duplicates):
        places = [place for place, name in enumerate(names, 1) if not name.strip()]
        where = ", ".join(map(str, places[:_LISTED])) + (", ..." if len(places) > _LISTED else "")
        at_end = places == list(range(places[0], len(names) + 1))
        hint = "; are there delimiters too many at the ends of the lines?" if at_end else ""
        raise source.error(f"{counted(len(places), 'column')} without a name ({where} of {len(names):,}){hint}")
    if duplicates:
        raise source.error(f"duplicate column {duplicates[0]!r} in the header")


class CsvReader:
    """A CSV file that is being read.

    Parameters
    ----------
    source : the opened file.
    spec : the model that its columns are matched to.
    options : what the caller says of it. Without a delimiter, it is found in the header; without a decimal mark it is
        `.`, and a file is refused that has numbers written in another way.
    as_text : whether cells must be UTF-8, because they will be kept as text and not as bytes.

    Raises
    ------
    SituationError
        Where the header cannot be used.
    """

    row_unit: Final = "line"

    def __init__(self, source: InputFile, spec: ModelSpec, options: CsvOptions, *, as_text: bool = False) -> None:
        self._source, self._spec, self._as_text = source, spec, as_text
        self._blocks = source.blocks(BLOCK)
        self._ended = False
        text = self._more(b"")
        if not text:
            raise source.error("is empty: it has no header")
        for mark, encoding in _MARKS.items():
            if text.startswith(mark):
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
        self.doubts_numbers = options.has_options and options.decimal is None
        self.lines_before = 1 + self.header.count(b"\n")
        self.names = grammar.cells(self.header)
        check_distinct(source, self.names)

    def _more(self, text: bytes) -> bytes:
        """A text with the next block after it; notes where the file ends."""
        block = next(self._blocks, b"")
        self._ended = not block
        return text + block

    def _read_header(self, text: bytes, grammars: Sequence[Grammar]) -> tuple[Grammar, bytes, bytes]:
        """The header, what follows it, and the grammar by which it has the most indicators."""
        found: list[tuple[Grammar, bytes]] = []
        told: SituationError | None = None
        for grammar in grammars:
            try:
                while (header := grammar.first(text, self._ended)) is None:
                    text = self._more(text)
                found.append((grammar, header))
            except SituationError as error:
                told = told or self._source.error(str(error))
        if not found:
            raise told or self._source.error("has no header")
        grammar, header = max(found, key=self._indicators)
        self._check_header(header)
        return grammar, header, text[len(header) :]

    def _indicators(self, found: tuple[Grammar, bytes]) -> int:
        grammar, header = found
        return sum(name in self._spec.indicators for name in grammar.cells(header))

    def _check_header(self, header: bytes) -> None:
        if b"\0" in header:
            raise self._source.error("has a NUL byte in its header; is it UTF-16, or no CSV at all?")
        if header.startswith(b"sep="):
            raise self._source.error("starts with a line `sep=`, which is for Excel alone; remove it")
        if not header.strip():
            raise self._source.error("starts with a blank line: it has no header")
        try:
            header.decode()
        except UnicodeDecodeError:
            raise self._source.error("has a header that is not UTF-8; convert the file") from None

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns in Parquet: numbers where the model has numbers, text for all else."""
        indicators = self._spec.indicators
        numbers = {name for name in self.names if name in indicators and indicators[name].labels is None}
        return pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in self.names])

    @property
    def csv_format(self) -> CsvFormat:
        """The format of the file itself, with the names as they stand in its header."""
        dialect = self.dialect
        names = [self.header[start:end] for start, end in dialect.grammar.spans(self.header)]
        return CsvFormat(self._bom, names, dialect.line_end, dialect.delimiter, dialect.numbers.decimal)

    def check_csv(self, names: Sequence[str]) -> None:
        """Accept all columns: what comes from CSV can be written as CSV."""

    def pieces(self) -> Iterator[Piece]:
        """The records of the file, in order."""
        rest = self._rest
        while not self._ended:
            rest = self._more(rest)
            if rest:
                try:
                    found, rest = self.dialect.grammar.cut(rest, self._ended)
                except SituationError as error:
                    raise self._source.error(str(error)) from None
                runs = list(in_runs(found, MAX_RECORDS))
                for place, run in enumerate(runs, 1):
                    yield Piece(run, self._source.seen, self._ended and place == len(runs))

    def read(self, piece: Piece) -> CsvRows:
        """Read the rows of a piece; may be called by several threads."""
        return CsvRows(piece, self.names, self.dialect, self._spec, self._as_text)
