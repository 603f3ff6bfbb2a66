"""Score one table into one output: `ScoringRun` serves files, parts on a cluster, the service and the page alike."""

import os
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from riskmodel.batch.result import INSUFFICIENT, Counts, Progress
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, keep_memory, score_table
from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.model import Model
from riskmodel.tables.check import TableCheck, ValueCounts, count_values, table_check
from riskmodel.tables.columns import Require, indicator_columns
from riskmodel.tables.csv_reader import CsvOptions
from riskmodel.tables.csv_writer import CsvWriter
from riskmodel.tables.input_file import PARQUET, InputFile
from riskmodel.tables.output_files import output_error
from riskmodel.tables.parallel import in_order
from riskmodel.tables.reader import doubtful_number, open_reader
from riskmodel.tables.rejects import Reject, first_problems, too_many_rejected
from riskmodel.tables.rows import Rows
from riskmodel.tables.writer import Encoded, InputColumn, Layout, Writer, layout

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
COMPRESSIONS = (".gz", ".zst")
_MAX_DOUBTED = 100
"""How many of the first rejected rows are searched for numbers in another format."""


class Target(NamedTuple):
    """Where the output goes, and in which format."""

    path: str
    is_stream: bool
    """Standard output, a device or a named pipe: nothing can stand beside it."""
    is_parquet: bool
    compression: str
    """`gz`, `zst` or empty."""
    delimiter: str
    """The delimiter, where neither the input nor the caller has one."""
    ending: str
    """What its name ends in, such as `.csv.gz`."""

    @classmethod
    def parse(cls, path: str) -> "Target":
        """Read the format of an output from its name.

        Raises
        ------
        SituationError
            Where the name ends in no known format.
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
    """What a caller may choose about a run."""

    explain: bool = False
    columns: Sequence[str] | None = None
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    formulas: str = "escape"
    max_rejects: int | None = None
    require: Require = ()

    @property
    def escapes(self) -> bool:
        """Whether formulas get a `'`."""
        return self.formulas == "escape"


class _ScoredPiece(NamedTuple):
    """A piece of the input with all that a thread makes of it."""

    rows: Rows
    rejected: Sequence[Reject]
    """The rows that cannot be scored, by their lines in the piece."""
    encoded: Encoded | None
    """The scored rows as the output takes them; None where there are none."""
    counts: Counts


class ScoringRun:
    """One table that is scored into one output.

    Parameters
    ----------
    source : the opened input, which is read once.
    model, target, options : what scores it, what is written, and what the caller chose.
    threads : how many pieces are scored at a time.
    groups : the row groups of a Parquet file that are read; all without it.
    as_text : whether cells must be UTF-8 even where CSV is written, because the output is to be text.

    Attributes
    ----------
    reader : the input.
    columns : the names of the output's columns.
    counts : of the rows so far.

    Raises
    ------
    SituationError
        Where the input's header or schema, or the chosen columns, cannot be used.
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
    ) -> None:
        self._source, self._model, self._target, self._options = source, model.compiled, target, options
        self._threads = threads
        csv_options = CsvOptions(options.delimiter, options.decimal, options.thousands)
        if source.kind == PARQUET and options.delimiter is None:
            csv_options = csv_options._replace(delimiter=target.delimiter)
        try:
            self.reader = open_reader(
                source, model.spec, csv_options, as_text=as_text or target.is_parquet, groups=groups
            )
            self._layout = self._choose_layout(model)
        except SituationError as error:
            raise SituationError(error.with_file(source.name)) from None
        self.columns = [column.name for column in self._layout]
        self.counts = Counts.none(self._model)
        self._before = self.reader.lines_before

    def _choose_layout(self, model: Model) -> Layout:
        """Choose the columns of the output, once those of the input have been checked."""
        names, options, is_parquet = self.reader.names, self._options, self._target.is_parquet
        indicator_columns(model.spec, names, options.require)
        columns = layout(names, model.spec.scores, options.columns, explain=options.explain, exact=is_parquet)
        if not is_parquet:
            self.reader.check_csv([column.name for column in columns if isinstance(column, InputColumn)])
        return columns

    @property
    def check(self) -> TableCheck:
        """The check of the rows that have been scored."""
        return table_check(self._model, self.reader.names, self.counts.rows_out, self.counts.values)

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
        """Score all rows, piece by piece and in order; yield the progress when a piece has been written.

        Threads work ahead by a few pieces, and stop when the iterator is closed.

        Parameters
        ----------
        output : takes the scored rows; it stays open, and is incomplete unless the iterator comes to its end.
        on_rejects : called with the rows of a piece that cannot be scored, by their lines in the file.

        Raises
        ------
        SituationError
            Where the input cannot be read, more rows are rejected than allowed, or one of the first rejected rows has a
            number in another format.
        """
        sink = self._open_sink(output)
        keep_memory()
        try:
            for piece in in_order(lambda piece: self._score(piece, sink), self.reader.pieces(), self._threads):
                if rejected := self._count(piece):
                    on_rejects(rejected)
                if piece.encoded is not None:
                    sink.write(piece.encoded)
                yield self._progress(piece.rows)
            sink.close()
        except BaseException:
            sink.abandon()
            raise

    def _open_sink(self, output: BinaryIO) -> Writer:
        target, reader = self._target, self.reader
        if not target.is_parquet:
            return CsvWriter(
                output, reader.csv_format, self._layout, self._model, target.compression, self._options.escapes
            )
        from riskmodel.tables.parquet_writer import ParquetWriter

        return ParquetWriter(output, self._layout, reader.schema, self._model)

    def _score(self, piece: Any, sink: Writer) -> _ScoredPiece:
        """Read, score and encode a piece, in any thread."""
        rows = self.reader.read(piece)
        rejected = rows.rejected
        if rows.count == 0:
            return _ScoredPiece(rows, rejected, None, Counts(0, len(rejected), rows.blank, 0, {}, ValueCounts({}, {})))
        scores = score_table(self._model, rows.columns, rows.count, threads=1, explain=self._options.explain)
        values = count_values(self._model, rows.columns)
        encoded = sink.encode(rows, scores)
        bands = {name: _band_counts(self._model, name, arrays) for name, arrays in scores.items()}
        counts = Counts(rows.count, len(rejected), rows.blank, encoded.formulas, bands, values)
        return _ScoredPiece(rows, rejected, encoded, counts)

    def _count(self, piece: _ScoredPiece) -> list[Reject]:
        """Count a piece, and number its rejects within the file; raise where they end the run."""
        rejected = [reject._replace(line=self._before + reject.line) for reject in piece.rejected]
        doubted = rejected[: max(_MAX_DOUBTED - self.counts.rows_rejected, 0)]
        if problem := doubtful_number(self.reader, doubted, self._source.name):
            raise SituationError([problem])
        self._before += piece.rows.lines
        self.counts = self.counts.plus(piece.counts)
        limit = self._options.max_rejects
        if limit is not None and self.counts.rows_rejected > limit:
            last = Problem(too_many_rejected(limit), file=self._source.name)
            raise SituationError([*first_problems(rejected, self._source.name, self.reader.row_unit).problems, last])
        return rejected

    def _progress(self, rows: Rows) -> Progress:
        size = self._source.size
        return Progress(self.counts.rows_in, self.counts.rows_rejected, min(rows.seen / size, 1.0) if size else None)


def _band_counts(model: CompiledModel, name: str, arrays: ScoreArrays) -> Counter[str]:
    """Count the rows in each band of a score; `insufficient data` for those that have no score."""
    bands = model.scores[name].bands
    counts = np.bincount(arrays.band[arrays.band >= 0], minlength=len(bands))
    return Counter({**dict(zip(bands, counts.tolist(), strict=True)), INSUFFICIENT: int(np.isnan(arrays.value).sum())})
