"""Run the work of requests: assessments in micro-batches, analyses and tables in threads, in a limited number."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import Request

from riskmodel.assessment import Assessment
from riskmodel.engine.assessor import Assessor, Case
from riskmodel.web.problems import HTTPProblem
from riskmodel.web.settings import Limits

Result = TypeVar("Result")
OnProgress = Callable[[float, str], None]
_Pending = tuple[Case, "asyncio.Future[Assessment]"]


class MicroBatcher:
    """Assess as one block the situations that arrive in the same turns of an event loop.

    A block takes hardly longer than a single situation. Not thread-safe.
    """

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor
        self._pending: list[_Pending] = []

    async def assess(self, case: Case) -> Assessment:
        """Assess a situation, given with its values; the result is bit-identical to assessing it alone."""
        loop = asyncio.get_running_loop()
        if not self._pending:
            # One turn later: requests that have arrived by now get to this line in the next turn.
            loop.call_soon(loop.call_soon, self._assess_pending)
        future: asyncio.Future[Assessment] = loop.create_future()
        self._pending.append((case, future))
        return await future

    def _assess_pending(self) -> None:
        pending, self._pending = self._pending, []
        self._assess(pending)

    def _assess(self, pending: list[_Pending]) -> None:
        # The client may have disconnected.
        pending = [(case, future) for case, future in pending if not future.done()]
        try:
            assessments = self._assessor.assess_all([case for case, _ in pending]) if pending else []
        except Exception as error:
            if len(pending) == 1:
                pending[0][1].set_exception(error)
                return
            # The error of one situation must not fail the others.
            for single in pending:
                self._assess([single])
            return
        for (_, future), assessment in zip(pending, assessments, strict=True):
            future.set_result(assessment)


class _CancelledRunError(Exception):
    """Ends a run whose deadline passed or whose client disconnected."""


class Slots:
    """A fixed number of slots, taken without waiting.

    Parameters
    ----------
    number : number of slots.
    label : plural noun for the work done in them, for messages.
    """

    def __init__(self, number: int, label: str) -> None:
        self._free, self._number, self._label = threading.Semaphore(number), number, label

    def take(self) -> None:
        """Take a slot.

        Raises
        ------
        HTTPProblem
            No slot is free.
        """
        if not self._free.acquire(blocking=False):
            raise busy(f"{self._number} {self._label} are in progress; the service runs no more at once")

    def release(self) -> None:
        """Release a slot, from any thread."""
        self._free.release()


class JobRunner:
    """Run analyses in threads, each with a deadline.

    Parameters
    ----------
    at_once : number of threads.
    seconds : time limit of each run.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._slots, self._seconds = Slots(at_once, "analyses"), seconds
        self._pool = ThreadPoolExecutor(at_once, "analysis")

    async def run(self, request: Request, task: Callable[[OnProgress], Result]) -> Result:
        """Run a task in a thread.

        Parameters
        ----------
        request : the request, whose body has been read.
        task : called with a function that it calls now and then, as analyses do with `on_progress`. That function
            raises to cancel a run whose deadline passed or whose client disconnected. A cancelled run holds its slot
            until it returns, so the limit is never exceeded.

        Raises
        ------
        HTTPProblem
            No slot is free, or the deadline has passed.
        """
        self._slots.take()
        cancelled = threading.Event()

        def on_progress(share: float, text: str) -> None:
            if cancelled.is_set():
                raise _CancelledRunError

        run = self._pool.submit(task, on_progress)
        run.add_done_callback(lambda _: self._slots.release())
        result = asyncio.wrap_future(run)
        result.add_done_callback(_retrieve)
        disconnected = asyncio.ensure_future(_until_disconnected(request))
        try:
            await asyncio.wait((result, disconnected), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cancelled.set()
            disconnected.cancel()
        if result.done():
            return result.result()
        raise busy(f"not done within {self._seconds:g} s, the time limit of an analysis")


class Batches:
    """Limits, slots and threads of the tables that are scored at the same time."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.slots = limits, Slots(limits.batches_at_once, "tables")
        # Twice: a cancelled run may still hold a thread while it ends.
        self.pool = ThreadPoolExecutor(2 * limits.batches_at_once, "batch")


def busy(detail: str) -> HTTPProblem:
    """Return the problem of a request that can be retried."""
    return HTTPProblem(503, detail, {"Retry-After": "1"})


async def _until_disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _retrieve(result: "asyncio.Future[Result]") -> None:
    """Read the outcome of a run whose client may be gone, so that asyncio does not log it as never retrieved."""
    if not result.cancelled():
        result.exception()
