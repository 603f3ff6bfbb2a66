"""Scoring a file: from the input's pieces to the output, the rejects and the manifest."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from riskmodel.batch.inputs import Input
from riskmodel.batch.outputs import Outputs, problem, unwritable
from riskmodel.batch.pipeline import in_order
from riskmodel.batch.plan import Options, Plan, plan
from riskmodel.batch.rejects import RejectsFile
from riskmodel.batch.result import INSUFFICIENT, BatchResult, manifest_text
from riskmodel.batch.rows import Reject, Rows
from riskmodel.batch.sinks import Encoded, Sink
from riskmodel.batch.targets import check_apart, check_marks, target
from riskmodel.cells import has_decimal_comma
from riskmodel.engine.table import keep_memory, score_table
from riskmodel.errors import Problem, SituationError
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model

_TOLD = 10
"""How many rejected rows are named when there are too many."""


class Progress(NamedTuple):
    """How far a run has come."""

    rows: int
    rejected: int
    share: float | None
    """Of the file, in [0, 1]; None where its size is not known."""


def score_file(
    input: str | Path,  # noqa: A002  (what everybody calls it)
    output: str | Path,
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    explain: bool = False,
    columns: Sequence[str] | None = None,
    rejects: str | Path | None = None,
    max_rejects: int | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    formulas: Literal["escape", "keep"] = "escape",
    on_progress: Callable[[Progress], None] | None = None,
    on_rejects: Callable[[Sequence[Reject]], None] | None = None,
) -> BatchResult:
    """Score every row of a CSV or Parquet file of any size; docs/batch.md says what goes in and what comes out.

    Parameters
    ----------
    input, output : paths; `-` is standard input or output. The output's name says its format.
    model : a model, or what `load_model` takes.
    explain : add the columns `S_drivers`.
    columns : the columns of the output, in order; all without it.
    rejects : the file of rejected rows; `OUT.rejects.csv` without it.
    max_rejects : stop, and write nothing, as soon as more rows than this are rejected.
    delimiter, decimal : of CSV; found in the header, and `.`, without them.
    formulas : `escape` puts a `'` before text cells of CSV that a spreadsheet would run, `keep` leaves them.
    on_progress : called now and then, in the calling thread.
    on_rejects : called with rejected rows, in the calling thread, where no file takes them.

    Returns
    -------
    The counts: `rows_in == rows_out + rows_rejected`.

    Raises
    ------
    SituationError
        Where the input cannot be used or the output cannot be written; no file has changed then.
    ModelError
        Where the model cannot be used.
    """
    check_marks(delimiter, decimal)
    goal = target(str(output))
    told = f"{goal.path}.rejects.csv" if rejects is None and not goal.is_stream else rejects
    if told is None and on_rejects is None:
        raise problem(goal.path, "name a file for rejects too, or rejected rows would be lost")
    files = {
        "input": str(input),
        "model": str(model) if isinstance(model, str | Path) else None,
        "output": goal.path,
        "rejects": None if told is None else str(told),
        "manifest": None if goal.is_stream else f"{goal.path}.manifest.json",
    }
    check_apart(files)
    found = model if isinstance(model, Model) else load_model(model)
    options = Options(explain, columns, delimiter, decimal, formulas, max_rejects)
    started, clock = datetime.now(UTC), time.perf_counter()
    source = Input(input)
    try:
        with Outputs() as outputs:
            work = plan(source, found, goal, options)
            file = outputs.open(goal.path)
            rejects_file = RejectsFile(outputs.open(files["rejects"]), work.place) if files["rejects"] else None
            manifest = outputs.open(files["manifest"]) if files["manifest"] else None
            tally = _Tally(found, source, work, options)
            sink = work.sink(file)
            try:
                for done in _scored(found, work, sink, explain):
                    rejected = tally.add(done)
                    if rejects_file is not None:
                        rejects_file.write(rejected)
                    elif on_rejects is not None and rejected:
                        on_rejects(rejected)
                    if done.encoded is not None:
                        sink.write(done.encoded)
                    if on_progress is not None:
                        on_progress(tally.progress(done.rows))
                sink.close()
                file.flush()
                result = tally.result(time.perf_counter() - clock, files)
                if manifest is not None:
                    about = {"path": source.name, "bytes": source.seen, "sha256": source.sha256()}
                    text = manifest_text(result, found.identity, about, file.tell(), options._asdict(), started)
                    manifest.write(text.encode())
            except BaseException as error:
                sink.abandon()
                if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                    raise unwritable(goal.path, error) from None
                raise
            outputs.publish()
            return result
    finally:
        source.close()


class _Done(NamedTuple):
    """A piece that has been scored."""

    rows: Rows
    encoded: Encoded | None
    """None where no row of it could be scored."""
    bands: Mapping[str, Any]
    """Rows by score: those without a score, then those of each band."""


def _scored(model: Model, work: Plan, sink: Sink, explain: bool) -> Iterator[_Done]:
    """Each piece, read, scored and encoded, in order."""

    def do(piece: Any) -> _Done:
        rows = work.read(piece)
        if rows.count == 0:
            return _Done(rows, None, {})
        found = score_table(model.compiled, rows.columns, rows.count, threads=1, explain=explain)
        bands = {
            name: np.bincount(columns.band + 1, minlength=len(model.compiled.scores[name].bands) + 1)
            for name, columns in found.items()
        }
        return _Done(rows, sink.encode(rows, found), bands)

    keep_memory()
    return in_order(do, work.pieces())


class _Tally:
    """What has been counted so far."""

    def __init__(self, model: Model, source: Input, work: Plan, options: Options) -> None:
        self._model, self._source, self._options = model, source, options
        self._before, self._takes_commas = work.before, work.takes_commas
        self._place = work.place
        self._counts: Counter[str] = Counter()
        self._bands = {name: np.zeros(len(score.bands) + 1, int) for name, score in model.compiled.scores.items()}

    def add(self, done: _Done) -> list[Reject]:
        """Count a piece; its rejects come back with their lines in the file.

        Raises
        ------
        SituationError
            Where there are more rejects than allowed, or the first of all has a decimal comma.
        """
        rows = done.rows
        rejected = [reject._replace(line=self._before + reject.line) for reject in rows.rejected]
        if self._takes_commas and rejected and not self._counts["rejected"]:
            self._refuse_commas(rejected[0])
        self._before += rows.lines
        self._counts.update(out=rows.count, rejected=len(rejected), blank=rows.blank)
        self._counts["formulas"] += done.encoded.formulas if done.encoded else 0
        for name, counts in done.bands.items():
            self._bands[name] += counts
        most = self._options.max_rejects
        if most is not None and self._counts["rejected"] > most:
            raise SituationError(
                [
                    *(self._problem(reject) for reject in rejected[:_TOLD]),
                    Problem(
                        f"more than {most:,} rows are rejected; stopped, and nothing written", file=self._source.name
                    ),
                ]
            )
        return rejected

    def _problem(self, reject: Reject) -> Problem:
        field = f"column {reject.column}" if reject.column else ""
        field = field if self._place == "line" else f"row {reject.line}, {field}".rstrip(", ")
        return Problem(reject.reason, field, self._source.name, reject.line if self._place == "line" else None)

    def _refuse_commas(self, reject: Reject) -> None:
        if reject.column and has_decimal_comma(reject.value):
            message = f"{reject.value!r} has a decimal comma; --decimal , reads it, --decimal . rejects such rows"
            raise SituationError([self._problem(reject)._replace(message=message)])

    def progress(self, rows: Rows) -> Progress:
        """How far the run has come with these rows."""
        size = self._source.size
        share = None if size is None else min(rows.seen / size, 1.0)
        return Progress(self._counts["out"] + self._counts["rejected"], self._counts["rejected"], share)

    def result(self, seconds: float, files: Mapping[str, str | None]) -> BatchResult:
        """All that was counted."""
        counts = self._counts
        bands = {}
        for name, found in self._bands.items():
            score = self._model.compiled.scores[name]
            by_band = dict(zip(score.bands, (int(count) for count in found[1:]), strict=True))
            bands[name] = by_band | {INSUFFICIENT: int(found[0])}
        return BatchResult(
            counts["out"] + counts["rejected"],
            counts["out"],
            counts["rejected"],
            counts["blank"],
            bands,
            counts["formulas"],
            seconds,
            str(files["output"]),
            files["rejects"],
            files["manifest"],
        )
