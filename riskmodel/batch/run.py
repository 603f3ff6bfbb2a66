"""Score a file into an output, with its rejects and manifest."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Unpack

from riskmodel.batch.result import BatchResult, Paths, Progress, RunInfo, batch_result, manifest_text
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
    rejects_rows: bool = False,
    intensities: bool = False,
    account: bool | str | Path = False,
    add: Sequence[str] = (),
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
    rejects_rows
        Write all cells of a rejected row to the file of rejects.
    intensities
        Add the column `X_intensity` for each indicator X with a scale: its normalised value in [0, 1], that of the
        model's default where it is missing, and empty without one.
    account
        Write the accounts of all rows as a long table (row, columns of `id`, score, kind, name, points) to this file,
        or with True to `OUT.account` with the ending of OUT. `row` counts the rows of the output from 1, and the points
        of a row and score sum to its exact value; a row without that score has none.
    add
        Columns with the same value in every row: of `model_id`, `model_version`, `fingerprint` (of the model),
        `run_id` (a UUID, also in the manifest) and `scored_at` (the start of the run, in UTC).
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
    for argument, names in (("columns", columns), ("add", add)):
        if isinstance(names, str):
            raise TypeError(f"{argument} takes a list of names; got {names!r}")
    table_options = TableOptions.of(table)
    _check_choices(formulas, engine, max_rejects)
    target = Target.parse(str(output))
    options = Options(
        explain, columns, table_options, formulas, max_rejects, require, rejects_rows, intensities, tuple(add)
    )
    run = RunInfo.new()
    if engine == "dask":
        from riskmodel.batch.cluster import score_on_cluster

        for name, value in (("--rejects", rejects is not None), ("--account", account)):
            if value:
                raise SituationError(f"{name}: with --engine dask {_ON_CLUSTERS[name]}")
        return score_on_cluster(str(input), target, ensure_model(model), options, run, scheduler, on_progress)
    if scheduler is not None:
        raise SituationError("--scheduler goes with --engine dask")
    for name, value in (("--explain", explain), ("--intensities", intensities), ("--account", account)):
        if engine == "duckdb" and value:
            raise SituationError(f"{name}: with --engine duckdb there are no {_NO[name]}; leave the engine out")
    accounts = _account_target(target, account)
    files = _files(str(input), target, model, rejects, accounts)
    if not files.rejects and on_rejects is None:
        raise output_error(target.path, "name a file for rejects too, or rejected rows would be lost")
    return _score(files, target, ensure_model(model), options, run, accounts, engine, on_progress, on_rejects)


_ON_CLUSTERS = {
    "--rejects": "rejected rows are in the folder of the output",
    "--account": "there is no file of accounts; leave the engine out",
}
_NO = {"--explain": "contributions", "--account": "contributions", "--intensities": "intensities"}


def _account_target(target: Target, account: bool | str | Path) -> Target | None:
    """Return the path and format of the file of accounts; None if there is none."""
    if account is True and not target.is_stream:
        account = f"{target.path}.account{target.ending}"
    if account in (True, "-"):
        raise output_error("--account", "standard output is for the scored rows; name a file")
    return Target.parse(str(account)) if account else None


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
    account: str | None
    manifest: str | None


def _files(source: str, target: Target, model: object, rejects: str | Path | None, account: Target | None) -> Files:
    default_rejects = None if target.is_stream else f"{target.path}.rejects.csv"
    files = Files(
        source,
        str(model) if isinstance(model, str | Path) else None,
        target.path,
        default_rejects if rejects is None else str(rejects),
        None if account is None else account.path,
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
    info: RunInfo,
    account: Target | None,
    engine: Literal["local", "duckdb"],
    on_progress: Callable[[Progress], None] | None,
    on_rejects: Callable[[Sequence[Reject]], None] | None,
) -> BatchResult:
    """Score a file on this machine."""
    clock, constants = time.perf_counter(), info.constants(model.identity, options.add)
    source, threads = InputFile.open(files.input), min(_cores(), MAX_THREADS)
    try:
        with Outputs() as outputs:
            run = ScoringRun(
                source, model, target, options, threads=threads, constants=constants, account=account, engine=engine
            )
            file = outputs.open(files.output)
            if files.rejects:
                rejects = RejectsFile(outputs.open(files.rejects), run.rejects_format, escape=options.escapes)
                on_rejects = rejects.write
            assert on_rejects is not None  # noqa: S101  (checked in `score_file`)
            accounts = outputs.open(files.account) if files.account else None
            manifest = outputs.open(files.manifest) if files.manifest else None
            try:
                run.score(file, on_rejects, on_progress, accounts)
                file.flush()
                result = batch_result(
                    run.counts,
                    run.check,
                    info,
                    time.perf_counter() - clock,
                    model.identity,
                    options.to_dict(),
                    Paths(files.output, files.rejects, files.account, files.manifest),
                    input={"path": source.name, "bytes": source.bytes_read or source.size, "sha256": source.sha256()},
                    output={
                        "path": files.output,
                        "bytes": None if target.is_stream else file.tell(),
                        "rows": run.counts.rows_out,
                    },
                )
                if manifest is not None:
                    manifest.write(manifest_text(result).encode(errors="backslashreplace"))
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
