"""The log of requests."""

import json
import subprocess
import time
from datetime import UTC, datetime

import httpx
import pytest
from serving import CORE, ENVIRONMENT, ROOT, client, command_line, read_to_end, request_head, run, running

from riskmodel.errors import RiskmodelError
from riskmodel.web.access_log import check_target
from riskmodel.web.server import proxy_addresses

KEY = "k" * 24


def entries(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def entries_when(path, count):
    """The lines of a log, as soon as it has this many: a line is written after its response."""
    until = time.monotonic() + 5
    while len(lines := entries(path)) < count:
        assert time.monotonic() < until
        time.sleep(0.02)
    return lines


@pytest.fixture
def log(tmp_path):
    return tmp_path / "access.log"


@pytest.fixture
def logged(default_model, log):
    with client(default_model, access_log=str(log)) as app_client:
        yield app_client


def test_each_request_is_a_line(logged, log):
    began = datetime.now(UTC)
    scored = logged.post("/api/score", {"values": CORE})
    logged.request("HEAD", "/api/model")
    missing = logged.get("/nothing")
    logged.get("/", headers={"Host": "evil.example"})
    lines = entries(log)
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/api/score", 200),
        ("HEAD", "/api/model", 200),
        ("GET", "/nothing", 404),
        ("GET", "/", 421),
    ]
    assert [line["bytes"] for line in lines[:3]] == [len(scored.content), 0, len(missing.content)]
    assert {line["client"] for line in lines} == {"127.0.0.1"}
    assert {line["key"] for line in lines} == {None}
    for line in lines:
        assert list(line) == ["time", "client", "key", "method", "path", "status", "bytes", "ms"]
        assert line["time"].endswith("Z")
        assert 0 <= (datetime.fromisoformat(line["time"]) - began).total_seconds() + 0.001 < 30
        assert 0 <= line["ms"] < 30_000


def test_what_users_send_is_not_logged(default_model, log, write):
    keys = write("keys.txt", f"desk {KEY}\n")
    with client(default_model, access_log=str(log), key_file=str(keys)) as app_client:
        headers = {"X-API-Key": KEY, "Cookie": "secret=1", "Referer": "http://localhost/?secret=2"}
        app_client.post("/api/score", {"title": "secret plans", "values": CORE}, headers=headers)
        app_client.post("/api/series?by=secret&time=year", b"secret,year\na,1\n", headers=headers)
        app_client.get("/", headers={"X-API-Key": f"{KEY}x"})
    text = log.read_text(encoding="utf-8")
    assert "secret" not in text
    assert KEY not in text
    assert [line["key"] for line in entries(log)] == ["desk", "desk", None]


def test_a_path_cannot_forge_lines(logged, log):
    logged.get("/a%0A%7B%22status%22:200%7D%1b[2J" + "x" * 5000)
    (line,) = entries(log)
    assert line["status"] == 404
    assert line["path"].startswith('/a\n{"status":200}\x1b[2J')
    assert len(line["path"]) == 500
    assert "\x1b" not in log.read_text(encoding="utf-8")


def test_a_log_is_continued_and_can_be_moved_away(default_model, log):
    log.write_text('{"status": 1}\n', encoding="utf-8")
    with client(default_model, access_log=str(log)) as app_client:
        app_client.get("/health/live")
        log.rename(log.with_suffix(".1"))
        app_client.get("/api/model")
    assert [line["status"] for line in entries(log.with_suffix(".1"))] == [1, 200]
    assert [line["path"] for line in entries(log)] == ["/api/model"]


def test_a_line_that_cannot_be_written_fails_no_request(logged, log, monkeypatch, caplog):
    monkeypatch.setattr("riskmodel.web.access_log._File.emit", lambda self, record: self.handleError(record))
    assert logged.get("/health/live").status_code == 200
    assert "cannot be written" in caplog.text
    assert "Traceback" not in caplog.text


def test_without_the_option_nothing_is_logged(default_model, capfd):
    with client(default_model) as app_client:
        app_client.post("/api/score", {"values": CORE})
    assert capfd.readouterr() == ("", "")


def test_a_log_that_cannot_be_opened_is_an_error(tmp_path):
    with pytest.raises(RiskmodelError, match=r"--access-log: .* cannot be written: Is a directory"):
        check_target(str(tmp_path))
    done = run("--port", "0", "--access-log", tmp_path / "no" / "access.log")
    assert done.returncode == 2
    assert "No such file or directory" in done.stderr.splitlines()[0]


@pytest.mark.server
def test_workers_append_to_one_log(log):
    with running("--access-log", log, "--workers", "2") as service:
        with httpx.Client(base_url=service.url, timeout=30) as http:
            for _ in range(20):
                http.post("/api/score", json={"values": CORE}, headers={"Connection": "close"})
        lines = entries_when(log, 21)
    assert sum(line["path"] == "/api/score" for line in lines) == 20


@pytest.mark.server
def test_only_named_proxies_are_believed_about_clients(log):
    headers = ("X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", "Connection: close")

    def logged_client(*options):
        with running("--access-log", log, *options) as service:
            with service.connected() as connection:
                connection.sendall(request_head("/api/model", *headers, method="GET"))
                assert read_to_end(connection).startswith(b"HTTP/1.1 200")
            entries_when(log, 2)
        line = next(line for line in entries(log) if line["path"] == "/api/model")
        log.unlink()
        return line["client"]

    assert logged_client() == "127.0.0.1"
    assert logged_client("--forwarded-allow-ips", "127.0.0.1") == "203.0.113.9"
    assert logged_client("--forwarded-allow-ips", "10.0.0.0/8") == "127.0.0.1"
    assert logged_client("--forwarded-allow-ips", "10.0.0.0/8, 127.0.0.0/8") == "203.0.113.9"


def test_proxies_are_addresses_or_networks():
    assert proxy_addresses("127.0.0.1, ::1,10.0.0.0/8") == "127.0.0.1,::1,10.0.0.0/8"
    assert proxy_addresses("*") == "*"
    for text in ("", "proxy.example", "10.0.0.1/8", "127.0.0.1,,::1", "300.1.1.1"):
        with pytest.raises(RiskmodelError, match=r"--forwarded-allow-ips: should be addresses"):
            proxy_addresses(text)


@pytest.mark.server
def test_the_log_on_standard_output_is_read_while_it_serves():
    arguments = command_line("--port", "0", "--access-log", "-")
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT
    ) as process:
        url = process.stderr.readline().strip()
        assert httpx.get(f"{url}health/live", timeout=30).status_code == 200
        assert json.loads(process.stdout.readline())["path"] == "/health/live"
        process.terminate()
