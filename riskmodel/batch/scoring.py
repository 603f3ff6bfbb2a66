"""Score one table into one output: the scoring run of files, parts on a cluster, the service and the page."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

import numpy as np

from riskmodel.batch.first_table import FirstTable
from riskmodel.batch.result import INSUFFICIENT, Counts, Progress
from riskmodel.batch.target import Target
from riskmodel.database.reading import QueryContent
from riskmodel.database.writing import DatabaseOutput, TableWriter
from riskmodel.engine.account import account_lines
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, keep_memory, score_table
from riskmodel.errors import Problem, SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.tables.account import AccountWriter, CsvAccount, ParquetAccount, Part
from riskmodel.tables.check import TableCheck, ValueCounts, count_values, table_check
from riskmodel.tables.columns import Require, match_columns
from riskmodel.tables.csv.writer import CsvWriter
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import AS_IT_COMES, ID, TableOptions
from riskmodel.tables.parallel import in_order
from riskmodel.tables.reader import doubtful_number, open_reader
from riskmodel.tables.rejects import Reject, RejectsFormat, first_problems, too_many_rejected
from riskmodel.tables.rows import Rows
from riskmodel.tables.writer import NONE, Constant, Encoded, InputColumn, Layout, Writer, layout

if TYPE_CHECKING:
    from riskmodel.tables.spreadsheet.sheet_writer import About

_MAX_CHECKED_REJECTS = 100
"""The first rejected rows, which are searched for numbers in another format."""


class Options(NamedTuple):
    """The options of a run."""

    explain: bool = False
    columns: Sequence[str] | None = None
    table: TableOptions = AS_IT_COMES
    formulas: str = "escape"
    max_rejects: int | None = None
    require: Require = ()
    rejects_rows: bool = False
    intensities: bool = False
    add: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain data, with those of the table that were given."""
        return {**self._asdict(), "table": self.table.given}

    @property
    def escapes(self) -> bool:
        """True if formulas are escaped with a `'`."""
        return self.formulas == "escape"


class _ScoredPiece(NamedTuple):
    """A piece of the input, read, scored and encoded by a thread."""

    rows: Rows
    rejected: Sequence[Reject]
    """The rows that cannot be scored, by their lines in the piece."""
    encoded: Encoded | None
    """The scored rows in the form of the output; None if there are none."""
    counts: Counts
    account: Sequence[Part] = ()


class ScoringRun:
    """One table that is scored into one output.

    Parameters
    ----------
    source : the opened input, which is read once.
    model, target, options : the model, the output, and the options.
    threads : the number of pieces that are scored at a time, besides the caller's thread, which writes; 0 if that one
        thread does everything.
    groups : the row groups of a Parquet file that are read; None for all.
    as_text : whether cells must be UTF-8 even if CSV is written, because the output must be valid text.
    constants : the columns of the output with the same value in every row.
    account : the file of accounts that is written beside the output; None for none.
    engine : what scores the rows: the engine of this package, or DuckDB with the model's SQL query.
    after : the run of another table whose output this one continues; its counts go on, too.
    has_files : whether the rows come from several files, which rejects name.
    about : returns what the output is, for one that has a place for it.

    Attributes
    ----------
    reader : the reader of the input.
    columns : the names of the output's columns.
    counts : of the rows so far.
    writer : the output, once it has rows of this run or one before it.

    Raises
    ------
    SituationError
        The input's header or schema, or the requested columns, cannot be used.
    """

    def __init__(
        self,
        source: InputFile | QueryContent,
        model: Model,
        target: Target,
        options: Options,
        *,
        threads: int,
        groups: range | None = None,
        as_text: bool = False,
        constants: Mapping[str, Constant] = MappingProxyType({}),
        account: Target | None = None,
        engine: Literal["local", "duckdb"] = "local",
        after: "ScoringRun | None" = None,
        has_files: bool = False,
        about: "Callable[[], About] | None" = None,
    ) -> None:
        self._source, self._model, self._target, self._options = source, model.compiled, target, options
        self._threads, self._account, self._about = threads, account, about
        self._first = None if after is None else after.first
        self._remarks_before = [] if after is None else after.remarks
        self._has_files = has_files
        self.writer: Writer | None = None if after is None else after.writer
        self._accounts: AccountWriter | None = None if after is None else after._accounts
        as_text = as_text or target.has_types or (account is not None and account.has_types)
        table = options.table
        if not (isinstance(source, InputFile) and source.is_text) and table.delimiter is None:
            table = replace(table, delimiter=target.delimiter)
        try:
            self.reader = open_reader(source, model.spec, table, as_text=as_text, groups=groups)
            self._ids = [list(self.reader.names).index(name) for name in self.reader.matched.ids]
            self._layout = self._choose_layout(model, constants)
        except SituationError as error:
            raise SituationError(error.with_file(source.name)) from None
        self._query = None
        if engine == "duckdb":
            from riskmodel.batch.duckdb import ScoringQuery

            self._query = ScoringQuery(model, list(self.reader.matched.columns), threads)
        self.columns = [column.name for column in self._layout]
        self.counts: Counts = Counts.none(self._model) if after is None else after.counts
        self._lines_before = self.reader.lines_before

    def _choose_layout(self, model: Model, constants: Mapping[str, Constant]) -> Layout:
        """Check the columns of the input, and choose those of the output."""
        names, options, target = self.reader.names, self._options, self._target
        if self._first is not None:
            self._first.check_same(self.reader)
        match_columns(model.spec, names, options.table, options.require)
        scaled = [name for name, indicator in self._model.indicators.items() if indicator.intensity is not None]
        columns = layout(
            names,
            model.spec.scores,
            options.columns if self._first is None else self._first.columns,
            explain=options.explain,
            exact=target.has_exact,
            intensities=scaled if options.intensities else (),
            flagged=self.reader.matched.numbers if options.table.flags else (),
            constants=constants,
        )
        if target.format in ("csv", "xlsx", "ods"):
            self.reader.check_csv([column.name for column in columns if isinstance(column, InputColumn)])
        if self._account is not None and not self._account.has_types:
            self.reader.check_csv([names[position] for position in self._ids])
        return columns

    @property
    def rejects_format(self) -> RejectsFormat:
        """The columns of a file for the rejected rows."""
        is_whole = self._options.rejects_rows
        columns = self.first.names if is_whole else [self.reader.names[position] for position in self._ids] or [ID]
        return RejectsFormat(self.reader.row_unit, columns, is_whole, self._has_files)

    @property
    def first(self) -> FirstTable:
        """The first of the tables that give one output."""
        return self._first or FirstTable(self.reader.names, self.reader.row_unit, self.columns)

    @property
    def _all_positions(self) -> list[int] | None:
        """The positions of all columns in the order of the first table; None where that is the order of this one."""
        names = list(self.reader.names)
        first = list(self.first.names)
        return None if names == first else [names.index(name) for name in first]

    @property
    def remarks(self) -> list[str]:
        """Facts about the inputs that a reader of the result should know, once their rows have been read."""
        lead = f"{self._source.name}: " if self._has_files else ""
        return [*self._remarks_before, *(lead + remark for remark in self.reader.remarks)]

    @property
    def check(self) -> TableCheck:
        """The check of the rows scored so far."""
        reader, counts = self.reader, self.counts
        return table_check(self._model, reader.names, reader.matched.columns, counts.rows_out, counts.values)

    def score(
        self,
        output: BinaryIO | DatabaseOutput,
        on_rejects: Callable[[Sequence[Reject]], object],
        on_progress: Callable[[Progress], object] | None = None,
        account: BinaryIO | None = None,
        *,
        is_last: bool = True,
    ) -> None:
        """Score all rows and write them; see `steps`.

        Parameters
        ----------
        output, on_rejects, account, is_last : as for `steps`.
        on_progress : called after each piece.
        """
        with closing(self.steps(output, on_rejects, account, is_last=is_last)) as steps:
            for progress in steps:
                if on_progress is not None:
                    on_progress(progress)

    def steps(
        self,
        output: BinaryIO | DatabaseOutput,
        on_rejects: Callable[[Sequence[Reject]], object],
        account: BinaryIO | None = None,
        *,
        is_last: bool = True,
    ) -> Generator[Progress, None, None]:
        """Score all rows, piece by piece and in order; yield the progress after each piece is written.

        Threads work ahead by a few pieces, and stop when the iterator is closed.

        Parameters
        ----------
        output : file or database for scored rows; it stays open, and is complete only when the iterator is exhausted.
        on_rejects : called with the rejected rows of a piece, by their lines in the file.
        account : the file for accounts, if the run has one.
        is_last : whether the output is complete after this run, and not continued by another.

        Raises
        ------
        SituationError
            The input cannot be read, more rows are rejected than allowed, or one of the first rejected rows has a
            number in another format.
        """
        before = self.writer
        writer = self._open_writer(output) if before is None else self._continued(before)
        self.writer, accounts = writer, self._open_account(account)
        self._accounts = accounts
        keep_memory()
        try:
            for piece in self._scored(writer, accounts):
                first = self.counts.rows_out + 1
                if rejected := self._count(piece):
                    on_rejects(rejected)
                    writer.reject(rejected)
                if piece.encoded is not None:
                    writer.write(piece.encoded)
                for part in piece.account:
                    assert accounts is not None  # noqa: S101  (it encoded the part)
                    accounts.write(part, first)
                yield self._progress(piece.rows)
            for file in self.opened if is_last else ():
                file.close()
        except BaseException:
            for file in self.opened:
                file.abandon()
            raise

    @property
    def opened(self) -> list[Writer | AccountWriter]:
        """The files that are being written."""
        return [file for file in (self.writer, self._accounts) if file is not None]

    def _open_writer(self, output: BinaryIO | DatabaseOutput) -> Writer:
        target, reader = self._target, self.reader
        if isinstance(output, DatabaseOutput):
            return TableWriter(output, self._layout, reader.schema, self._model)
        if target.format == "csv":
            return CsvWriter(
                output, reader.csv_format, self._layout, self._model, target.compression, self._options.escapes
            )
        given = output, self._layout, reader.schema, self._model
        if target.format == "arrow":
            from riskmodel.tables.arrow.ipc_writer import IpcWriter

            return IpcWriter(*given)
        if target.format == "xlsx":
            from riskmodel.tables.spreadsheet.xlsx_writer import XlsxWriter

            return XlsxWriter(*given, self.rejects_format, self._about)
        if target.format == "ods":
            from riskmodel.tables.spreadsheet.ods_writer import OdsWriter

            return OdsWriter(*given, self.rejects_format, self._about)
        from riskmodel.tables.arrow.parquet_writer import ParquetWriter

        return ParquetWriter(*given)

    def _continued(self, writer: Writer) -> Writer:
        try:
            return writer.continued(self._layout, self.reader)
        except SituationError as error:
            raise SituationError(error.with_file(self._source.name)) from None

    def _open_account(self, file: BinaryIO | None) -> AccountWriter | None:
        if file is None or self._account is None:
            return None
        if self._accounts is not None:
            try:
                return self._accounts.continued(self.reader, self._ids)
            except SituationError as error:
                raise SituationError(error.with_file(self._source.name)) from None
        if self._account.has_types:
            return ParquetAccount(file, self._model, self.reader, self._ids)
        compression = self._account.compression
        return CsvAccount(file, self._model, self.reader, self._ids, compression, self._options.escapes)

    def _scored(self, writer: Writer, accounts: AccountWriter | None) -> Iterator[_ScoredPiece]:
        """Read, score and encode all pieces, in order; each step of a piece in any thread."""
        if self._query is None:
            return in_order(lambda piece: self._score(piece, writer, accounts), self.reader.pieces(), self._threads)
        rows = in_order(self.reader.read, self.reader.pieces(), self._threads)
        return in_order(lambda piece: self._encode(*piece, writer), self._query.scores(rows), self._threads)

    def _score(self, piece: Any, writer: Writer, accounts: AccountWriter | None) -> _ScoredPiece:
        rows = self.reader.read(piece)
        if rows.count == 0:
            return self._encode(rows, {}, writer)
        shared = self._threads > 1
        scores = score_table(self._model, rows.columns, rows.count, 1, self._options.explain, shared)
        if not (self._options.intensities or accounts):
            return self._encode(rows, scores, writer)
        given = self._model, rows.columns, rows.count
        intensities = score_block(*given).intensities if self._options.intensities else NONE
        account = [] if accounts is None else accounts.encode(rows, account_lines(*given))
        return self._encode(rows, scores, writer, intensities)._replace(account=account)

    def _encode(
        self,
        rows: Rows,
        scores: Mapping[str, ScoreArrays],
        writer: Writer,
        intensities: Mapping[str, Floats] = NONE,
    ) -> _ScoredPiece:
        rejected = self._rejected(rows)
        if rows.count == 0:
            return _ScoredPiece(rows, rejected, None, Counts(0, len(rejected), rows.blank, 0, {}, ValueCounts({}, {})))
        values = count_values(self._model, rows.columns)
        encoded = writer.encode(rows, scores, intensities)
        bands = {name: _band_counts(self._model, name, score) for name, score in scores.items()}
        counts = Counts(rows.count, len(rejected), rows.blank, encoded.formulas, bands, values)
        return _ScoredPiece(rows, rejected, encoded, counts)

    def _rejected(self, rows: Rows) -> list[Reject]:
        """Return the rejected rows of a piece, with the cells that name them or all their cells."""
        rejected = list(rows.rejected)
        if not rejected:
            return []
        names: list[list[str | None]] = rows.rejected_cells(self._ids) if self._ids else [[] for _ in rejected]
        whole = rows.rejected_cells(self._all_positions) if self._options.rejects_rows else names
        return [
            row._replace(id=", ".join(cell for cell in name if cell), cells=cells or [None])
            for row, name, cells in zip(rejected, names, whole, strict=True)
        ]

    def _count(self, piece: _ScoredPiece) -> list[Reject]:
        """Count a piece, and return its rejects numbered within the file; raise if they end the run."""
        before, file = self._lines_before, self._source.name
        rejected = [reject._replace(line=before + reject.line, file=file) for reject in piece.rejected]
        checked = rejected[: max(_MAX_CHECKED_REJECTS - self.counts.rows_rejected, 0)]
        if problem := doubtful_number(self.reader, checked, self._source.name):
            raise SituationError([problem])
        self._lines_before += piece.rows.lines
        self.counts = self.counts.plus(piece.counts)
        limit = self._options.max_rejects
        if limit is not None and self.counts.rows_rejected > limit:
            last = Problem(too_many_rejected(limit), file=self._source.name)
            raise SituationError([*first_problems(rejected, self._source.name, self.reader.row_unit).problems, last])
        return rejected

    def _progress(self, rows: Rows) -> Progress:
        size = self._source.size
        return Progress(
            self.counts.rows_in, self.counts.rows_rejected, min(rows.bytes_read / size, 1.0) if size else None
        )


def _band_counts(model: CompiledModel, name: str, score: ScoreArrays) -> Counter[str]:
    """Count the rows in each band of a score; those without a score as `insufficient data`."""
    bands = model.scores[name].bands
    counts = np.bincount(score.band[score.band >= 0], minlength=len(bands))
    return Counter({**dict(zip(bands, counts.tolist(), strict=True)), INSUFFICIENT: int(np.isnan(score.value).sum())})
