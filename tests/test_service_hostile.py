"""Requests that are random, damaged, endless, slow or many: the service refuses them and goes on answering others."""

import asyncio
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest
import schemathesis
from batch_runs import parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance
from serving import CORE, all_of, client, head, running
from test_service_limits import ASKED, Held

import riskmodel
from riskmodel.report.data import assessment_data
from riskmodel.web import answers, patience, run
from riskmodel.web.address import listen
from riskmodel.web.app import create_app
from riskmodel.web.run import Server
from riskmodel.web.settings import Limits, Settings

SITUATION = json.dumps({"values": CORE}).encode()
MODEL = riskmodel.load_model()
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}

document = schemathesis.openapi.from_asgi(
    "/openapi.json", create_app(Settings(MODEL.spec, hosts=frozenset({"testserver"})))
)


@pytest.fixture(scope="module")
def service():
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def near():
    with client(MODEL) as asks:
        yield asks


# Random


@document.parametrize()
@settings(max_examples=20, **QUIET)
def test_random_requests_are_answered_as_the_document_says(case):
    # That a document is valid does not say that its names are those of the model.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


VALUES = st.none() | st.floats(-1e6, 1e6) | st.integers(0, 20) | st.sampled_from(["calm", ""])
RANGES = st.fixed_dictionaries({"low": st.floats(0, 5), "high": st.floats(4, 10)})


@given(values=st.dictionaries(st.sampled_from([*MODEL.spec.indicators, "other"]), VALUES | RANGES, max_size=14))
@settings(max_examples=60, **QUIET)
def test_random_situations_get_what_the_model_says_of_them(near, values):
    answer = near.post("/api/score", {"values": values})
    problems = []
    try:
        expected = assessment_data(MODEL.assess(values))
    except riskmodel.RiskmodelError as error:
        problems = error.problems
    if problems:
        assert answer.status_code == 422
        told = [fault["detail"] for fault in answer.json()["errors"]]
        # The service goes on to the values where a situation is at fault in itself, as the reader of files does.
        assert {problem.message for problem in problems} <= set(told)
    else:
        assert answer.json() == json.loads(json.dumps(expected))
        answers.Assessment.model_validate(answer.json())


def broken_tables():
    """Tables of which bytes were changed, cut out, or put in."""
    rng = random.Random(4)
    frame = {"espionage": np.arange(300.0), "note": ["text"] * 150 + ["x, y"] * 150}
    csv = b"espionage,note\n" + b"".join(b'%d,"text, \xc3\xa9"\n' % row for row in range(300))
    packed = pa.compress(csv, "gzip", asbytes=True)
    for whole in (csv, packed, parquet(pa.table(frame)), parquet(pa.table(frame), compression="zstd")):
        for _ in range(40):
            data = bytearray(whole)
            at = rng.randrange(len(data))
            if rng.random() < 0.6:
                data[at] = rng.randrange(256)
            elif rng.random() < 0.5:
                del data[at : at + rng.randrange(1, 200)]
            else:
                data[at:at] = rng.randbytes(rng.randrange(1, 50))
            yield bytes(data)


def test_damaged_tables(near, caplog):
    statuses = {}
    for table in broken_tables():
        answer = near.post("/api/batch", table)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 413, 422), (table, answer.text)
        if answer.status_code == 200:
            last = json.loads(answer.text.splitlines()[-1])
            assert "done" in last or last["problem"]["status"] == 422, last
    assert min(statuses[200], statuses[422]) > 20
    assert caplog.text == ""


HOSTILE = [
    ("/api/score", b"[" * 100_000),
    ("/api/score", b'{"values":' * 40_000),
    ("/api/score", b'{"values": {"espionage": NaN}}'),
    ("/api/score", b'{"values": {"espionage": 1e999}}'),
    ("/api/score", b'{"values": {"espionage": ' + b"9" * 200_000 + b"}}"),
    ("/api/score", b'{"values": {"' + b"espionage" * 20_000 + b'": 1}}'),
    ("/api/score", json.dumps({f"espionag{n}": n for n in range(1_900)}).encode()),
    ("/api/score", json.dumps({"values": {f"espionag{n}": n for n in range(1_900)}}).encode()),
    ("/api/score", json.dumps({"values": {f"espionag{n}": {"low": 1, "hihg": 2} for n in range(600)}}).encode()),
    ("/api/score", json.dumps({"values": {}, "doubts": [None] * 1_900}).encode()),
    ("/api/score", b"x" * 300_000),
    ("/api/score", b"\x00" * 1_000),
    ("/api/score", b'"' + b"\\u0000" * 1_000 + b'"'),
    ("/api/score", b"null"),
    ("/api/levers", json.dumps({"situation": {"values": CORE}, "target": "not " * 10_000}).encode()),
    ("/api/levers", json.dumps({"situation": {"values": CORE}, "target": "(" * 400}).encode()),
    ("/api/levers", json.dumps({"situation": {"values": CORE}, "target": "-" * 400 + "1 <= escalation"}).encode()),
    ("/api/uncertainty", json.dumps({"situation": {"values": CORE}, "draws": 1e300}).encode()),
    ("/api/uncertainty", json.dumps({"situation": {"values": CORE}, "seed": 10**14, "weights": 1e-300}).encode()),
    ("/api/batch", b"espionage\n" + b'"' * 100_000),
    ("/api/batch", b"espionage" + b"," * 200_000 + b"\n1\n"),
    ("/api/batch", b"\n" * 100_000),
    ("/api/batch", b"espionage\n" + b"1,2\n" * 20_000),
    ("/api/batch?explain=" + "x" * 5_000, b"espionage\n1\n"),
]


@pytest.mark.parametrize(("path", "body"), HOSTILE, ids=range(len(HOSTILE)))
def test_no_body_takes_the_service_long_or_makes_it_fail(near, caplog, path, body):
    began = time.perf_counter()
    answer = near.post(path, body)
    assert time.perf_counter() - began < 3
    assert answer.status_code in (200, 400, 413, 422), answer.text
    # What is wrong is told, and not all of what was sent is sent back.
    assert answer.status_code == 200 or len(answer.content) < 100_000
    assert caplog.text == ""


# Many


def resident(process):
    """Bytes of memory that a process has."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read from /proc")
def test_memory_does_not_grow(service):
    small = [(path, body) for path, body in HOSTILE if len(body) < 2_000]
    small += [("/api/score", SITUATION), ("/nothing", b""), ("/api/batch", b"espionage\n3\n")] * 5
    large = [(path, body) for path, body in HOSTILE if len(body) >= 2_000]
    assert min(len(small), len(large)) > 5

    def ask(number):
        for place in range(number):
            path, body = large[place // 100 % len(large)] if place % 100 == 0 else small[place % len(small)]
            assert service.client.post(path, content=body).status_code < 500

    for path, body in (*small, *large):
        service.client.post(path, content=body)
    ask(300)
    before = resident(service.process)
    ask(1_200)
    assert resident(service.process) - before < 20e6


def test_two_hundred_at_once(service):
    async def ask():
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=service.url, limits=limits, timeout=60) as asks:
            return await asyncio.gather(*(asks.post("/api/score", content=SITUATION) for _ in range(200)))

    answers = asyncio.run(ask())
    assert {answer.status_code for answer in answers} <= {200, 503}
    done = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(done) > 100
    assert all(answer == done[0] for answer in done)


# Very many, and very large


@contextmanager
def served(app=None):
    """A server in this process: the address, and uvicorn's state of it."""
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


ALIVE = head("/health/live", method="GET")


def asked(connection, request=ALIVE):
    """The status that a request over a connection gets; 0 where the connection has been closed."""
    answer = HTTPResponse(connection)
    try:
        connection.sendall(request)
        answer.begin()
    except (BrokenPipeError, RemoteDisconnected):
        return 0
    assert len(answer.read()) == int(answer.headers["content-length"])
    return answer.status


def test_beyond_the_limit_the_connection_that_has_been_silent_the_longest_is_ended(monkeypatch):
    monkeypatch.setattr(run, "_MAX_CONNECTIONS", 8)
    score = head("/api/score", f"Content-Length: {len(SITUATION)}")
    with served() as (address, state), ExitStack() as stack:

        def connect():
            return stack.enter_context(socket.create_connection(address, timeout=10))

        busy = connect()
        busy.sendall(score)
        used, *silent = [connect() for _ in range(7)]
        # The first of them would be the next to go, had it not been used since.
        assert asked(used) == 200
        silent += [connect() for _ in range(4)]
        assert [asked(connection) for connection in (connect(), connect())] == [200, 200]
        assert len(state.connections) == 8
        assert asked(busy, SITUATION) == 200
        assert asked(used) == 200
        assert [connection.recv(1) for connection in silent[:-4]] == [b""] * 6
        assert [asked(connection) for connection in silent[-4:]] == [200] * 4


def test_the_silent_keep_nobody_out(service):
    with ExitStack() as stack:
        silent = [stack.enter_context(service.connected()) for _ in range(850)]
        for place in range(0, 850, 50):
            silent[place].sendall(b"GET / HT") if place >= 100 else None
            assert httpx.get(f"{service.url}health/live").status_code == 200
        check_answers(service)
        assert asked(silent[-1]) == 200
        assert silent[0].recv(1) == b""


def long_head(size, path="/health/live", *more):
    """A request with a head of so many bytes."""
    rest = size - len(head(path, *more, "X: ", method="GET"))
    return head(path, *more, "X: " + "x" * rest, method="GET")


@pytest.mark.parametrize(("size", "status"), [(32_768, 200), (32_769, 431), (60_000, 431), (250_000, 431)])
@pytest.mark.parametrize("pieces", [1, 7])
def test_a_head_is_as_large_as_it_may_be_and_no_larger(service, size, status, pieces):
    request = long_head(size)
    assert len(request) == size
    with service.connected() as connection:
        step = -(-size // pieces)
        for start in range(0, size, step):
            connection.sendall(request[start : start + step])
            time.sleep(0.01)
        answer = connection.recv(65536)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        if status == 431:
            assert b"32,768 bytes" in answer + all_of(connection)


@pytest.mark.parametrize(
    "before",
    [
        head("/health/live", method="GET"),
        head("/api/score", f"Content-Length: {len(SITUATION)}") + SITUATION,
        head("/api/score", "Content-Length: 300000") + b" " * 300_000,
    ],
    ids=["answered", "with a body", "refused"],
)
@pytest.mark.parametrize(("size", "status"), [(32_768, 200), (32_769, 431)])
def test_so_is_a_head_that_comes_behind_another_request(service, before, size, status):
    with service.connected() as connection:
        connection.sendall(before + long_head(size, "/health/live", "Connection: close"))
        answer = all_of(connection)
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer)[-1] == str(status).encode()


def test_a_body_that_is_no_http_is_refused_once(service):
    for path in ("/health/live", "/api/score"):
        with service.connected() as connection:
            connection.sendall(head(path, "Transfer-Encoding: chunked") + b"zz\r\n")
            answer = all_of(connection)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1") == 1
    check_answers(service)


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["kept", "closed"])
def test_a_service_that_ends_resets_no_connection(headers):
    counts = Counter()

    def ask(address):
        """Ask again and again, over one connection as long as the answers let it be, until nobody listens."""
        while True:
            connection = HTTPConnection(*address, timeout=10)
            try:
                connection.connect()
            except ConnectionRefusedError:
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
        for found in runs:
            found.result(20)
    assert list(counts) == [(200, True)]


# Slow, and gone


def check_answers(service):
    began = time.perf_counter()
    assert service.client.post("/api/score", content=SITUATION).status_code == 200
    assert time.perf_counter() - began < 2


def test_slow_clients_keep_nobody_waiting(service):
    connections = [service.connected() for _ in range(50)]
    for place, connection in enumerate(connections):
        path = "/api/batch" if place % 10 == 0 else "/api/score"
        connection.sendall(head(path, "Content-Length: 1000") if place % 2 else b"POST /api/score HT")
    for _ in range(5):
        for connection in connections[1::2]:
            connection.sendall(b" ")
        check_answers(service)
    for connection in connections:
        connection.close()
    check_answers(service)


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        head("/api/score", "Content-Length: -1"),
        head("/api/score", "Content-Length: 5", "Transfer-Encoding: chunked"),
        head("/api/score", "Transfer-Encoding: chunked") + b"zz\r\n",
        head("/api/score", "X: " + "x" * 100_000),
        b"GET /" + b"x" * 100_000,
    ],
    ids=range(11),
)
def test_what_is_no_http_is_refused(service, said):
    with service.connected() as connection:
        connection.sendall(said)
        connection.shutdown(1)
        answer = all_of(connection)
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
    check_answers(service)


def test_a_body_too_large_is_refused_while_it_is_sent(service):
    with service.connected() as connection:
        connection.sendall(head("/api/score", "Content-Length: 100000000", "Connection: close"))
        connection.sendall(b" " * 300_000)
        # Without a reset: all of the answer comes, and then the end.
        answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"}")
    check_answers(service)


@pytest.fixture
def impatient(monkeypatch):
    """A service in this process that waits for a moment only."""
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(patience, "TAKING_SECONDS", 0.3)
    with served() as found:
        yield found


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"POST /api/score HTTP/1.1\r\nHost: loc",
        head("/health/live", method="GET") + b"GET /hea",
        head("/api/score", "Content-Length: 100000000"),
    ],
    ids=["nothing", "half a head", "half a second head", "a body that was refused"],
)
def test_a_head_that_does_not_come_ends_the_connection(impatient, said):
    address, _ = impatient
    with socket.create_connection(address) as connection:
        connection.sendall(said)
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
    with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}") as asks:
        for _ in range(3):
            assert asks.get("/health/live").status_code == 200
            time.sleep(0.4)


def test_an_answer_that_is_not_taken_ends_the_connection(impatient):
    table = b"espionage\n" + b"3\n" * 200_000
    address, state = impatient
    with socket.create_connection(address) as connection:
        connection.sendall(head("/api/batch", f"Content-Length: {len(table)}") + table)
        until = time.monotonic() + 20
        while not state.connections:
            assert time.monotonic() < until
        while state.connections:
            assert time.monotonic() < until
            time.sleep(0.05)


def call(app, path, body, leaves_after=0.1, takes=True):
    """Call an app as a server does for a client that sends a body, then goes away, or does not take the answer."""
    sent = []

    async def ask():
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if messages:
                return messages.pop()
            await asyncio.sleep(leaves_after)
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if not takes and message["type"] == "http.response.body":
                await asyncio.sleep(60)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "state": {},
        }
        await app(scope, receive, send)

    asyncio.run(ask())
    return sent


def test_an_analysis_whose_client_has_gone_is_ended(monkeypatch):
    held = Held()
    monkeypatch.setattr("riskmodel.analysis.uncertainty.uncertainty.uncertainty", held)
    app = create_app(Settings(MODEL.spec, limits=Limits(analyses_at_once=1)))
    began = time.monotonic()
    call(app, "/api/uncertainty", json.dumps(ASKED).encode())
    assert held.ended.wait(5)
    assert time.monotonic() - began < 5
    held.go.set()
    (start, _) = call(app, "/api/uncertainty", json.dumps(ASKED).encode())
    assert start["status"] == 200


@pytest.mark.parametrize(("leaves_after", "takes"), [(0.1, False), (60, False), (0.0, True)])
def test_a_table_whose_client_has_gone_or_does_not_read_is_given_up(monkeypatch, leaves_after, takes):
    monkeypatch.setattr("riskmodel.web.batch._LAST_WORD_SECONDS", 0.1)
    limits = Limits(batches_at_once=1, batch_seconds=2)
    app = create_app(Settings(MODEL.spec, limits=limits))
    table = b"espionage\n" + b"3\n" * 100_000
    began = time.monotonic()
    call(app, "/api/batch", table, leaves_after, takes)
    assert time.monotonic() - began < 10
    until = time.monotonic() + 5
    while (start := call(app, "/api/batch", b"espionage\n3\n", 60)[0])["status"] != 200:
        assert time.monotonic() < until, start
