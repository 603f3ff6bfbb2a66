"""Connections: number, size of heads, timeouts, closing."""

import json
import re
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected

import httpx
import pytest
from serving import CORE, read_to_end, request_head

import riskmodel
from riskmodel.web import timeouts
from riskmodel.web.app import create_app
from riskmodel.web.server import Server, listen
from riskmodel.web.settings import Settings

SITUATION = json.dumps({"values": CORE}).encode()
MODEL = riskmodel.load_model()
ALIVE = request_head("/health/live", method="GET")


@contextmanager
def served(app=None):
    """Run a server in this process; yield its address and its uvicorn state."""
    server = Server(app or create_app(Settings(MODEL.spec)))
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield listening.getsockname(), server.server_state
        finally:
            server.should_exit = True
            thread.join()


def status_of(connection, request=ALIVE):
    """Send a request over a connection; return the status, or 0 if the connection is closed."""
    answer = HTTPResponse(connection)
    try:
        connection.sendall(request)
        answer.begin()
    except (BrokenPipeError, RemoteDisconnected):
        return 0
    assert len(answer.read()) == int(answer.headers["content-length"])
    return answer.status


def test_beyond_the_limit_the_connection_idle_longest_is_closed(monkeypatch):
    monkeypatch.setattr("riskmodel.web.server._MAX_CONNECTIONS", 8)
    score = request_head("/api/score", f"Content-Length: {len(SITUATION)}")
    with served() as (address, state), ExitStack() as stack:

        def connect():
            return stack.enter_context(socket.create_connection(address, timeout=10))

        busy = connect()
        busy.sendall(score)
        used, *silent = [connect() for _ in range(7)]
        # Before the server has accepted the others, `used` would be idle longer than they.
        until = time.monotonic() + 10
        while len(state.connections) < 8 and time.monotonic() < until:
            time.sleep(0.01)
        # Used, so that it is not the one idle longest.
        assert status_of(used) == 200
        silent += [connect() for _ in range(4)]
        assert [status_of(connection) for connection in (connect(), connect())] == [200, 200]
        assert len(state.connections) == 8
        assert status_of(busy, SITUATION) == 200
        assert status_of(used) == 200
        assert [connection.recv(1) for connection in silent[:-4]] == [b""] * 6
        assert [status_of(connection) for connection in silent[-4:]] == [200] * 4


def test_idle_connections_block_no_others(server):
    with ExitStack() as stack:
        silent = [stack.enter_context(server.connected()) for _ in range(850)]
        for index in range(0, 850, 50):
            silent[index].sendall(b"GET / HT") if index >= 100 else None
            assert httpx.get(f"{server.url}health/live").status_code == 200
        assert httpx.post(f"{server.url}api/score", content=SITUATION).status_code == 200
        assert status_of(silent[-1]) == 200
        assert silent[0].recv(1) == b""


def long_head(size, path="/health/live", *more):
    """Return a request with a head of some size."""
    rest = size - len(request_head(path, *more, "X: ", method="GET"))
    return request_head(path, *more, "X: " + "x" * rest, method="GET")


@pytest.mark.parametrize(("size", "status"), [(32_768, 200), (32_769, 431), (60_000, 431), (250_000, 431)])
@pytest.mark.parametrize("pieces", [1, 7])
def test_the_limit_of_heads(server, size, status, pieces):
    request = long_head(size)
    assert len(request) == size
    with server.connected() as connection:
        step = -(-size // pieces)
        for start in range(0, size, step):
            connection.sendall(request[start : start + step])
            time.sleep(0.01)
        answer = connection.recv(65536)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        if status == 431:
            assert b"32,768 bytes" in answer + read_to_end(connection)


@pytest.mark.parametrize(
    "before",
    [
        request_head("/health/live", method="GET"),
        request_head("/api/score", f"Content-Length: {len(SITUATION)}") + SITUATION,
        request_head("/api/score", "Content-Length: 300000") + b" " * 300_000,
    ],
    ids=["answered", "with a body", "refused"],
)
@pytest.mark.parametrize(("size", "status"), [(32_768, 200), (32_769, 431)])
def test_the_limit_of_heads_after_another_request(server, before, size, status):
    with server.connected() as connection:
        connection.sendall(before + long_head(size, "/health/live", "Connection: close"))
        answer = read_to_end(connection)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer)[-1] == str(status).encode()


def test_a_malformed_body_gets_one_error_response(server):
    for path in ("/health/live", "/api/score"):
        with server.connected() as connection:
            connection.sendall(request_head(path, "Transfer-Encoding: chunked") + b"zz\r\n")
            answer = read_to_end(connection)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1") == 1
    assert httpx.get(f"{server.url}health/ready").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["kept", "closed"])
def test_shutdown_resets_no_connection(headers):
    counts = Counter()

    def ask(address):
        """Send requests, over one connection while it is kept open, until connections are refused."""
        while True:
            connection = HTTPConnection(*address, timeout=10)
            try:
                connection.connect()
            except (ConnectionRefusedError, ConnectionResetError):
                # The kernel resets a handshake that is under way when the socket closes; nothing has been sent yet.
                return
            with closing(connection):
                while connection.sock is not None:
                    connection.request("POST", "/api/score", SITUATION, headers)
                    answer = connection.getresponse()
                    counts[answer.status, len(answer.read()) > 1000] += 1

    with ThreadPoolExecutor(8) as pool:
        with served() as (address, _):
            runs = [pool.submit(ask, address) for _ in range(8)]
            time.sleep(0.3)
        for run in runs:
            run.result(20)
    assert list(counts) == [(200, True)]


@pytest.fixture
def impatient(monkeypatch):
    """A server in this process with short timeouts."""
    monkeypatch.setattr(timeouts, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(timeouts, "WRITE_SECONDS", 0.3)
    with served() as address_and_state:
        yield address_and_state


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /api/score HTTP/1.1\r\nHost: loc",
        request_head("/health/live", method="GET") + b"GET /hea",
        request_head("/api/score", "Content-Length: 100000000"),
    ],
    ids=["nothing", "half a head", "half a second head", "a body that was refused"],
)
def test_a_head_that_does_not_arrive_closes_the_connection(impatient, sent):
    address, _ = impatient
    with socket.create_connection(address) as connection:
        connection.sendall(sent)
        began = time.monotonic()
        ended = False
        while time.monotonic() - began < 3 and not ended:
            time.sleep(0.05)
            try:
                connection.sendall(b" ")
                connection.settimeout(0.01)
                ended = connection.recv(65536) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert ended
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}") as http:
        for _ in range(3):
            assert http.get("/health/live").status_code == 200
            time.sleep(0.4)


def test_a_response_that_is_not_read_closes_the_connection(impatient):
    table = b"espionage\n" + b"3\n" * 200_000
    address, state = impatient
    with socket.create_connection(address) as connection:
        connection.sendall(request_head("/api/batch", f"Content-Length: {len(table)}") + table)
        until = time.monotonic() + 20
        while not state.connections:
            assert time.monotonic() < until
        while state.connections:
            assert time.monotonic() < until
            time.sleep(0.05)
