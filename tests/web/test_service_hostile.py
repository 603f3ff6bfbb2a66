"""Random, damaged, endless, slow or numerous requests: they are rejected, and others are served."""

import asyncio
import json
import random
import re
import time
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest
import schemathesis
from batch_runs import parquet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance
from serving import CORE, REQUEST, BlockingAnalysis, client, read_to_end, request_head

import riskmodel
from riskmodel.web.app import create_app
from riskmodel.web.settings import Limits, Settings

SITUATION = json.dumps({"values": CORE}).encode()
MODEL = riskmodel.load_model()
QUIET = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}

document = schemathesis.openapi.from_asgi(
    # The most draws and situations take longer than schemathesis waits.
    "/openapi.json",
    create_app(Settings(MODEL.spec, hosts=frozenset({"testserver"}), limits=Limits(analysis_seconds=0.5))),
)


@pytest.fixture(scope="module")
def near():
    with client(MODEL) as http:
        yield http


# Random


@document.parametrize()
@settings(max_examples=20, **QUIET)
def test_random_requests_get_documented_responses(case):
    # A valid document may have names that the model lacks.
    excluded = [positive_data_acceptance]
    answer = case.call()
    if answer.status_code == 503:
        assert "time limit" in answer.text or "no more at once" in answer.text
        excluded.append(not_a_server_error)
    case.validate_response(answer, excluded_checks=excluded)


VALUES = st.none() | st.floats(-1e6, 1e6) | st.integers(0, 20) | st.sampled_from(["calm", ""])
RANGES = st.fixed_dictionaries({"low": st.floats(0, 5), "high": st.floats(4, 10)})


@given(values=st.dictionaries(st.sampled_from([*MODEL.spec.indicators, "other"]), VALUES | RANGES, max_size=14))
@settings(max_examples=60, **QUIET)
def test_random_situations_get_the_result_of_the_model(near, values):
    answer = near.post("/api/score", {"values": values})
    problems = []
    try:
        expected = MODEL.assess(values).to_dict()
    except riskmodel.RiskmodelError as error:
        problems = error.problems
    if problems:
        assert answer.status_code == 422
        details = [fault["detail"] for fault in answer.json()["errors"]]
        # Like the reader of files, the service reports invalid values with other problems of the situation.
        assert {problem.message for problem in problems} <= set(details)
    else:
        assert answer.json() == json.loads(json.dumps(expected))


def broken_tables():
    """Yield tables with changed, removed or inserted bytes."""
    rng = random.Random(4)
    frame = {"espionage": np.arange(300.0), "note": ["text"] * 150 + ["x, y"] * 150}
    csv = b"espionage,note\n" + b"".join(b'%d,"text, \xc3\xa9"\n' % row for row in range(300))
    packed = pa.compress(csv, "gzip", asbytes=True)
    for table in (csv, packed, parquet(pa.table(frame)), parquet(pa.table(frame), compression="zstd")):
        for _ in range(40):
            data = bytearray(table)
            offset = rng.randrange(len(data))
            if rng.random() < 0.6:
                data[offset] = rng.randrange(256)
            elif rng.random() < 0.5:
                del data[offset : offset + rng.randrange(1, 200)]
            else:
                data[offset:offset] = rng.randbytes(rng.randrange(1, 50))
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
    (
        "/api/uncertainty",
        json.dumps({"situation": {"values": CORE}, "seed": 10**14, "weight_uncertainty": 1e-300}).encode(),
    ),
    ("/api/batch", b"espionage\n" + b'"' * 100_000),
    ("/api/batch", b"espionage" + b"," * 200_000 + b"\n1\n"),
    ("/api/batch", b"\n" * 100_000),
    ("/api/batch", b"espionage\n" + b"1,2\n" * 20_000),
    ("/api/batch?explain=" + "x" * 5_000, b"espionage\n1\n"),
]


@pytest.mark.parametrize(("path", "body"), HOSTILE, ids=range(len(HOSTILE)))
def test_no_body_is_slow_or_causes_an_internal_error(near, caplog, path, body):
    began = time.process_time()  # the app runs in this process; other processes do not count
    answer = near.post(path, body)
    assert time.process_time() - began < 3
    assert answer.status_code in (200, 400, 413, 422), answer.text
    # Errors quote only a part of the request.
    assert answer.status_code == 200 or len(answer.content) < 100_000
    assert caplog.text == ""


# Many


def resident(process):
    """Return the resident memory of a process in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="memory is read from /proc")
@pytest.mark.slow
def test_memory_does_not_grow(server):
    small = [(path, body) for path, body in HOSTILE if len(body) < 2_000]
    small += [("/api/score", SITUATION), ("/nothing", b""), ("/api/batch", b"espionage\n3\n")] * 5
    large = [(path, body) for path, body in HOSTILE if len(body) >= 2_000]
    assert min(len(small), len(large)) > 5

    def ask(number):
        for index in range(number):
            path, body = large[index // 100 % len(large)] if index % 100 == 0 else small[index % len(small)]
            assert server.client.post(path, content=body).status_code < 500

    for path, body in (*small, *large):
        server.client.post(path, content=body)
    ask(200)
    before = resident(server.process)
    ask(600)
    assert resident(server.process) - before < 10e6


def test_two_hundred_at_once(server):
    async def ask():
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=server.url, limits=limits, timeout=60) as http:
            return await asyncio.gather(*(http.post("/api/score", content=SITUATION) for _ in range(200)))

    answers = asyncio.run(ask())
    assert {answer.status_code for answer in answers} <= {200, 503}
    bodies = [answer.content for answer in answers if answer.status_code == 200]
    assert len(bodies) > 100
    assert set(bodies) == {bodies[0]}


# Slow, and gone


def check_answers(server):
    began = time.perf_counter()
    assert server.client.post("/api/score", content=SITUATION).status_code == 200
    assert time.perf_counter() - began < 2


def test_slow_clients_delay_no_others(server):
    connections = [server.connected() for _ in range(50)]
    for index, connection in enumerate(connections):
        path = "/api/batch" if index % 10 == 0 else "/api/score"
        connection.sendall(request_head(path, "Content-Length: 1000") if index % 2 else b"POST /api/score HT")
    for _ in range(5):
        for connection in connections[1::2]:
            connection.sendall(b" ")
        check_answers(server)
    for connection in connections:
        connection.close()
    check_answers(server)


@pytest.mark.parametrize(
    "sent",
    [
        b"\r\n\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        request_head("/api/score", "Content-Length: -1"),
        request_head("/api/score", "Content-Length: 5", "Transfer-Encoding: chunked"),
        request_head("/api/score", "Transfer-Encoding: chunked") + b"zz\r\n",
        request_head("/api/score", "X: " + "x" * 100_000),
        b"GET /" + b"x" * 100_000,
    ],
    ids=range(11),
)
def test_malformed_http_is_rejected(server, sent):
    with server.connected() as connection:
        connection.sendall(sent)
        connection.shutdown(1)
        answer = read_to_end(connection)
    assert not answer or answer.startswith(b"HTTP/1.1 4"), answer
    check_answers(server)


def test_a_body_too_large_is_rejected_while_it_is_sent(server):
    with server.connected() as connection:
        connection.sendall(request_head("/api/score", "Content-Length: 100000000", "Connection: close"))
        connection.sendall(b" " * 300_000)
        # No reset: the response is complete.
        answer = read_to_end(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b"}")
    check_answers(server)


def call(app, path, body, leaves_after=0.1, takes=True):
    """Call an app as a server does for a client that disconnects after its body, or does not read the response."""
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


def test_an_analysis_is_cancelled_when_its_client_disconnects(monkeypatch):
    analysis = BlockingAnalysis()
    monkeypatch.setattr("riskmodel.web.api.find_uncertainty", analysis)
    app = create_app(Settings(MODEL.spec, limits=Limits(analyses_at_once=1)))
    began = time.monotonic()
    call(app, "/api/uncertainty", json.dumps(REQUEST).encode())
    assert analysis.ended.wait(5)
    assert time.monotonic() - began < 5
    analysis.go.set()
    (start, _) = call(app, "/api/uncertainty", json.dumps(REQUEST).encode())
    assert start["status"] == 200


@pytest.mark.parametrize(("leaves_after", "takes"), [(0.1, False), (60, False), (0.0, True)])
def test_a_table_is_cancelled_when_its_client_disconnects_or_does_not_read(monkeypatch, leaves_after, takes):
    monkeypatch.setattr("riskmodel.web.batch._LAST_LINE_SECONDS", 0.1)
    limits = Limits(batches_at_once=1, batch_seconds=2)
    app = create_app(Settings(MODEL.spec, limits=limits))
    table = b"espionage\n" + b"3\n" * 100_000
    began = time.monotonic()
    call(app, "/api/batch", table, leaves_after, takes)
    assert time.monotonic() - began < 10
    until = time.monotonic() + 5
    while (start := call(app, "/api/batch", b"espionage\n3\n", 60)[0])["status"] != 200:
        assert time.monotonic() < until, start
