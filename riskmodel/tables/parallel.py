"""Map a function over pieces in several threads, with the results in order."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from threading import Lock
from typing import TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")

_AHEAD = 2
"""Pieces that wait for the caller or a thread, beyond one for each thread."""


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    function: Callable[[Piece], Result], pieces: Iterable[Piece], threads: int
) -> Generator[Result, None, None]:
    """Yield `function(piece)` for each piece, in order; few pieces are under way at a time, so memory is bounded.

    The threads take the pieces as well, one thread at a time, so that the caller's thread is free to write. With no
    threads, the caller's does everything.
    """
    if threads == 0:
        yield from map(function, pieces)
        return
    pool, lock, remaining = ThreadPoolExecutor(threads), Lock(), iter(pieces)
    # The results are lists of one result, or empty where no piece remained.
    pending: deque[Future[list[Result]]] = deque()
    unclaimed: deque[Future[list[Result]]] = deque()

    def work() -> None:
        with lock:
            future = unclaimed.popleft()
            try:
                taken = list(islice(remaining, 1))
            except BaseException as error:
                future.set_exception(error)
                return
        try:
            future.set_result([function(piece) for piece in taken])
        except BaseException as error:
            future.set_exception(error)

    def start() -> None:
        future: Future[list[Result]] = Future()
        pending.append(future)
        unclaimed.append(future)
        pool.submit(work)

    try:
        for _ in range(threads + _AHEAD):
            start()
        while result := pending.popleft().result():
            start()
            yield result[0]
    finally:
        pool.shutdown(cancel_futures=True)
