"""Listen on an address and serve there, in one process or several that share the socket."""

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
FINISH_SECONDS = 30
"""Time for requests in progress to finish during shutdown."""
_MAX_CONNECTIONS = 800
"""Connections of each process; most systems allow a process 1,024 open files."""
_GC_THRESHOLD = 50_000
"""Allocations between garbage collections; a response makes thousands of objects and hardly any cycles."""
_UVICORN_OPTIONS: dict[str, Any] = {
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "log_level": "error",
    "access_log": False,
    "server_header": False,
    "timeout_keep_alive": 15,
    "timeout_graceful_shutdown": FINISH_SECONDS,
}


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Parameters
    ----------
    host : an address of this machine, or a name that resolves to one.
    port : 0 selects a free port.

    Raises
    ------
    RiskmodelError
        The address cannot be used, for example because the port is in use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise RiskmodelError(f"--host: {host!r} is neither an address nor a name of this machine") from None
    # asyncio sets TCP_NODELAY only if the protocol is given as TCP; without it, responses are delayed.
    listening = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # where it would let two services share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        # Two sockets can be bound to a port until one of them listens.
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise RiskmodelError(_bind_problem(error, host, port)) from None
    return listening


def _bind_problem(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: {port} of {host} is in use; give another, or 0 for a free one"
    if error.errno == errno.EACCES:
        return f"--port: {port} is reserved for the system; give one from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host: {host} is not an address of this machine"
    return f"cannot listen on {host}, port {port}: {error.strerror}"


def url(listening: socket.socket) -> str:
    """Return the URL of the page for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def is_public(listening: socket.socket) -> bool:
    """Check if a socket listens on all addresses of the machine."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_unspecified


def host_name(text: str, option: str) -> str:
    """Return a host name or address without brackets, in lower case, for comparison with Host headers.

    Parameters
    ----------
    option : the command line option, for messages.

    Raises
    ------
    RiskmodelError
        The text is not a host name, for example because it has a port.
    """
    name = text.removeprefix("[").removesuffix("]").lower()
    is_address = name.count(":") > 1
    if not re.fullmatch(r"[\w.-]+", name) and not is_address:
        raise RiskmodelError(f"{option}: should be a name such as example.org, without a port; got {text!r}")
    return name


def proxy_addresses(text: str) -> str:
    """Check addresses and networks of proxies, separated by commas; `*` is any.

    Raises
    ------
    RiskmodelError
        An entry is not an address or a network.
    """
    entries = [entry.strip() for entry in text.split(",")]
    for entry in entries:
        try:
            if entry != "*":
                ipaddress.ip_network(entry)
        except ValueError:
            message = f"should be addresses or networks such as 127.0.0.1 or 10.0.0.0/8, or *; got {entry!r}"
            raise RiskmodelError(f"--forwarded-allow-ips: {message}") from None
    return ",".join(entries)


def run(settings: Settings, listening: socket.socket, workers: int) -> None:
    """Serve until a signal, then finish the requests in progress.

    Parameters
    ----------
    workers : number of processes.

    Raises
    ------
    SystemExit
        With 0, after SIGTERM.
    KeyboardInterrupt
        After Ctrl-C.
    RiskmodelError
        A worker cannot start.
    """
    signal.signal(signal.SIGTERM, _exit)
    if workers == 1:
        _serve(settings, listening)
    else:
        _Workers(settings, listening).run(workers)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def _serve(settings: Settings, listening: socket.socket) -> None:
    app = create_app(settings)
    # What exists now is permanent, and need not be scanned by each garbage collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD)
    Server(app, settings.proxies).run(sockets=[listening])


class Server(uvicorn.Server):
    """The uvicorn server of one process, with the connections of `riskmodel.web.timeouts`.

    Parameters
    ----------
    app : the ASGI app.
    proxies : those whose forwarded headers count; see `Settings`.
    """

    def __init__(self, app: ASGIApp, proxies: str | None = None) -> None:
        self._connections = Connections(_MAX_CONNECTIONS)
        forwarded = {"proxy_headers": proxies is not None, "forwarded_allow_ips": proxies}
        options = {**_UVICORN_OPTIONS, **forwarded, "http": self._connections.protocol}
        super().__init__(uvicorn.Config(app, **options))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept the waiting connections, which would be reset, and end each connection after its response."""
        self._connections.is_shutting_down = True
        loop = asyncio.get_running_loop()
        waiting = [connection for listening in sockets or () for connection in _accepted(listening)]
        tasks = [loop.create_task(loop.connect_accepted_socket(self._protocol, connection)) for connection in waiting]
        await super().shutdown(sockets)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> asyncio.Protocol:
        state = self.lifespan.state
        return self._connections.protocol(config=self.config, server_state=self.server_state, app_state=state)


def _accepted(listening: socket.socket) -> Iterator[socket.socket]:
    """Accept and yield the waiting connections."""
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            connection.setblocking(False)
            yield connection


def _run_worker(settings: Settings, listening: socket.socket) -> None:
    """Serve as one of several processes; end with the parent process."""
    signal.signal(signal.SIGTERM, _exit)
    parent = parent_process()
    assert parent is not None  # noqa: S101  (started by _Workers)

    def exit_with_parent() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=exit_with_parent, daemon=True).start()
    # Ctrl-C reaches all processes; the parent reports it.
    with suppress(KeyboardInterrupt):
        _serve(settings, listening)


class _Workers:
    """Worker processes on one socket; a killed worker is replaced, and a failed one ends the service.

    `uvicorn.supervisors.Multiprocess` starts a worker that fails again and again, leaves workers running when it is
    killed, and cannot run a subclass of `uvicorn.Server`.
    """

    def __init__(self, settings: Settings, listening: socket.socket) -> None:
        self._settings, self._listening = settings, listening
        self._running: list[SpawnProcess] = []

    def run(self, count: int) -> None:
        """Keep a number of workers running until a signal; then let them finish."""
        try:
            for _ in range(count):
                self._start()
            while True:
                connection.wait([process.sentinel for process in self._running])
                for process in [process for process in self._running if not process.is_alive()]:
                    self._running.remove(process)
                    self._replace(process)
        finally:
            # While any process has it open, the system accepts connections that would never get a response.
            self._listening.close()
            # A second Ctrl-C reaches the workers too, and shortens their shutdown.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            for process in self._running:
                process.terminate()
            for process in self._running:
                process.join()

    def _start(self) -> None:
        process = get_context("spawn").Process(target=_run_worker, args=(self._settings, self._listening))
        process.start()
        self._running.append(process)

    def _replace(self, process: SpawnProcess) -> None:
        # A worker that was killed is replaced; one that failed would fail again.
        if process.exitcode is not None and process.exitcode > 0:
            raise RiskmodelError(f"a worker failed, with exit code {process.exitcode}")
        self._start()
