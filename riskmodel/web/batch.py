"""`/api/batch`: store an uploaded table, score it, and stream the result as JSON lines (NDJSON)."""

import asyncio
import io
import logging
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import BinaryIO

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from riskmodel.batch.scoring import Options, ScoringRun
from riskmodel.batch.target import Target
from riskmodel.errors import RiskmodelError, SituationError
from riskmodel.model import Model
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.rejects import Reject
from riskmodel.web.jobs import Batches, busy
from riskmodel.web.problems import BODY, INTERNAL_ERROR, HTTPProblem, invalid, problem_bytes
from riskmodel.web.requests import parse_query, refuse_form, state_of, table_options
from riskmodel.web.schemas import BatchQuery
from riskmodel.web.settings import Limits
from riskmodel.web.upload_limits import check_size

PATH = "/api/batch"
_THREADS = 2
_MAX_REJECTS_PER_LINE = 1_000
_PROGRESS_SECONDS = 0.2
_LAST_LINE_SECONDS = 5.0
"""Time for a client that does not read to take the line that reports the problem."""
_CSV = Target(BODY, is_stream=True, format="csv", compression="", delimiter=",", ending=".csv")
_LOG = logging.getLogger(__name__)

router = APIRouter(default_response_class=Response)


@router.post(PATH, summary="Score a table")
async def batch(request: Request) -> Response:
    """Score every row of a CSV or Parquet file or a workbook, in its order; as `riskmodel batch IN -o OUT.csv`.

    The body is the file. The response has one JSON object per line: first `table`; then `scored` rows, `rejected` rows
    and `progress`, each any number of times; last `done` or `problem`. Without one of these at its end it was cut off.
    """
    query = parse_query(BatchQuery, request.query_params)
    table_options(query)
    refuse_form(request)
    state = state_of(request)
    batches = state.batches
    with ExitStack() as stack:
        batches.slots.take()
        stack.callback(batches.slots.release)
        file = stack.enter_context(tempfile.TemporaryFile())
        await _store_body(request, file)
        lines = score_lines(state.model, file, query, batches.limits)
        run = _Run(batches, lines, stack.pop_all())
    first = await run.next()
    return _LinesResponse(run, first)


async def _store_body(request: Request, file: BinaryIO) -> None:
    try:
        async for part in request.stream():
            file.write(part)
        file.seek(0)
    except OSError as error:
        _LOG.error("an uploaded table cannot be stored: %s", error)
        raise busy("there is no space to store the table now") from None


def score_lines(model: Model, file: BinaryIO, query: BatchQuery, limits: Limits) -> Generator[bytes, None, None]:
    """Score a table and yield JSON lines, one or more whole lines at a time.

    Raises
    ------
    HTTPProblem
        Before the first line: the table is too large.
    SituationError
        Before the first line: the header cannot be used. Later: a part of the table cannot be read.
    """
    size = check_size(file, limits)
    file.seek(0)
    source = InputFile(file, BODY, size)
    options = Options(query.explain, None, table_options(query), query.formulas)
    run = ScoringRun(source, model, _CSV, options, threads=_THREADS, as_text=True)
    lines = [_line({"table": _table(run)})]
    output = _Buffer()
    rejects: list[Reject] = []
    last_progress = time.monotonic()
    for progress in run.steps(output, rejects.extend):
        lines += [*_scored(output), *_rejected(rejects)]
        rejects.clear()
        if time.monotonic() - last_progress >= _PROGRESS_SECONDS:
            last_progress = time.monotonic()
            lines.append(_line({"progress": progress._asdict()}))
        if lines:
            yield b"".join(lines)
            lines = []
    counts = run.counts
    done = {
        "rows_in": counts.rows_in,
        "rows_out": counts.rows_out,
        "rows_rejected": counts.rows_rejected,
        "blank_lines": counts.blank_lines,
        "formulas": counts.formulas,
        "bands": counts.bands,
        "check": run.check.to_dict(),
    }
    yield b"".join([*lines, *_scored(output), _line({"done": done})])


def _table(run: ScoringRun) -> dict[str, object]:
    """Return how the scored text of a run is to be read, and what is known of the table before its rows."""
    reader, csv_format = run.reader, run.reader.csv_format
    return {
        "row_unit": reader.row_unit,
        "delimiter": csv_format.delimiter,
        "decimal": csv_format.decimal,
        "thousands": reader.numbers.thousands,
        "remarks": run.remarks,
    }


class _Buffer(io.BytesIO):
    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        data = self.getvalue()
        self.seek(0)
        self.truncate()
        return data


def _scored(output: _Buffer) -> list[bytes]:
    data = output.take()
    try:
        return [_line({"scored": data.decode()})] if data else []
    except UnicodeDecodeError:
        # CSV has been made UTF-8; Parquet cells have not been checked.
        raise SituationError("has text that is not UTF-8") from None


def _rejected(rejects: Sequence[Reject]) -> Iterator[bytes]:
    for start in range(0, len(rejects), _MAX_REJECTS_PER_LINE):
        rows = rejects[start : start + _MAX_REJECTS_PER_LINE]
        yield _line({"rejected": [_reject_data(reject) for reject in rows]})


def _reject_data(reject: Reject) -> dict[str, int | str]:
    """Return a rejected row and its fault as plain data; bytes that are not UTF-8 are shown as escapes."""
    texts = {"id": reject.id, "column": reject.column, "value": reject.value, "reason": reject.reason}
    escaped = {key: text.encode(errors="backslashreplace").decode() for key, text in texts.items()}
    return {"line": reject.line, **escaped}


def _line(content: dict[str, object]) -> bytes:
    return to_json(content) + b"\n"


class _Run:
    """A table being scored, one step at a time in a thread; its slot and file are released at the end."""

    def __init__(self, batches: Batches, lines: Generator[bytes, None, None], resources: ExitStack) -> None:
        self._batches, self._lines, self._resources = batches, lines, resources
        self._lock = threading.Lock()
        self._deadline = time.monotonic() + batches.limits.batch_seconds

    @property
    def seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    def timeout(self) -> HTTPProblem:
        """Return the problem of a run whose deadline has passed."""
        return busy(f"not done within {self._batches.limits.batch_seconds:g} s, the time limit of a table")

    async def next(self) -> bytes | None:
        """Return the next lines; None after the last.

        Raises
        ------
        HTTPProblem, RiskmodelError
            The table cannot be scored; the run has ended.
        """
        try:
            async with asyncio.timeout(self.seconds_left):
                return await asyncio.get_running_loop().run_in_executor(self._batches.pool, self._step)
        except TimeoutError:
            self.end()
            raise self.timeout() from None
        except asyncio.CancelledError:
            self.end()
            raise

    def _step(self) -> bytes | None:
        with self._lock:
            lines = None
            try:
                lines = next(self._lines, None)
            finally:
                # Before the response ends, so that the slot is free for the client's next request.
                if lines is None:
                    self._resources.close()
            return lines

    def end(self) -> None:
        """Release the resources once the current step is over; may be called again."""
        self._batches.pool.submit(self._end)

    def _end(self) -> None:
        with self._lock, self._resources:
            self._lines.close()


class _LinesResponse(StreamingResponse):
    """The lines of a run; a failure is reported in the last line."""

    def __init__(self, run: _Run, first: bytes | None) -> None:
        super().__init__((), media_type="application/x-ndjson")
        self._run, self._first = run, first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, and end the run with it or when the client disconnects."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._run.end()

    async def stream_response(self, send: Send) -> None:
        """Send the lines as they are scored."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            try:
                async with asyncio.timeout(self._run.seconds_left):
                    await self._send_all(send)
            except TimeoutError:
                raise self._run.timeout() from None
        except RiskmodelError as error:
            await self._send_problem(send, invalid(error))
        except HTTPProblem as problem:
            await self._send_problem(send, problem)
        except Exception:
            _LOG.exception("a batch failed")
            await self._send_problem(send, HTTPProblem(500, INTERNAL_ERROR))

    async def _send_all(self, send: Send) -> None:
        lines = self._first
        while lines is not None:
            await send({"type": "http.response.body", "body": lines, "more_body": True})
            lines = await self._run.next()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_problem(self, send: Send, problem: HTTPProblem) -> None:
        line = b'{"problem":' + problem_bytes(problem) + b"}\n"
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_LINE_SECONDS):
                await send({"type": "http.response.body", "body": line, "more_body": False})
