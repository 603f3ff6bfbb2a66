"""Score many files, or the row groups of Parquet, on a Dask cluster.

Dask distributes the parts and repeats those of a lost worker; files are read and written through fsspec. Each part is
scored by a `ScoringRun`, like a file on one machine. (Dask's own tables are not used: they change types and accept
ragged rows.)
"""

import ctypes
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from pathlib import PurePath
from typing import Any, NamedTuple
from uuid import uuid4

from riskmodel.batch.result import BatchResult, Counts, Paths, Progress, RunInfo, batch_result, manifest_text
from riskmodel.batch.scoring import Options, ScoringRun
from riskmodel.batch.target import READ, Target, is_temporary
from riskmodel.errors import Problem, RiskmodelError, SituationError
from riskmodel.model import Model
from riskmodel.tables.check import TableCheck, merge_checks
from riskmodel.tables.input_file import PARQUET, InputFile
from riskmodel.tables.output_files import OutputFolder, output_error
from riskmodel.tables.rejects import RejectsFile, too_many_rejected
from riskmodel.tables.writer import Constant

PART_ROWS = 500_000
"""Rows of a part of Parquet, unless a row group has more."""
CONNECT_SECONDS = 10
"""Seconds to wait for a scheduler."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_DEFAULT_THRESHOLD = 128 << 10
_KEPT_BYTES = 32 << 20
"""The largest allocation that is kept: the most that glibc allows."""


class Part(NamedTuple):
    """The input and output of one task."""

    number: int
    source: str
    """The URL of a file."""
    groups: range | None
    """Row groups of a Parquet file; None for a whole CSV file."""
    folder: str
    """The URL of the output folder."""
    target: Target
    model: Model
    options: Options
    constants: Mapping[str, Constant]


class PartResult(NamedTuple):
    """The result of one task."""

    number: int
    source: str
    name: str
    """The file's name in the folder."""
    counts: Counts
    check: TableCheck
    columns: Sequence[str]
    row_unit: str
    delimiter: str
    """Of a CSV part; empty for Parquet."""
    sha256: str | None
    """The fingerprint of the input; None if the part is not the whole file."""


def score_on_cluster(
    source: str,
    target: Target,
    model: Model,
    options: Options,
    run: RunInfo,
    scheduler: str | None,
    on_progress: Callable[[Progress], None] | None,
) -> BatchResult:
    """Score files into a folder; see `riskmodel.score_file`."""
    check_installed()
    if target.is_stream:
        raise output_error(target.path, "with --engine dask the output is a folder")
    if target.format not in ("csv", "parquet"):
        raise output_error(target.path, "with --engine dask the output is CSV or Parquet")
    clock = time.perf_counter()
    constants = run.constants(model.identity, options.add)
    fs, names = _input_files(source)
    folder = OutputFolder(target.path)
    if folder.lies_in(fs, source):
        raise output_error(target.path, "lies in the folder that is read; name another")
    if any(folder.holds(fs, name) for name in names):
        raise output_error(target.path, "holds the input; name another folder")
    with folder:
        parts = _parts(fs, names, folder, target, model, options, constants)
        done = []
        with cluster_client(scheduler) as client:
            for part in _results(client, parts):
                done.append(part)
                _check_parts(done, options)
                if on_progress is not None:
                    on_progress(_progress(done, len(parts)))
        done.sort()
        _join_rejects(folder, done)
        output = [
            {"path": part.name, "rows": part.counts.rows_out, "input": part.source, "sha256": part.sha256}
            for part in done
        ]
        result = batch_result(
            reduce(Counts.plus, [part.counts for part in done]),
            merge_checks([part.check for part in done]),
            run,
            time.perf_counter() - clock,
            model.identity,
            options.to_dict(),
            Paths(target.path, f"{target.path}/_rejects.csv", None, f"{target.path}/_manifest.json"),
            input={"path": source},
            output={"parts": output},
        )
        with folder.fs.open(f"{folder.filled}/_manifest.json", "wb") as file:
            file.write(manifest_text(result).encode())
        folder.publish()
        return result


def check_installed() -> None:
    """Check that Dask is installed.

    Raises
    ------
    RiskmodelError
        It is not.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise RiskmodelError("--engine dask needs the extra `dask`: pip install 'riskmodel[dask]'") from None


def _input_files(url: str) -> tuple[Any, list[str]]:
    """Return the file system and the sorted files of a URL, which may have wildcards or be of a folder."""
    from fsspec.core import url_to_fs

    try:
        fs, path = url_to_fs(url)
        if any(character in path for character in "*?["):
            candidates = fs.glob(path)
        elif fs.isdir(path):
            candidates = [name for name in fs.find(path) if name.lower().endswith(READ)]
        else:
            candidates = [path]
        base = path if fs.isdir(path) else ""
        names = [name for name in sorted(candidates) if not is_temporary(name, base) and fs.isfile(name)]
    except (OSError, ValueError, ImportError) as error:
        raise SituationError([Problem(f"cannot be read: {error}", file=url)]) from None
    if not names:
        raise SituationError([Problem("there is no such file, or no CSV or Parquet file in the folder", file=url)])
    return fs, names


def _open(fs: Any, path: str) -> InputFile:
    try:
        return InputFile(fs.open(path, "rb"), path, fs.size(path))
    except OSError as error:
        raise SituationError([Problem(f"cannot be read: {error.strerror or error}", file=path)]) from None


def _parts(
    fs: Any,
    names: Sequence[str],
    folder: OutputFolder,
    target: Target,
    model: Model,
    options: Options,
    constants: Mapping[str, Constant],
) -> list[Part]:
    """Create a part for each CSV file, and for each group of row groups with enough rows of a Parquet file."""
    parts: list[Part] = []
    for name in names:
        source = _open(fs, name)
        try:
            groups = _row_groups(source) if source.kind == PARQUET else [None]
        finally:
            source.close()
        for group in groups:
            url = fs.unstrip_protocol(name)
            parts.append(Part(len(parts), url, group, folder.url, target, model, options, constants))
    return parts


def _row_groups(source: InputFile) -> list[range]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.ParquetFile(source.seekable()).metadata
    except (pa.ArrowException, OSError) as error:
        raise source.error(f"is cut off, damaged, or no Parquet: {error}") from None
    ranges, start, rows = [], 0, 0
    for group in range(metadata.num_row_groups):
        rows += metadata.row_group(group).num_rows
        if rows >= PART_ROWS or group == metadata.num_row_groups - 1:
            ranges.append(range(start, group + 1))
            start, rows = group + 1, 0
    return ranges or [range(0)]


@contextmanager
def cluster_client(scheduler: str | None) -> Iterator[Any]:
    """Connect to the scheduler, or start a cluster on this machine for the duration of the context."""
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise SituationError(f"--scheduler: no Dask scheduler answers at {scheduler!r}: {error}") from None
        with client:
            yield client
        return
    # Errors of workers are raised here; their own logs would repeat them.
    quiet = {"silence_logs": logging.CRITICAL + 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(threads_per_worker=1, **quiet) as cluster, Client(cluster) as client:
        yield client


def _results(client: Any, parts: Sequence[Part]) -> Iterator[PartResult]:
    """Yield the results of the parts as they complete; cancel the others when one fails."""
    from distributed import KilledWorker, as_completed

    futures = client.map(score_part, parts, pure=False, key="riskmodel-part")
    try:
        for future in as_completed(futures):
            yield future.result()
    except KilledWorker as error:
        raise SituationError(f"the cluster lost workers repeatedly while scoring one part: {error}") from None
    finally:
        client.cancel(futures)


def score_part(part: Part) -> PartResult:
    """Score one part on a worker; the result is the same if a part is scored twice because a worker seemed lost."""
    from fsspec.core import url_to_fs

    fs, path = url_to_fs(part.source)
    out_fs, folder = url_to_fs(part.folder)
    name, temporary = f"part-{part.number:05d}{part.target.ending}", f"{folder}/_{uuid4().hex}"
    source = _open(fs, path)
    try:
        run = ScoringRun(
            source,
            part.model,
            part.target,
            part.options,
            threads=0,
            groups=part.groups,
            constants=part.constants,
        )
        with _memory_kept(), out_fs.open(temporary, "wb") as file, out_fs.open(f"{temporary}-rejects", "wb") as rejects:
            escapes = part.options.escapes
            run.score(file, RejectsFile(rejects, run.rejects_format, escape=escapes, source=source.name).write)
        out_fs.mv(temporary, f"{folder}/{name}")
        out_fs.mv(f"{temporary}-rejects", f"{folder}/_rejects-{part.number:05d}")
        sha256 = source.sha256() if part.groups is None else None
    finally:
        source.close()
    delimiter = "" if part.target.has_types else run.reader.csv_format.delimiter
    unit = run.reader.row_unit
    return PartResult(part.number, part.source, name, run.counts, run.check, run.columns, unit, delimiter, sha256)


@contextmanager
def _memory_kept() -> Iterator[None]:
    """Let the allocator keep freed memory for the duration of the context.

    Dask sets `MALLOC_TRIM_THRESHOLD_` for its workers, so that glibc returns freed memory to the system at once; to get
    it again for each block takes as long as to score it. Both parameters are those of mallopt(3).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        mallopt = None  # not glibc
    if mallopt is None:
        yield
        return
    mallopt(_TRIM_THRESHOLD, 2 * _KEPT_BYTES)
    mallopt(_MMAP_THRESHOLD, _KEPT_BYTES)
    try:
        yield
    finally:
        mallopt(_TRIM_THRESHOLD, int(os.environ.get("MALLOC_TRIM_THRESHOLD_", _DEFAULT_THRESHOLD)))
        mallopt(_MMAP_THRESHOLD, int(os.environ.get("MALLOC_MMAP_THRESHOLD_", _DEFAULT_THRESHOLD)))


def _check_parts(done: Sequence[PartResult], options: Options) -> None:
    """Check that parts have the same columns and format, and that not too many rows are rejected."""
    first, last = done[0], done[-1]
    if last.columns != first.columns or last.row_unit != first.row_unit:
        raise SituationError([Problem(f"has other columns than {first.source}", file=last.source)])
    if last.delimiter != first.delimiter:
        difference = f"is delimited by {last.delimiter!r}, and {first.source} by {first.delimiter!r}"
        raise SituationError([Problem(f"{difference}; the parts of one output cannot differ", file=last.source)])
    rejected, limit = sum(part.counts.rows_rejected for part in done), options.max_rejects
    if limit is not None and rejected > limit:
        raise SituationError(too_many_rejected(limit))


def _progress(done: Sequence[PartResult], parts: int) -> Progress:
    rejected = sum(part.counts.rows_rejected for part in done)
    return Progress(rejected + sum(part.counts.rows_out for part in done), rejected, len(done) / parts)


def _join_rejects(folder: OutputFolder, done: Sequence[PartResult]) -> None:
    """Join the rejects of all parts in one file, and remove temporary files."""
    fs = folder.fs
    with fs.open(f"{folder.filled}/_rejects.csv", "wb") as output:
        for index, part in enumerate(done):
            path = f"{folder.filled}/_rejects-{part.number:05d}"
            with fs.open(path, "rb") as file:
                header = file.readline()
                output.write(b"" if index else header)
                while data := file.read(1 << 20):
                    output.write(data)
            fs.rm(path)
    for path in fs.find(folder.filled):
        name = PurePath(path).name
        if name.startswith("_") and name != "_rejects.csv":
            fs.rm(path)
