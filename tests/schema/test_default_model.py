"""The default model says what it must: the article's claims, its scenarios, and scores over their whole range."""

import pytest

import riskmodel
from riskmodel.analysis.attainable import attainable_ranges
from riskmodel.analysis.lint import warnings
from riskmodel.documents.models import load, shipped
from riskmodel.report.model import rulebook
from riskmodel.schema.references import citing_parts

CORE = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
CLAIMS = (
    [f"A{number}" for number in range(1, 6)]
    + [f"B{number}" for number in range(1, 6)]
    + [f"C{number}" for number in range(1, 13)]
    + [f"D{number}" for number in range(1, 8)]
    + [f"E{number}" for number in range(1, 4)]
)


def test_every_claim_has_a_text_and_is_cited(default_model):
    assert list(default_model.spec.sources["article"].claims) == CLAIMS
    for claim in CLAIMS:
        homes = citing_parts(dict(default_model.spec), "article", claim)
        assert homes, claim
        if claim.startswith("C"):
            assert any(home.startswith(("rule", "indicator")) for home in homes), claim


def test_the_rulebook_prints_every_part_and_the_table_of_claims(default_model):
    text = rulebook(default_model)
    spec = default_model.spec
    for section in (spec.indicators, spec.scores, spec.rules, spec.influences):
        for name, part in section.items():
            assert f"### {part.title} (`{name}`)" in text
    for claim in CLAIMS:
        assert f"\n| {claim} | " in text
    assert "Reachable: 0 to 100." in text
    assert "not cited" not in text


def test_every_rule_has_reason_and_citation_and_every_weight_its_reason(default_model):
    spec = default_model.spec
    for rule in spec.rules.values():
        assert rule.title
        assert rule.because
        assert rule.cites
    for score in spec.scores.values():
        assert all(entry.because for entry in score.weights.values())


def test_every_indicator_can_be_filled_in(default_model):
    for indicator in default_model.spec.indicators.values():
        assert indicator.title
        assert indicator.unit
        assert indicator.description
        assert len(indicator.guide) >= 3
        assert all(indicator.bounds[0] <= float(anchor) <= indicator.bounds[1] for anchor in indicator.guide)


def test_increased_cooperation_is_calm_and_stable(default_model):
    assessment = default_model.assess(default_model.scenarios["increased_cooperation"])
    assert assessment["escalation"].band == "low"
    assert assessment["stability"].band in ("steady", "robust")


def test_continued_tensions_are_high_and_fragile(default_model):
    assessment = default_model.assess(default_model.scenarios["continued_tensions"])
    assert assessment["escalation"].band == "high"
    assert assessment["stability"].band == "fragile"


def test_shifting_alliances_lie_between_and_hurt_stability_most(default_model):
    calm, tense, shifting = (
        default_model.assess(default_model.scenarios[name])
        for name in ("increased_cooperation", "continued_tensions", "shifting_alliances")
    )
    assert calm["escalation"].value < shifting["escalation"].value < tense["escalation"].value
    assert tense["stability"].value < shifting["stability"].value < calm["stability"].value
    # What the shift of alliances itself does: the same situation with partnerships as they were.
    values = {**default_model.scenarios["shifting_alliances"].spec.values, "alliance_realignment": 0}
    before = default_model.assess(values)
    lost = before["stability"].value - shifting["stability"].value
    gained = shifting["escalation"].value - before["escalation"].value
    assert lost > gained > 0


def test_the_core_four_alone_give_both_scores(default_model):
    assessment = default_model.assess(CORE)
    assert assessment["escalation"].status == assessment["stability"].status == "ok"
    assert assessment.missing == ()
    assert len(assessment.assumed) == 10


def test_the_whole_range_and_every_band_can_be_reached(default_model):
    reach = attainable_ranges(default_model.spec, default_model.compiled)
    for name, result in reach.scores.items():
        assert (result.low, result.high) == (0, 100)
        assert result.bands == set(default_model.spec.scores[name].bands)
    assert all((degrees.low, degrees.high) == (0, 1) for degrees in reach.rules.values())


@pytest.mark.parametrize("name", ["bilateral-tension", "core-four"])
def test_shipped_models_have_no_warnings(name):
    assert list(shipped()) == ["bilateral-tension", "core-four"]
    loaded = load(name)
    assert loaded.spec.id == name
    assert warnings(loaded) == []


def test_more_talk_never_raises_escalation_and_more_arms_never_lower_it(default_model):
    def swept(name, values):
        return [default_model.assess({**CORE, name: value})["escalation"].value for value in values]

    talk = swept("communication_frequency", [0, 0.5, 1, 2, 4, 8, 11, 14, 20, 40])
    arms = swept("military_activity", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    assert talk == sorted(talk, reverse=True)
    assert arms == sorted(arms)


def test_silence_with_active_forces_has_a_floor_and_a_cap(default_model):
    calm_otherwise = {
        **dict.fromkeys(default_model.spec.indicators, 0),
        "peace_years": 30,
        "third_party_mediation": 10,
        "arms_control_engagement": 10,
        "joint_initiatives": 15,
    }
    assessment = default_model.assess({**calm_otherwise, "military_activity": 9, "communication_frequency": 0})
    assert assessment["escalation"].value == 65
    assert assessment["stability"].value <= 35


def test_core_four_model_agrees_on_the_direction_of_the_default_model():
    small = riskmodel.load_model("core-four")
    tense, calm = small.assess(CORE), small.assess({**CORE, "military_activity": 1, "communication_frequency": 14})
    assert tense["escalation"].value > 60 > calm["escalation"].value
    assert tense["stability"].value < calm["stability"].value
