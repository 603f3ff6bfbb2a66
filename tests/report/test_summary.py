"""The sentence below a score: true for every model, and the same words for the same facts."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_models import random_model, random_values

import riskmodel
from riskmodel.report.summary import inner_case, listed, outer_case, summary


def scored_at_random(seed):
    """A random model whose indicators and rules go by their ids, so that the sentences can be taken apart."""
    rng = random.Random(seed)
    content = random_model(rng)
    for name, spec in content["indicators"].items():
        spec["title"] = name
        if rng.random() < 0.5:
            spec["phrases"] = {"low": f"few {name}", "high": f"many {name}"}
    for name, spec in content["rules"].items():
        spec["title"] = name
    for spec in content["scores"].values():
        spec["better"] = rng.choice(("low", "high"))
    return content, riskmodel.load_model(content).assess(random_values(rng, content))


def depends_on(content, name):
    """The indicators that a score is built from, or that the conditions of its rules mention."""
    if name in content["indicators"]:
        return {name}
    leaves = {leaf for part in content["scores"][name]["weights"] for leaf in depends_on(content, part)}
    rules = [rule for rule in content["rules"].values() if name in rule["then"]]
    words = {word for rule in rules for word in re.findall(r"\w+", rule["when"])}
    for word in words & (content["indicators"].keys() | content["scores"].keys() - {name}):
        leaves |= leaves_of(content, word)
    return leaves


def leaves_of(content, name):
    if name in content["indicators"]:
        return {name}
    return {leaf for part in content["scores"][name]["weights"] for leaf in leaves_of(content, part)}


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_the_drivers_are_the_largest_and_mostly_means_half(seed):
    _, assessment = scored_at_random(seed)
    for score in assessment.scores.values():
        (text,) = re.findall(
            r"(?:Mostly|Most of all|Held down mostly by|Held down most of all by) .*?\.", summary(assessment, score)
        ) or [""]
        entries = {entry.name: entry for entry in score.account if entry.kind != "clip"}
        if text.startswith("Held down"):
            sizes = {name: (entry.possible or 0.0) - entry.points for name, entry in entries.items()}
            assert score.value < score.out_of / 2
        else:
            sizes = {name: entry.points for name, entry in entries.items()}
        sizes = {name: size for name, size in sizes.items() if size > 1e-9 * score.out_of}
        named = [name for name in re.findall(r"\w+_\w+", text) if name in entries]
        if not text:
            continue
        assert len(set(named)) == len(named) <= 3
        rest = [size for name, size in sizes.items() if name not in named]
        assert min(sizes[name] for name in named) >= max(rest, default=0.0) - 1e-6 * score.out_of
        half = sum(sizes.values()) / 2
        assert ("ostly" in text) == (sum(sizes[name] for name in named) >= half - 1e-6 * score.out_of)
        for name in named:
            assert re.search(rf"{name} \((\w+, )?assumed\)", text) or name not in assessment.assumed


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_everything_unknown_that_a_score_depends_on_is_named_or_counted(seed):
    content, assessment = scored_at_random(seed)
    for name, score in assessment.scores.items():
        absent = {*assessment.missing, *assessment.assumed} & depends_on(content, name)
        assert set(score.unknown) == absent
        text = summary(assessment, score)
        (unknown,) = re.findall(r"(?:^|\. )((?:Unknown: [^.]*|[^.]* are unknown)\.)$", text) or [""]
        named = set(re.findall(r"\w+_\w+", unknown.lower())) & content["indicators"].keys()
        others = re.search(r"(\d+) other values", unknown)
        assert named <= absent
        assert len(named) + int(others[1] if others else 0) == len(absent)
        assert others is None or int(others[1]) > 1


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_sentences_are_sentences(seed):
    _, assessment = scored_at_random(seed)
    for score in assessment.scores.values():
        text = summary(assessment, score)
        assert (score.reported is None) == text.startswith("No score: ")
        if text:
            assert text.endswith(".")
            assert text[0] == text[0].upper()
            assert not re.search(r"\.\.|  | ,|,\.|;\.|\bNone\b", text)


def _ids(by_title):
    return {title.lower().replace(" ", "_"): value for title, value in by_title.items()}


def model_of(weights, **score):
    """Indicators on a scale from 0 to 10, and one score from 0 to 100."""
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "by-hand",
            "indicators": {
                name.lower().replace(" ", "_"): {"title": name, "scale": {"goalposts": [0, 10]}} for name in weights
            },
            "scores": {
                "s": {"weights": _ids(weights), "bands": {"calm": 0, "tense": 50}, "min_coverage": 0.5, **score}
            },
        }
    )


def sentence(model, values):
    assessment = model.assess(_ids(values))
    return summary(assessment, assessment["s"])


def test_a_high_score_is_explained_by_what_raises_it_and_a_low_one_by_what_holds_it_down():
    model = model_of({"Patrols": 3, "Contacts": -1})
    # 3 x 9 + 1 x 8 of 40, and 3 x 1 + 1 x 2: all points but 35 and 5 are kept from the score.
    assert sentence(model, {"Patrols": 9, "Contacts": 2}) == "Tense. Mostly high patrols."
    assert sentence(model, {"Patrols": 1, "Contacts": 8}) == "Calm. Held down mostly by low patrols."


def test_an_indicator_is_not_called_high_where_it_is_low_and_has_the_most_points_by_its_weight():
    model = model_of({"Patrols": 8, "Contacts": 2, "Exercises": 2})
    # 8 x 4 of 80 are fewer than half, but more than the 20 each of the others: 72 of 120.
    text = sentence(model, {"Patrols": 4, "Contacts": 10, "Exercises": 10})
    assert text == "Tense. Mostly patrols and high contacts."


def test_many_small_contributions_are_not_most_of_a_score():
    weights = {"Ships": 1.3, "Planes": 1.2, "Tanks": 1.1, "Guns": 1, "Spies": 1, "Mines": 1, "Drones": 1, "Radars": 1}
    text = sentence(model_of(weights), dict.fromkeys(weights, 8))
    assert text == "Tense. Most of all high ships, high planes and high tanks."


def test_labels_stand_for_themselves():
    model = riskmodel.load_model(
        {
            "format": 1,
            "id": "by-hand",
            "indicators": {"alert": {"title": "Alert level", "scale": {"levels": {"none": 0, "full": 1}}}},
            "scores": {"s": {"weights": {"alert": 1}}},
        }
    )
    assert sentence(model, {"Alert": "full"}) == "Mostly alert level (full)."
    assert sentence(model, {"Alert": "none"}) == "Held down mostly by alert level (none)."


def test_a_mean_that_shares_its_points_otherwise_names_what_raised_the_score():
    model = model_of({"Patrols": 1, "Contacts": 1}, mean="geometric")
    assert sentence(model, {"Patrols": 1, "Contacts": 1}).startswith("Calm. Mostly ")


def test_one_unknown_value_needs_no_number():
    # Peace years is, or are: the title does not say.
    model = model_of({"Patrols": 3, "Peace years": 1})
    assert sentence(model, {"Patrols": 10}).endswith("Unknown: peace years.")


def test_the_unknown_values_with_most_weight_come_first():
    model = model_of({"Patrols": 50, "Ships": 1, "Planes": 2, "Tanks": 3, "Guns": 4})
    assert sentence(model, {"Patrols": 10}).endswith("Guns, tanks and 2 other values are unknown.")


@pytest.mark.parametrize(
    ("weights", "needed", "reason"),
    [
        ({"Patrols": 1, "Ships": 3}, 0.5, "25% of the weight is known, at least 50% is needed"),
        # 4,999 of 10,000 is not the half that is needed.
        ({"Patrols": 4999, "Ships": 5001}, 0.5, "49% of the weight is known, at least 50% is needed"),
        ({"Patrols": 4999, "Ships": 5001}, 0.505, "49% of the weight is known, at least 50.5% is needed"),
    ],
)
def test_without_a_score_the_reason_does_not_contradict_itself(weights, needed, reason):
    text = sentence(model_of(weights, min_coverage=needed), {"Patrols": 10})
    assert text == f"No score: {reason}. Unknown: ships."


def test_with_nothing_known_no_share_is_named():
    text = sentence(model_of({"Patrols": 1}, min_coverage=0.0), {})
    assert text == "No score: nothing that it is built from is known. Unknown: patrols."


@pytest.mark.parametrize(
    ("title", "inside"),
    [
        ("Peace years", "peace years"),
        ("Third-party mediation", "third-party mediation"),
        ("GDP per head", "GDP per head"),
        ("US contacts", "US contacts"),
        ("U-2 flights", "U-2 flights"),
        ("Cold War legacy", "Cold War legacy"),
        ("A share of trade", "a share of trade"),
        ("élan", "élan"),
        ("", ""),
    ],
)
def test_titles_inside_a_sentence_begin_small_but_for_names(title, inside):
    assert inner_case(title) == inside


def test_sentences_begin_with_a_capital():
    assert [outer_case(text) for text in ("peace years", "pH of rivers", "GDP", "")] == [
        "Peace years",
        "pH of rivers",
        "GDP",
        "",
    ]


def test_lists_are_read_as_they_are_meant():
    assert [listed(texts) for texts in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == ["", "a", "a and b", "a, b and c"]
    assert listed(("a", "b and c", "d")) == "a, b and c, and d"
