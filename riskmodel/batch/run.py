"""Score a file into an output, with its rejects and manifest."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, Unpack

from riskmodel.batch.result import BatchResult, Paths, Progress, RunInfo, batch_result, manifest_text
from riskmodel.batch.scoring import Options
from riskmodel.batch.series import Series
from riskmodel.batch.target import REJECTS, Target, input_files
from riskmodel.calls import call_as
from riskmodel.database.reading import QuerySource, query_source
from riskmodel.database.writing import DatabaseOutput, IfExists, RejectsTable, table_target
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import SituationError
from riskmodel.model import Model, ensure_model
from riskmodel.tables.columns import Require
from riskmodel.tables.options import TableKeywords, TableOptions
from riskmodel.tables.output_files import Outputs, check_distinct_paths, is_stdout, output_error, same_file, unwritable
from riskmodel.tables.rejects import Reject, RejectsFile

_ENGINES = ("local", "duckdb", "dask")


@call_as("score_file(input, output, model=model)", "model.score_file(input, output)")
def score_file(
    input: str | Path,  # noqa: A002  (the conventional name)
    output: str | Path,
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    explain: bool = False,
    columns: Sequence[str] | None = None,
    query: str | None = None,
    table: str | None = None,
    if_exists: IfExists = "fail",
    rejects: str | Path | None = None,
    manifest: str | Path | None = None,
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
    **reading: Unpack[TableKeywords],
) -> BatchResult:
    """Score every row of a table, or of several files of one; docs/batch.md describes the input and the output.

    Parameters
    ----------
    input, output
        Paths; `-` is standard input or output. The input is a file (CSV, Parquet, Arrow IPC, a workbook, Stata data), a
        folder, or has wildcards; the output's name gives its format. Either may be a database, as
        `postgresql://USER@HOST/DATABASE`, `duckdb:///FILE` or `sqlite:///FILE`; see docs/batch.md.
    model
        A model, or an argument of `load_model`.
    explain
        Add the columns `S_drivers`.
    columns
        The columns of the output, in order; by default, all.
    query
        The query whose rows are scored, if the input is a database.
    table
        The table that is written, if the output is a database: `"scores"`, or `"analytics.scores"` with its schema.
    if_exists
        `append` adds rows to a table that exists, `replace` replaces its rows, and `fail` raises an error.
    rejects
        The file of rejected rows; by default, `OUT.rejects.csv`. If the output is a database, a name without `/` that
        does not end in `.csv` is a table there; by default, there is none.
    manifest
        The file of the manifest; by default, `OUT.manifest.json`, and none if the output is a database.
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
    **reading
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
    table_options = TableOptions.of(reading)
    _check_choices(formulas, engine, max_rejects)
    written = table_target(str(output), table, if_exists)
    target = Target.parse(str(output)) if written is None else Target.of_table(written)
    queried = query_source(str(input), query)
    options = Options(
        explain, columns, table_options, formulas, max_rejects, require, rejects_rows, intensities, tuple(add)
    )
    run = RunInfo.new()
    if engine == "dask":
        from riskmodel.batch.cluster import score_on_cluster

        if queried or written:
            raise SituationError("--engine dask reads and writes files only; leave it out")
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
    sources = [queried] if queried else input_files(str(input))
    *_, files = [_files(source, target, model, rejects, accounts, manifest) for source in sources]
    if not (files.rejects or files.rejects_table) and on_rejects is None:
        raise output_error(target.path, "name a file for rejects too, or rejected rows would be lost")
    series = Series(str(input), sources, ensure_model(model), target, options, run, accounts, engine)
    return _score(series, files, target, run, on_progress, on_rejects)


_ON_CLUSTERS = {
    "--rejects": "rejected rows are in the folder of the output",
    "--account": "there is no file of accounts; leave the engine out",
}
_NO = {"--explain": "contributions", "--account": "contributions", "--intensities": "intensities"}


def _account_target(target: Target, account: bool | str | Path) -> Target | None:
    """Return the path and format of the file of accounts; None if there is none."""
    if account is True and not target.is_stream:
        ending = {"xlsx": ".csv", "ods": ".csv", "arrow": ".parquet"}.get(target.format, target.ending)
        account = f"{target.path}.account{ending}"
    if account in (True, "-"):
        reason = "there is no default beside a database" if target.table else "standard output is for the scored rows"
        raise output_error("--account", f"{reason}; name a file")
    accounts = Target.parse(str(account)) if account else None
    if accounts is not None and accounts.format not in ("csv", "parquet"):
        raise output_error(accounts.path, "--account writes CSV or Parquet")
    return accounts


def _check_choices(formulas: str, engine: str, max_rejects: int | None) -> None:
    for name, value, choices in (("formulas", formulas, ("escape", "keep")), ("engine", engine, _ENGINES)):
        if value not in choices:
            raise SituationError(f"{name} should be {' or '.join(choices)}; got {value!r}")
    if max_rejects is not None and max_rejects < 0:
        raise SituationError(f"max_rejects should be 0 or more; got {max_rejects}")


class Files(NamedTuple):
    """The files of a run, by their roles."""

    output: str
    rejects: str | None
    rejects_table: str | None
    """The table of rejected rows in the database of the output; None if there is none."""
    account: str | None
    manifest: str | None


def _files(
    source: str | QuerySource,
    target: Target,
    model: object,
    rejects: str | Path | None,
    account: Target | None,
    manifest: str | Path | None,
) -> Files:
    """Choose the files of a run, and check that they are distinct."""
    written = target.table.database if target.table else None
    default = None if target.is_stream else f"{target.path}{REJECTS}"
    name = default if rejects is None else str(rejects)
    is_table = bool(written and name and not name.endswith(".csv") and "/" not in name)
    files = Files(
        target.path,
        None if is_table else name,
        name if is_table else None,
        None if account is None else account.path,
        str(manifest) if manifest else None if target.is_stream else f"{target.path}.manifest.json",
    )
    read = source if isinstance(source, str) else source.database.path
    output = written.path if written else target.path
    both = written is not None and not isinstance(source, str) and read and output and same_file(read, output)
    check_distinct_paths(
        {
            "input": None if both else read or None,
            "model": str(model) if isinstance(model, str | Path) else None,
            "output": output or None,
            "rejects": files.rejects,
            "account": files.account,
            "manifest": files.manifest,
        }
    )
    for option, path in (("--rejects", files.rejects), ("--manifest", files.manifest)):
        if path == "-" or (target.path == "-" and path and is_stdout(path)):
            raise output_error(option, "standard output gets the scored rows; name another file")
    return files


def _score(
    series: Series,
    files: Files,
    target: Target,
    info: RunInfo,
    on_progress: Callable[[Progress], None] | None,
    on_rejects: Callable[[Sequence[Reject]], None] | None,
) -> BatchResult:
    """Score the rows of one input, or of several files, on this machine."""
    clock, options = time.perf_counter(), series.options
    with (
        Outputs() as outputs,
        DatabaseOutput(target.table) if target.table else nullcontext() as database,
        closing(series.runs()) as runs,
    ):
        first = next(runs)
        file = database or outputs.open(files.output)
        if files.rejects:
            rejects = RejectsFile(outputs.open(files.rejects), first.rejects_format, escape=options.escapes)
            on_rejects = rejects.write
        elif database and files.rejects_table:
            on_rejects = RejectsTable(database, files.rejects_table, first.rejects_format).write
        assert on_rejects is not None  # noqa: S101  (checked in `score_file`)
        accounts = outputs.open(files.account) if files.account else None
        manifest = outputs.open(files.manifest) if files.manifest else None
        try:
            for run in chain([first], runs):
                progress = on_progress and series.progress(on_progress)
                run.score(file, on_rejects, progress, accounts, is_last=series.is_last)
            if not isinstance(file, DatabaseOutput):
                file.flush()
            result = batch_result(
                run.counts,
                run.check,
                info,
                time.perf_counter() - clock,
                series.model.identity,
                options.to_dict(),
                Paths(files.output, files.rejects or files.rejects_table, files.account, files.manifest),
                remarks=run.remarks,
                input=series.info,
                output={**_info(target, file), "rows": run.counts.rows_out},
            )
            if manifest is not None:
                manifest.write(manifest_text(result).encode(errors="backslashreplace"))
        except SituationError as error:
            raise SituationError(error.with_file(target.path)) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError) and target.path == "-":
                raise
            raise unwritable(target.path, error) from None
        outputs.publish(database.commit if database else None)
        return result


def _info(target: Target, file: BinaryIO | DatabaseOutput) -> dict[str, object]:
    """Return the output as a manifest describes it."""
    if isinstance(file, DatabaseOutput):
        return file.info
    return {"path": target.path, "bytes": None if target.is_stream else file.tell()}
