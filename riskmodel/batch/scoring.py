"""Score one table into one output: the scoring run of files, parts on a cluster, the service and the page."""

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np

from riskmodel.batch.result import INSUFFICIENT, Counts, Progress
from riskmodel.database.reading import QueryContent
from riskmodel.database.writing import DatabaseOutput, TableTarget, TableWriter
from riskmodel.engine.account import account_lines
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, keep_memory, score_table
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.tables.account import AccountWriter, CsvAccount, ParquetAccount, Part
from riskmodel.tables.check import TableCheck, ValueCounts, count_values, table_check
from riskmodel.tables.columns import Require, match_columns
from riskmodel.tables.csv_writer import CsvWriter
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import AS_IT_COMES, ID, TableOptions
from riskmodel.tables.output_files import output_error
from riskmodel.tables.parallel import in_order
from riskmodel.tables.reader import doubtful_number, open_reader
from riskmodel.tables.rejects import Reject, RejectsFormat, first_problems, too_many_rejected
from riskmodel.tables.rows import Rows
from riskmodel.tables.writer import NONE, Constant, Encoded, InputColumn, Layout, Writer, layout

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
COMPRESSIONS = (".gz", ".zst")
_MAX_CHECKED_REJECTS = 100
"""The first rejected rows, which are searched for numbers in another format."""


class Target(NamedTuple):
    """The path and format of an output."""

    path: str
    is_stream: bool
    """True for standard output, a device, a named pipe or a database, which cannot have other files beside it."""
    is_parquet: bool
    compression: str
    """`gz`, `zst` or empty."""
    delimiter: str
    """The delimiter, if neither the input nor the caller has one."""
    ending: str
    """The end of its name, such as `.csv.gz`."""
    table: TableTarget | None = None
    """The table of a database; None for a file."""

    @classmethod
    def of_table(cls, table: TableTarget) -> "Target":
        """Return the target for a table of a database, whose values have types like those of Parquet."""
        return cls(str(table), True, True, "", ",", "", table)

    @classmethod
    def parse(cls, path: str) -> "Target":
        """Infer the format of an output from its name.

        Raises
        ------
        SituationError
            The name has no known ending.
        """
        is_stream = path == "-" or (os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path))
        rest, suffix = os.path.splitext(path.lower())
        compression = suffix[1:] if suffix in COMPRESSIONS else ""
        if compression:
            suffix = os.path.splitext(rest)[1]
        ending = suffix + (f".{compression}" if compression else "")
        is_parquet = suffix in (".parquet", ".pq")
        if not is_stream and (suffix not in SUFFIXES or (is_parquet and compression)):
            known = [*SUFFIXES, *(a + b for a in (".csv", ".tsv", ".txt") for b in COMPRESSIONS)]
            hint = suggest(ending, known, short=False)
            raise output_error(path, f"its name should end in one of {', '.join(known)}{hint}")
        return cls(path, is_stream, is_parquet, compression, "\t" if suffix == ".tsv" else ",", ending)


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

    Attributes
    ----------
    reader : the reader of the input.
    columns : the names of the output's columns.
    counts : of the rows so far.

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
    ) -> None:
        self._source, self._model, self._target, self._options = source, model.compiled, target, options
        self._threads, self._account = threads, account
        as_text = as_text or target.is_parquet or (account is not None and account.is_parquet)
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
        self.counts = Counts.none(self._model)
        self._lines_before = self.reader.lines_before

    def _choose_layout(self, model: Model, constants: Mapping[str, Constant]) -> Layout:
        """Check the columns of the input, and choose those of the output."""
        names, options, is_parquet = self.reader.names, self._options, self._target.is_parquet
        match_columns(model.spec, names, options.table, options.require)
        scaled = [name for name, indicator in self._model.indicators.items() if indicator.intensity is not None]
        columns = layout(
            names,
            model.spec.scores,
            options.columns,
            explain=options.explain,
            exact=is_parquet,
            intensities=scaled if options.intensities else (),
            flagged=self.reader.matched.numbers if options.table.flags else (),
            constants=constants,
        )
        if not is_parquet:
            self.reader.check_csv([column.name for column in columns if isinstance(column, InputColumn)])
        if self._account is not None and not self._account.is_parquet:
            self.reader.check_csv([names[position] for position in self._ids])
        return columns

    @property
    def rejects_format(self) -> RejectsFormat:
        """The columns of a file for the rejected rows."""
        names, is_whole = self.reader.names, self._options.rejects_rows
        columns = names if is_whole else [names[position] for position in self._ids] or [ID]
        return RejectsFormat(self.reader.row_unit, columns, is_whole)

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
    ) -> None:
        """Score all rows and write them; see `steps`.

        Parameters
        ----------
        output, on_rejects, account : as for `steps`.
        on_progress : called after each piece.
        """
        with closing(self.steps(output, on_rejects, account)) as steps:
            for progress in steps:
                if on_progress is not None:
                    on_progress(progress)

    def steps(
        self,
        output: BinaryIO | DatabaseOutput,
        on_rejects: Callable[[Sequence[Reject]], object],
        account: BinaryIO | None = None,
    ) -> Generator[Progress, None, None]:
        """Score all rows, piece by piece and in order; yield the progress after each piece is written.

        Threads work ahead by a few pieces, and stop when the iterator is closed.

        Parameters
        ----------
        output : file or database for scored rows; it stays open, and is complete only when the iterator is exhausted.
        on_rejects : called with the rejected rows of a piece, by their lines in the file.
        account : the file for accounts, if the run has one.

        Raises
        ------
        SituationError
            The input cannot be read, more rows are rejected than allowed, or one of the first rejected rows has a
            number in another format.
        """
        writer, accounts = self._open_writer(output), self._open_account(account)
        opened: list[Writer | AccountWriter] = [writer] if accounts is None else [writer, accounts]
        keep_memory()
        try:
            for piece in self._scored(writer, accounts):
                first = self.counts.rows_out + 1
                if rejected := self._count(piece):
                    on_rejects(rejected)
                if piece.encoded is not None:
                    writer.write(piece.encoded)
                for part in piece.account:
                    assert accounts is not None  # noqa: S101  (it encoded the part)
                    accounts.write(part, first)
                yield self._progress(piece.rows)
            for file in opened:
                file.close()
        except BaseException:
            for file in opened:
                file.abandon()
            raise

    def _open_writer(self, output: BinaryIO | DatabaseOutput) -> Writer:
        target, reader = self._target, self.reader
        if isinstance(output, DatabaseOutput):
            return TableWriter(output, self._layout, reader.schema, self._model)
        if not target.is_parquet:
            return CsvWriter(
                output, reader.csv_format, self._layout, self._model, target.compression, self._options.escapes
            )
        from riskmodel.tables.parquet_writer import ParquetWriter

        return ParquetWriter(output, self._layout, reader.schema, self._model)

    def _open_account(self, file: BinaryIO | None) -> AccountWriter | None:
        if file is None or self._account is None:
            return None
        if self._account.is_parquet:
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
        names = rows.rejected_cells(self._ids)
        whole = rows.rejected_cells(None) if self._options.rejects_rows else names
        return [
            row._replace(id=", ".join(cell for cell in name if cell), cells=cells or [None])
            for row, name, cells in zip(rejected, names, whole, strict=True)
        ]

    def _count(self, piece: _ScoredPiece) -> list[Reject]:
        """Count a piece, and return its rejects numbered within the file; raise if they end the run."""
        rejected = [reject._replace(line=self._lines_before + reject.line) for reject in piece.rejected]
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
