"""Limits of the service, accepted hosts and origins, and the responses beyond them."""

import asyncio
import io
import json
import threading
import time
import zipfile

import pandas as pd
import pyarrow as pa
import pytest
from batch_runs import packed, parquet
from serving import CORE, REQUEST, SITUATION, BlockingAnalysis, client, problem_of

from riskmodel.web.schemas import MAX_DRAWS
from riskmodel.web.settings import Limits


def limited(**limits):
    return client(limits=Limits(**limits))


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


async def in_parts(*parts):
    for part in parts:
        yield part


# How much


def test_the_limit_of_bodies():
    body = json.dumps(SITUATION).encode()
    with limited(body_bytes=len(body)) as app_client:
        assert app_client.post("/api/score", body).status_code == 200
        for path in ("/api/score", "/api/levers", "/api/uncertainty"):
            assert f"{len(body):,} bytes" in problem_of(app_client.post(path, body + b" "), 413)["detail"]


def test_a_body_of_unknown_length_is_counted_while_it_arrives():
    with limited(body_bytes=1000) as app_client:
        problem_of(app_client.request("POST", "/api/score", content=in_parts(*[b" " * 400] * 3)), 413)
        body = json.dumps(SITUATION).encode()
        assert app_client.request("POST", "/api/score", content=in_parts(body[:9], body[9:])).status_code == 200


def test_values_and_depth_of_a_body(service):
    values = Limits().body_values
    many = {"values": CORE, "doubts": ["x"] * (values - 7)}
    assert service.post("/api/score", many).status_code == 200
    many["doubts"].append("x")
    assert "2,000 values" in problem_of(service.post("/api/score", many), 413)["detail"]
    problem_of(service.post("/api/score", b"[" * 50 + b"]" * 50), 422)
    assert "deep" in problem_of(service.post("/api/score", b"[" * 60_000), 413)["detail"]


def test_draws(service):
    body = {**REQUEST, "draws": MAX_DRAWS + 1}
    assert problem_of(service.post("/api/uncertainty", body), 422)["errors"][0]["field"] == "draws"


def test_bytes_of_a_table():
    table = b"espionage\n3\n"
    with limited(upload_bytes=len(table), body_bytes=1) as app_client:
        assert app_client.post("/api/batch", table).status_code == 200
        problem_of(app_client.post("/api/batch", table + b"4"), 413)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_compressed_table_is_limited_by_its_decompressed_size(kind):
    table = b"espionage\n" + b"3\n" * 500_000
    with limited(unpacked_bytes=len(table) - 1) as app_client:
        assert "decompressed" in problem_of(app_client.post("/api/batch", packed(table, kind)), 413)["detail"]
    with limited(unpacked_bytes=len(table)) as app_client:
        assert app_client.post("/api/batch", packed(table, kind)).status_code == 200


def test_parquet_with_one_long_text_in_many_rows():
    rows = 2000
    table = pa.table({"espionage": [3.0] * rows, "note": ["x" * 10_000] * rows})
    data = parquet(table)
    assert len(data) < 100_000
    with limited(unpacked_bytes=rows * 10_000) as app_client:
        assert "decompressed" in problem_of(app_client.post("/api/batch", data), 413)["detail"]
    with limited(unpacked_bytes=rows * 10_000 + 100_000) as app_client:
        assert app_client.post("/api/batch", data).status_code == 200


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_rows_of_a_table(end):
    with limited(rows=3) as app_client:
        assert app_client.post("/api/batch", b"espionage\n1\n2\n3" + end).status_code == 200
        assert "3 rows" in problem_of(app_client.post("/api/batch", b"espionage\n1\n2\n3\n4" + end), 413)["detail"]
        assert app_client.post("/api/batch", parquet(pa.table({"espionage": [1.0] * 3}))).status_code == 200
        problem_of(app_client.post("/api/batch", parquet(pa.table({"espionage": [1.0] * 4}))), 413)


def workbook(rows, engine="xlsxwriter", **options):
    content = io.BytesIO()
    pd.DataFrame(rows).to_excel(content, index=False, engine=engine, **options)
    return content.getvalue()


@pytest.mark.parametrize("engine", ["xlsxwriter", "odf"])
def test_rows_cells_and_bytes_of_a_workbook(engine):
    data = workbook({"espionage": [1.0, 2.0, 3.0], "note": ["a", "b", "c"]}, engine)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    for limits, detail in (
        ({"rows": 2}, "more than 2 rows"),
        ({"sheet_cells": 7}, "more than 7 cells"),
        ({"unpacked_bytes": unpacked - 1}, "larger than"),
    ):
        with limited(**limits) as app_client:
            assert detail in problem_of(app_client.post("/api/batch", data), 413)["detail"]
    # Each of six short texts may be counted once more.
    with limited(rows=3, sheet_cells=8, unpacked_bytes=unpacked + 100) as app_client:
        assert app_client.post("/api/batch", data).status_code == 200


def test_a_cell_far_away_is_counted_with_all_in_between():
    data = workbook({"espionage": [1.0]}, startrow=100_000)
    with limited(sheet_cells=10) as app_client:
        assert app_client.post("/api/batch?skip_rows=100000", data).status_code == 200
    content = io.BytesIO()
    with pd.ExcelWriter(content, engine="xlsxwriter") as writer:
        pd.DataFrame({"espionage": [1.0]}).to_excel(writer, index=False)
        writer.sheets["Sheet1"].write(100_000, 100, "far")
    with limited() as app_client:
        assert "4,000,000 cells" in problem_of(app_client.post("/api/batch", content.getvalue()), 413)["detail"]


def test_a_text_of_many_cells_is_counted_in_each_of_them():
    data = workbook({"espionage": [1.0] * 100, "note": ["x" * 30_000] * 100})
    with limited(unpacked_bytes=3_000_000) as app_client:
        assert "3,000,000 bytes" in problem_of(app_client.post("/api/batch", data), 413)["detail"]


def test_a_part_that_unpacks_to_more_than_it_declares_is_counted_whole():
    data = bytearray(workbook({"espionage": [1.0]}))
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as old, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            text = old.read(part)
            new.writestr(part, text + b" " * 5_000_000 if part.endswith("sheet1.xml") else text)
        size = new.getinfo("xl/worksheets/sheet1.xml").file_size
    data = content.getvalue().replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    with limited(unpacked_bytes=4_000_000) as app_client:
        assert "4,000,000 bytes" in problem_of(app_client.post("/api/batch", data), 413)["detail"]


def test_a_workbook_without_the_extra_gets_one_clear_error(monkeypatch):
    monkeypatch.setattr("riskmodel.extras.find_spec", lambda module: None)
    with limited() as app_client:
        detail = problem_of(app_client.post("/api/batch", workbook({"espionage": [1.0]})), 422)["detail"]
    assert "pip install python-calamine" in detail
    assert "[excel]" in detail


# How long, and how much at once


@pytest.fixture
def analysis(monkeypatch):
    result = BlockingAnalysis()
    monkeypatch.setattr("riskmodel.web.api.find_uncertainty", result)
    yield result
    result.go.set()


def test_an_analysis_is_cancelled_at_its_time_limit(analysis):
    with limited(analysis_seconds=0.1) as app_client:
        answer = app_client.post("/api/uncertainty", REQUEST)
        assert "0.1 s" in problem_of(answer, 503)["detail"]
        assert answer.headers["retry-after"] == "1"
        assert analysis.ended.wait(5)


def test_an_analysis_that_ignores_cancellation_keeps_its_slot(monkeypatch):
    go = threading.Event()
    monkeypatch.setattr(
        "riskmodel.web.api.find_uncertainty", lambda *given, **options: go.wait(30) and BlockingAnalysis()
    )
    with limited(analysis_seconds=0.05, analyses_at_once=1) as app_client:
        assert "0.05 s" in problem_of(app_client.post("/api/uncertainty", REQUEST), 503)["detail"]
        busy = app_client.post("/api/uncertainty", REQUEST)
        assert "no more at once" in problem_of(busy, 503)["detail"]
        assert busy.headers["retry-after"] == "1"
        assert app_client.post("/api/score", SITUATION).status_code == 200
        go.set()
        until = time.monotonic() + 5
        while app_client.post("/api/uncertainty", REQUEST).status_code != 200:
            assert time.monotonic() < until


def test_the_limit_of_concurrent_analyses(analysis):
    with limited(analyses_at_once=2) as app_client:
        threading.Timer(0.3, analysis.go.set).start()
        answers = app_client.together(*[("/api/uncertainty", REQUEST)] * 5)
        assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]


def test_situations_are_scored_during_analyses(analysis):
    with limited(analyses_at_once=1) as app_client:
        threading.Timer(0.3, analysis.go.set).start()
        answers = app_client.together(("/api/uncertainty", REQUEST), *[("/api/score", SITUATION)] * 5)
        assert [answer.status_code for answer in answers] == [200] * 6


def test_the_limit_of_concurrent_requests(analysis):
    with limited(requests_at_once=2) as app_client:
        threading.Timer(0.3, analysis.go.set).start()
        answers = app_client.together(*[("/api/uncertainty", REQUEST)] * 2, *[("/api/score", SITUATION)] * 6)
        assert {answer.status_code for answer in answers} == {200, 503}
        problem_of(next(answer for answer in answers if answer.status_code == 503), 503)
        assert app_client.post("/api/score", SITUATION).status_code == 200


def test_health_checks_pass_under_load(analysis):
    with limited(requests_at_once=1) as app_client:
        threading.Timer(0.3, analysis.go.set).start()

        async def ask():
            first = asyncio.create_task(
                app_client._client.post("/api/uncertainty", content=json.dumps(REQUEST).encode())
            )
            await asyncio.sleep(0.1)
            result = [await app_client._client.get(path) for path in ("/api/model", "/health/live", "/health/ready")]
            return [answer.status_code for answer in (await first, *result)]

        assert app_client._loop.run_until_complete(ask()) == [200, 503, 200, 200]


def test_a_body_that_does_not_arrive():
    async def slow():
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    with limited(body_seconds=0.1) as app_client:
        began = time.monotonic()
        answer = app_client.request("POST", "/api/score", content=slow())
        assert "0.1 s" in problem_of(answer, 408)["detail"]
        assert time.monotonic() - began < 2


def test_the_time_limit_of_a_table(monkeypatch):
    monkeypatch.setattr("riskmodel.tables.csv.reader.BLOCK", 1 << 12)
    table = b"espionage\n" + b"3\n" * 300_000
    with limited(batch_seconds=0.3, batches_at_once=1) as app_client:
        answer = app_client.post("/api/batch", table)
        if answer.status_code == 200:
            last = json.loads(answer.text.splitlines()[-1])["problem"]
            assert last["status"] == 503
        else:
            last = problem_of(answer, 503)
        assert "0.3 s" in last["detail"]
        # Its slot is released.
        until = time.monotonic() + 5
        while app_client.post("/api/batch", b"espionage\n3\n").status_code != 200:
            assert time.monotonic() < until


def test_the_limit_of_concurrent_tables():
    with limited(batches_at_once=1) as app_client:

        async def ask():
            entered = asyncio.Event()

            async def slow():
                yield b"espionage\n"
                entered.set()
                await asyncio.sleep(0.2)
                yield b"3\n"

            first = asyncio.create_task(app_client._client.post("/api/batch", content=slow()))
            await entered.wait()
            return await app_client._client.post("/api/batch", content=b"espionage\n3\n"), await first

        second, first = app_client._loop.run_until_complete(ask())
        assert "1 tables" in problem_of(second, 503)["detail"]
        assert first.status_code == 200
        for wrong in (b"", b"no,indicator\n1,2\n", b"espionage\n3\n"):
            assert app_client.post("/api/batch", wrong).status_code in (200, 422)


# Who may ask


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8000", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("risk.example", 200),
        ("risk.example:443", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("[::2]", 421),
        ("localhost.", 421),
        ("localhost:", 200),
        ("", 400),
        ("[", 400),
        ("user@localhost", 400),
        ("user:password@localhost:8000", 400),
        ("@localhost", 400),
        ("evil.example@localhost", 400),
        ("localhost@evil.example", 400),
        ("localhost:65535", 200),
        ("localhost:65536", 400),
        ("localhost:-1", 400),
        ("localhost:x", 400),
        ("localhost:80:80", 400),
        ("localhost:8\u00b2", 400),
        ("localhost/", 400),
        ("localhost/path", 400),
        ("localhost?", 400),
        ("localhost#", 400),
        ("localhost\\evil.example", 400),
        ("http://localhost", 400),
        ("local host", 400),
        ("localhost,localhost", 400),
        ("localhost%00", 400),
        ("::1", 400),
        ("[::1", 400),
        ("[::1]x", 400),
        ("[localhost]", 400),
        ("*", 400),
    ],
)
def test_host_headers(default_model, host, status):
    with client(default_model, hosts=frozenset({"risk.example"})) as app_client:
        answer = app_client.get("/health/live", headers={"Host": host.encode("latin-1")})
        assert answer.status_code == status
        if status != 200:
            problem_of(answer, status)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost:80", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_cross_site_requests_are_rejected(service, headers, status):
    answer = service.post("/api/score", SITUATION, headers=headers)
    assert answer.status_code == status
    if status == 403:
        problem_of(answer, 403)


def test_the_origin_behind_a_proxy(default_model):
    headers = {"Origin": "https://risk.example", "Sec-Fetch-Site": "same-origin"}
    with client(default_model, hosts=frozenset({"risk.example"})) as app_client:
        assert app_client.post("/api/score", SITUATION, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/api/score", "/api/model", "/nothing", "/health/live", "/openapi.json"])
def test_every_response_has_security_headers(service, path):
    for answer in (service.get(path), service.get(path, headers={"Host": "evil.example"})):
        headers = answer.headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        assert not any(name.startswith("access-control") for name in headers)
        assert headers["cache-control"] == "no-store"


def test_internal_errors_have_security_headers(service, monkeypatch):
    monkeypatch.setattr("riskmodel.web.api.result_response", lambda given: 1 / 0)
    answer = service.post("/api/score", SITUATION)
    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
