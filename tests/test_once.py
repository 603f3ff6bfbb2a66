"""Each thing once: how often a command parses conditions, reads the values of a situation, and decodes JSON."""

import json

import pytest
from command import run

from riskmodel import load_model
from riskmodel.documents import json_text, situations
from riskmodel.kernels import conditions

RULES = sorted(rule.when for rule in load_model().spec.rules.values())


@pytest.fixture
def case(tmp_path):
    values = {"military_activity": 8, "espionage": {"low": 5, "high": 9}, "communication_frequency": 2}
    path = tmp_path / "case.json"
    path.write_text(json.dumps({"id": "case", "values": {**values, "trade_disruption": 40}}), encoding="utf-8")
    return path


def counted(monkeypatch, module, name, what=lambda *arguments: arguments[0]):
    """Return a list that is filled with the arguments of a function as it is called."""
    calls, function = [], getattr(module, name)

    def count(*arguments, **options):
        calls.append(what(*arguments))
        return function(*arguments, **options)

    monkeypatch.setattr(module, name, count)
    return calls


@pytest.mark.parametrize(
    "words",
    [("score",), ("score", "--format", "html"), ("score", "--format", "json"), ("uncertainty", "--draws", "1024")],
)
def test_a_command_parses_each_condition_once_and_reads_the_values_once(words, case, monkeypatch):
    parsed = counted(monkeypatch, conditions, "parse")
    read = counted(monkeypatch, situations, "_read_values", lambda model, situation: situation.spec.id)
    assert run(words[0], case, *words[1:]).returncode == 0
    assert sorted(parsed) == RULES
    assert read == ["case"]


def test_checking_a_model_parses_each_condition_once(monkeypatch):
    parsed = counted(monkeypatch, conditions, "parse")
    assert run("model", "check", "bilateral-tension").returncode == 0
    assert sorted(parsed) == RULES


@pytest.mark.parametrize("name", ["case.json", "case.yaml"])
def test_json_without_a_fault_is_decoded_once_whatever_the_file_is_called(name, case, tmp_path, monkeypatch):
    (tmp_path / name).write_text(case.read_text(encoding="utf-8"), encoding="utf-8")
    decoded = counted(monkeypatch, json_text, "content", lambda *arguments: "content")
    monkeypatch.setattr(json, "loads", None)
    assert situations.read_situations(tmp_path / name)[0].spec.id == "case"
    assert decoded == ["content"]
