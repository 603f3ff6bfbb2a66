"""Several situations in a request, comparisons and sensitivity: the service equals the commands."""

import json

import command
import pytest
from serving import CORE, ROOT, BlockingAnalysis, client, content, problem_of

import riskmodel
from riskmodel.engine.assessor import Assessor
from riskmodel.web.settings import Limits

EXAMPLES = ROOT / "examples"
CASES = [EXAMPLES / f"case_{name}.yaml" for name in ("1962_cuba", "1987_inf_treaty", "2022_invasion")]


@pytest.fixture(scope="module")
def service(default_model):
    with client(default_model) as app_client:
        yield app_client


def answer_of(service, path, body):
    answer = service.post(path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_command(*words):
    done = command.run(*words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_several_situations_equal_the_command_in_their_order(service):
    for paths in (CASES, CASES[::-1]):
        expected = by_command("score", *paths)
        assert answer_of(service, "/api/score", {"situations": [content(path) for path in paths]}) == expected


def test_a_list_of_one_situation_gets_a_list(service):
    single = answer_of(service, "/api/score", {"values": CORE})
    assert answer_of(service, "/api/score", {"situations": [{"values": CORE}]}) == [single]


def test_the_situations_of_a_request_are_one_block(service, monkeypatch):
    blocks = []
    assess_all = Assessor.assess_all

    def counted(self, cases):
        blocks.append(len(cases))
        return assess_all(self, cases)

    monkeypatch.setattr(Assessor, "assess_all", counted)
    body = {"situations": [{"values": {**CORE, "espionage": number}} for number in range(50)]}
    results = answer_of(service, "/api/score", body)
    assert blocks == [50]
    scores = [result["scores"]["escalation"]["value"] for result in results]
    assert scores == sorted(scores), "espionage raises the score"
    assert scores[0] < scores[-1]


def test_errors_name_the_situation_and_its_field(service):
    situations = [{"values": CORE}, {"values": {"espionag": 3}}, {"values": {"espionage": -3}, "titel": "x"}]
    data = problem_of(service.post("/api/score", {"situations": situations}), 422)
    faults = {fault["field"]: fault["detail"] for fault in data["errors"]}
    assert set(faults) == {"situations.1.values.espionag", "situations.2.values.espionage", "situations.2.titel"}
    assert "did you mean 'espionage'" in faults["situations.1.values.espionag"]
    assert "outside the valid range" in faults["situations.2.values.espionage"]
    assert "did you mean 'title'" in faults["situations.2.titel"]


def test_a_valid_list_with_invalid_values_names_each(service):
    situations = [{"values": {"espionage": -1}}, {"values": CORE}, {"values": {"espionage": -2}}]
    data = problem_of(service.post("/api/score", {"situations": situations}), 422)
    assert [fault["field"] for fault in data["errors"]] == [f"situations.{index}.values.espionage" for index in (0, 2)]


@pytest.mark.parametrize("path", ["/api/score", "/api/compare"])
def test_the_number_of_situations_is_limited_as_stated(service, path):
    limit = service.get("/api/model").json()["limits"]["situations"]
    body = {"situations": [{"values": {"espionage": 3}}] * limit}
    assert service.post(path, body).status_code == 200
    body["situations"] *= 2
    detail = problem_of(service.post(path, body), 422)["detail"]
    assert f"to {limit}; got {2 * limit}" in detail


@pytest.mark.parametrize("body", [{"situations": []}, {"situations": None}, {"situations": {"values": CORE}}])
@pytest.mark.parametrize("path", ["/api/score", "/api/compare"])
def test_a_list_without_situations_is_invalid(service, path, body):
    (fault,) = problem_of(service.post(path, body), 422)["errors"]
    assert fault["field"] == "situations"


def test_a_list_beside_a_situation_is_invalid(service):
    data = problem_of(service.post("/api/score", {"situations": [{"values": CORE}], "values": CORE}), 422)
    assert [fault["field"] for fault in data["errors"]] == ["values"]


def test_a_situation_of_another_model_is_refused_by_its_number(service):
    body = {"situations": [{"values": CORE}, {"values": CORE, "model": "core-four"}]}
    for path in ("/api/score", "/api/compare"):
        (fault,) = problem_of(service.post(path, body), 422)["errors"]
        assert fault["field"] == "situations.1.model"


@pytest.mark.parametrize("count", [2, 3])
def test_a_comparison_equals_the_command(service, count):
    body = {"situations": [content(path) for path in CASES[:count]]}
    result, expected = answer_of(service, "/api/compare", body), by_command("compare", *CASES[:count])
    # The service names no file of the server.
    for difference in expected["differences"]:
        for side in ("before", "after"):
            assert difference[side].pop("file").endswith("bilateral_tension.yaml")
            difference[side]["file"] = None
    assert result == expected
    assert len(result["differences"]) == count - 1
    for difference in result["differences"]:
        for account in difference["scores"].values():
            assert sum(entry["points"] for entry in account["entries"]) == pytest.approx(
                account["difference"], abs=1e-6
            )


def test_a_comparison_needs_two_situations(service):
    detail = problem_of(service.post("/api/compare", {"situations": [{"values": CORE}]}), 422)["detail"]
    assert "situations: should be 2 to 100; got 1" in detail


def test_sensitivity_equals_the_command(service):
    path = EXAMPLES / "what_if.json"
    body = {"situation": content(path), "draws": 256, "seed": 3, "weight_uncertainty": 0.2, "over": "range"}
    options = ("--draws", 256, "--seed", 3, "--weight-uncertainty", "20%", "--over", "range")
    (expected,) = by_command("sensitivity", path, *options)
    assert answer_of(service, "/api/sensitivity", body) == expected


def test_defaults_of_sensitivity_are_those_of_the_function(service, default_model):
    values = {**CORE, "espionage": {"low": 10, "high": 40}}
    expected = riskmodel.sensitivity(values, model=default_model).to_dict()
    assert answer_of(service, "/api/sensitivity", {"situation": {"values": values}}) == json.loads(json.dumps(expected))


@pytest.mark.parametrize(
    ("more", "field", "detail"),
    [
        ({"over": "all"}, "over", "should be 'given' or 'range'"),
        ({"draws": 3}, "draws", "at least 64"),
        ({"draws": 1 << 17}, "draws", "at most 65,536"),
        ({"ovr": "range"}, "ovr", "did you mean 'over'"),
        ({"weight_uncertainty": 2.0}, None, "weights"),
        ({"over": "given"}, None, "nothing varies here"),
    ],
)
def test_options_of_sensitivity_are_checked(service, more, field, detail):
    data = problem_of(service.post("/api/sensitivity", {"situation": {"values": CORE}, **more}), 422)
    assert any(fault["field"] == field and detail in fault["detail"] for fault in data["errors"]), data
    assert "--" not in data["detail"], "a request has no options of the command line"


def test_nothing_uncertain_is_explained_in_the_words_of_requests(service):
    detail = problem_of(service.post("/api/uncertainty", {"situation": {"values": CORE}}), 422)["detail"]
    assert '"weight_uncertainty": 0.2' in detail
    assert '"sample_missing": true' in detail
    assert "--" not in detail


@pytest.mark.parametrize(
    ("path", "name", "body"),
    [
        ("/api/sensitivity", "find_sensitivity", {"situation": {"values": CORE}}),
        ("/api/compare", "find_differences", {"situations": [{"values": CORE}, {"values": {"espionage": 3}}]}),
    ],
)
def test_an_analysis_stops_at_its_time_limit(default_model, monkeypatch, path, name, body):
    analysis = BlockingAnalysis()
    monkeypatch.setattr(f"riskmodel.web.api.{name}", analysis)
    with client(default_model, Limits(analysis_seconds=0.1)) as app_client:
        assert "0.1 s" in problem_of(app_client.post(path, body), 503)["detail"]
        assert analysis.ended.wait(5)


def test_the_series_of_a_table_equals_the_command(service):
    path = EXAMPLES / "us_russia_years.csv"
    expected = by_command("series", path, "--by", "pair", "--time", "year", "--draws", 128)
    answer = service.post("/api/series?by=pair&time=year&draws=128", path.read_bytes())
    assert {**answer.json(), "source": None} == {**expected, "source": None}


@pytest.mark.parametrize("path", ["/api/score", "/api/compare"])
def test_invalid_situations_are_counted_like_valid_ones(service, path):
    answer = service.post(path, {"situations": ["x", 1, {"values": CORE}]})
    assert answer.status_code == 422
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["situations.0", "situations.1"]


def test_a_comparison_needs_its_situations_and_no_values(service):
    for body in ({}, {"values": CORE}):
        (fault,) = problem_of(service.post("/api/compare", body), 422)["errors"]
        assert (fault["field"], fault["detail"]) == ("situations", "is required")
