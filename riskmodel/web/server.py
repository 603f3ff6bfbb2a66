"""Listen at an address, and run the service there: one process, or several that share a socket."""

import asyncio
import errno
import gc
import ipaddress
import os
import re
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
from riskmodel.web.settings import Settings
from riskmodel.web.timeouts import Connections

_BACKLOG = 2048
"""Connections that wait to be accepted."""
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
"""Configuration of uvicorn."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens.

    Parameters
    ----------
    host : an address of this machine, or a name of one.
    port : 0 is any that is free.

    Raises
    ------
    RiskmodelError
        Where that is not possible, such as on a port that is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise RiskmodelError(f"--host: {host!r} is neither an address nor a name of this machine") from None
    # Unless it is told that this is TCP, asyncio leaves answers lying until the client has confirmed what came before.
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # where it would let two services have one port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # Two sockets can have one port until one of them listens.
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise RiskmodelError(_why_not(error, host, port)) from None
    return listening


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: {port} of {host} is taken; name another, or 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"--port: {port} is kept for the system; name another, from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host: {host} is no address of this machine"
    return f"cannot listen at {host}, port {port}: {error.strerror}"


def url(listening: socket.socket) -> str:
    """Return the address of the page, for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_for_all(listening: socket.socket) -> bool:
    """Whether a socket listens at every address of the machine."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_unspecified


def host_name(text: str, option: str) -> str:
    """Return a name as Host headers are compared with it: without brackets, in lower case.

    Parameters
    ----------
    text : the name or address.
    option : the option that gave it, for messages.

    Raises
    ------
    RiskmodelError
        Where it is more than a name, such as one with a port.
    """
    name = text.removeprefix("[").removesuffix("]").lower()
    is_address = name.count(":") > 1
    if not re.fullmatch(r"[\w.-]+", name) and not is_address:
        raise RiskmodelError(f"{option}: should be a name such as example.org, without a port; got {text!r}")
    return name


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
    """Processes that answer at one socket; one that dies is replaced, and one that fails ends the service.

    `uvicorn.supervisors.Multiprocess` starts a worker that fails again and again, leaves workers running when it is
    killed, and cannot run a `Server` of ours.
    """

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings, self._listening = settings, listening
        self._running: list[SpawnProcess] = []

    def run(self, number: int) -> None:
        """Keep this number of workers running until a signal comes; then let them finish."""
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
