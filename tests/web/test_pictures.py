"""Requests for pictures of the page that are not valid, and what the others answer."""

import pytest
from serving import CORE, client

BODY = {"situations": [{"values": CORE}]}


@pytest.fixture(scope="module")
def service():
    with client() as running:
        yield running


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("card.gif", "'png' or 'svg'"),
        ("card.png?address=javascript:x", "pattern"),
        ("account.png", "score"),
        ("account.png?score=escalaton", "did you mean 'escalation'"),
    ],
)
def test_what_is_wrong_is_named(service, path, message):
    answer = service.post(f"/page/picture/{path}", BODY)
    assert answer.status_code == 422
    assert message in answer.text


def test_without_a_score_there_is_no_account(service):
    answer = service.post(
        "/page/picture/account.svg?score=escalation", {"situations": [{"values": {"military_activity": 7}}]}
    )
    assert answer.status_code == 422
    assert "has no account: insufficient data" in answer.text


def test_invalid_bodies_get_the_answer_of_the_analysis(service):
    for body in ({"situation": {"values": CORE}}, {"situation": 3, "target": "escalation <= 40"}, [1], {}):
        assert service.post("/page/picture/levers.png", body).status_code in (400, 422)


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_a_picture_is_of_its_kind(service, kind, start):
    answer = service.post(f"/page/picture/card.{kind}?address=https://example.org/page", BODY)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/")
    assert answer.content.startswith(start)
