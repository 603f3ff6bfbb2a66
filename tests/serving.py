"""How tests ask the service: in this process, or as `riskmodel serve` with a socket."""

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
from riskmodel.web import problems
from riskmodel.web.app import create_app
from riskmodel.web.settings import Limits, Settings

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
CORE = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}


class Client:
    """Asks an app in this process, one request after the other."""

    def __init__(self, app):
        self.app, self._loop = app, asyncio.new_event_loop()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")

    def request(self, method, path, **how):
        return self._loop.run_until_complete(self._client.request(method, path, **how))

    def get(self, path, **how):
        return self.request("GET", path, **how)

    def post(self, path, body=None, **how):
        """Post bytes as they are, all else as JSON."""
        content = body if isinstance(body, bytes | type(None)) else json.dumps(body).encode()
        return self.request("POST", path, content=content, **how)

    def together(self, *requests):
        """The answers to several posts (path, body) that are under way at once."""

        async def ask():
            posts = (self._client.post(path, content=json.dumps(body).encode()) for path, body in requests)
            return await asyncio.gather(*posts)

        return self._loop.run_until_complete(ask())

    def close(self):
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()


@contextmanager
def client(model=None, limits=None, **how):
    """A client of an app with a model, the default one without it."""
    model = model or riskmodel.load_model()
    app = create_app(Settings(model.spec, limits=limits or Limits(), **how))
    asks = Client(app)
    try:
        yield asks
    finally:
        asks.close()


def words(*said):
    return [sys.executable, "-m", "riskmodel", "serve", *map(str, said)]


def run(*said, **environment):
    """Run the command to its end, which it finds by itself."""
    found = {**ENVIRONMENT, **environment}
    return subprocess.run(words(*said), capture_output=True, text=True, env=found, cwd=ROOT, check=False, timeout=60)


class Running:
    """A service that is running; `url` is where."""

    def __init__(self, *said):
        self.process = subprocess.Popen(
            words("--port", "0", *said), stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT
        )
        self.url = self.process.stderr.readline().strip()
        assert self.url.startswith("http://"), self.url + self.process.stderr.read()
        self.host, port = self.url.removeprefix("http://").rstrip("/").rsplit(":", 1)
        self.port = int(port)
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def connected(self):
        """A socket that is connected to it."""
        return socket.create_connection((self.host, self.port), timeout=30)

    def ready(self):
        """Wait until it answers."""
        assert self.client.get("/health/ready").status_code == 200
        return self

    def workers(self):
        """The processes that answer, where there are several."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return {int(pid) for pid in children.split() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}

    def end(self, number=signal.SIGTERM):
        """Tell it to end; its exit code, and what more it wrote to standard error."""
        self.client.close()
        self.process.send_signal(number)
        told = self.process.stderr.read()
        code = self.process.wait(60)
        self.process.stderr.close()
        return code, told


@contextmanager
def running(*said):
    """A service that is running, and is told to end if it has not."""
    service = Running(*said)
    try:
        yield service.ready()
    finally:
        if service.process.poll() is None:
            service.end()


def request_head(path, *headers, method="POST"):
    """The head of a request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_to_end(connection):
    """What comes until the other side closes the connection, or half a minute passes."""
    until, found = time.monotonic() + 30, b""
    while time.monotonic() < until and (part := connection.recv(65536)):
        found += part
    return found


def problem_of(answer, status):
    """The problem details of an answer."""
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
    """An analysis that goes on until it is let go, or until it is told that nobody waits."""

    def __init__(self):
        self.go, self.begun, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, *given, on_progress, **how):
        self.begun.set()
        try:
            while not self.go.wait(0.01):
                on_progress(0.5, "nothing")
        finally:
            self.ended.set()
        return self

    def to_json(self):
        return b"{}"
