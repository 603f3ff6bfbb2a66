"""Work that takes its time: in a thread, under a deadline, only so much of it at once.

    found = await request.app.state.desk.run(request, lambda on_progress: levers(..., on_progress=on_progress))

`on_progress` is what the analyses take. It ends a run that nobody waits for any more, because its time is up or because
the client has gone away. A run that has not ended keeps its place, so that there are never more than there may be.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from starlette.requests import Request

from riskmodel.web.problems import RefusedError

Found = TypeVar("Found")
OnProgress = Callable[[float, str], None]


class _GivenUpError(Exception):
    """Ends a run that nobody waits for."""


class Places:
    """So many things at once, and no waiting.

    Parameters
    ----------
    most : how many.
    what : what to call them.
    """

    def __init__(self, most: int, what: str) -> None:
        self._free, self._most, self._what = threading.Semaphore(most), most, what

    def take(self) -> None:
        """Take a place.

        Raises
        ------
        RefusedError
            Where none is free.
        """
        if not self._free.acquire(blocking=False):
            raise busy(f"{self._most} {self._what} are under way, and there are never more at once")

    def leave(self) -> None:
        """Leave a place; any thread may."""
        self._free.release()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A place for as long as the context lasts."""
        self.take()
        try:
            yield
        finally:
            self.leave()


class Desk:
    """Where analyses are worked on.

    Parameters
    ----------
    at_once : how many.
    seconds : how long each may take.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._places, self._seconds = Places(at_once, "analyses"), seconds
        self._pool = ThreadPoolExecutor(at_once, "analysis")

    async def run(self, request: Request, task: Callable[[OnProgress], Found]) -> Found:
        """What a task finds.

        Parameters
        ----------
        request : the request that it is for, with its body read.
        task : called in a thread; it calls what it is given now and then.

        Raises
        ------
        RefusedError
            Where no place is free, or time is up.
        """
        self._places.take()
        given_up = threading.Event()

        def on_progress(share: float, doing: str) -> None:
            if given_up.is_set():
                raise _GivenUpError

        run = self._pool.submit(task, on_progress)
        run.add_done_callback(lambda _: self._places.leave())
        found = asyncio.wrap_future(run)
        found.add_done_callback(_retrieved)
        gone = asyncio.ensure_future(until_gone(request))
        try:
            await asyncio.wait((found, gone), timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            given_up.set()
            gone.cancel()
        if found.done():
            return found.result()
        raise busy(f"not done within {self._seconds:g} s, which is all that an analysis has")


def busy(detail: str) -> RefusedError:
    """The refusal of what could be done at another time."""
    return RefusedError(503, detail, {"Retry-After": "1"})


async def until_gone(request: Request) -> None:
    """Return when the client has gone away; its body has been read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _retrieved(found: "asyncio.Future[Found]") -> None:
    """Look at what came of a run that nobody may wait for, so that asyncio does not complain."""
    if not found.cancelled():
        found.exception()
