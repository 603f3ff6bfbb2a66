"""Influences in the model file: their format, their references, and the fingerprint."""

import pytest

import riskmodel
from riskmodel import ModelError
from riskmodel.analysis.lint import warnings
from riskmodel.documents.models import load
from riskmodel.report.model import model_diff, model_summary, rulebook
from riskmodel.schema.references import citing_parts

MODEL = """\
format: 1
id: small
sources: {report: {title: A report, claims: {A1: {section: One, says: Silence breeds spying.}}}}
indicators:
  talks: {title: Talks, valid: [0, 10], scale: {goalposts: [0, 10]}}
  spies: {title: Spies, valid: [0, 10], scale: {goalposts: [0, 10]}}
  mood: {scale: {levels: {calm: 0, tense: 1}}}
  hill: {valid: [0, 10], scale: {points: [[0, 0], [5, 1], [10, 0]]}}
  bare: {valid: [0, 10]}
scores:
  risk: {weights: {talks: -1, spies: 1, mood: 1, hill: 1}}
"""
INFLUENCES = """\
influences:
  silence:
    from: talks
    to: spies
    strength: [-0.2, -0.1, 0]
    because: What cannot be asked is spied out.
    cites: {source: report, section: One, claims: [A1]}
"""


@pytest.fixture
def loaded(tmp_path):
    def of(text):
        (tmp_path / "small.yaml").write_text(text)
        return riskmodel.load_model(tmp_path / "small.yaml")

    return of


def test_an_influence_is_part_of_the_model_and_of_its_texts(loaded, tmp_path):
    model = loaded(MODEL + INFLUENCES)
    influence = model.spec.influences["silence"]
    assert (influence.source, influence.target, influence.strength, influence.lag) == (
        "talks",
        "spies",
        (-0.2, -0.1, 0),
        1,
    )
    assert "Talks -> Spies: -0.1 (-0.2 to +0) per month, after 1 month." in rulebook(model)
    assert "silence" in model_summary(model)
    assert citing_parts(dict(model.spec), "report", "A1") == ["influence silence"]
    assert not any("A1" in problem.field for problem in warnings(load(tmp_path / "small.yaml")))


def test_differences_of_models_name_influences(loaded):
    before, after = loaded(MODEL).spec, loaded(MODEL + INFLUENCES).spec
    assert model_diff(before, after) == ["influence silence: new; talks -> spies: -0.1 (-0.2 to +0) per month"]
    assert model_diff(after, before) == ["influence silence: removed"]
    faster = loaded(MODEL + INFLUENCES.replace("-0.1", "-0.15")).spec
    assert model_diff(after, faster) == ["influence silence: strength: [-0.2, -0.1, 0] -> [-0.2, -0.15, 0]"]


def test_influences_count_in_the_fingerprint_and_their_absence_does_not(loaded):
    plain = loaded(MODEL).identity.fingerprint
    assert loaded(MODEL + "influences: {}\n").identity.fingerprint == plain
    with_one = loaded(MODEL + INFLUENCES).identity.fingerprint
    assert with_one != plain
    assert loaded(MODEL + INFLUENCES.replace("-0.1", "-0.15")).identity.fingerprint not in (plain, with_one)


def test_influences_change_no_score(loaded):
    values = {"talks": 3, "spies": 6, "mood": "tense", "hill": 2}
    before, after = (loaded(text).assess(values)["risk"] for text in (MODEL, MODEL + INFLUENCES))
    assert before.value == after.value
    assert before.account == after.account


def test_new_weights_keep_the_influences(loaded):
    model = loaded(MODEL + INFLUENCES)
    assert model.with_weights({"risk": {"spies": 3}}).spec.influences == model.spec.influences


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("from: talks", "from: talk", "influences.silence.from", "not an indicator; did you mean 'talks'?"),
        ("to: spies", "to: spiess", "influences.silence.to", "not an indicator; did you mean 'spies'?"),
        ("to: spies", "to: risk", "influences.silence.to", "not an indicator"),
        ("to: spies", "to: mood", "influences.silence.to", "has labels"),
        ("from: talks", "from: mood", "influences.silence.from", "has labels"),
        ("to: spies", "to: hill", "influences.silence.to", "rises and falls"),
        ("to: spies", "to: bare", "influences.silence.to", "needs a scale"),
        ("[-0.2, -0.1, 0]", "[-0.1, -0.2, 0]", "influences.silence.strength.1", "(-0.2) is below the lowest (-0.1)"),
        ("[-0.2, -0.1, 0]", "[-0.2, 0, -0.1]", "influences.silence.strength.2", "(-0.1) is below the likeliest (0)"),
        ("[-0.2, -0.1, 0]", "[-0.2, 0.1, 0.2]", "influences.silence.strength", "both sides of 0: -0.2 to 0.2"),
        ("[-0.2, -0.1, 0]", "[-1.2, -0.1, 0]", "influences.silence.strength.0", "at least -1"),
        ("[-0.2, -0.1, 0]", "[-0.2, -0.1]", "influences.silence.strength.2", "number 3 is missing"),
        ("[-0.2, -0.1, 0]", "-0.1", "influences.silence.strength", "should be a list"),
        ("    because", "    lag: -1\n    because", "influences.silence.lag", "at least 1; got -1"),
        ("    because", "    lag: 0\n    because", "influences.silence.lag", "at least 1; got 0"),
        ("    because", "    lag: 1.5\n    because", "influences.silence.lag", "whole number"),
        ("    because", "    delay: 1\n    because", "influences.silence.delay", "unknown key 'delay'"),
        ("    because: What cannot be asked is spied out.\n", "", "influences.silence.because", "is required"),
        ("claims: [A1]", "claims: [A2]", "influences.silence.cites.claims.0", "no claim 'A2'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(loaded, old, new, field, words):
    assert old in INFLUENCES
    with pytest.raises(ModelError) as error:
        loaded(MODEL + INFLUENCES.replace(old, new))
    (problem,) = error.value.problems
    assert problem.field == field
    assert words in problem.message
    assert problem.line > MODEL.count("\n")


def test_two_influences_between_the_same_indicators_are_refused(loaded):
    second = "  again: {from: talks, to: spies, strength: [0, 0, 0.1], because: Once more.}\n"
    with pytest.raises(ModelError, match="talks already influences spies, by 'silence'; state it once") as error:
        loaded(MODEL + INFLUENCES + second)
    assert error.value.problems[0].field == "influences.again"


def test_all_faults_are_reported_together(loaded):
    text = MODEL.replace("talks: -1", "talk: -1") + INFLUENCES.replace("to: spies", "to: spis").replace("0]", "-3]")
    with pytest.raises(ModelError) as error:
        loaded(text)
    assert {problem.field for problem in error.value.problems} == {
        "scores.risk.weights.talk",
        "influences.silence.to",
        "influences.silence.strength.2",
    }


def test_the_default_model_states_the_chain_of_the_article_and_what_calms_it(default_model):
    spec = default_model.spec
    cited = {
        claim
        for influence in spec.influences.values()
        for citation in ([influence.cites] if not isinstance(influence.cites, tuple) else influence.cites)
        for claim in citation.claims
    }
    assert {"C3", "C4", "C5", "C7", "C9", "C11", "C12"} <= cited
    assert {"B2", "B5", "D2", "D3", "D4"} <= cited
    for influence in spec.influences.values():
        low, likely, high = influence.strength
        assert influence.title
        assert low < likely < high
        assert max(abs(low), abs(high)) >= 8 * min(abs(low), abs(high)), "a wide range: it is judgement"
