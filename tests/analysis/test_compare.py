"""Comparison: shares satisfy Shapley's axioms, and mixtures and hybrids score like models written for them."""

import copy
import itertools
import json
import math
import random
import re
from pathlib import Path

import numpy as np
import pytest
import random_models
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.comparison.analysis import compare, compare_models
from riskmodel.analysis.comparison.shapley import MAX_EXACT, allocate
from riskmodel.cli.analyses import compare as command
from riskmodel.report.analyses.comparison import rounded_entries, rounded_value

ROOT = Path(__file__).parents[2]
CUBA, START = (ROOT / "examples" / f"case_{name}.yaml" for name in ("1962_cuba", "1991_start"))
seeds = st.integers(0, 2**32 - 1)
quickly = settings(max_examples=30, deadline=None)


def game(values):
    """Return a value function from a table of values, indexed by the bits of the members of each set."""
    values = np.asarray(values, dtype=float)

    def value_function(member):
        return values[member @ (1 << np.arange(member.shape[1]))][:, None]

    return value_function


def shapley(values):
    players = int(math.log2(len(values)))
    return allocate(game(values), players).shares[:, 0]


def by_orders(values):
    """Compute Shapley values by their definition."""
    players = int(math.log2(len(values)))
    shares = np.zeros(players)
    for order in itertools.permutations(range(players)):
        members = 0
        for player in order:
            shares[player] += values[members | 1 << player] - values[members]
            members |= 1 << player
    return shares / math.factorial(players)


def games(players):
    return st.lists(st.floats(-1e3, 1e3), min_size=2**players, max_size=2**players)


class TestShapley:
    @quickly
    @given(st.integers(1, 5).flatmap(games))
    def test_is_the_mean_over_every_order(self, values):
        assert shapley(values) == pytest.approx(by_orders(values), abs=1e-9)

    @quickly
    @given(games(6))
    def test_shares_sum_to_what_all_add(self, values):
        assert math.fsum(shapley(values)) == pytest.approx(values[-1] - values[0], abs=1e-9)

    @quickly
    @given(games(4))
    def test_a_player_that_adds_nothing_has_no_share(self, values):
        idle = [values[index & ~4] for index in range(16)]
        assert shapley(idle)[2] == pytest.approx(0, abs=1e-12)

    @quickly
    @given(games(4))
    def test_players_with_equal_contributions_have_equal_shares(self, values):
        alike = [values[min(index, index & ~3 | (index & 1) << 1 | index >> 1 & 1)] for index in range(16)]
        shares = shapley(alike)
        assert shares[0] == pytest.approx(shares[1], abs=1e-9)

    @quickly
    @given(games(4), games(4), st.floats(-3, 3))
    def test_shares_are_additive(self, first, second, factor):
        together = [x + factor * y for x, y in zip(first, second, strict=True)]
        assert shapley(together) == pytest.approx(shapley(first) + factor * shapley(second), abs=1e-8)

    def test_sampled_shares_sum_and_lie_within_their_errors(self):
        random_numbers = np.random.default_rng(5)
        players = MAX_EXACT + 8
        alone, pairs = random_numbers.normal(size=players), random_numbers.normal(size=(players, players))
        pairs += pairs.T
        np.fill_diagonal(pairs, 0.0)
        triple = np.zeros(players)
        triple[:3] = 6.0 / 3

        def value_function(member):
            sets = member.astype(float)
            both = np.einsum("ni,ij,nj->n", sets, pairs, sets) / 2
            return (sets @ alone + both + 6.0 * member[:, :3].all(axis=1))[:, None]

        allocation = allocate(value_function, players)
        true = alone + pairs.sum(axis=1) / 2 + triple
        everyone, nobody = (value_function(np.full((1, players), member)) for member in (True, False))
        assert allocation.shares.sum() == pytest.approx((everyone - nobody).item(), abs=1e-9)
        assert np.all(np.abs(allocation.shares[:, 0] - true) <= 5 * allocation.errors[:, 0] + 1e-9)
        assert allocation.errors[:3, 0].min() > 0.01

        def reverse(member):
            return value_function(~member)

        assert allocate(reverse, players).shares == pytest.approx(-allocation.shares, abs=1e-9)


def accounts_of(comparison):
    return {name: account for difference in comparison.differences for name, account in difference.accounts.items()}


class TestSituations:
    @settings(max_examples=50, deadline=None)
    @given(seeds)
    def test_entries_sum_to_the_difference_and_change_sign_in_reverse(self, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        model = riskmodel.load_model(content)
        first, second = (random_models.random_values(rng, content) for _ in range(2))
        forward, back = (accounts_of(compare(pair, model=model)) for pair in ((first, second), (second, first)))
        before, after = model.assess(first), model.assess(second)
        changed = {name for name in model.spec.indicators if before.input(name).value != after.input(name).value}
        for name, account in forward.items():
            assert (account.difference is None) == (account.obstacle in ("no score before", "no score after"))
            if account.obstacle:
                continue
            top = account.after.out_of
            assert math.fsum(entry.points for entry in account.entries) == pytest.approx(
                account.difference, abs=1e-9 * top
            )
            reverse = {entry.name: entry.points for entry in back[name].entries}
            assert {entry.name: -entry.points for entry in account.entries} == pytest.approx(reverse, abs=1e-9 * top)
            assert {entry.name for entry in account.entries} == changed

    @settings(max_examples=25, deadline=None)
    @given(seeds)
    def test_entries_are_what_assessing_every_mixture_in_every_order_gives(self, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        for score in content["scores"].values():
            score["min_coverage"] = 0
        model = riskmodel.load_model(content)
        first = random_models.random_values(rng, content)
        changed = rng.sample(list(content["indicators"]), min(4, len(content["indicators"])))
        other = random_models.random_values(rng, content)
        second = {**first, **{name: other.get(name) for name in changed}}
        accounts = accounts_of(compare([first, second], model=model))
        players = sorted(changed)
        mixtures = [
            model.assess({**first, **{name: second[name] for index, name in enumerate(players) if bits >> index & 1}})
            for bits in range(2 ** len(players))
        ]
        for name, account in accounts.items():
            values = [mixture[name].value for mixture in mixtures]
            assert (account.obstacle is not None) == (None in values)
            if not account.obstacle:
                expected = dict(zip(players, by_orders(values), strict=True))
                for entry in account.entries:
                    assert entry.points == pytest.approx(expected[entry.name], abs=1e-9 * account.after.out_of)

    def test_without_rules_an_entry_is_weight_times_difference(self):
        model = riskmodel.load_model(core_four(rules=()))
        first = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
        second = {"military_activity": 2, "communication_frequency": 9, "espionage": 30, "trade_disruption": 0}
        (account, _) = accounts_of(compare([first, second], model=model)).values()
        before, after = model.assess(first), model.assess(second)
        shares = {"military_activity": 35, "communication_frequency": -30, "trade_disruption": 15}
        assert {entry.name: entry.points for entry in account.entries} == pytest.approx(
            {
                name: weight * (after.input(name).intensity - before.input(name).intensity)
                for name, weight in shares.items()
            }
        )

    def test_a_mixture_without_any_value_leaves_no_account(self):
        content = core_four(rules=())
        for score in content["scores"].values():
            score["min_coverage"] = 0.2
        model = riskmodel.load_model(content)
        comparison = compare([{"military_activity": 7}, {"communication_frequency": 1}], model=model)
        assert {account.obstacle for account in accounts_of(comparison).values()} == {"no value between"}
        assert "without any value" in str(comparison)

    def test_a_situation_without_a_score_is_reported(self, default_model):
        comparison = compare([{"military_activity": 7}, CUBA_VALUES], model=default_model)
        assert {account.obstacle for account in accounts_of(comparison).values()} == {"no score before"}
        assert "Escalation risk: insufficient data -> " in str(comparison)
        assert "before: Situation 1\nafter: Situation 2\n" in str(comparison)
        assert "no score before" in str(comparison)

    def test_rules_with_another_degree_are_listed(self, default_model):
        comparison = compare([*riskmodel.read_situations(CUBA), *riskmodel.read_situations(START)], model=default_model)
        (difference,) = comparison.differences
        changes = {rule.name: rule for rule in difference.rules}
        assert changes["misread_military_moves"].before > 0 == changes["misread_military_moves"].after
        assert changes["open_channels_calm"].before == 0 < changes["open_channels_calm"].after

    def test_equal_situations_have_no_entries(self, default_model):
        comparison = compare([CUBA_VALUES, CUBA_VALUES], model=default_model)
        assert all(account.entries == () and account.difference == 0 for account in accounts_of(comparison).values())
        assert "nothing differs" in str(comparison)

    def test_fewer_than_two_situations_are_refused(self):
        with pytest.raises(riskmodel.SituationError, match="two or more"):
            compare([{"espionage": 1}])


CUBA_VALUES = {
    "military_activity": 9.5,
    "communication_frequency": 2,
    "espionage": 6,
    "trade_disruption": 34,
    "standing_rivalry": 10,
    "peace_years": 0,
}


def core_four(**changes):
    """Return the small model as data, with only the rules that are named in `rules`."""
    from riskmodel.documents.models import load

    content = load("core-four").spec.model_dump(mode="json", exclude_defaults=True)
    content["format"] = 1
    content.pop("scenarios", None)
    if "rules" in changes:
        content["rules"] = {name: rule for name, rule in content["rules"].items() if name in changes["rules"]}
    return content


def mutated(rng, content, mutations):
    """Return a valid model with a few parts changed."""
    for _ in range(50):
        mutant = copy.deepcopy(content)
        for _ in range(rng.randint(1, 5)):
            rng.choice(mutations)(rng, mutant)
        try:
            riskmodel.load_model(mutant)
            return mutant
        except riskmodel.ModelError:
            continue
    return content


def change_weight(rng, content):
    weights = rng.choice(list(content["scores"].values()))["weights"]
    weights[rng.choice(list(weights))] = random_models.random_weight(rng)


def drop_weight(rng, content):
    weights = rng.choice(list(content["scores"].values()))["weights"]
    if len(weights) > 1:
        weights.pop(rng.choice(list(weights)))


def add_weight(rng, content):
    weights = rng.choice(list(content["scores"].values()))["weights"]
    weights[rng.choice([*content["indicators"], *content["scores"]])] = random_models.random_weight(rng)


def change_mean(rng, content):
    rng.choice(list(content["scores"].values()))["mean"] = rng.choice(["arithmetic", "geometric", "maximum"])


def change_top(rng, content):
    score = rng.choice(list(content["scores"].values()))
    score["out_of"] = 2 * score.get("out_of", 100)


def drop_rule(rng, content):
    if content["rules"]:
        content["rules"].pop(rng.choice(list(content["rules"])))


def change_rule(rng, content):
    if content["rules"]:
        rule = rng.choice(list(content["rules"].values()))
        rule["when"] = random_models.random_rule_condition(rng, content["indicators"], content["scores"])


def change_scale(rng, content):
    scale = rng.choice(list(content["indicators"].values())).get("scale") or {}
    if "goalposts" in scale:
        scale["goalposts"].reverse()
    if "levels" in scale:
        labels = list(scale["levels"])
        scale["levels"] = {label: round(rng.random(), 2) for label in [*rng.sample(labels, len(labels)), "hushed"]}


def change_default(rng, content):
    indicator = rng.choice(list(content["indicators"].values()))
    if indicator.pop("default", None) is None:
        indicator["default"] = random_models.random_value(rng, indicator)


def change_terms(rng, content):
    terms = rng.choice(list(content["indicators"].values())).get("terms")
    if terms:
        terms[rng.choice(list(terms))] = {"above": 1.2345}


MUTATIONS = (
    change_weight, drop_weight, add_weight, change_mean, change_top, drop_rule, change_rule, change_scale,
    change_default, change_terms,
)  # fmt: skip


def written(old, new, parts, bits):
    """Return a hybrid as a model file, with the parts whose bits are set from the new model."""
    hybrid = copy.deepcopy(old)
    keys = {"scale": ("scale", "default"), "terms": ("terms",), "mean": ("mean",), "out of": ("out_of",)}
    for index, (kind, name) in enumerate(parts):
        if not bits >> index & 1:
            continue
        if kind == "rule":
            hybrid["rules"].pop(name, None)
            hybrid["rules"] |= {name: new["rules"][name]} if name in new["rules"] else {}
            continue
        section = "indicators" if kind in ("scale", "terms") else "scores"
        for key in keys[kind]:
            hybrid[section][name].pop(key, None)
            hybrid[section][name] |= {key: new[section][name][key]} if key in new[section][name] else {}
    return hybrid


class TestModels:
    @settings(max_examples=25, deadline=None)
    @given(seeds)
    def test_entries_sum_to_the_difference_and_change_sign_in_reverse(self, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        first, second = map(riskmodel.load_model, (content, mutated(rng, content, MUTATIONS)))
        values = random_models.random_values(rng, content)
        forward, back = (compare_models(values, *pair) for pair in ((first, second), (second, first)))
        assert forward.differences[0].before.model == first.identity
        before, after = first.assess(values), second.assess(values)
        for name, account in accounts_of(forward).items():
            assert account.before == before[name]
            assert account.after == after[name]
            reverse = accounts_of(back)[name]
            assert bool(account.obstacle) == bool(reverse.obstacle)
            if account.obstacle:
                continue
            top = max(account.after.out_of, account.before.out_of)
            assert math.fsum(entry.points for entry in account.entries) == pytest.approx(
                account.difference, abs=1e-9 * top
            )
            key = {(entry.kind, entry.score, entry.name): -entry.points for entry in reverse.entries}
            assert {(entry.kind, entry.score, entry.name): entry.points for entry in account.entries} == pytest.approx(
                key, abs=1e-9 * top
            )

    @settings(max_examples=25, deadline=None)
    @given(seeds)
    @pytest.mark.slow
    def test_hybrids_are_the_models_that_could_be_written(self, seed):
        rng = random.Random(seed)
        old = random_models.random_model(rng)
        for score in old["scores"].values():
            score["min_coverage"] = 0
        new = mutated(
            rng, old, [change_mean, change_top, drop_rule, change_rule, change_scale, change_default, change_terms]
        )
        values = random_models.random_values(rng, old)
        for name, account in accounts_of(compare_models(values, *map(riskmodel.load_model, (old, new)))).items():
            parts = [(entry.kind, entry.name) for entry in account.entries]
            if account.obstacle or len(parts) > 5:
                continue
            try:
                values_of_sets = [
                    riskmodel.load_model(written(old, new, parts, bits)).assess(values)[name].value
                    for bits in range(2 ** len(parts))
                ]
            except riskmodel.RiskmodelError:
                # A label, or a floor above another top, that only one of the models can have.
                continue
            expected = by_orders(values_of_sets)
            for entry, points in zip(account.entries, expected, strict=True):
                assert entry.points == pytest.approx(points, abs=1e-9 * account.after.out_of)

    def test_weights_can_be_mixed(self):
        old, new = core_four(), core_four()
        changed = {"military_activity": 20, "communication_frequency": -25, "espionage": 40}
        new["scores"]["escalation"]["weights"] |= changed
        values = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
        values_of_sets = []
        for bits in range(8):
            hybrid = copy.deepcopy(old)
            mixed = {name: weight for index, (name, weight) in enumerate(changed.items()) if bits >> index & 1}
            hybrid["scores"]["escalation"]["weights"] |= mixed
            values_of_sets.append(riskmodel.load_model(hybrid).assess(values)["escalation"].value)
        account = accounts_of(compare_models(values, *map(riskmodel.load_model, (old, new))))["escalation"]
        expected = dict(zip(changed, by_orders(values_of_sets), strict=True))
        assert {entry.name: entry.points for entry in account.entries} == pytest.approx(expected, abs=1e-9)

    def test_the_same_weights_in_another_unit_are_no_difference(self):
        old, new = core_four(), core_four()
        for score in new["scores"].values():
            score["weights"] = {name: weight / 100 for name, weight in score["weights"].items()}
        comparison = compare_models(
            {"military_activity": 7, "communication_frequency": 1, "espionage": 3},
            *map(riskmodel.load_model, (old, new)),
        )
        assert all(account.entries == () for account in accounts_of(comparison).values())

    def test_a_score_of_one_model_only_is_listed(self):
        old, new = core_four(rules=()), core_four(rules=())
        new["scores"]["detente"] = new["scores"].pop("stability")
        comparison = compare_models(
            {"military_activity": 7, "communication_frequency": 1}, *map(riskmodel.load_model, (old, new))
        )
        assert [(score.name, score.after) for score in comparison.differences[0].unmatched] == [
            ("stability", False),
            ("detente", True),
        ]
        assert "Stability: only before" in str(comparison)

    def test_inverse_hierarchies_can_be_mixed(self):
        weights = {"military_activity": 1, "espionage": 2}
        old, new = core_four(rules=()), core_four(rules=())
        for content, top, sub in ((old, "escalation", "stability"), (new, "stability", "escalation")):
            content["scores"][top]["weights"] = {sub: -1, "trade_disruption": 1}
            content["scores"][sub]["weights"] = weights
        values = {"military_activity": 7, "espionage": 30, "trade_disruption": 10}
        comparison = compare_models(values, *map(riskmodel.load_model, (old, new)))
        for account in accounts_of(comparison).values():
            assert account.obstacle is None
            assert math.fsum(entry.points for entry in account.entries) == pytest.approx(account.difference, abs=1e-9)
            assert "sub-scores" in {entry.kind for entry in account.entries}

    def test_many_parts_are_sampled_with_standard_errors_and_still_sum(self, default_model):
        content = default_model.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {"format": 1}
        for score in content["scores"].values():
            score["weights"] = {name: rank + 1 for rank, name in enumerate(score["weights"])}
        for indicator in content["indicators"].values():
            indicator["scale"] = {"goalposts": [0, 30]}
        values = dict.fromkeys(content["indicators"], 5)
        account = accounts_of(compare_models(values, default_model, riskmodel.load_model(content)))["escalation"]
        assert len(account.entries) > MAX_EXACT
        assert not account.exact
        assert math.fsum(entry.points for entry in account.entries) == pytest.approx(account.difference, abs=1e-9)
        comparison = compare_models(values, default_model, riskmodel.load_model(content))
        assert accounts_of(comparison)["escalation"] == account
        assert "standard error" in str(comparison)

    def test_an_indicator_of_neither_model_is_refused(self):
        with pytest.raises(riskmodel.SituationError, match="not an indicator"):
            compare_models({"militry_activity": 3}, "bilateral-tension", "core-four")

    def test_the_weight_of_a_missing_input_is_not_a_part(self, default_model):
        content = default_model.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for indicator in content["indicators"].values():
            indicator.pop("default", None)
        comparison = compare_models(CUBA_VALUES, riskmodel.load_model(content), "core-four")
        names = {entry.name for account in accounts_of(comparison).values() for entry in account.entries}
        assert "joint_initiatives" not in names
        assert all(account.exact for account in accounts_of(comparison).values())


class TestReport:
    @pytest.mark.parametrize("decimals", [0, 1, 3])
    @quickly
    @given(seed=seeds)
    def test_shown_points_sum_to_the_shown_difference(self, decimals, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        for score in content["scores"].values():
            score["decimals"] = decimals
        model = riskmodel.load_model(content)
        comparison = compare([random_models.random_values(rng, content) for _ in range(2)], model=model)
        for account in accounts_of(comparison).values():
            if not account.obstacle:
                total = rounded_value(account.after, decimals) - rounded_value(account.before, decimals)
                assert math.fsum(points for _, points in rounded_entries(account)) == pytest.approx(total, abs=1e-9)

    def test_the_first_is_compared_with_each_of_the_others(self):
        done = run(CUBA, START, CUBA, "--format", "json")
        comparison = json.loads(done.stdout)
        names = [difference["after"]["situation"] for difference in comparison["differences"]]
        assert [name.partition("(")[2] for name in names] == ["1991)", "1962), number 3"]
        score = comparison["differences"][0]["scores"]["escalation"]
        assert sum(entry["points"] for entry in score["entries"]) == pytest.approx(score["difference"])
        assert comparison["differences"][1]["scores"]["escalation"]["entries"] == []

    def test_markdown_has_the_same_figures(self):
        text, markdown = run(CUBA, START).stdout, run(CUBA, START, "--format", "markdown").stdout
        assert markdown.startswith("# What explains the difference")
        assert re.findall(r"[+-]\d+\.\d", text) == re.findall(r"[+-]\d+\.\d", markdown)

    def test_a_picture_is_drawn(self, tmp_path):
        target = tmp_path / "way.pdf"
        assert run(CUBA, "-m", "core-four", "-m", "bilateral-tension", "--plot", target).exit_code == 0
        assert target.stat().st_size > 5_000


def run(*words):
    """Run the command, without the error handling of `riskmodel.cli.run`."""
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((CUBA,), "two or more situations"),
        ((), "give a situation: FILE"),
        ((CUBA, START, "-m", "core-four", "-m", "bilateral-tension", "--plot", "a.png"), "--plot is of one situation"),
        ((CUBA, "-m", "core-four", "-m", "core-four", "-m", "core-four"), "a comparison of models needs two; got 3"),
        ((CUBA, START, "--weight-uncertainty", "20%"), "--weight-uncertainty requires --rank"),
        ((CUBA, START, "--plot", "way.bmp"), ".png, .svg, .pdf"),
        ((CUBA, "-m", "core-four", "-m", "core-fuor"), "core-fuor"),
        ((CUBA, "nowhere.yaml"), "nowhere.yaml"),
        ((CUBA, START, "--rank", "-m", "core-four", "-m", "bilateral-tension"), "a ranking uses one model"),
    ],
)
def test_invalid_commands_give_a_clear_error(words, message):
    done = run(*words)
    assert done.exit_code != 0
    assert message in (done.output if isinstance(done.exception, SystemExit) else str(done.exception))
    assert isinstance(done.exception, SystemExit | riskmodel.RiskmodelError)


def test_situations_of_several_models_need_one_named(write):
    other = write("other.yaml", "model: core-four\nvalues: {military_activity: 3}\n")
    assert "choose one with -m" in run(CUBA, other).output
