"""Run what requests ask for: assessments as blocks, analyses and tables in threads, with limits on how many at once."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from starlette.requests import Request

from riskmodel.assessment import Assessment
from riskmodel.engine.assessor import Assessor, Case
from riskmodel.web.problems import HTTPProblem
from riskmodel.web.settings import Limits

Result = TypeVar("Result")
OnProgress = Callable[[float, str], None]


class MicroBatcher:
    """Assess together what arrives in the same turns of the event loop; for one loop, and its thread alone.

    A block takes hardly longer than one situation alone.

    Parameters
    ----------
    assessor : what assesses.
    """

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor
        self._waiting: list[tuple[Case, asyncio.Future[Assessment]]] = []

    async def assess(self, case: Case) -> Assessment:
        """Assess a situation, given with its values; the result is the one that it has alone."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            # One turn later, for what has arrived by now is only asked in the next.
            loop.call_soon(loop.call_soon, self._assess_waiting)
        future: asyncio.Future[Assessment] = loop.create_future()
        self._waiting.append((case, future))
        return await future

    def _assess_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._assess(waiting)

    def _assess(self, waiting: list[tuple[Case, asyncio.Future[Assessment]]]) -> None:
        # The client may have disconnected.
        waiting = [(case, future) for case, future in waiting if not future.done()]
        try:
            assessments = self._assessor.assess_all([case for case, _ in waiting]) if waiting else []
        except Exception as error:
            if len(waiting) == 1:
                waiting[0][1].set_exception(error)
                return
            # The error is of one situation; it must not fail the others.
            for alone in waiting:
                self._assess([alone])
            return
        for (_, future), assessment in zip(waiting, assessments, strict=True):
            future.set_result(assessment)


class _CancelledRunError(Exception):
    """Ends a run whose deadline passed or whose client disconnected."""


class Slots:
    """A number of slots that are taken without waiting.

    Parameters
    ----------
    number : how many.
    label : what is done in them, in the plural, for messages.
    """

    def __init__(self, number: int, label: str) -> None:
        self._free, self._number, self._label = threading.Semaphore(number), number, label

    def take(self) -> None:
        """Take a slot.

        Raises
        ------
        HTTPProblem
            Where none is free.
        """
        if not self._free.acquire(blocking=False):
            raise busy(f"{self._number} {self._label} are under way, and there are never more at once")

    def leave(self) -> None:
        """Leave a slot; any thread may."""
        self._free.release()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take a slot for as long as the context lasts."""
        self.take()
        try:
            yield
        finally:
            self.leave()


class JobRunner:
    """Run analyses in threads, each until a deadline.

    Parameters
    ----------
    at_once : how many.
    seconds : how long each may take.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._slots, self._seconds = Slots(at_once, "analyses"), seconds
        self._pool = ThreadPoolExecutor(at_once, "analysis")

    async def run(self, request: Request, task: Callable[[OnProgress], Result]) -> Result:
        """Run a task.

        Parameters
        ----------
        request : the request that it is for, with its body read.
        task : called in a thread with a function that it calls now and then, as analyses do with `on_progress`. That
            raises to cancel a run whose deadline passed or whose client disconnected. A cancelled run holds its slot
            until it returns, so the limit is never exceeded.

        Raises
        ------
        HTTPProblem
            Where no slot is free, or the deadline has passed.
        """
        self._slots.take()
        cancelled = threading.Event()

        def on_progress(share: float, doing: str) -> None:
            if cancelled.is_set():
                raise _CancelledRunError

        run = self._pool.submit(task, on_progress)
        run.add_done_callback(lambda _: self._slots.leave())
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
        raise busy(f"not done within {self._seconds:g} s, which is all that an analysis has")


class Batches:
    """What the tables that are scored at the same time share.

    Parameters
    ----------
    limits : how many there may be, and how large and long.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits, self.slots = limits, Slots(limits.batches_at_once, "tables")
        # Besides each batch, the end of one that was cancelled may be waited for.
        self.pool = ThreadPoolExecutor(2 * limits.batches_at_once, "batch")


def busy(detail: str) -> HTTPProblem:
    """Return the problem of what could be done at another time."""
    return HTTPProblem(503, detail, {"Retry-After": "1"})


async def _until_disconnected(request: Request) -> None:
    """Return when the client has disconnected; the body has been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _retrieve(result: "asyncio.Future[Result]") -> None:
    """Look at the result of a run that nobody may wait for, so that asyncio does not complain."""
    if not result.cancelled():
        result.exception()
