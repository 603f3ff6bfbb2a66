"""`/api/batch`: a table is taken in, scored, and answered with one JSON text a line (NDJSON) while it is scored."""

import asyncio
import logging
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import BinaryIO

from fastapi import APIRouter
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from riskmodel.documents.document import from_python
from riskmodel.documents.validation import validate
from riskmodel.errors import Problem, RiskmodelError
from riskmodel.tables.csv_reader import CsvOptions
from riskmodel.web.jobs import Batches, busy
from riskmodel.web.lines import Table, problem_line
from riskmodel.web.problems import HTTPProblem, invalid
from riskmodel.web.requests import state_of
from riskmodel.web.schemas import BatchQuery

PATH = "/api/batch"
_LAST_WORD_SECONDS = 5.0
"""How long a client that does not read may hold up the line that says why there is no more."""
_LOG = logging.getLogger(__name__)

router = APIRouter(default_response_class=Response)


@router.post(PATH, summary="Score a table")
async def batch(request: Request) -> Response:
    """Every row of a CSV or Parquet file, in the order of the file; as `riskmodel batch IN -o OUT.csv`.

    The body is the file. The answer is a JSON text a line: `scored` rows, `rejected` rows and `progress`, any of them
    any number of times, and last `done` or `problem`. An answer that ends without one of these has been cut off.
    """
    query = _query(request.query_params)
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise HTTPProblem(415, "the body should be the file itself, not a form: curl --data-binary @FILE")
    state = state_of(request)
    batches = state.batches
    with ExitStack() as stack:
        batches.slots.take()
        stack.callback(batches.slots.leave)
        file = stack.enter_context(tempfile.TemporaryFile())
        await _take_in(request, file)
        run = _Run(batches, Table(state.model, file, query, batches.limits), stack.pop_all())
    first = await run.next()
    return _Streamed(run, first)


def _query(params: QueryParams) -> BatchQuery:
    """What the query says.

    Raises
    ------
    RiskmodelError
        With every word that is unknown, stands twice, or has a value that it cannot have.
    """
    plain: Mapping[str, str] = dict(params)
    query, problems = validate(BatchQuery, from_python(plain, "query"))
    problems += [Problem("stands twice", name, "query") for name in plain if len(params.getlist(name)) > 1]
    if query is None or problems:
        raise RiskmodelError(problems)
    mark = "\t" if query.delimiter in ("tab", "\\t") else query.delimiter
    CsvOptions(mark, query.decimal, query.thousands).check()
    return query.model_copy(update={"delimiter": mark})


async def _take_in(request: Request, file: BinaryIO) -> None:
    try:
        async for part in request.stream():
            file.write(part)
        file.seek(0)
    except OSError as error:
        _LOG.error("an uploaded table cannot be kept: %s", error)
        raise busy("there is no room for the table now") from None


class _Run:
    """A table that is being scored, one step at a time, each in a thread; then what it holds is given back."""

    def __init__(self, batches: Batches, table: Table, held: ExitStack) -> None:
        self._batches, self._table, self._held = batches, table, held
        self._lines = table.lines()
        self._turn = threading.Lock()
        self._until = time.monotonic() + batches.limits.batch_seconds

    @property
    def seconds(self) -> float:
        """What is left of its time."""
        return self._until - time.monotonic()

    @property
    def overdue(self) -> HTTPProblem:
        """What to say when its time is up."""
        return busy(f"not done within {self._batches.limits.batch_seconds:g} s, which is all that a table has")

    async def next(self) -> bytes | None:
        """The next lines; None after the last.

        Raises
        ------
        HTTPProblem, RiskmodelError
            Where the table cannot be scored; the run has ended then.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await asyncio.get_running_loop().run_in_executor(self._batches.pool, self._step)
        except TimeoutError:
            self.end()
            raise self.overdue from None
        except asyncio.CancelledError:
            self.end()
            raise

    def _step(self) -> bytes | None:
        with self._turn:
            piece = None
            try:
                piece = next(self._lines, None)
            finally:
                # Before the answer ends, so that who asked can ask again.
                if piece is None:
                    self._held.close()
            return piece

    def end(self) -> None:
        """Give back what it holds, once the step that is under way is over; may be called again."""
        self._batches.pool.submit(self._end)

    def _end(self) -> None:
        with self._turn, self._held:
            self._lines.close()


class _Streamed(StreamingResponse):
    """The answer to a table; it ends with a line that says how the run ended."""

    def __init__(self, run: _Run, first: bytes | None) -> None:
        super().__init__((), media_type="application/x-ndjson")
        self._run, self._first = run, first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; when the client goes away, that is the end."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._run.end()

    async def stream_response(self, send: Send) -> None:
        """Send the lines as they come."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            try:
                async with asyncio.timeout(self._run.seconds):
                    await self._send_all(send)
            except TimeoutError:
                raise self._run.overdue from None
        except RiskmodelError as error:
            await self._send_last(send, invalid(error))
        except HTTPProblem as refused:
            await self._send_last(send, refused)
        except Exception:
            _LOG.exception("a batch failed")
            await self._send_last(send, HTTPProblem(500, "something went wrong here; it has been logged"))

    async def _send_all(self, send: Send) -> None:
        piece = self._first
        while piece is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await self._run.next()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_last(self, send: Send, refused: HTTPProblem) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORD_SECONDS):
                await send({"type": "http.response.body", "body": problem_line(refused), "more_body": False})
