"""Score one table into one output: the scoring run of files, parts on a cluster, the service and the page."""

import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np

from riskmodel.batch.result import INSUFFICIENT, Counts, Progress
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, keep_memory, score_table
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.model import Model
from riskmodel.tables.check import TableCheck, ValueCounts, count_values, table_check
from riskmodel.tables.columns import Require, match_columns
from riskmodel.tables.csv_writer import CsvWriter
from riskmodel.tables.input_file import PARQUET, InputFile
from riskmodel.tables.options import AS_IT_COMES, TableOptions
from riskmodel.tables.output_files import output_error
from riskmodel.tables.parallel import in_order
from riskmodel.tables.reader import doubtful_number, open_reader
from riskmodel.tables.rejects import Reject, first_problems, too_many_rejected
from riskmodel.tables.rows import Rows
from riskmodel.tables.writer import Encoded, InputColumn, Layout, Writer, layout

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
COMPRESSIONS = (".gz", ".zst")
_MAX_CHECKED_REJECTS = 100
"""The first rejected rows, which are searched for numbers in another format."""


class Target(NamedTuple):
    """The path and format of an output."""

    path: str
    is_stream: bool
    """True for standard output, a device or a named pipe, which cannot have other files beside it."""
    is_parquet: bool
    compression: str
    """`gz`, `zst` or empty."""
    delimiter: str
    """The delimiter, if neither the input nor the caller has one."""
    ending: str
    """The end of its name, such as `.csv.gz`."""

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
        source: InputFile,
        model: Model,
        target: Target,
        options: Options,
        *,
        threads: int,
        groups: range | None = None,
        as_text: bool = False,
        engine: Literal["local", "duckdb"] = "local",
    ) -> None:
        self._source, self._model, self._target, self._options = source, model.compiled, target, options
        self._threads = threads
        table = options.table
        if source.kind == PARQUET and table.delimiter is None:
            table = replace(table, delimiter=target.delimiter)
        try:
            self.reader = open_reader(source, model.spec, table, as_text=as_text or target.is_parquet, groups=groups)
            self._layout = self._choose_layout(model)
        except SituationError as error:
            raise SituationError(error.with_file(source.name)) from None
        self._query = None
        if engine == "duckdb":
            from riskmodel.batch.duckdb import ScoringQuery

            self._query = ScoringQuery(model, list(self.reader.matched.columns), threads)
        self.columns = [column.name for column in self._layout]
        self.counts = Counts.none(self._model)
        self._lines_before = self.reader.lines_before

    def _choose_layout(self, model: Model) -> Layout:
        """Check the columns of the input, and choose those of the output."""
        names, options, is_parquet = self.reader.names, self._options, self._target.is_parquet
        match_columns(model.spec, names, options.table, options.require)
        columns = layout(names, model.spec.scores, options.columns, explain=options.explain, exact=is_parquet)
        if not is_parquet:
            self.reader.check_csv([column.name for column in columns if isinstance(column, InputColumn)])
        return columns

    @property
    def check(self) -> TableCheck:
        """The check of the rows scored so far."""
        reader, counts = self.reader, self.counts
        return table_check(self._model, reader.names, reader.matched.columns, counts.rows_out, counts.values)

    def score(
        self,
        output: BinaryIO,
        on_rejects: Callable[[Sequence[Reject]], object],
        on_progress: Callable[[Progress], object] | None = None,
    ) -> None:
        """Score all rows and write them; see `steps`.

        Parameters
        ----------
        output, on_rejects : as for `steps`.
        on_progress : called after each piece.
        """
        with closing(self.steps(output, on_rejects)) as steps:
            for progress in steps:
                if on_progress is not None:
                    on_progress(progress)

    def steps(
        self, output: BinaryIO, on_rejects: Callable[[Sequence[Reject]], object]
    ) -> Generator[Progress, None, None]:
        """Score all rows, piece by piece and in order; yield the progress after each piece is written.

        Threads work ahead by a few pieces, and stop when the iterator is closed.

        Parameters
        ----------
        output : the file for scored rows; it stays open, and is complete only when the iterator is exhausted.
        on_rejects : called with the rejected rows of a piece, by their lines in the file.

        Raises
        ------
        SituationError
            The input cannot be read, more rows are rejected than allowed, or one of the first rejected rows has a
            number in another format.
        """
        writer = self._open_writer(output)
        keep_memory()
        try:
            for piece in self._scored(writer):
                if rejected := self._count(piece):
                    on_rejects(rejected)
                if piece.encoded is not None:
                    writer.write(piece.encoded)
                yield self._progress(piece.rows)
            writer.close()
        except BaseException:
            writer.abandon()
            raise

    def _open_writer(self, output: BinaryIO) -> Writer:
        target, reader = self._target, self.reader
        if not target.is_parquet:
            return CsvWriter(
                output, reader.csv_format, self._layout, self._model, target.compression, self._options.escapes
            )
        from riskmodel.tables.parquet_writer import ParquetWriter

        return ParquetWriter(output, self._layout, reader.schema, self._model)

    def _scored(self, writer: Writer) -> Iterator[_ScoredPiece]:
        """Read, score and encode all pieces, in order; each step of a piece in any thread."""
        if self._query is None:
            return in_order(lambda piece: self._score(piece, writer), self.reader.pieces(), self._threads)
        rows = in_order(self.reader.read, self.reader.pieces(), self._threads)
        return in_order(lambda piece: self._encode(*piece, writer), self._query.scores(rows), self._threads)

    def _score(self, piece: Any, writer: Writer) -> _ScoredPiece:
        rows = self.reader.read(piece)
        scores: Mapping[str, ScoreArrays] = {}
        if rows.count:
            shared = self._threads > 1
            scores = score_table(self._model, rows.columns, rows.count, 1, self._options.explain, shared)
        return self._encode(rows, scores, writer)

    def _encode(self, rows: Rows, scores: Mapping[str, ScoreArrays], writer: Writer) -> _ScoredPiece:
        rejected = rows.rejected
        if rows.count == 0:
            return _ScoredPiece(rows, rejected, None, Counts(0, len(rejected), rows.blank, 0, {}, ValueCounts({}, {})))
        values = count_values(self._model, rows.columns)
        encoded = writer.encode(rows, scores)
        bands = {name: _band_counts(self._model, name, score) for name, score in scores.items()}
        counts = Counts(rows.count, len(rejected), rows.blank, encoded.formulas, bands, values)
        return _ScoredPiece(rows, rejected, encoded, counts)

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
