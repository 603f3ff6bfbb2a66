"""Keys of clients: their file, and the requests that need them."""

import base64
import json
import os
import time

import jsonschema
import pytest
from serving import CORE, Running, client, problem_of, run, running

from riskmodel.errors import RiskmodelError
from riskmodel.web.keys import Keys

MINISTRY, DESK = "m" * 8 + "-Qx7_0f/+=", "d" * 24
FILE = f"# who may ask\n\nministry {MINISTRY}\n  desk.2 \t {DESK}  \n"


def basic(user, key):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{key}".encode()).decode()}


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def keys(write):
    return write("keys.txt", FILE)


@pytest.fixture
def guarded(keys, default_model):
    with client(default_model, key_file=str(keys)) as app_client:
        yield app_client


GOOD = [
    bearer(MINISTRY),
    {"Authorization": f"bearer  {DESK} "},
    {"X-API-Key": DESK},
    basic("ministry", MINISTRY),
    basic("desk.2", DESK),
]
BAD = [
    {},
    bearer("x" * 24),
    bearer(""),
    {"Authorization": "Bearer"},
    {"Authorization": MINISTRY},
    bearer(MINISTRY[:-1]),
    bearer(MINISTRY + "x"),
    bearer(MINISTRY.upper()),
    {"X-API-Key": "ministry"},
    basic("desk.2", MINISTRY),
    basic("", MINISTRY),
    basic("ministry", ""),
    {"Authorization": "Basic !!!"},
    {"Authorization": "Digest username=ministry"},
]


@pytest.mark.parametrize("headers", GOOD)
def test_a_key_opens_the_service(guarded, headers):
    answer = guarded.post("/api/score", {"values": CORE}, headers=headers)
    assert answer.json()["scores"]["escalation"]["reported"] == 64.8


@pytest.mark.parametrize("headers", BAD)
def test_without_a_valid_key_nothing_is_served(guarded, headers):
    for path in ("/", "/static/main.js", "/api/model", "/docs/method", "/openapi.json", "/nothing"):
        answer = guarded.get(path, headers=headers)
        data = problem_of(answer, 401)
        assert data["detail"].startswith("the key is not valid" if headers else "a key is needed")
        assert "Basic realm=" in answer.headers["www-authenticate"]
        assert "Bearer realm=" in answer.headers["www-authenticate"]
        assert "content-security-policy" in answer.headers
        assert MINISTRY not in answer.text
    problem_of(guarded.post("/api/score", {"values": CORE}, headers=headers), 401)


def test_health_checks_need_no_key(guarded):
    assert guarded.get("/health/live").status_code == guarded.get("/health/ready").status_code == 200


def test_a_wrong_host_is_refused_before_the_key_is_looked_at(guarded):
    problem_of(guarded.get("/", headers={"Host": "evil.example"}), 421)


def test_the_document_of_the_interface_states_the_keys(guarded, default_model):
    document = guarded.get("/openapi.json", headers=bearer(DESK)).json()
    assert {scheme["type"] for scheme in document["components"]["securitySchemes"].values()} == {"http", "apiKey"}
    assert {name for way in document["security"] for name in way} == set(document["components"]["securitySchemes"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("401" in operation["responses"]) == path.startswith("/api/")
            assert (operation.get("security") == []) == path.startswith("/health/")
    schema = document["paths"]["/api/score"]["post"]["responses"]["401"]["content"]["application/problem+json"][
        "schema"
    ]
    jsonschema.validate(guarded.get("/").json(), {**schema, "components": document["components"]})
    with client(default_model) as open_client:
        assert "security" not in open_client.get("/openapi.json").json()


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", [":  has no keys"]),
        ("# none\n\n", [":  has no keys"]),
        ("justonewordthatislong\n", [":1: should be NAME KEY"]),
        (f"a {DESK} more\n", [":1: should be NAME KEY"]),
        (f"näme! {DESK}\n", [":1: should be NAME KEY"]),
        ("a short\n", [":1: the key of a has 5 characters; it needs 16 or more"]),
        (f"a {DESK}\n# b\na {MINISTRY}\n", [":3: the name a is that of line 1 too"]),
        (f"a {DESK}\nb {DESK}\n", [":2: the key of b is that of a too"]),
        (f"a short\n{DESK}\nc {DESK}\n", [":1: the key of a", ":2: should be NAME KEY"]),
    ],
)
def test_bad_files_are_errors_with_their_lines(write, text, messages):
    path = write("keys.txt", text)
    with pytest.raises(RiskmodelError) as caught:
        Keys(str(path))
    shown = [f":{problem.line or ''}: {problem.message}" for problem in caught.value.problems]
    assert len(shown) == len(messages)
    for line, message in zip(shown, messages, strict=True):
        assert message.removesuffix(" ") in line.replace("::", ": ")
    assert str(path) in str(caught.value)
    assert DESK not in str(caught.value)
    assert "justoneword" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path, write):
    write("keys.txt", FILE)
    for name, message in [("key.txt", "did you mean 'keys.txt'"), (".", "cannot be read: Is a directory")]:
        with pytest.raises(RiskmodelError, match=message):
            Keys(str(tmp_path / name))
    (tmp_path / "binary").write_bytes(b"a " + DESK.encode() + b"\nb \xff\n")
    with pytest.raises(RiskmodelError, match="binary:2: is not text in UTF-8"):
        Keys(str(tmp_path / "binary"))


def test_the_file_is_read_anew_when_it_has_changed(keys, guarded, caplog):
    assert guarded.get("/api/model", headers=bearer(DESK)).status_code == 200
    keys.write_text(f"ministry {MINISTRY}\nnewcomer {'n' * 20}\n", encoding="utf-8")
    assert guarded.get("/api/model", headers=bearer(DESK)).status_code == 401
    assert guarded.get("/api/model", headers=bearer("n" * 20)).status_code == 200
    assert caplog.text == ""


def test_a_file_that_became_bad_leaves_the_keys_before_valid(keys, guarded, caplog):
    for damage in (lambda: keys.write_text(f"a {DESK} b\n", encoding="utf-8"), keys.unlink):
        caplog.clear()
        damage()
        for _ in range(3):
            assert guarded.get("/api/model", headers=bearer(DESK)).status_code == 200
        assert caplog.text.count("are not read anew") == 1
        assert DESK not in caplog.text


def test_no_key_is_kept_in_memory(keys):
    kept = Keys(str(keys))
    assert DESK not in repr(vars(kept))


@pytest.mark.skipif(os.name != "posix", reason="files have no such bits")
def test_a_file_that_others_can_read_is_remarked(keys):
    keys.chmod(0o600)
    assert not Keys(str(keys)).is_readable_by_others
    keys.chmod(0o644)
    assert Keys(str(keys)).is_readable_by_others
    service = Running("--api-key-file", keys)
    code, stderr = service.end()
    assert code == 0
    assert stderr == f"{keys}: other users of this machine can read the keys; chmod 600 prevents it\n"


def test_a_bad_file_ends_the_command_with_one_error(write):
    path = write("keys.txt", "a short\n")
    done = run("--port", "0", "--api-key-file", path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"{path}:1: the key of a has 5 characters; it needs 16 or more",
        "1 error",
    ]


@pytest.mark.server
def test_workers_share_the_keys(keys):
    keys.chmod(0o600)
    with running("--api-key-file", keys, "--workers", "2") as service:
        statuses = {
            service.client.get("/api/model", headers={**bearer(DESK), "Connection": "close"}).status_code
            for _ in range(8)
        }
        assert statuses == {200}
        assert service.client.get("/api/model").status_code == 401
        keys.write_text(f"other {'o' * 20}\n", encoding="utf-8")
        until = time.monotonic() + 5
        for _ in range(8):
            answer = service.client.get("/api/model", headers={**bearer(DESK), "Connection": "close"})
            assert answer.status_code == 401
            assert time.monotonic() < until


def test_a_browser_asks_once_and_the_whole_page_works(chrome, keys):
    keys.chmod(0o600)
    with running("--api-key-file", keys) as service:
        url = service.url.rstrip("/")
        context = chrome.new_context(http_credentials={"username": "desk.2", "password": DESK})
        page, statuses = context.new_page(), []
        page.on("response", lambda answer: statuses.append(answer.status))
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        page.wait_for_selector("#results[data-busy=false]")
        assert page.locator(".gauge .number").count() >= 2
        assert set(statuses) <= {200, 401}
        assert statuses.count(401) <= 1
        context.close()
        context = chrome.new_context()
        refused = context.new_page().goto(url)
        assert refused.status == 401
        assert json.loads(refused.text())["status"] == 401
        context.close()
