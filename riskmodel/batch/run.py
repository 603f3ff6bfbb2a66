"""Score a file into an output, with its rejects and manifest."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Unpack

from riskmodel.batch.result import BatchResult, Progress, batch_result, manifest_text
from riskmodel.batch.scoring import Options, ScoringRun, Target
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import SituationError
from riskmodel.model import Model, ensure_model
from riskmodel.tables.columns import Require
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableKeywords, TableOptions
from riskmodel.tables.output_files import Outputs, check_distinct_paths, is_stdout, output_error, unwritable
from riskmodel.tables.rejects import Reject, RejectsFile

MAX_THREADS = 8
_ENGINES = ("local", "duckdb", "dask")


@call_as("score_file(input, output, model=model)", "model.score_file(input, output)")
def score_file(
    input: str | Path,  # noqa: A002  (the conventional name)
    output: str | Path,
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    explain: bool = False,
    columns: Sequence[str] | None = None,
    rejects: str | Path | None = None,
    max_rejects: int | None = None,
    require: Require = (),
    formulas: Literal["escape", "keep"] = "escape",
    engine: Literal["local", "duckdb", "dask"] = "local",
    scheduler: str | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_rejects: Callable[[Sequence[Reject]], None] | None = None,
    **table: Unpack[TableKeywords],
) -> BatchResult:
    """Score every row of a CSV or Parquet file of any size; docs/batch.md describes the input and the output.

    Parameters
    ----------
    input, output
        Paths; `-` is standard input or output. The output's name gives its format.
    model
        A model, or an argument of `load_model`.
    explain
        Add the columns `S_drivers`.
    columns
        The columns of the output, in order; by default, all.
    rejects
        The file of rejected rows; by default, `OUT.rejects.csv`.
    max_rejects
        The number of rejected rows above which the run stops and writes nothing.
    require
        The names of indicators that must have a column, or `"all"`.
    formulas
        `escape` inserts a `'` before text cells of CSV that a spreadsheet would run, `keep` leaves them.
    engine
        `dask` scores many files, or the row groups of Parquet, on a cluster: `input` may have wildcards or be a
        folder, both may be URLs that fsspec supports, and the output is a folder. It needs the extra `dask`. A script
        that starts a cluster this way must guard the call with `if __name__ == "__main__":`. `duckdb` scores with the
        SQL query of the model in DuckDB, and needs the extra `sql`.
    scheduler
        The address of a Dask scheduler; by default, a cluster is started on this machine.
    on_progress
        Called from time to time, in the calling thread.
    on_rejects
        Called with rejected rows, in the calling thread, if there is no file for them.
    **table
        How the input is read; see `riskmodel.TableKeywords`.

    Returns
    -------
    BatchResult
        The counts: `rows_in == rows_out + rows_rejected`.

    Raises
    ------
    SituationError
        The input cannot be used or the output cannot be written; no file has been changed.
    ModelError
        The model cannot be used.
    """
    if isinstance(columns, str):
        raise TypeError(f"columns takes a list of names; got {columns!r}")
    table_options = TableOptions.of(table)
    _check_choices(formulas, engine, max_rejects)
    target = Target.parse(str(output))
    options = Options(explain, columns, table_options, formulas, max_rejects, require)
    if engine == "dask":
        from riskmodel.batch.cluster import score_on_cluster

        if rejects is not None:
            raise SituationError("--rejects: with --engine dask rejected rows are in the folder of the output")
        return score_on_cluster(str(input), target, ensure_model(model), options, scheduler, on_progress)
    if scheduler is not None:
        raise SituationError("--scheduler goes with --engine dask")
    if engine == "duckdb" and explain:
        raise SituationError("--explain: with --engine duckdb there are no contributions; leave the engine out")
    files = _files(str(input), target, model, rejects)
    if not files.rejects and on_rejects is None:
        raise output_error(target.path, "name a file for rejects too, or rejected rows would be lost")
    return _score(files, target, ensure_model(model), options, engine, on_progress, on_rejects)


def _check_choices(formulas: str, engine: str, max_rejects: int | None) -> None:
    for name, value, choices in (("formulas", formulas, ("escape", "keep")), ("engine", engine, _ENGINES)):
        if value not in choices:
            raise SituationError(f"{name} should be {' or '.join(choices)}; got {value!r}")
    if max_rejects is not None and max_rejects < 0:
        raise SituationError(f"max_rejects should be 0 or more; got {max_rejects}")


class Files(NamedTuple):
    """The files of a run, by their roles."""

    input: str
    model: str | None
    output: str
    rejects: str | None
    manifest: str | None


def _files(source: str, target: Target, model: object, rejects: str | Path | None) -> Files:
    default_rejects = None if target.is_stream else f"{target.path}.rejects.csv"
    files = Files(
        source,
        str(model) if isinstance(model, str | Path) else None,
        target.path,
        default_rejects if rejects is None else str(rejects),
        None if target.is_stream else f"{target.path}.manifest.json",
    )
    check_distinct_paths(files._asdict())
    if files.rejects == "-" or (target.path == "-" and files.rejects and is_stdout(files.rejects)):
        raise output_error("--rejects", "standard output gets the scored rows; name another file")
    return files


def _score(
    files: Files,
    target: Target,
    model: Model,
    options: Options,
    engine: Literal["local", "duckdb"],
    on_progress: Callable[[Progress], None] | None,
    on_rejects: Callable[[Sequence[Reject]], None] | None,
) -> BatchResult:
    """Score a file on this machine."""
    started, clock = datetime.now(UTC), time.perf_counter()
    source = InputFile.open(files.input)
    try:
        with Outputs() as outputs:
            run = ScoringRun(source, model, target, options, threads=min(_cores(), MAX_THREADS), engine=engine)
            file = outputs.open(files.output)
            if files.rejects:
                rejects, reader = outputs.open(files.rejects), run.reader
                on_rejects = RejectsFile(rejects, reader.row_unit, reader.matched.ids, escape=options.escapes).write
            assert on_rejects is not None  # noqa: S101  (checked in `score_file`)
            manifest = outputs.open(files.manifest) if files.manifest else None
            try:
                run.score(file, on_rejects, on_progress)
                file.flush()
                seconds = time.perf_counter() - clock
                result = batch_result(run.counts, run.check, seconds, files.output, files.rejects, files.manifest)
                if manifest is not None:
                    size = source.bytes_read or source.size
                    input_info = {"path": source.name, "bytes": size, "sha256": source.sha256()}
                    output_info = {"path": files.output, "bytes": file.tell(), "rows": result.rows_out}
                    text = manifest_text(
                        result, model.identity, started, options.to_dict(), input=input_info, output=output_info
                    )
                    manifest.write(text.encode(errors="backslashreplace"))
            except OSError as error:
                if isinstance(error, BrokenPipeError) and target.path == "-":
                    raise
                raise unwritable(target.path, error) from None
            outputs.publish()
            return result
    finally:
        source.close()


def _cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
