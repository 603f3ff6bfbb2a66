"""`riskmodel serve` as a process: start, invalid options, shutdown."""

import os
import pickle
import queue
import re
import signal
import socket
import time
from pathlib import Path

import click
import pytest
from serving import CORE, ROOT, read_to_end, request_head, run, running

import riskmodel
from riskmodel.cli.main import main
from riskmodel.errors import RiskmodelError
from riskmodel.model import Model
from riskmodel.web.server import url
from riskmodel.web.settings import Limits

EXAMPLES = ROOT / "examples"

MODEL = """
format: 1
id: mine
indicators:
  x: {scale: {goalposts: [0, 10]}}
scores:
  s: {weights: {x: 1}}
"""


@pytest.fixture(scope="module")
def server():
    with running("examples/article_case.yaml") as process:
        yield process


def test_it_prints_its_address_and_nothing_else(server):
    assert server.url == f"http://127.0.0.1:{server.port}/"
    answer = server.client.post("/api/score", json={"values": CORE})
    assert answer.json()["scores"]["escalation"]["reported"] == 64.8
    assert "server" not in answer.headers
    assert server.client.get("/").headers["content-type"].startswith("text/html")


def test_it_responds_without_delay(server):
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        server.client.post("/api/score", json={"values": CORE})
        seconds.append(time.perf_counter() - began)
    # Without TCP_NODELAY each response would take 40 ms.
    assert sorted(seconds)[10] < 0.03


def test_it_listens_on_localhost_by_default(server):
    with server.connected() as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: risk.example\r\nConnection: close\r\n\r\n")
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert b"application/problem+json" in answer
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=2)


def test_a_port_that_is_in_use(server):
    done = run("--port", server.port)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"--port: {server.port} of 127.0.0.1 is in use; give another, or 0 for a free one",
        "1 error",
    ]


@pytest.fixture
def started(monkeypatch):
    """Run the command up to the point of serving; return its settings and number of workers."""
    starts = []
    monkeypatch.setattr(
        "riskmodel.web.server.run", lambda settings, listening, workers: starts.append((settings, workers))
    )

    def start(*arguments):
        main.main(["serve", *map(str, arguments), "--port", "0"], standalone_mode=False)
        return starts.pop()

    return start


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "bilateral-tensoin"], "did you mean 'bilateral-tension'"),
        (["nothing.yaml"], "there is no such file"),
        ([EXAMPLES / "dyad_months.csv"], "has 40 situations; the page begins with a single one"),
        (["--host", "no.such.host.invalid"], "neither an address nor a name of this machine"),
        (["--host", "192.0.2.1"], "not an address of this machine"),
        (["--allow-host", "http://risk.example"], "should be a name such as example.org"),
        (["--allow-host", "risk.example:443"], "without a port"),
        (["--allow-host", "*"], "--allow-host: should be a name such as example.org"),
        (["--host", ""], "--host: should be a name"),
        (["--max-seconds", "inf"], "--max-seconds: should be a finite number"),
    ],
)
def test_invalid_arguments_are_errors(started, capsys, arguments, message):
    with pytest.raises(RiskmodelError, match=re.escape(message)):
        started(*arguments)
    # Remarks on a table may be printed, but no address.
    assert "http" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--workers", "0"], ["--max-seconds", "0"], ["--max-upload", "0"], ["--hots", "x"]]
)
def test_invalid_values_of_options(started, arguments):
    with pytest.raises(click.UsageError):
        started(*arguments)


def test_a_model_that_is_not_fitted_yet(started, write):
    with pytest.raises(RiskmodelError, match="fit"):
        started("-m", write("m.yaml", MODEL.replace("goalposts: [0, 10]", "fit: minmax")))


def test_without_options(started, capsys):
    settings, workers = started()
    assert (settings.model.id, settings.situation, settings.limits, workers) == ("bilateral-tension", None, Limits(), 1)
    assert settings.hosts == {"127.0.0.1"}
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\n", capsys.readouterr().err)


EVERYWHERE = "0.0.0.0"  # noqa: S104


def test_other_addresses(started, capsys):
    settings, _ = started("--host", EVERYWHERE, "--allow-host", "Risk.Example", "--allow-host", "[2001:db8::1]")
    assert settings.hosts == {EVERYWHERE, "risk.example", "2001:db8::1"}
    assert capsys.readouterr().err.startswith("http://localhost:")


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("::", "localhost"), (EVERYWHERE, "localhost")]
)
def test_the_url_is_valid_in_a_browser(host, shown):
    class Listening:
        def getsockname(self):
            return (host, 8000, 0, 0)

    assert url(Listening()) == f"http://{shown}:8000/"


def test_the_page_is_opened(started, monkeypatch):
    opened = queue.Queue()
    monkeypatch.setattr("webbrowser.open", opened.put)
    started("--open")
    assert opened.get(timeout=5).startswith("http://127.0.0.1:")


def test_settings_can_be_pickled_and_name_no_file(started, write):
    write("m.yaml", MODEL)
    path = write("s.yaml", "{model: m.yaml, title: mine, values: {x: 4}}")
    settings, _ = started(path)
    sent = pickle.dumps(settings)
    assert str(path.parent).encode() not in sent
    assert b"m.yaml" not in sent
    received = pickle.loads(sent)  # noqa: S301
    assert Model(received.model).identity == riskmodel.load_model(path.with_name("m.yaml")).identity
    assert Model(received.model).assess(received.situation)["s"].value == 40


def test_missing_libraries_are_named(write, tmp_path):
    """Missing packages of the extra `serve` are named."""
    write("sitecustomize.py", "import sys\nsys.modules['uvicorn'] = None\n")
    done = run("--port", "0", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert done.returncode == 2
    assert "pip install uvicorn" in done.stderr
    assert "[serve]" in done.stderr


def test_limits_that_can_be_set(started):
    limits = started("--max-upload", "1", "--max-seconds", "2")[0].limits
    assert (limits.upload_bytes, limits.unpacked_bytes) == (1_000_000, 4_000_000)
    assert (limits.analysis_seconds, limits.batch_seconds) == (2, 8)
    assert limits.rows == Limits().rows


# How it ends


def slow_batch(service):
    """Send the first part of a table; return the connection and the rest."""
    table = b"espionage\n" + b"3\n" * 20_000
    connection = service.connected()
    connection.sendall(request_head("/api/batch", f"Content-Length: {len(table)}", "Connection: close"))
    connection.sendall(table[:1000])
    time.sleep(0.3)
    return connection, table[1000:]


def wait_until_refused(service):
    until = time.monotonic() + 15
    while time.monotonic() < until:
        try:
            service.connected().close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    pytest.fail("the service still listens")


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_requests_in_progress_are_finished_after_a_signal(workers):
    with running("--workers", workers) as service:
        connection, rest = slow_batch(service)
        service.process.send_signal(signal.SIGTERM)
        wait_until_refused(service)
        assert service.process.poll() is None
        with connection:
            connection.sendall(rest)
            answer = read_to_end(connection)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b'"rows_out":20000' in answer
        assert service.process.wait(30) == 0
        assert service.process.stderr.read() == ""


INTERRUPTED = (130, "\ninterrupted\n")


@pytest.mark.server
def test_ctrl_c_ends_it_without_a_traceback():
    with running() as service:
        assert service.end(signal.SIGINT) == INTERRUPTED


@pytest.mark.server
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the processes of a service are found in /proc")
def test_a_worker_that_dies_is_replaced_and_ctrl_c_ends_all():
    with running("--workers", 2) as service:
        before = service.workers()
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        until = time.monotonic() + 30
        while len(service.workers() - before) < 1:
            assert time.monotonic() < until
            time.sleep(0.1)
        for _ in range(10):
            answer = service.client.post("/api/score", json={"values": CORE}, headers={"Connection": "close"})
            assert answer.status_code == 200
        assert service.end(signal.SIGINT) == INTERRUPTED
