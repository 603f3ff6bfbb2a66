"""Read CSV: the header, then the text in pieces that can be read independently."""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Final

import pyarrow as pa

from riskmodel.documents.file_kinds import FIRST_BYTES, document_kind, foreign_kind
from riskmodel.errors import SituationError, counted
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import check_distinct, known_names, match_table
from riskmodel.tables.csv.escape import FORMULA_STARTS
from riskmodel.tables.csv.records import Dialect, Grammar, in_runs
from riskmodel.tables.csv.rows import CsvRows, Piece, has_words
from riskmodel.tables.csv.short_numbers import ShortNumbers
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableOptions
from riskmodel.tables.rows import CsvFormat

BLOCK = 2 << 20
"""Bytes that are read at once, about ten thousand rows: more do not fit the processor's cache, fewer add overhead."""
MAX_RECORDS = 200_000
"""Records of a piece: a block can hold a million very short ones, and each takes memory for its scores."""
DELIMITERS = (",", ";", "\t", "|")
_ENCODINGS = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_TOP, _MAX_LINES_ABOVE, _MAX_NAMES = 1 << 16, 60, 3
"""Bytes and lines in which a header below other lines is sought, and names that are listed of it."""
_BOM = b"\xef\xbb\xbf"


class CsvReader:
    """A CSV file that is being read.

    Parameters
    ----------
    source : the opened file.
    spec : the model that its columns are matched to.
    options : its format. By default the delimiter is detected in the header; the decimal mark is `.`, and a file with
        numbers in another format is refused.
    as_text : whether cells must be UTF-8, because they are kept as text and not as bytes; other bytes become escapes.

    Raises
    ------
    SituationError
        The header cannot be used.
    """

    row_unit: Final = "line"
    remarks = ()

    def __init__(self, source: InputFile, spec: ModelSpec, options: TableOptions, *, as_text: bool = False) -> None:
        self._source = source
        self._known = known_names(spec, options)
        blocks = source.blocks(BLOCK)
        first = next(blocks, b"")
        self._check_first(first, options.encoding)
        self._blocks = _text(chain([first], blocks), source, options.encoding, escapes=as_text)
        self._ended = False
        text = self._read_more(b"")
        text, self._skipped = self._without_first_lines(text, options.skip_rows or 0)
        self._bom = _BOM if text.startswith(_BOM) else b""
        delimiters = DELIMITERS if options.delimiter is None else (options.delimiter,)
        grammars = [Grammar(delimiter) for delimiter in delimiters]
        grammar, self.header, self._rest = self._read_header(text[len(self._bom) :], grammars)
        line_end = b"\r\n" if self._rest.startswith(b"\r\n") else b"\n"
        self.dialect = Dialect(grammar, chr(grammar.delimiter), options.numbers, line_end)
        self.numbers = options.numbers
        self.guesses_decimal = options.decimal is None
        self.lines_before = self._skipped + 1 + self.header.count(b"\n")
        self.names = grammar.cells(self.header)
        check_distinct(self.names, source.name, self._known)
        self.matched = match_table(spec, self.names, options)
        indicators = self.matched.indicators
        numbers = [
            position
            for position, name in enumerate(self.names)
            if name in indicators and not has_words(indicators[name], options.numbers)
        ]
        self._short = ShortNumbers(grammar.delimiter, len(self.names), numbers, options.numbers, FORMULA_STARTS)

    def _check_first(self, text: bytes, encoding: str | None) -> None:
        """Refuse an empty file, another encoding, and what is no table."""
        if not text:
            raise self._source.error("is empty: it has no header")
        for byte_order_mark, name in _ENCODINGS.items() if encoding is None else ():
            if text.startswith(byte_order_mark):
                raise self._source.error(f"is {name}; --encoding {name.lower()} reads it")
        if kind := foreign_kind(text[:FIRST_BYTES]) or document_kind(text[:FIRST_BYTES]):
            raise self._source.error(f"is {kind}")

    def _read_more(self, text: bytes) -> bytes:
        """Append the next block to a text, and record whether the file has ended."""
        block = next(self._blocks, b"")
        self._ended = not block
        return text + block

    def _without_first_lines(self, text: bytes, count: int) -> tuple[bytes, int]:
        """Return the text without its first lines, and their number."""
        for number in range(count):
            while (end := text.find(b"\n")) < 0 and not self._ended:
                text = self._read_more(text)
            if end < 0:
                raise self._source.error(f"--skip-rows {count} leaves nothing: it has {counted(number + 1, 'line')}")
            text = text[end + 1 :]
        return text, count

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
        # Where no column is an indicator, the delimiter that gives the most columns.
        grammar, header = max(headers, key=lambda pair: self._matches(*pair))
        self._check_header(header)
        rest = text[len(header) :]
        if not self._matches(grammar, header)[0]:
            below = rest[:_TOP].split(b"\n")[:_MAX_LINES_ABOVE]
            self._check_no_header_below(below, grammars, self._skipped + header.count(b"\n"))
            self._check_width(below, grammar, len(grammar.cells(header)), self._skipped + header.count(b"\n"))
        return grammar, header, rest

    def _check_width(self, below: Sequence[bytes], grammar: Grammar, width: int, lines: int) -> None:
        """Refuse a file whose first line has another number of cells than all others, and fewer than most."""
        widths = [len(_cells(grammar, line)) for line in below]
        first = next((number for number, cells in enumerate(widths) if cells > width), None)
        if first == 1 and width > 1 and widths[1] == width + 1:
            return  # R writes a header without a name for its row names
        if first is not None and width not in widths[first:] and 2 * widths[first:].count(widths[first]) > len(below):
            message = f"has {counted(width, 'cell')} in line {self._skipped + 1}, and {widths[first]} in line"
            raise self._source.error(f"{message} {lines + first + 1}: --skip-rows {lines + first} begins there")

    def _check_no_header_below(self, below: Sequence[bytes], grammars: Sequence[Grammar], lines: int) -> None:
        """Refuse a file in which a line further down has two names of columns; a row of a long table has but one."""
        for number, line in enumerate(below, lines):
            for grammar in grammars:
                known = [name for name in dict.fromkeys(_cells(grammar, line)) if name in self._known]
                if len(known) > 1:
                    listed = ", ".join(map(repr, known[:_MAX_NAMES]))
                    message = f"has no header in line {self._skipped + 1}; line {number + 1} has {listed}"
                    raise self._source.error(f"{message}: --skip-rows {number} begins there")

    def _matches(self, grammar: Grammar, header: bytes) -> tuple[int, int]:
        names = grammar.cells(header)
        count = sum(name in self._known for name in names)
        return count, 0 if count else len(names)

    def _check_header(self, header: bytes) -> None:
        if b"\0" in header:
            raise self._source.error("has a NUL byte in its header; is it UTF-16, or no CSV at all?")
        if header.startswith(b"sep="):
            raise self._source.error("starts with a line `sep=`, which only Excel reads; --skip-rows 1 leaves it out")
        if not header.strip():
            raise self._source.error("starts with a blank line: it has no header; --skip-rows leaves lines out")
        try:
            header.decode()
        except UnicodeDecodeError:
            raise self._source.error(
                "has a header that is not UTF-8; --encoding cp1252 reads that of Windows"
            ) from None

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as Parquet: numbers for numeric indicators, text for all others."""
        numbers = {name for name, indicator in self.matched.indicators.items() if indicator.labels is None}
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
        return CsvRows(piece, self.names, self.dialect, self.matched, self._short)


def _cells(grammar: Grammar, line: bytes) -> list[str]:
    """Return the cells of a line; none where a quote opens and does not close in it."""
    return grammar.cells(line.rstrip(b"\r")) if line.strip() and line.count(b'"') % 2 == 0 else []


def _text(blocks: Iterable[bytes], source: InputFile, encoding: str | None, *, escapes: bool) -> Iterator[bytes]:
    r"""Yield the text of a file as UTF-8, in blocks.

    Parameters
    ----------
    blocks, source : the file's bytes, and the file.
    encoding : of its bytes; None for UTF-8.
    escapes : whether bytes that are not UTF-8 become escapes such as `\xe9`, or stay as they are.
    """
    if encoding is None and not escapes:
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")("strict" if encoding else "backslashreplace")
    try:
        for block in blocks:
            if text := decoder.decode(block):
                yield text.encode()
        if text := decoder.decode(b"", final=True):
            yield text.encode()
    except UnicodeError as error:
        raise source.error(f"is not {encoding}: {error}") from None
