"""Scoring a file: from the input to the output, the rejects and the manifest."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from riskmodel.batch.csv_source import CsvMarks
from riskmodel.batch.inputs import Input
from riskmodel.batch.outputs import Outputs, is_stdout, problem, unwritable
from riskmodel.batch.plan import Options, plan
from riskmodel.batch.rejects import RejectsFile
from riskmodel.batch.result import BatchResult, manifest_text
from riskmodel.batch.rows import Reject
from riskmodel.batch.stream import Scorer, score_stream
from riskmodel.batch.tally import Progress, Tally
from riskmodel.batch.targets import Target, check_apart, check_choices, check_marks, target
from riskmodel.calls import call_as
from riskmodel.columns import Require
from riskmodel.errors import SituationError
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model

MOST_THREADS = 8


@call_as("score_file(input, output, model=model)", "model.score_file(input, output)")
def score_file(
    input: str | Path,  # noqa: A002  (what everybody calls it)
    output: str | Path,
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    explain: bool = False,
    columns: Sequence[str] | None = None,
    rejects: str | Path | None = None,
    max_rejects: int | None = None,
    require: Require = (),
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    formulas: Literal["escape", "keep"] = "escape",
    engine: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
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
    require : the names of indicators that must have a column, or `"all"`.
    delimiter, decimal, thousands : of CSV; found in the header, `.`, and nothing between thousands, without them.
    formulas : `escape` puts a `'` before text cells of CSV that a spreadsheet would run, `keep` leaves them.
    engine : `dask` scores many files, or the row groups of Parquet, on a cluster: `input` may have wildcards or be a
        folder, both may be URLs that fsspec knows, and the output is a folder. It comes with the extra `dask`. A script
        that lets it start a cluster needs `if __name__ == "__main__":` round the call, as all that start processes do.
    scheduler : the address of a Dask scheduler; a cluster on this machine is started without it.
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
    if isinstance(columns, str):
        raise TypeError(f"columns takes a list of names; got {columns!r}")
    check_marks(CsvMarks(delimiter, decimal, thousands))
    check_choices(formulas, engine, max_rejects)
    goal = target(str(output))
    options = Options(explain, columns, delimiter, decimal, thousands, formulas, max_rejects, require)
    if engine == "dask":
        from riskmodel.batch.cluster import score_on_cluster

        if rejects is not None:
            raise SituationError("--rejects: with --engine dask rejected rows are in the folder of the output")
        return score_on_cluster(str(input), goal, _loaded(model), options, scheduler, on_progress)
    if scheduler is not None:
        raise SituationError("--scheduler goes with --engine dask")
    files = _files(str(input), goal, model, rejects)
    if files.rejects is None and on_rejects is None:
        raise problem(goal.path, "name a file for rejects too, or rejected rows would be lost")
    return _score(files, goal, _loaded(model), options, on_progress, on_rejects)


def _loaded(model: Model | str | Path | Mapping[str, Any]) -> Model:
    return model if isinstance(model, Model) else load_model(model)


class Files(NamedTuple):
    """The files of a run, by what they are to it."""

    input: str
    model: str | None
    output: str
    rejects: str | None
    manifest: str | None


def _files(source: str, goal: Target, model: object, rejects: str | Path | None) -> Files:
    beside = None if goal.is_stream else f"{goal.path}.rejects.csv"
    files = Files(
        source,
        str(model) if isinstance(model, str | Path) else None,
        goal.path,
        beside if rejects is None else str(rejects),
        None if goal.is_stream else f"{goal.path}.manifest.json",
    )
    check_apart(files._asdict())
    if files.rejects == "-" or (goal.path == "-" and files.rejects and is_stdout(files.rejects)):
        raise problem("--rejects", "standard output takes the scored rows; name a file of its own")
    return files


class _Told:
    """Rejected rows that no file takes."""

    def __init__(self, on_rejects: Callable[[Sequence[Reject]], None] | None) -> None:
        self.write = on_rejects or (lambda rejects: None)


def _score(
    files: Files,
    goal: Target,
    model: Model,
    options: Options,
    on_progress: Callable[[Progress], None] | None,
    on_rejects: Callable[[Sequence[Reject]], None] | None,
) -> BatchResult:
    """Score a file on this machine."""
    started, clock = datetime.now(UTC), time.perf_counter()
    source = Input.open(files.input)
    try:
        with Outputs() as outputs:
            work = plan(source, model, goal, options)
            file = outputs.open(goal.path)
            rejects = (
                RejectsFile(outputs.open(files.rejects), work.reading.place, escape=options.escapes)
                if files.rejects
                else _Told(on_rejects)
            )
            manifest = outputs.open(files.manifest) if files.manifest else None
            tally = Tally(model.compiled, source, work, options)
            try:
                scorer = Scorer(model.compiled, options.explain, min(_cores(), MOST_THREADS))
                score_stream(scorer, work, work.sink(file), tally, rejects, on_progress)
                file.flush()
                seconds = time.perf_counter() - clock
                counts = tally.counts()
                result = BatchResult(
                    rows_in=counts.rows_out + counts.rows_rejected,
                    seconds=seconds,
                    output=files.output,
                    rejects=files.rejects,
                    manifest=files.manifest,
                    **counts._asdict(),
                )
                if manifest is not None:
                    about = {"path": source.name, "bytes": source.seen or source.size, "sha256": source.sha256()}
                    written = {"path": files.output, "bytes": file.tell(), "rows": result.rows_out}
                    options_told = options._asdict()
                    text = manifest_text(result, model.identity, started, options_told, input=about, output=written)
                    manifest.write(text.encode(errors="backslashreplace"))
            except OSError as error:
                if isinstance(error, BrokenPipeError) and goal.path == "-":
                    raise
                raise unwritable(goal.path, error) from None
            outputs.publish()
            return result
    finally:
        source.close()


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
