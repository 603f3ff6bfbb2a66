"""Running the service: one process, or several that share a socket; and how it ends."""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from riskmodel.errors import RiskmodelError
from riskmodel.web.app import create_app
from riskmodel.web.patience import Connections
from riskmodel.web.settings import Settings

FINISH_SECONDS = 30
"""How long requests under way may take once the service has been told to end."""
_MAX_CONNECTIONS = 800
"""Connections of each worker; most systems let a process have 1,024 files open."""
_ALLOCATIONS = 50_000
"""How many objects are made before garbage is looked for; an answer makes some thousands, and leaves hardly any."""
_UVICORN: dict[str, Any] = {
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "log_level": "error",
    "access_log": False,
    "proxy_headers": False,
    "server_header": False,
    "timeout_keep_alive": 15,
    "timeout_graceful_shutdown": FINISH_SECONDS,
}
"""How uvicorn is told to run."""


def run(settings: Settings, listening: socket.socket, workers: int) -> None:
    """Answer until told to end, and then finish what is under way.

    Parameters
    ----------
    settings : what is served.
    listening : where.
    workers : how many processes answer.

    Raises
    ------
    SystemExit
        With 0, when it was told to end by SIGTERM.
    KeyboardInterrupt
        When it was told to by Ctrl-C.
    RiskmodelError
        Where a worker cannot start.
    """
    signal.signal(signal.SIGTERM, _end)
    if workers == 1:
        _answer(settings, listening)
    else:
        _Workers(settings, listening).run(workers)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _answer(settings: Settings, listening: socket.socket) -> None:
    app = create_app(settings)
    # What is there now stays, and need not be looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS)
    Server(app).run(sockets=[listening])


class Server(uvicorn.Server):
    """The server of one process.

    Parameters
    ----------
    app : an ASGI app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._open = Connections(_MAX_CONNECTIONS)
        super().__init__(uvicorn.Config(app, **{**_UVICORN, "http": self._open.protocol}))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in what waits at the sockets, lest the system reset it, and end each connection after its answer."""
        self._open.is_ending = True
        loop = asyncio.get_running_loop()
        waiting = [connection for listening in sockets or () for connection in _accepted(listening)]
        last = [loop.create_task(loop.connect_accepted_socket(self._protocol, connection)) for connection in waiting]
        await super().shutdown(sockets)
        await asyncio.gather(*last, return_exceptions=True)

    def _protocol(self) -> asyncio.Protocol:
        state = self.lifespan.state
        return self._open.protocol(config=self.config, server_state=self.server_state, app_state=state)


def _accepted(listening: socket.socket) -> Iterator[socket.socket]:
    """Yield the connections that wait to be accepted."""
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.setblocking(False)
            yield connection


def _work(settings: Settings, listening: socket.socket) -> None:
    """Answer as one of several processes; end with the one that started it."""
    signal.signal(signal.SIGTERM, _end)
    parent = parent_process()
    assert parent is not None  # noqa: S101  (it was started by another)

    def follow() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    # Ctrl-C reaches all processes, and the one that started this says so.
    with suppress(KeyboardInterrupt):
        _answer(settings, listening)


class _Workers:
    """Processes that answer at one socket; one that dies is replaced."""

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings, self._listening = settings, listening
        self._running: list[SpawnProcess] = []

    def run(self, number: int) -> None:
        """Have so many of them until a signal comes; then let them finish."""
        try:
            for _ in range(number):
                self._start()
            while True:
                connection.wait([process.sentinel for process in self._running])
                for process in [process for process in self._running if not process.is_alive()]:
                    self._running.remove(process)
                    self._replace(process)
        finally:
            # While anybody has it, the system takes in requests that nobody would answer.
            self._listening.close()
            # They finish by themselves now, or are hurried by a second Ctrl-C, which reaches them too.
            for again in (signal.SIGINT, signal.SIGTERM):
                signal.signal(again, signal.SIG_IGN)
            for process in self._running:
                process.terminate()
            for process in self._running:
                process.join()

    def _start(self) -> None:
        process = get_context("spawn").Process(target=_work, args=(self._settings, self._listening))
        process.start()
        self._running.append(process)

    def _replace(self, process: SpawnProcess) -> None:
        # One that was killed may do better the next time; one that failed would fail again.
        if process.exitcode is not None and process.exitcode > 0:
            raise RiskmodelError(f"a worker failed, with exit code {process.exitcode}")
        self._start()
