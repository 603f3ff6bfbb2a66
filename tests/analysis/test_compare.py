"""What explains a difference: shares that keep Shapley's axioms, of mixtures that are what they say they are."""

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
    """The worth of sets as a table by the bits of their members; one number for each."""
    values = np.asarray(values, dtype=float)

    def worth(member):
        return values[member @ (1 << np.arange(member.shape[1]))][:, None]

    return worth


def shapley(values):
    players = int(math.log2(len(values)))
    return allocate(game(values), players).shares[:, 0]


def by_orders(values):
    """The definition, read literally."""
    players = int(math.log2(len(values)))
    owed = np.zeros(players)
    for order in itertools.permutations(range(players)):
        there = 0
        for player in order:
            owed[player] += values[there | 1 << player] - values[there]
            there |= 1 << player
    return owed / math.factorial(players)


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
    def test_a_player_that_adds_nothing_is_owed_nothing(self, values):
        idle = [values[index & ~4] for index in range(16)]
        assert shapley(idle)[2] == pytest.approx(0, abs=1e-12)

    @quickly
    @given(games(4))
    def test_players_that_add_alike_are_owed_alike(self, values):
        alike = [values[min(index, index & ~3 | (index & 1) << 1 | index >> 1 & 1)] for index in range(16)]
        owed = shapley(alike)
        assert owed[0] == pytest.approx(owed[1], abs=1e-9)

    @quickly
    @given(games(4), games(4), st.floats(-3, 3))
    def test_shares_of_a_sum_are_the_sums_of_shares(self, first, second, factor):
        together = [one + factor * other for one, other in zip(first, second, strict=True)]
        assert shapley(together) == pytest.approx(shapley(first) + factor * shapley(second), abs=1e-8)

    def test_sampled_shares_sum_and_lie_within_their_errors(self):
        random_numbers = np.random.default_rng(5)
        players = MAX_EXACT + 8
        alone, pairs = random_numbers.normal(size=players), random_numbers.normal(size=(players, players))
        pairs += pairs.T
        np.fill_diagonal(pairs, 0.0)
        triple = np.zeros(players)
        triple[:3] = 6.0 / 3

        def worth(member):
            sets = member.astype(float)
            both = np.einsum("ni,ij,nj->n", sets, pairs, sets) / 2
            return (sets @ alone + both + 6.0 * member[:, :3].all(axis=1))[:, None]

        found = allocate(worth, players)
        true = alone + pairs.sum(axis=1) / 2 + triple
        everyone, nobody = worth(np.ones((1, players), dtype=bool)), worth(np.zeros((1, players), dtype=bool))
        assert found.shares.sum() == pytest.approx((everyone - nobody).item(), abs=1e-9)
        assert np.all(np.abs(found.shares[:, 0] - true) <= 5 * found.errors[:, 0] + 1e-9)
        assert found.errors[:3, 0].min() > 0.01

        def turned(member):
            return worth(~member)

        assert allocate(turned, players).shares == pytest.approx(-found.shares, abs=1e-9)


def accounts_of(found):
    return {account.after.name: account for each in found.differences for account in each.accounts.values()}


class TestSituations:
    @settings(max_examples=50, deadline=None)
    @given(seeds)
    def test_entries_sum_to_the_difference_and_turn_round_with_it(self, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        model = riskmodel.load_model(content)
        first, second = (random_models.random_values(rng, content) for _ in range(2))
        there, back = (accounts_of(compare(pair, model=model)) for pair in ((first, second), (second, first)))
        for name, account in there.items():
            assert (account.difference is None) == (account.obstacle in ("no score before", "no score after"))
            if account.obstacle:
                continue
            top = account.after.out_of
            assert math.fsum(entry.points for entry in account.entries) == pytest.approx(
                account.difference, abs=1e-9 * top
            )
            turned = {entry.name: entry.points for entry in back[name].entries}
            assert {entry.name: -entry.points for entry in account.entries} == pytest.approx(turned, abs=1e-9 * top)
            assert {entry.name for entry in account.entries} == {
                entry
                for entry in model.spec.indicators
                if model.assess(first).input(entry).value != model.assess(second).input(entry).value
            }

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
            model.assess({**first, **{name: second[name] for place, name in enumerate(players) if bits >> place & 1}})
            for bits in range(2 ** len(players))
        ]
        for name, account in accounts.items():
            values = [mixture[name].value for mixture in mixtures]
            assert (account.obstacle is not None) == (None in values)
            if not account.obstacle:
                owed = dict(zip(players, by_orders(values), strict=True))
                for entry in account.entries:
                    assert entry.points == pytest.approx(owed[entry.name], abs=1e-9 * account.after.out_of)

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
        found = compare([{"military_activity": 7}, {"communication_frequency": 1}], model=model)
        assert {account.obstacle for account in accounts_of(found).values()} == {"no value between"}
        assert "without any value" in str(found)

    def test_an_end_without_a_score_is_told(self, default_model):
        found = compare([{"military_activity": 7}, CUBA_VALUES], model=default_model)
        assert {account.obstacle for account in accounts_of(found).values()} == {"no score before"}
        assert "Escalation risk: insufficient data -> " in str(found)
        assert "before: Situation 1\nafter: Situation 2\n" in str(found)
        assert "no score before" in str(found)

    def test_rules_that_fire_on_one_side_are_told(self, default_model):
        found = compare([*riskmodel.read_situations(CUBA), *riskmodel.read_situations(START)], model=default_model)
        (difference,) = found.differences
        changes = {rule.name: rule for rule in difference.rules}
        assert changes["misread_military_moves"].before > 0 == changes["misread_military_moves"].after
        assert changes["open_channels_calm"].before == 0 < changes["open_channels_calm"].after

    def test_two_alike_have_nothing_to_tell(self, default_model):
        found = compare([CUBA_VALUES, CUBA_VALUES], model=default_model)
        assert all(account.entries == () and account.difference == 0 for account in accounts_of(found).values())
        assert "nothing differs" in str(found)

    def test_fewer_than_two_are_no_comparison(self):
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
    """The small model as data; `rules` names those that are kept, all else replaces what it has."""
    from riskmodel.documents.models import load

    content = load("core-four").spec.model_dump(mode="json", exclude_defaults=True)
    content["format"] = 1
    content.pop("scenarios", None)
    if "rules" in changes:
        content["rules"] = {name: rule for name, rule in content["rules"].items() if name in changes["rules"]}
    return content


def mutated(rng, content, mutations):
    """The same model with a few parts changed, as data that is valid."""
    for _ in range(50):
        made = copy.deepcopy(content)
        for _ in range(rng.randint(1, 5)):
            rng.choice(mutations)(rng, made)
        try:
            riskmodel.load_model(made)
            return made
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
    """A hybrid as a model file: the parts whose bits are set as the new model has them."""
    hybrid = copy.deepcopy(old)
    keys = {"scale": ("scale", "default"), "terms": ("terms",), "mean": ("mean",), "out of": ("out_of",)}
    for place, (kind, name) in enumerate(parts):
        if not bits >> place & 1:
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
    @settings(max_examples=50, deadline=None)
    @given(seeds)
    def test_entries_sum_to_the_difference_and_turn_round_with_it(self, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        first, second = map(riskmodel.load_model, (content, mutated(rng, content, MUTATIONS)))
        values = random_models.random_values(rng, content)
        there, back = (compare_models(values, *pair) for pair in ((first, second), (second, first)))
        assert there.differences[0].before.model == first.identity
        for name, account in accounts_of(there).items():
            assert account.before == first.assess(values)[name]
            assert account.after == second.assess(values)[name]
            turned = accounts_of(back)[name]
            assert bool(account.obstacle) == bool(turned.obstacle)
            if account.obstacle:
                continue
            top = max(account.after.out_of, account.before.out_of)
            assert math.fsum(entry.points for entry in account.entries) == pytest.approx(
                account.difference, abs=1e-9 * top
            )
            key = {(entry.kind, entry.score, entry.name): -entry.points for entry in turned.entries}
            assert {(entry.kind, entry.score, entry.name): entry.points for entry in account.entries} == pytest.approx(
                key, abs=1e-9 * top
            )

    @settings(max_examples=50, deadline=None)
    @given(seeds)
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
                worths = [
                    riskmodel.load_model(written(old, new, parts, bits)).assess(values)[name].value
                    for bits in range(2 ** len(parts))
                ]
            except riskmodel.RiskmodelError:
                # A label, or a floor above another top, that only one of the two can say.
                continue
            owed = by_orders(worths)
            for entry, points in zip(account.entries, owed, strict=True):
                assert entry.points == pytest.approx(points, abs=1e-9 * account.after.out_of)

    def test_weights_can_be_mixed(self):
        old, new = core_four(), core_four()
        changed = {"military_activity": 20, "communication_frequency": -25, "espionage": 40}
        new["scores"]["escalation"]["weights"] |= changed
        values = {"military_activity": 7, "communication_frequency": 1, "espionage": 30, "trade_disruption": 45}
        worths = []
        for bits in range(8):
            hybrid = copy.deepcopy(old)
            mixed = {name: weight for place, (name, weight) in enumerate(changed.items()) if bits >> place & 1}
            hybrid["scores"]["escalation"]["weights"] |= mixed
            worths.append(riskmodel.load_model(hybrid).assess(values)["escalation"].value)
        account = accounts_of(compare_models(values, *map(riskmodel.load_model, (old, new))))["escalation"]
        owed = dict(zip(changed, by_orders(worths), strict=True))
        assert {entry.name: entry.points for entry in account.entries} == pytest.approx(owed, abs=1e-9)

    def test_the_same_weights_in_another_unit_are_no_difference(self):
        old, new = core_four(), core_four()
        for score in new["scores"].values():
            score["weights"] = {name: weight / 100 for name, weight in score["weights"].items()}
        found = compare_models(
            {"military_activity": 7, "communication_frequency": 1, "espionage": 3},
            *map(riskmodel.load_model, (old, new)),
        )
        assert all(account.entries == () for account in accounts_of(found).values())

    def test_a_score_that_one_model_lacks_is_told(self):
        old, new = core_four(rules=()), core_four(rules=())
        new["scores"]["detente"] = new["scores"].pop("stability")
        found = compare_models(
            {"military_activity": 7, "communication_frequency": 1}, *map(riskmodel.load_model, (old, new))
        )
        assert [(score.name, score.after) for score in found.differences[0].unmatched] == [
            ("stability", False),
            ("detente", True),
        ]
        assert "Stability: only before" in str(found)

    def test_hierarchies_that_turn_each_other_round_can_be_mixed(self):
        weights = {"military_activity": 1, "espionage": 2}
        old, new = core_four(rules=()), core_four(rules=())
        for content, top, sub in ((old, "escalation", "stability"), (new, "stability", "escalation")):
            content["scores"][top]["weights"] = {sub: -1, "trade_disruption": 1}
            content["scores"][sub]["weights"] = weights
        values = {"military_activity": 7, "espionage": 30, "trade_disruption": 10}
        found = compare_models(values, *map(riskmodel.load_model, (old, new)))
        for account in accounts_of(found).values():
            assert account.obstacle is None
            assert math.fsum(entry.points for entry in account.entries) == pytest.approx(account.difference, abs=1e-9)
            assert "sub-scores" in {entry.kind for entry in account.entries}

    def test_many_parts_are_sampled_with_errors_told_and_still_sum(self, default_model):
        content = default_model.spec.model_dump(mode="json", exclude_defaults=True) | {"format": 1}
        for score in content["scores"].values():
            score["weights"] = {name: rank + 1 for rank, name in enumerate(score["weights"])}
        for indicator in content["indicators"].values():
            indicator["scale"] = {"goalposts": [0, 30]}
        values = dict.fromkeys(content["indicators"], 5)
        account = accounts_of(compare_models(values, default_model, riskmodel.load_model(content)))["escalation"]
        assert len(account.entries) > MAX_EXACT
        assert not account.exact
        assert math.fsum(entry.points for entry in account.entries) == pytest.approx(account.difference, abs=1e-9)
        found = compare_models(values, default_model, riskmodel.load_model(content))
        assert accounts_of(found)["escalation"] == account
        assert "standard error" in str(found)

    def test_what_neither_model_knows_is_refused(self):
        with pytest.raises(riskmodel.SituationError, match="not an indicator"):
            compare_models({"militry_activity": 3}, "bilateral-tension", "core-four")

    def test_a_weight_of_what_is_missing_is_no_part(self, default_model):
        content = default_model.spec.model_dump(mode="json", exclude_unset=True)
        for indicator in content["indicators"].values():
            indicator.pop("default", None)
        found = compare_models(CUBA_VALUES, riskmodel.load_model(content), "core-four")
        names = {entry.name for account in accounts_of(found).values() for entry in account.entries}
        assert "joint_initiatives" not in names
        assert all(account.exact for account in accounts_of(found).values())


class TestReport:
    @pytest.mark.parametrize("decimals", [0, 1, 3])
    @quickly
    @given(seed=seeds)
    def test_what_is_shown_sums(self, decimals, seed):
        rng = random.Random(seed)
        content = random_models.random_model(rng)
        for score in content["scores"].values():
            score["decimals"] = decimals
        model = riskmodel.load_model(content)
        found = compare([random_models.random_values(rng, content) for _ in range(2)], model=model)
        for account in accounts_of(found).values():
            if not account.obstacle:
                total = rounded_value(account.after, decimals) - rounded_value(account.before, decimals)
                assert math.fsum(points for _, points in rounded_entries(account)) == pytest.approx(total, abs=1e-9)

    def test_the_first_is_compared_with_each_of_the_others(self):
        done = run(CUBA, START, CUBA, "--format", "json")
        found = json.loads(done.stdout)
        names = [each["after"]["situation"] for each in found["differences"]]
        assert [name.partition("(")[2] for name in names] == ["1991)", "1962), number 3"]
        score = found["differences"][0]["scores"]["escalation"]
        assert sum(entry["points"] for entry in score["entries"]) == pytest.approx(score["difference"])
        assert found["differences"][1]["scores"]["escalation"]["entries"] == []

    def test_markdown_has_the_same_figures(self):
        text, markdown = run(CUBA, START).stdout, run(CUBA, START, "--format", "markdown").stdout
        assert markdown.startswith("# What explains the difference")
        assert re.findall(r"[+-]\d+\.\d", text) == re.findall(r"[+-]\d+\.\d", markdown)

    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_a_picture_is_drawn(self, tmp_path, ending):
        target = tmp_path / f"way.{ending}"
        assert run(CUBA, "-m", "core-four", "-m", "bilateral-tension", "--plot", target).exit_code == 0
        assert target.stat().st_size > 5_000


def run(*words):
    """The command as a user has it, but for the last word on errors, which `riskmodel.cli.run` has."""
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((CUBA,), "two or more situations"),
        ((), "give a situation: FILE"),
        ((CUBA, START, "-m", "core-four", "-m", "bilateral-tension"), "needs one situation; got 2"),
        ((CUBA, "-m", "core-four", "-m", "core-four", "-m", "core-four"), "a comparison of models needs two; got 3"),
        ((CUBA, START, "--weight-uncertainty", "20%"), "--weight-uncertainty requires --rank"),
        ((CUBA, START, "--plot", "way.bmp"), ".png, .svg, .pdf"),
        ((CUBA, "-m", "core-four", "-m", "core-fuor"), "core-fuor"),
        ((CUBA, "nowhere.yaml"), "nowhere.yaml"),
        ((CUBA, START, "--rank", "-m", "core-four", "-m", "bilateral-tension"), "a ranking uses one model"),
    ],
)
def test_what_cannot_be_compared_is_one_clear_error(words, told):
    done = run(*words)
    assert done.exit_code != 0
    assert told in (done.output if isinstance(done.exception, SystemExit) else str(done.exception))
    assert isinstance(done.exception, SystemExit | riskmodel.RiskmodelError)


def test_situations_of_several_models_need_one_named(write):
    other = write("other.yaml", "model: core-four\nvalues: {military_activity: 3}\n")
    assert "choose one with -m" in run(CUBA, other).output
