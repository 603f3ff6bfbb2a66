"""Responses to influences: a map worked by hand, closed forms, and what holds on every map."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.outlook.responses import InfluenceSystem, with_influences


def model_of(links, indicators="abc", scale=None):
    """A model of indicators from 0 to 10, and links as (from, to, strength or three, lag)."""
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "map",
            "indicators": {name: {"valid": [0, 10], "scale": scale or {"goalposts": [0, 10]}} for name in indicators},
            "scores": {"s": {"weights": dict.fromkeys(indicators, 1)}},
            "influences": {
                f"i{number}": {
                    "from": source,
                    "to": target,
                    "strength": strength if isinstance(strength, list) else [strength] * 3,
                    "lag": lag,
                    "because": "It is so.",
                }
                for number, (source, target, strength, lag) in enumerate(links)
            },
        }
    )


def responses_of(model, own, held=None, strengths=None):
    system = InfluenceSystem.of(model, own)
    columns = {name: np.array(values, dtype=float).reshape(len(values), -1) for name, values in own.items()}
    masks = {name: np.array(months, bool) for name, months in (held or {}).items()}
    return system, system.respond(columns, system.medians if strengths is None else strengths, masks)


def path(responses, name):
    return responses.values[name][:, 0].tolist()


class TestAMapWorkedByHand:
    """Three indicators in a loop: a pushes b at once, b pushes c down after two months, c pushes a.

    Start a = 0.2, b = 0.5, c = 0.8 (2, 5 and 8 of 10); a is set to 0.6 from month 1, so d(a) = 0.4 from then on.

    | month | a | b | c |
    | --- | --- | --- | --- |
    | 1 | 0.6 (step) | 0.5 | 0.8 |
    | 2 | 0.6 | + 0.5 x 0.4 = 0.2 of the room 0.5: 0.6 | 0.8 |
    | 3 | 0.6 | 0.2 of the room 0.4: 0.68 | 0.8; d(b) was 0 in month 1 |
    | 4 | 0.6 | 0.2 of the room 0.32: 0.744 | d(b) = 0.1 in month 2: 0.8 x 0.1 = 0.08 of 0.8 down: 0.736 |
    | 5 | 0.6 | 0.2 of the room 0.256: 0.7952 | d(b) = 0.18 in month 3: 0.144 of 0.736 down: 0.630016 |
    """

    LINKS = (("a", "b", 0.5, 1), ("b", "c", -0.8, 2), ("c", "a", 0.25, 1))

    def test_with_the_step_held(self):
        _, responses = responses_of(
            model_of(self.LINKS), {"a": [2, 6, 6, 6, 6, 6], "b": [5] * 6, "c": [8] * 6}, {"a": [0, 1, 1, 1, 1, 1]}
        )
        assert path(responses, "a") == [2, 6, 6, 6, 6, 6]
        assert path(responses, "b") == pytest.approx([5, 5, 6, 6.8, 7.44, 7.952], abs=1e-12)
        assert path(responses, "c") == pytest.approx([8, 8, 8, 8, 7.36, 6.30016], abs=1e-12)

    def test_without_holding_the_loop_comes_back(self):
        """In month 5 c has fallen by 0.064 in month 4, so a falls by 0.25 x 0.064 = 0.016 of its 0.6: 0.5904."""
        _, responses = responses_of(model_of(self.LINKS), {"a": [2, 6, 6, 6, 6, 6], "b": [5] * 6, "c": [8] * 6})
        assert path(responses, "a") == pytest.approx([2, 6, 6, 6, 6, 5.904], abs=1e-12)

    def test_two_pushes_share_the_month(self):
        """a and c push b by 0.5 x 0.8 = 0.4 up and 0.25 x 0.8 = 0.2 down: 0.5 + 0.5 x 0.4 - 0.5 x 0.2 = 0.6."""
        model = model_of([("a", "b", 0.5, 1), ("c", "b", -0.25, 1)])
        system, responses = responses_of(model, {"a": [1, 9, 9], "b": [5] * 3, "c": [1, 9, 9]})
        assert path(responses, "b") == pytest.approx([5, 5, 6], abs=1e-12)
        assert responses.pushed[2, :, 0] == pytest.approx([0.2, -0.1], abs=1e-12)
        assert list(system.influences) == ["i0", "i1"]

    def test_pushes_that_together_exceed_the_room_are_scaled(self):
        """Pushes of 1 up and 0.6 down sum to 1.6: 0.5 + (0.5 x 1 - 0.5 x 0.6) / 1.6 = 0.625."""
        model = model_of([("a", "b", 1, 1), ("c", "b", -0.6, 1)])
        _, responses = responses_of(model, {"a": [0, 10, 10], "b": [5] * 3, "c": [0, 10, 10]})
        assert path(responses, "b")[2] == pytest.approx(6.25, abs=1e-12)


@pytest.mark.parametrize(("strength", "lag"), [(0.3, 1), (-0.3, 1), (0.05, 4), (1.0, 2)])
def test_a_single_influence_of_a_lasting_step_closes_the_room_geometrically(strength, lag):
    """Up: s(t) = 1 - (1 - s0) (1 - g d)^n; down: s(t) = s0 (1 - |g| d)^n, with n = t - lag pushes."""
    months, deviation, start = 24, 0.4, 0.35
    own = {"a": [2] + [6] * months, "b": [10 * start] * (months + 1)}
    _, responses = responses_of(model_of([("a", "b", strength, lag)]), own)
    for month in range(months + 1):
        left = (1 - abs(strength) * deviation) ** max(month - lag, 0)
        expected = 1 - (1 - start) * left if strength > 0 else start * left
        assert responses.intensities[month, 1, 0] == pytest.approx(expected, abs=1e-12)


def test_a_negative_influence_on_itself_lets_a_deviation_fade_and_not_beyond_the_start():
    own = {"a": [5] + [9] * 60}
    _, responses = responses_of(model_of([("a", "a", -0.3, 1)]), own)
    values = path(responses, "a")
    assert values[1] == 9
    assert all(5 < later < earlier for earlier, later in pairwise(values[1:]))
    assert values[-1] == pytest.approx(5, abs=0.1)


def test_intensities_stay_within_those_of_valid_values():
    """Valid values go from 0 to 10 of a scale to 20, so the intensity can be 0.5 at most."""
    model = model_of([("a", "b", 1, 1)], scale={"goalposts": [0, 20]})
    _, responses = responses_of(model, {"a": [0] + [10] * 40, "b": [2] * 41})
    assert max(path(responses, "b")) <= 10
    assert path(responses, "b")[-1] == pytest.approx(10, abs=1e-6)


LINK = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from("abcd"),
    st.floats(-1, 1, allow_subnormal=False),
    st.integers(1, 4),
)
MAPS = st.lists(LINK, max_size=10, unique_by=lambda link: link[:2])
SCALES = st.sampled_from(
    [
        {"goalposts": [0, 10]},
        {"goalposts": [9, 2]},
        {"goalposts": [1, 8], "curve": "log"},
        {"points": [[0, 0], [2, 0.4], [5, 0.4], [9, 0.9]]},
        {"logistic": {"midpoint": 5, "slope": -0.8}},
    ]
)
VALUES = st.lists(st.floats(0, 10, allow_subnormal=False), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(MAPS, SCALES, st.lists(VALUES, min_size=2, max_size=9), st.lists(st.booleans(), min_size=4, max_size=4))
def test_on_every_map_intensities_stay_in_range_and_changes_sum_to_what_changed(links, scale, rows, held):
    own = {name: [row[column] for row in rows] for column, name in enumerate("abcd")}
    model = model_of(links, "abcd", scale)
    masks = {name: [hold] * len(rows) for name, hold in zip("abcd", held, strict=True)}
    system, responses = responses_of(model, own, masks)
    assert (responses.intensities >= 0).all()
    assert (responses.intensities <= 1).all()
    targets = [item.target for item in system.influences.values()]
    for row, name in enumerate(system.indicators):
        changes = responses.own[:, row, 0] + sum(
            (responses.pushed[:, link, 0] for link, target in enumerate(targets) if target == name), np.zeros(len(rows))
        )
        steps = np.diff(responses.intensities[:, row, 0], prepend=responses.intensities[0, row, 0])
        np.testing.assert_allclose(changes, steps, atol=1e-12)
        values = responses.values[name][:, 0]
        assert ((values >= 0) & (values <= 10)).all()
        normalised = model.spec.indicators[name].scale.normalise(values)
        np.testing.assert_allclose(normalised, responses.intensities[:, row, 0], atol=1e-9)
        if held["abcd".index(name)]:
            assert values.tolist() == own[name]


def by_the_formula(links, own, held):
    """Intensities by name and month, written down from docs/influences.md with plain numbers."""
    states = {name: [values[0]] for name, values in own.items()}
    for month in range(1, len(own["a"])):
        now = {}
        for name, values in own.items():
            before = states[name][-1]
            if held[name]:
                now[name] = values[month]
                continue
            start = min(max(before + values[month] - values[month - 1], 0.0), 1.0)
            pushes = [
                strength * (states[source][month - lag] - states[source][0])
                for source, target, strength, lag in links
                if target == name and month > lag
            ]
            up, down = sum(push for push in pushes if push > 0), sum(-push for push in pushes if push < 0)
            now[name] = start + ((1 - start) * up - start * down) / max(1, up + down)
        for name, state in now.items():
            states[name].append(state)
    return states


@settings(max_examples=100, deadline=None)
@given(MAPS, st.lists(VALUES, min_size=2, max_size=9), st.lists(st.booleans(), min_size=4, max_size=4))
def test_every_map_follows_the_formula(links, rows, held):
    own = {name: [row[column] for row in rows] for column, name in enumerate("abcd")}
    flags = dict(zip("abcd", held, strict=True))
    _, responses = responses_of(
        model_of(links, "abcd"), own, {name: [flag] * len(rows) for name, flag in flags.items()}
    )
    expected = by_the_formula(links, {name: [value / 10 for value in values] for name, values in own.items()}, flags)
    for row, name in enumerate("abcd"):
        np.testing.assert_allclose(responses.intensities[:, row, 0], expected[name], atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(MAPS, SCALES, VALUES)
def test_where_nothing_deviates_nothing_moves_whatever_the_map_is(links, scale, start):
    own = {name: [value] * 8 for name, value in zip("abcd", start, strict=True)}
    _, responses = responses_of(model_of(links, "abcd", scale), own)
    for name, values in own.items():
        assert path(responses, name) == values


@settings(max_examples=60, deadline=None)
@given(MAPS, SCALES, st.lists(VALUES, min_size=2, max_size=6))
def test_strengths_of_zero_leave_every_path_as_it_is(links, scale, rows):
    own = {name: [row[column] for row in rows] for column, name in enumerate("abcd")}
    _, responses = responses_of(model_of([(*link[:2], 0, link[3]) for link in links], "abcd", scale), own)
    for name, values in own.items():
        assert path(responses, name) == pytest.approx(values, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(MAPS, st.lists(VALUES, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_influences_in_the_file_never_matters(links, rows, random):
    own = {name: [row[column] for row in rows] for column, name in enumerate("abcd")}
    model = model_of(links, "abcd")
    shuffled = list(model.spec.influences.items())
    random.shuffle(shuffled)
    other = riskmodel.Model(model.spec.model_copy(update={"influences": dict(shuffled)}))
    one, two = responses_of(model, own)[1], responses_of(other, own)[1]
    np.testing.assert_array_equal(one.intensities, two.intensities)


@settings(max_examples=80, deadline=None)
@given(MAPS, VALUES, st.integers(1, 6), st.floats(0, 10, allow_subnormal=False))
def test_no_influence_goes_backwards_in_time(links, start, month, value):
    """A step of `a` in a month changes nothing of the others before that month plus the smallest lag from `a`."""
    months = 10
    model = model_of(links, "abcd")
    plain = {name: [number] * (months + 1) for name, number in zip("abcd", start, strict=True)}
    stepped = {**plain, "a": [start[0]] * month + [value] * (months + 1 - month)}
    before, after = responses_of(model, plain)[1], responses_of(model, stepped)[1]
    lag = min((link[3] for link in links if link[0] == "a"), default=months)
    first = month + lag
    np.testing.assert_array_equal(before.intensities[:first, 1:], after.intensities[:first, 1:])


class TestInfluencesOnDrawnPaths:
    def test_a_path_that_deviates_pushes_as_a_step_does(self):
        model = model_of([("a", "b", 0.5, 1)])
        paths = {"a": np.full((3, 2), 6.0), "b": np.full((3, 2), 5.0), "c": np.full((3, 2), 1.0)}
        changed = with_influences(model, {"a": 2, "b": 5, "c": 1}, paths, seed=0)
        assert changed["b"].tolist() == [pytest.approx([value] * 2) for value in (5, 6, 6.8)]
        assert changed["a"].tolist() == paths["a"].tolist()
        assert changed["c"] is paths["c"]

    def test_own_changes_are_kept_beside_the_response(self):
        """b rises by 1 each month: 6, then 7 + 0.2 of the room 3 = 7.6, then 8.6 + 0.2 x 1.4 = 8.88."""
        model = model_of([("a", "b", 0.5, 1)])
        paths = {"a": np.full((3, 1), 6.0), "b": np.array([[6.0], [7.0], [8.0]])}
        changed = with_influences(model, {"a": 2, "b": 5}, paths, seed=0)
        assert changed["b"][:, 0] == pytest.approx([6, 7.6, 8.88])

    def test_a_step_of_a_quarter_has_three_months(self):
        """a goes from 2 to 5 in three months, so d(a) = 0.1 and 0.2 push b before the quarter ends."""
        model = model_of([("a", "b", 1, 1)])
        changed = with_influences(model, {"a": 2, "b": 0}, {"a": np.array([[5.0]]), "b": np.zeros((1, 1))}, 0, 3)
        assert changed["b"][0, 0] == pytest.approx(10 * (1 - 0.9 * 0.8))

    @pytest.mark.parametrize("links", [[], [("a", "c", 0.5, 1)]])
    def test_without_an_influence_between_known_indicators_paths_stay(self, links):
        paths = {"a": np.full((3, 2), 6.0), "b": np.full((3, 2), 5.0), "c": np.full((3, 2), math.nan)}
        changed = with_influences(model_of(links), {"a": 2, "b": 5}, paths, seed=0)
        assert all(changed[name] is path for name, path in paths.items())

    def test_the_strengths_differ_from_draw_to_draw(self):
        model = model_of([("a", "b", [0.1, 0.3, 0.9], 1)])
        paths = {"a": np.full((2, 100), 10.0), "b": np.zeros((2, 100))}
        pushed = with_influences(model, {"a": 0, "b": 0}, paths, seed=1)["b"][1] / 10
        assert len(set(pushed)) == 100
        assert 0.1 <= pushed.min() < pushed.max() <= 0.9
        again = with_influences(model, {"a": 0, "b": 0}, paths, seed=1)["b"][1] / 10
        assert pushed.tolist() == again.tolist()
