"""Requests that arrive together are assessed as one block, with the same results as alone."""

import asyncio
import json
from itertools import cycle, islice

import pytest
from serving import CORE, client

from riskmodel.documents.situations import from_values, values_for
from riskmodel.engine.assessor import Assessor
from riskmodel.web.jobs import MicroBatcher

REQUEST = [
    *({"title": f"Number {number}", "values": {**CORE, "military_activity": number / 5}} for number in range(20)),
    {"values": {}},
    {"values": {"peace_years": 12}},
    {"values": dict.fromkeys(CORE)},
    {"values": {**CORE, "espionage": {"low": 10, "high": 90}}},
    {"values": {**CORE, "espionage": 1e9}},
    {"values": {**CORE, "espionag": 1}},
    {"title": 5},
]


@pytest.fixture
def blocks(monkeypatch):
    """The sizes of the assessed blocks."""
    sizes, assess_all = [], Assessor.assess_all

    def counted(self, cases):
        sizes.append(len(cases))
        return assess_all(self, cases)

    monkeypatch.setattr(Assessor, "assess_all", counted)
    return sizes


def test_responses_are_the_same_as_alone(default_model, blocks):
    bodies = list(islice(cycle(REQUEST), 50))
    with client(default_model) as app_client:
        alone = [app_client.post("/api/score", body) for body in bodies]
        assert {answer.status_code for answer in alone} == {200, 422}
        assert set(blocks) == {1}
        blocks.clear()
        together = app_client.together(*(("/api/score", body) for body in bodies))
    assert sum(blocks) == sum(answer.status_code == 200 for answer in alone)
    assert max(blocks) > 20, "hardly any were assessed together"
    assert [(answer.status_code, answer.content) for answer in together] == [
        (answer.status_code, answer.content) for answer in alone
    ]
    assert json.loads(together[3].content)["title"] == "Number 3"


def test_a_failure_of_one_request_does_not_fail_the_others(default_model, monkeypatch):
    assess_all = Assessor.assess_all

    def failing(self, cases):
        if any(values.get("espionage") == 13 for _, values in cases):
            raise ArithmeticError("thirteen")
        return assess_all(self, cases)

    monkeypatch.setattr(Assessor, "assess_all", failing)
    outcomes = gathered(default_model, 12, 13, 14, 13)
    assert [isinstance(outcome, ArithmeticError) for outcome in outcomes] == [False, True, False, True]
    assert [outcomes[index].input("espionage").value for index in (0, 2)] == [12, 14]


def test_a_cancelled_request_is_not_assessed(default_model, blocks):
    first, gone, last = gathered(default_model, 12, 13, 14, cancelled=1)
    assert blocks == [2]
    assert isinstance(gone, asyncio.CancelledError)
    assert [outcome.input("espionage").value for outcome in (first, last)] == [12, 14]


def gathered(model, *espionage, cancelled=None):
    """Assess situations concurrently; return results and exceptions. One task may be cancelled."""
    batcher = MicroBatcher(Assessor(model.spec, model.compiled, model.identity))

    async def all_of_them():
        situations = [from_values({**CORE, "espionage": value}) for value in espionage]
        tasks = [
            asyncio.ensure_future(batcher.assess((situation, values_for(model.spec, situation))))
            for situation in situations
        ]
        if cancelled is not None:
            await asyncio.sleep(0)
            tasks[cancelled].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(all_of_them())
