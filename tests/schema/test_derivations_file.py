"""The derivations file: the shipped one, and the problems of others with line and column."""

import pytest
import yaml

from riskmodel import load_model
from riskmodel.analysis.indicators.derivations import expanded, load_derivations
from riskmodel.documents.models import DERIVATIONS, shipped
from riskmodel.errors import SituationError
from riskmodel.schema.base import citations

SHIPPED = load_derivations()


def test_the_shipped_file_has_all_indicators_of_the_default_model_in_its_order():
    assert list(SHIPPED.spec.indicators) == list(load_model().spec.indicators)


def test_the_derivations_are_no_model():
    assert DERIVATIONS not in {path.name for path in shipped().values()}


def test_each_source_of_the_shipped_file_is_cited():
    cites = [SHIPPED.spec.events.cites, *(way.cites for part in SHIPPED.spec.indicators.values() for way in part.ways)]
    assert {citation.source for entry in cites for citation in citations(entry)} == set(SHIPPED.spec.sources)


def test_every_value_lies_where_the_default_model_allows_it():
    indicators = load_model().spec.indicators
    for name, part in SHIPPED.spec.indicators.items():
        low, high = indicators[name].valid
        for way in part.ways:
            values = [getattr(way, "value", low), getattr(way, "otherwise", low)]
            values += [step.value for step in getattr(way, "steps", ())]
            values += [value for _, value in getattr(way, "points", ())]
            values = [value for value in values if value is not None]
            assert low is None or min(values, default=low) >= low
            assert high is None or max(values, default=high) <= high


def test_statements_are_left_out_of_all_codes():
    assert expanded(["010", "01", "042"], SHIPPED.spec) == {"042"}
    assert expanded(["190-192"], SHIPPED.spec) == {"190", "191", "192"}


def test_third_codes_are_those_of_mediation():
    assert SHIPPED.third_codes == {"028", "038", "039", "045", "165"}


def test_holes_are_listed_day_by_day():
    days = SHIPPED.spec.events.hole_days("gdelt")
    # 1 + 1 + 1 + 4 + 9 + 1 + 1 + 1 + 1 + 2 + 1 + 2 + 3 + 1
    assert len(days) == len(set(days)) == 29
    assert {"2014-01-23", "2014-01-24", "2014-01-25", "2014-03-19"} <= set(days)
    assert SHIPPED.spec.events.hole_days("icews") == ()


def test_a_copy_means_the_same(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(SHIPPED.document.text, encoding="utf-8")
    assert load_derivations(path).spec == load_derivations(yaml.safe_load(SHIPPED.document.text)).spec == SHIPPED.spec


BROKEN = [
    ('codes: ["040", "041"', 'codes: [40, "041"', "should be text in quotes, because codes begin with zeros; got 40"),
    ('codes: ["040", "041"', 'codes: ["040", "477"', "'477' is no code of CAMEO or PLOVER"),
    ('"20", ASSAULT/aerial', '"20", assault/aerial', "'assault/aerial' is no code of CAMEO or PLOVER"),
    ('["150-155", MOBILIZE]', '["155-150", MOBILIZE]', "'155-150' is no range of codes"),
    ("method: contacts", "method: contact", "did you mean 'contacts'?"),
    ("trust: weak", "trust: low", "should be 'good', 'fair' or 'weak'"),
    ("gdelt: [GOV,", "gdelt: [gov,", "should be a role of three capital letters such as GOV or MIL; got 'gov'"),
    ("one_way: true", "oneway: true", "unknown key 'oneway'; did you mean 'one_way'?"),
    ("usable_days: 25", "usable_days: 31", "should be at most 28; got 31"),
    ("otherwise: 2", "otherwise: 6", "should be below 4, the lowest value of the steps; got 6"),
    ("{source: cameo, section: 04 CONSULT}", "{source: cammeo, section: x}", "not one of the sources: 'cammeo'"),
    ("2014-01-17/2014-01-25", "2014-01-25/2014-01-17", "should be a day such as 2014-01-23"),
    ("[1000, 7]", "[1000, 4]", "should be above (100.0, 5.0) in both numbers"),
    ("        quiet_months: 12\n", "", "is required"),
    ("period: mean", "period: sum", "should be 'mean', 'highest' or 'last'"),
]


@pytest.mark.parametrize(("old", "new", "message"), BROKEN)
def test_a_problem_is_reported_where_it_is(old, new, message, tmp_path):
    assert old in SHIPPED.document.text
    path = tmp_path / "mine.yaml"
    path.write_text(SHIPPED.document.text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SituationError) as caught:
        load_derivations(path)
    (problem, *_) = caught.value.problems
    assert message in problem.message
    assert problem.file == str(path)
    # The problem is in the line that was changed; of a missing key in that of the way.
    line = SHIPPED.document.text[: SHIPPED.document.text.index(old)].count("\n") + 1
    assert abs(problem.line - line) <= (0 if new else 4)
    assert problem.column


def test_all_problems_are_reported_in_one_pass(tmp_path):
    text = SHIPPED.document.text.replace("times: 0.25\n        trust: weak", "times: 0.25\n        trust: low", 1)
    text = text.replace("usable_days: 25", "usable_days: 0")
    text = text.replace('["045"]', '["045", "999"]', 1)
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SituationError) as caught:
        load_derivations(path)
    assert [problem.field for problem in caught.value.problems] == [
        "events.usable_days",
        "indicators.communication_frequency.ways.2.trust",
        "indicators.third_party_mediation.ways.1.steps.1.codes.1",
    ]


def test_an_indicator_needs_ways_or_the_reason_why_it_is_blank():
    content = yaml.safe_load(SHIPPED.document.text)
    content["indicators"]["espionage"] = {"period": "last"}
    with pytest.raises(SituationError, match="needs `ways`, or the reason why it is `blank`"):
        load_derivations(content)


def test_quiet_months_are_for_violence_only():
    content = yaml.safe_load(SHIPPED.document.text)
    content["indicators"]["dispute_history"]["ways"][1]["quiet_months"] = 12
    with pytest.raises(SituationError, match="is for violence only; disputes have an end"):
        load_derivations(content)


def test_a_file_that_is_not_there_is_one_problem(tmp_path):
    with pytest.raises(SituationError, match=r"mine\.yaml"):
        load_derivations(tmp_path / "mine.yaml")
