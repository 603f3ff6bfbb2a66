"""Clients of the service for tests: of an app in this process, or of `riskmodel serve` over a socket."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx

import riskmodel
from riskmodel.documents.document import read
from riskmodel.web import problems
from riskmodel.web.app import create_app
from riskmodel.web.settings import Limits, Settings

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
CORE = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}


def content(path):
    """A situation file as plain data."""
    return read(path).root.plain()


class Client:
    """A client of an app in this process."""

    def __init__(self, app):
        self.app, self._loop = app, asyncio.new_event_loop()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    def request(self, method, path, **options):
        return self._loop.run_until_complete(self._client.request(method, path, **options))

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        """Post bytes unchanged, other data as JSON."""
        content = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
        return self.request("POST", path, content=content, **options)

    def together(self, *requests):
        """Send several posts (path, body) concurrently and return their responses."""

        async def ask():
            posts = (self._client.post(path, content=json.dumps(body).encode()) for path, body in requests)
            return await asyncio.gather(*posts)

        return self._loop.run_until_complete(ask())

    def close(self):
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()


@contextmanager
def client(model=None, limits=None, **options):
    """A client of an app, by default with the default model."""
    model = model or riskmodel.load_model()
    app = create_app(Settings(model.spec, limits=limits or Limits(), **options))
    app_client = Client(app)
    try:
        yield app_client
    finally:
        app_client.close()


def command_line(*arguments):
    return [sys.executable, "-m", "riskmodel", "serve", *map(str, arguments)]


def run(*arguments, **environment):
    """Run a command that ends by itself."""
    environment = {**ENVIRONMENT, **environment}
    return subprocess.run(
        command_line(*arguments), capture_output=True, text=True, env=environment, cwd=ROOT, check=False, timeout=60
    )


class Running:
    """A running `riskmodel serve` at `url`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            command_line("--port", "0", *arguments), stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT
        )
        self.url = self.process.stderr.readline().strip()
        assert self.url.startswith("http://"), self.url + self.process.stderr.read()
        self.host, port = self.url.removeprefix("http://").rstrip("/").rsplit(":", 1)
        self.port = int(port)
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def connected(self):
        """Return a connected socket."""
        return socket.create_connection((self.host, self.port), timeout=30)

    def ready(self):
        """Wait until it responds."""
        assert self.client.get("/health/ready").status_code == 200
        return self

    def workers(self):
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return {int(pid) for pid in children.split() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    def end(self, number=signal.SIGTERM):
        """Send a signal; return the exit code and the rest of standard error."""
        self.client.close()
        self.process.send_signal(number)
        stderr = self.process.stderr.read()
        code = self.process.wait(60)
        self.process.stderr.close()
        return code, stderr


@contextmanager
def running(*arguments):
    """A running service, ended afterwards."""
    service = Running(*arguments)
    try:
        yield service.ready()
    finally:
        if service.process.poll() is None:
            service.end()


def request_head(path, *headers, method="POST"):
    """Return the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_to_end(connection):
    """Read until the other side closes the connection, at most for half a minute."""
    until, data = time.monotonic() + 30, b""
    while time.monotonic() < until and (part := connection.recv(65536)):
        data += part
    return data


def problem_of(answer, status):
    """Check status and form of an error response; return its problem details."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    data = answer.json()
    problems.ProblemDetails.model_validate(data, strict=True)
    assert (data["status"], data["type"]) == (status, "about:blank")
    assert str(ROOT) not in answer.text
    return data


SITUATION = {"values": CORE}
REQUEST = {"situation": SITUATION, "weight_uncertainty": 0.2}


class BlockingAnalysis:
    """An analysis that runs until `go` is set or until it is cancelled."""

    def __init__(self):
        self.go, self.begun, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, *given, on_progress, **options):
        self.begun.set()
        try:
            while not self.go.wait(0.01):
                on_progress(0.5, "nothing")
        finally:
            self.ended.set()
        return self

    def to_json(self):
        return b"{}"
