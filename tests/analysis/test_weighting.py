"""Weighting: published examples, closed forms, and errors."""

import decimal
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.analysis.results.weighting import RowCounts
from riskmodel.analysis.weighting.objective import (
    critic_weights,
    effective_weights,
    entropy_weights,
    equal_contribution_weights,
    weights_from_data,
)
from riskmodel.analysis.weighting.pairwise import RANDOM_INDICES, principal_weights
from riskmodel.analysis.weighting.rating import rated_weights, swing_weights
from riskmodel.analysis.weighting.subjective import best_worst_weights, weights_from_judgements
from riskmodel.errors import ModelError, RiskmodelError, SituationError

MODEL = {
    "format": 1,
    "id": "mine",
    "indicators": {
        "a": {"scale": {"goalposts": [0, 10]}},
        "b": {"scale": {"goalposts": [0, 1]}},
        "c": {"scale": {"goalposts": [0, 100]}},
        "d": {"scale": {"goalposts": [0, 1]}, "default": 0.5},
        "e": {"scale": {"goalposts": [0, 1]}},
        "far": {"scale": {"levels": {"no": 0, "yes": 1}}},
    },
    "scores": {
        "escalation": {"weights": {"a": 25, "b": {"weight": -25, "because": "of b"}, "c": 25, "d": 25}},
        "top": {"weights": {"escalation": 2, "e": -1}},
        "peak": {"weights": {"a": 1, "b": 1}, "mean": "maximum"},
    },
    "rules": {"up": {"when": "a > 5", "then": {"top": {"add": 5}}}},
}
SHARES = st.lists(st.floats(0.02, 1.0), min_size=2, max_size=9)


def of_ratios(weights):
    return np.asarray(weights)[:, np.newaxis] / np.asarray(weights)


def judgements(seed, inputs):
    upper = np.triu(np.random.default_rng(seed).choice([1 / 7, 1 / 3, 1, 2, 5, 9], (inputs, inputs)), 1)
    matrix = upper + np.eye(inputs)
    return np.where(matrix > 0, matrix, 1 / np.where(matrix > 0, matrix, 1).T)


@pytest.fixture(scope="module")
def golden(reference_data):
    def read(name):
        return json.loads((reference_data / "golden" / f"{name}.json").read_text(encoding="utf-8"))

    return read


class TestAhp:
    @pytest.mark.parametrize(
        ("name", "index"), [("saaty_drinks_2008", "saaty-2007"), ("saaty_school6_wang_chin_2011", "saaty-1980")]
    )
    def test_published_examples(self, golden, name, index):
        published = golden("ahp")[name]
        result = principal_weights(np.array(published["matrix"], dtype=float), index)
        np.testing.assert_allclose(result.weights, published["weights"], rtol=0, atol=1e-12)
        assert result.lambda_max == pytest.approx(published["lambda_max"], abs=1e-12)
        assert result.consistency_index == pytest.approx(published["CI"], abs=1e-12)
        assert result.consistency_ratio == pytest.approx(published["CR"], abs=1e-12)

    def test_a_small_example(self):
        """From scikit-criteria; its figures are in ahp.json of the reference data."""
        matrix = np.array([[1, 3, 3], [1 / 3, 1, 2], [1 / 3, 1 / 2, 1]])
        result = principal_weights(matrix, "saaty-2007")
        np.testing.assert_allclose(result.weights, [0.5936336853, 0.2493105253, 0.1570557894], rtol=0, atol=5e-11)
        assert result.lambda_max == pytest.approx(3.053621575878972, abs=1e-12)
        assert result.consistency_ratio == pytest.approx(0.05155920757593481, abs=1e-12)

    def test_random_indices_are_the_published_ones(self):
        assert RANDOM_INDICES["saaty-1980"].of(6) == 1.24
        assert RANDOM_INDICES["saaty-2007"].of(7) == 1.35
        assert all(index.of(2) is index.of(16) is None for index in RANDOM_INDICES.values())

    @settings(max_examples=50, deadline=None)
    @given(SHARES)
    def test_consistent_judgements_give_the_weights_that_made_them(self, made):
        weights = np.array(made) / sum(made)
        result = principal_weights(of_ratios(weights))
        np.testing.assert_allclose(result.weights, weights, rtol=1e-9)
        assert result.lambda_max == pytest.approx(len(weights), abs=1e-9)
        assert 0 <= result.consistency_ratio < 1e-9

    @settings(max_examples=50, deadline=None)
    @given(st.integers(0, 10_000), st.integers(2, 9))
    def test_order_does_not_matter_and_lambda_is_no_less_than_n(self, seed, inputs):
        matrix = judgements(seed, inputs)
        order = np.random.default_rng(seed).permutation(inputs)
        result, reordered = principal_weights(matrix), principal_weights(matrix[np.ix_(order, order)])
        np.testing.assert_allclose(reordered.weights, result.weights[order], rtol=1e-9)
        assert result.weights.sum() == pytest.approx(1)
        assert (result.weights > 0).all()
        assert result.lambda_max >= inputs - 1e-9
        np.testing.assert_allclose(matrix @ result.weights, result.lambda_max * result.weights, rtol=1e-9)

    def test_two_inputs_are_always_consistent_and_sixteen_have_no_index(self):
        assert principal_weights(of_ratios([4, 1]))[1:5] == (2, 0, None, 0)
        assert principal_weights(of_ratios(range(1, 17))).consistency_ratio is None
        assert principal_weights(np.ones((1, 1)))[1:] == (1, 0, None, 0, None)

    def test_the_least_consistent_judgement_is_named(self):
        matrix = of_ratios([8, 4, 2, 1])
        matrix[1, 3], matrix[3, 1] = 1 / 4, 4
        assert principal_weights(matrix).least_consistent == pytest.approx((1, 3, 4))

    @pytest.mark.parametrize(
        ("matrix", "words"),
        [
            ([[1, 2], [0.4, 1]], r"2 at \(0, 1\) and 0.4 at \(1, 0\) are not reciprocal"),
            ([[1, -2], [-0.5, 1]], "finite number above 0"),
            ([[1, np.nan], [1, 1]], "finite number above 0"),
            ([[1, 2]], "square"),
            ([[2, 1], [1, 1]], "not reciprocal"),
        ],
    )
    def test_an_invalid_matrix_is_refused(self, matrix, words):
        with pytest.raises(RiskmodelError, match=words):
            principal_weights(np.array(matrix, dtype=float))

    def test_an_unknown_random_index_is_refused(self):
        with pytest.raises(RiskmodelError, match=r"saaty-1980 or saaty-2007; got 'x'"):
            principal_weights(np.eye(1), "x")


class TestRating:
    def test_weights_are_in_proportion(self):
        assert rated_weights(np.array([6.0, 3.0, 1.0])).tolist() == [0.6, 0.3, 0.1]
        np.testing.assert_allclose(swing_weights(np.array([100.0, 60.0, 40.0])), [0.5, 0.3, 0.2], rtol=1e-15)

    @pytest.mark.parametrize("points", [[], [1.0, 0.0], [1.0, -1.0], [1.0, np.inf], [np.nan]])
    def test_ratings_that_are_not_above_zero_are_refused(self, points):
        with pytest.raises(RiskmodelError, match="above 0"):
            rated_weights(np.array(points))

    def test_the_largest_swing_must_be_100(self):
        with pytest.raises(RiskmodelError, match="it has 80"):
            swing_weights(np.array([80.0, 60.0]))


def best_worst_judgements(seed):
    """Judgements that need not be consistent, and the indices of best and worst."""
    rng = np.random.default_rng(seed)
    inputs, scale = rng.integers(2, 9), rng.integers(2, 10)
    to_others, to_worst = (rng.integers(1, scale + 1, inputs).astype(float) for _ in range(2))
    to_others[[0, -1]], to_worst[[0, -1]] = (1, scale), (scale, 1)
    order = rng.permutation(inputs)
    best, worst = (int(np.flatnonzero(order == index)[0]) for index in (0, inputs - 1))
    return to_others[order], to_worst[order], best, worst


class TestBestWorst:
    @settings(max_examples=50, deadline=None)
    @given(SHARES)
    def test_consistent_judgements_give_the_weights_that_made_them(self, made):
        weights = np.sort(made)[::-1] / sum(made)
        result = best_worst_weights(weights[0] / weights, weights / weights[-1], 0, len(weights) - 1)
        np.testing.assert_allclose(result.weights, weights, rtol=1e-6)
        assert result.xi < 1e-6
        assert result.consistency_ratio < 1e-9

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 100_000))
    def test_no_other_weights_are_nearer_and_order_does_not_matter(self, seed):
        to_others, to_worst, best, worst = best_worst_judgements(seed)
        result = best_worst_weights(to_others, to_worst, best, worst)

        def gap(weights):
            from_best = np.abs(weights[best] - to_others * weights)
            to_least = np.abs(weights - to_worst * weights[worst])
            return max(np.delete(from_best, best).max(), np.delete(to_least, worst).max())

        assert result.weights.sum() == pytest.approx(1)
        assert result.xi == pytest.approx(gap(result.weights))
        rng = np.random.default_rng(seed)
        for nearness in (0.3, 0.01):
            for other in result.weights * np.exp(nearness * rng.normal(size=(20, len(result.weights)))):
                assert gap(other / other.sum()) > result.xi - 1e-9
        order = rng.permutation(len(to_others))
        moved = [int(np.flatnonzero(order == index)[0]) for index in (best, worst)]
        again = best_worst_weights(to_others[order], to_worst[order], *moved)
        np.testing.assert_allclose(again.weights, result.weights[order], atol=1e-7)

    def test_consistency_ratio_and_threshold(self):
        """a_BW is 8: 2 x 4, 4 x 2 and 8 x 1 agree with it, 3 x 3 is off by 1 of 8 x 8 - 8."""
        result = best_worst_weights(np.array([2, 1, 4, 3, 8.0]), np.array([4, 8, 2, 3, 1.0]), 1, 4)
        assert result.consistency_ratio == 1 / 56
        assert result.least_consistent == 3
        assert result.threshold == 0.2958

    @pytest.mark.parametrize(
        ("scale", "inputs", "threshold"), [(2, 5, 0), (9, 9, 0.3662), (3.5, 4, None), (9, 10, None)]
    )
    def test_there_is_no_threshold_where_none_is_published(self, scale, inputs, threshold):
        to_others = np.array([1, *[scale] * (inputs - 1)], dtype=float)
        assert best_worst_weights(to_others, to_others[::-1] / 1, 0, inputs - 1).threshold == threshold

    @pytest.mark.parametrize(
        ("to_others", "to_worst", "best", "worst", "words"),
        [
            ([1, 2], [2, 1], 0, 0, "two inputs"),
            ([1, 0.5], [0.5, 1], 0, 1, "1 or more"),
            ([2, 2], [2, 1], 0, 1, "compared with itself is 1"),
            ([1, 2], [3, 1], 0, 1, "the same in both"),
        ],
    )
    def test_invalid_comparisons_are_refused(self, to_others, to_worst, best, worst, words):
        with pytest.raises(RiskmodelError, match=words):
            best_worst_weights(np.array(to_others, float), np.array(to_worst, float), best, worst)


class TestFromMatrices:
    @pytest.mark.parametrize(
        ("name", "weigh"),
        [
            ("entropy_elsayed2017", entropy_weights),
            ("critic_tus_adali2019", critic_weights),
            ("critic_diakoulaki1995", critic_weights),
        ],
    )
    def test_published_examples(self, golden, name, weigh):
        published = golden("mcdm_weights")[name]
        result = weigh(np.array(published["matrix"])).weights
        np.testing.assert_allclose(result, published["weights_skcriteria_0_10"], rtol=0, atol=1e-12)

    def test_critic_gives_the_published_example_of_its_authors(self):
        """Diakoulaki, Mavrotas and Papayannakis (1995), table 2: eight firms, three criteria."""
        profit = [61, 20.7, 16.3, 9, 5.4, 4, -6.1, -34.6]
        share = [1.08, 0.26, 1.98, 3.29, 2.77, 4.12, 3.52, 3.31]
        growth = [4.33, 4.34, 2.53, 1.65, 2.33, 1.21, 2.10, 0.98]
        result = critic_weights(np.array([profit, share, growth]).T).weights
        np.testing.assert_allclose(result, [0.20222554, 0.48090173, 0.31687273], atol=5e-9)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 10_000), st.integers(2, 8))
    def test_pymcdm_gives_the_same_weights(self, seed, inputs):
        oracle = pytest.importorskip("pymcdm.weights")
        matrix = np.random.default_rng(seed).uniform(0.01, 1, (12, inputs))
        np.testing.assert_allclose(entropy_weights(matrix).weights, oracle.entropy_weights(matrix), rtol=1e-9)
        np.testing.assert_allclose(critic_weights(matrix).weights, oracle.critic_weights(matrix), rtol=1e-9)

    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 10_000), st.floats(0.01, 100))
    def test_scale_and_order_do_not_matter(self, seed, factor):
        rng = np.random.default_rng(seed)
        matrix, order = rng.uniform(0, 1, (10, 4)), rng.permutation(4)
        for weigh in (entropy_weights, critic_weights):
            weights = weigh(matrix).weights
            assert weights.sum() == pytest.approx(1)
            np.testing.assert_allclose(weigh(matrix * factor).weights, weights, rtol=1e-9)
            np.testing.assert_allclose(weigh(matrix[::-1, order]).weights, weights[order], rtol=1e-9)

    def test_entropy_of_one_and_of_many(self):
        """All in one row has entropy 0; in two rows of four it has ln 2 / ln 4, a half."""
        result = entropy_weights(np.array([[1, 1], [0, 1], [0, 0], [0, 0.0]]))
        np.testing.assert_allclose(result.divergence, [1, 0.5], rtol=1e-15)
        np.testing.assert_allclose(result.weights, [2 / 3, 1 / 3], rtol=1e-15)

    def test_critic_of_opposites_and_of_twins(self):
        x = np.array([0, 1, 2, 5.0])
        assert critic_weights(np.column_stack([x, -x])).conflict.tolist() == pytest.approx([2, 2])
        with pytest.raises(RiskmodelError, match="correlate perfectly"):
            critic_weights(np.column_stack([x, 3 * x + 1]))

    @pytest.mark.parametrize("weigh", [entropy_weights, critic_weights])
    def test_constants_and_gaps_are_refused(self, weigh):
        with pytest.raises(RiskmodelError, match="differ in every column"):
            weigh(np.array([[1, 2], [1, 3.0]]))
        with pytest.raises(RiskmodelError, match="finite"):
            weigh(np.array([[1, np.nan], [2, 3.0]]))


def exact_entropy(matrix):
    """The divergences to forty digits, from the exact values of the floats."""
    with decimal.localcontext(prec=60):
        divergences = []
        for column in matrix.T:
            values = [Decimal(float(value)) for value in column]
            shares = [value / sum(values) for value in values]
            entropy = -sum(share * share.ln() for share in shares if share) / Decimal(len(shares)).ln()
            divergences.append(1 - entropy)
        return [float(divergence / sum(divergences)) for divergence in divergences]


def exact_critic(matrix):
    """The weights to forty digits, from the exact values of the floats."""
    with decimal.localcontext(prec=60):
        columns = [[Decimal(float(value)) for value in column] for column in matrix.T]
        centred = [[value - sum(column) / len(column) for value in column] for column in columns]
        lengths = [sum(value * value for value in column).sqrt() for column in centred]
        weights = []
        for column, own, length in zip(columns, centred, lengths, strict=True):
            conflict = sum(
                1 - sum(a * b for a, b in zip(own, other, strict=True)) / (length * others)
                for other, others in zip(centred, lengths, strict=True)
            )
            weights.append(length / (max(column) - min(column)) * conflict)
        return [float(weight / sum(weights)) for weight in weights]


class TestNearlyConstantColumns:
    @pytest.mark.parametrize("span", [1, 0.3, 0.1, 1e-2, 1e-4, 1e-6, 1e-8, 3e-9, 1e-12, 1e-15])
    def test_no_digits_are_lost(self, span):
        rng = np.random.default_rng(3)
        matrix = 0.5 + span * (rng.random((9, 3)) - 0.5) * [1, 0.7, 0.3]
        matrix[0] = 0.5 + span / 8
        assert entropy_weights(matrix).weights.tolist() == pytest.approx(exact_entropy(matrix), rel=1e-13)
        assert critic_weights(matrix).weights.tolist() == pytest.approx(exact_critic(matrix), rel=1e-13)

    @pytest.mark.parametrize("apart", [1e-3, 1e-4, 3e-5])
    def test_columns_that_nearly_repeat_each_other(self, apart):
        first, second, third = np.random.default_rng(5).random((3, 20))
        matrix = np.column_stack([first, first + apart * second, first + 2 * apart * third])
        assert critic_weights(matrix).weights.tolist() == pytest.approx(exact_critic(matrix), rel=1e-11)

    @pytest.mark.parametrize("span", [1e-8, 3e-9])
    def test_a_table_of_nearly_constant_columns(self, span):
        """Deviations in the proportion 1 to 2 to 1 have divergences in that of their squares, 1 to 4 to 1."""
        steps = np.array([-1.0, 0.0, 0.0, 1.0])
        table = pd.DataFrame(
            {"a": 5 + 10 * span * steps / 2, "b": 0.5 + span * steps, "c": 50 + 100 * span * steps / 2}
        )
        shares = weights_from_data("entropy", table, MODEL).shares
        assert list(shares.values()) == pytest.approx([1 / 6, 4 / 6, 1 / 6], rel=1e-6)
        # Without correlation, equal effects have weights of 1 / sd.
        crossed = pd.DataFrame(
            {"a": 5 + 10 * span * np.array([-1, 1, -1, 1]) / 2, "b": 0.5 + span * np.repeat([-1, 1], 2)}
        )
        equal = weights_from_data("equal-contribution", crossed, MODEL).shares
        assert list(equal.values()) == pytest.approx([2 / 3, 1 / 3], rel=1e-6)

    def test_values_of_zero_and_of_one(self):
        matrix = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 1.0 - 1e-9], [0.0, 1.0]])
        assert entropy_weights(matrix).weights.tolist() == pytest.approx(exact_entropy(matrix), rel=1e-13)


class TestEqualContribution:
    def test_without_correlations_weights_are_one_over_sd(self):
        deviations = np.array([0.5, 2.0, 4.0])
        expected = (1 / deviations) / (1 / deviations).sum()
        np.testing.assert_allclose(equal_contribution_weights(np.diag(deviations**2)), expected, rtol=1e-12)

    def test_two_inputs_are_weighed_by_one_over_sd_whatever_their_correlation(self):
        for correlation in (-0.99, 0.0, 0.5, 1.0):
            covariance = np.array([[1, 3 * correlation], [3 * correlation, 9]])
            np.testing.assert_allclose(equal_contribution_weights(covariance), [0.75, 0.25], rtol=1e-9)

    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 10_000), st.integers(2, 20))
    def test_every_effective_weight_is_the_same(self, seed, inputs):
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(60, inputs)) @ rng.normal(size=(inputs, inputs)) * np.exp(rng.normal(size=inputs))
        covariance = np.cov(rows, rowvar=False)
        weights = equal_contribution_weights(covariance)
        assert (weights > 0).all()
        assert weights.sum() == pytest.approx(1)
        np.testing.assert_allclose(effective_weights(weights, covariance), 1 / inputs, rtol=1e-8)
        order = rng.permutation(inputs)
        np.testing.assert_allclose(
            equal_contribution_weights(covariance[np.ix_(order, order)]), weights[order], rtol=1e-6
        )

    def test_inputs_that_cancel_out_are_named(self):
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(2, 50))
        covariance = np.cov([a, b, -a - 2 * b, rng.normal(size=50)])
        with pytest.raises(RiskmodelError, match=r"^a, b, c cancel out"):
            equal_contribution_weights(covariance, list("abcd"))

    def test_constant_inputs_are_refused(self):
        with pytest.raises(RiskmodelError, match="inputs that vary"):
            equal_contribution_weights(np.diag([1.0, 0.0]))


def weighed(method, content, **options):
    return weights_from_judgements(method, content, MODEL, **options)


class TestJudgements:
    def test_ahp_in_either_direction_and_as_fractions(self):
        result = weighed("ahp", {"pairs": {"a": {"b": 2, "c": 4}, "c": {"b": "1/2"}}})
        assert result.shares == pytest.approx({"a": 4 / 7, "b": 2 / 7, "c": 1 / 7})
        assert result.weights == pytest.approx({"a": 42.86, "b": -21.43, "c": 10.71, "d": 25}, abs=0.01)
        assert sum(abs(result.weights[name]) for name in "abc") == 75
        assert result.kept == {"d": "not judged"}
        assert result.consistency.inputs == 3
        assert result.warnings == ()

    def test_a_warning_names_the_least_consistent_judgement(self):
        pairs = {"a": {"b": 2, "c": 4, "d": 8}, "b": {"c": 2}, "d": {"b": 4}, "c": {"d": 2}}
        result = weighed("ahp", {"pairs": pairs})
        (warning,) = result.warnings
        assert warning.startswith(f"the consistency ratio of {result.consistency.consistency_ratio:.3f} is above 0.10;")
        assert warning.endswith("furthest from the others is pairs.d.b: 4, where they imply 1/4")
        pair = result.consistency.least_consistent
        assert (pair.first, pair.second, pair.judged) == ("d", "b", 4)
        assert pair.fitting == pytest.approx(0.25)

    def test_judgements_beyond_saatys_scale_give_a_warning(self):
        (warning,) = weighed("ahp", {"pairs": {"a": {"b": "1/12"}}}).warnings
        assert warning.startswith("a judgement of 12 is beyond the scale")

    def test_ratings_and_swings(self):
        assert weighed("direct", {"ratings": {"b": 3, "a": 1}}).weights == {"a": 12.5, "b": -37.5, "c": 25, "d": 25}
        result = weighed("swing", {"swings": {"a": 100, "c": 25}})
        assert result.shares == {"a": 0.8, "c": 0.2}
        assert result.details == {"swing": {"a": 100, "c": 25}}
        assert result.consistency is None

    def test_best_worst(self):
        answers = {
            "best": "b",
            "worst": "d",
            "best_to_others": {"a": 2, "c": 4, "d": 8},
            "others_to_worst": {"a": 4, "c": 2},
        }
        result = weighed("best-worst", answers)
        assert result.shares == pytest.approx({"a": 4 / 15, "b": 8 / 15, "c": 2 / 15, "d": 1 / 15})
        assert result.consistency.consistency_ratio == 0
        worse = weighed("best-worst", {**answers, "others_to_worst": {"a": 8, "c": 8}})
        assert worse.consistency.consistency_ratio == (4 * 8 - 8) / 56
        (warning,) = worse.warnings
        assert "above the threshold of 0.2521; furthest off is c: best to it, 4, times it to worst, 8" in warning

    def test_a_sub_score_is_an_input_like_any_other(self):
        result = weighed("direct", {"ratings": {"escalation": 1, "e": 2}}, score="top")
        assert result.weights == {"escalation": 1, "e": -2}

    def test_the_given_model_does_not_change(self):
        model = riskmodel.load_model(MODEL)
        result = weights_from_judgements("direct", {"ratings": {"a": 1, "c": 3}}, model)
        assert result.before is model
        assert result.model.spec.scores["escalation"].weights["b"].because == "of b"
        assert result.model.spec.rules == model.spec.rules
        assert result.model.assess({"c": 100, "a": 0})["escalation"].value == pytest.approx(100 * (37.5 + 12.5) / 75)
        assert model.spec.scores["escalation"].weight("a") == 25

    @pytest.mark.parametrize(
        ("method", "text", "message"),
        [
            (
                "ahp",
                "pairs: {a: {b: 0}}",
                "1:16: pairs.a.b: should be a number from 1/1000 to 1000, or a fraction such as",
            ),
            ("ahp", "pairs: {a: {b: -1}}", "pairs.a.b: should be a number from"),
            ("ahp", "pairs: {a: {b: true}}", "got true"),
            ("ahp", "pairs: {a: {b: 1/0}}", "got '1/0'"),
            ("ahp", "pairs: {a: {b: null}}", "no comparison links a with b; compare a with b, for example"),
            ("ahp", "pairs: {a: {b: [1]}}", "1:13: pairs.a.b: should be a number from"),
            ("ahp", f"pairs: {{a: {{b: 1{'0' * 400}}}}}", "pairs.a.b: should be a number from"),
            ("ahp", "pairs: {a: {b: .nan}}", "got nan"),
            ("ahp", "pairs: {}", "1:1: pairs: should not be empty"),
            ("ahp", "pairs: {a: {}}", "1:9: pairs.a: should not be empty"),
            ("ahp", "pairs: {a: 3}", "1:12: pairs.a: should be a mapping (key: value); got 3"),
            ("ahp", "pairs: {a: {a: 1}}", "1:13: pairs.a.a: an input is not compared with itself"),
            (
                "ahp",
                "pairs: {a: {bb: 1}}",
                "1:13: pairs.a.bb: not an input of the score 'escalation'; did you mean 'b'?",
            ),
            ("ahp", "pairs: {e: {a: 1}}", "1:9: pairs.e: 'e' has no weight in the score 'escalation'; give it one"),
            (
                "ahp",
                "pairs: {a: {b: 1}, c: {d: 1}}",
                "no comparison links a, b with c, d; compare a with c, for example",
            ),
            (
                "ahp",
                "pairs: {a: {b: 3}, b: {a: 1/2}}",
                "1:27: pairs.b.a: duplicate pair with another ratio: 1/2",
            ),
            ("ahp", "pairs: {a: {b: 3, b: 3}}", "1:19: duplicate key 'b'"),
            ("ahp", "ratings: {a: 1}", "1:1: ratings: unknown key 'ratings'"),
            ("ahp", "- a", "should be a mapping"),
            ("direct", "ratings: {a: 0, b: 1}", "1:14: ratings.a: should be above 0; got 0"),
            ("direct", "ratings: {a: '1', b: 1}", "ratings.a: should be a number; got '1'"),
            ("direct", "ratings: {a: 1}", "1:1: ratings: two or more inputs are needed; got 1"),
            ("direct", "ratings: [1", "not YAML"),
            ("swing", "swings: {a: 80, b: 1}", "1:13: swings.a: the largest swing should have 100 points; a has 80"),
            ("swing", "swings: {a: 101, b: 100}", "swings.a: should be at most 100; got 101"),
            ("swing", "swings: {}", "two or more inputs are needed; got 0"),
            (
                "best-worst",
                "best: a\nworst: a\nbest_to_others: {}\nothers_to_worst: {}",
                "2:8: worst: best and worst are both",
            ),
            ("best-worst", "best: a", "is required"),
            (
                "best-worst",
                "best: a\nworst: b\nbest_to_others: {b: 3, c: 4}\nothers_to_worst: {c: 0.5}",
                "4:22: others_to_worst.c: should be at least 1; got 0.5",
            ),
            (
                "best-worst",
                "best: a\nworst: b\nbest_to_others: {b: 3, c: 4}\nothers_to_worst: {c: 2}",
                "3:27: best_to_others.c: should be at most 3, the value of best to worst; got 4",
            ),
            (
                "best-worst",
                "best: a\nworst: b\nbest_to_others: {c: 3}\nothers_to_worst: {c: 2}",
                "3:1: best_to_others: missing: b",
            ),
            (
                "best-worst",
                "best: a\nworst: b\nbest_to_others: {b: 3, c: 3}\nothers_to_worst: {a: 4}",
                "others_to_worst.a: best to worst is 3 in best_to_others; got 4",
            ),
        ],
    )
    def test_an_error_in_a_file_has_line_and_column(self, write, method, text, message):
        path = write("j.yaml", text)
        with pytest.raises(RiskmodelError) as caught:
            weights_from_judgements(method, path, MODEL)
        assert message in str(caught.value)
        assert str(caught.value).startswith(str(path))

    def test_all_errors_are_reported_at_once(self):
        with pytest.raises(RiskmodelError) as caught:
            weighed("ahp", {"pairs": {"a": {"b": 0, "c": "x"}, "d": {"b": "3-Jan"}}})
        assert len(caught.value.problems) == 3

    def test_unknown_methods_files_and_scores_are_refused(self):
        for arguments, words in (
            (("ahb", {}, MODEL), "did you mean 'ahp'"),
            (("ahp", "no.yaml", MODEL), "there is no such file"),
        ):
            with pytest.raises(RiskmodelError, match=words):
                weights_from_judgements(*arguments)
        with pytest.raises(RiskmodelError, match="no score 'tops' in model 'mine'; did you mean 'top'"):
            weighed("direct", {}, score="tops")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(4)
    base = rng.uniform(size=(80, 3))
    base[:, 2] = 0.6 * base[:, 0] + 0.4 * base[:, 2]
    return pd.DataFrame(base * [10, 1, 100], columns=list("abc"))


class TestData:
    def test_methods_see_directed_intensities(self, frame):
        values = frame.to_numpy() / [10, 1, 100]
        values[:, 1] = 1 - values[:, 1]
        expected = entropy_weights(values)
        result = weights_from_data("entropy", frame, MODEL)
        assert list(result.shares.values()) == pytest.approx(expected.weights.tolist(), rel=1e-9)
        assert result.kept == {"d": "no value in any row"}
        assert result.weights["d"] == 25
        assert list(result.details["1 - entropy"]) == list("abc")
        critic = weights_from_data("critic", frame, MODEL)
        assert list(critic.shares.values()) == pytest.approx(critic_weights(values).weights.tolist(), rel=1e-9)

    def test_contributions_to_the_score_are_equal(self, frame):
        """The effect is measured on what the new model scores; d is assumed, and the same in every row."""
        result = weights_from_data("equal-contribution", frame, MODEL)
        scored = result.model.score_frame(frame)["escalation_exact"].to_numpy()
        intensities = {"a": frame["a"] / 10, "b": 1 - frame["b"], "c": frame["c"] / 100}
        effects = [
            abs(result.weights[name]) / 100 * np.cov(100 * v, scored)[0, 1] / scored.var(ddof=1)
            for name, v in intensities.items()
        ]
        np.testing.assert_allclose(effects, 1 / 3, atol=2e-3)
        assert sum(result.details["effective before"].values()) == pytest.approx(1)

    def test_gaps_constants_and_assumed_values(self, frame):
        gappy = frame.assign(d=np.where(np.arange(80) % 2, np.nan, 0.5), a=frame["a"].where(frame.index >= 10))
        result = weights_from_data("critic", gappy, MODEL)
        assert result.kept == {"d": "the same in every row"}
        assert result.rows == RowCounts(80, 70)
        (warning,) = result.warnings
        assert warning == (
            "inputs that do not vary in these rows keep their old weights, 25.0% of the total, where CRITIC alone "
            "gives 0: d"
        )
        for view in (str(result), result.to_markdown()):
            assert "keep their old weights, 25.0% of the total" in view
        assert result.to_dict()["warnings"] == [warning]
        assumed = weights_from_data("critic", frame.assign(d=np.nan), MODEL)
        assert assumed.kept == {"d": "no value in any row"}

    def test_an_input_that_is_constant_where_the_others_are_known_costs_no_rows(self, frame):
        late = frame.assign(d=np.where(np.arange(80) < 40, 0.25, np.nan))
        late.loc[3, "d"], late.loc[3, "a"] = 0.75, np.nan
        result = weights_from_data("entropy", late, MODEL)
        assert result.kept == {"d": "the same in every row"}
        assert result.rows == RowCounts(80, 79)

    def test_a_sub_score_is_weighed_as_it_enters_the_score(self, frame):
        table = frame.assign(e=np.linspace(0, 1, 80) ** 2)
        result = weights_from_data("critic", table, MODEL, score="top")
        sub = riskmodel.load_model(MODEL).score_frame(frame)["escalation_exact"] / 100
        expected = critic_weights(np.column_stack([sub, 1 - table["e"]])).weights
        assert list(result.shares.values()) == pytest.approx(expected.tolist(), rel=1e-9)

    def test_files_give_what_frames_give(self, frame, tmp_path):
        expected = weights_from_data("equal-contribution", frame, MODEL).shares
        frame.assign(far="perhaps", x="#").to_csv(tmp_path / "d.csv.gz", index=False)
        frame.to_parquet(tmp_path / "d.parquet")
        frame.to_csv(tmp_path / "d.csv", index=False, sep=";", decimal=",")
        for name, options in (("d.csv.gz", {}), ("d.parquet", {}), ("d.csv", {"decimal": ","})):
            result = weights_from_data("equal-contribution", tmp_path / name, MODEL, **options)
            assert result.shares == pytest.approx(expected, rel=1e-9)
            assert len(result.sha256) == 64

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("a,b\n1,0.5\nx,2\n3,1\n", "d.csv:3: column a: should be a number; got 'x'"),
            ("a,b\n1,0.5\n2\n3,1\n", "d.csv:3: "),
            ("a,b\n1,0.5\n2,0.2\n", "d.csv: 2 of 2 rows have values of all inputs to weigh, and 3 are needed"),
            ("a,b\n1,0.5\n2,\n3,\n4,0.2\n", "2 of 4 rows have values of all inputs to weigh"),
            ("a,b\n", "d.csv: no input varies over the rows"),
            ("a\n1\n2\n3\n", "d.csv: only a varies over the rows"),
            ("a,b\n1,1\n2,1\n3,1\n", "d.csv: only a varies over the rows"),
            ("x,y\n1,1\n", "no column is an indicator of model 'mine'"),
            ("a,a\n1,1\n", "duplicate column 'a'"),
            ("a,b\n0,0\n5,0.5\n10,1\n", "d.csv: a, b cancel out: a weighted sum of them is the same in every row"),
            ("", "d.csv"),
        ],
    )
    def test_unusable_data_are_refused(self, write, text, message):
        with pytest.raises(SituationError) as caught:
            weights_from_data("equal-contribution", write("d.csv", text), MODEL)
        assert message in str(caught.value)

    def test_critic_refuses_inputs_that_correlate_perfectly(self, frame):
        twins = frame[["a"]].assign(c=frame["a"] * 10)
        with pytest.raises(SituationError, match="the frame: the inputs correlate perfectly"):
            weights_from_data("critic", twins, MODEL)

    def test_effects_are_of_an_arithmetic_mean(self, frame):
        with pytest.raises(ModelError, match=r"scores.peak.mean: effective weights are of an arithmetic mean"):
            weights_from_data("equal-contribution", frame, MODEL, score="peak")
        assert weights_from_data("critic", frame, MODEL, score="peak").shares.keys() == {"a", "b"}

    def test_unknown_methods_files_and_scores_are_refused(self, frame):
        with pytest.raises(RiskmodelError, match="no method 'ahp' works from data"):
            weights_from_data("ahp", frame, MODEL)
        with pytest.raises(TypeError, match="a path or a pandas DataFrame; got list"):
            weights_from_data("critic", [1], MODEL)
        with pytest.raises(SituationError, match="there is no such file"):
            weights_from_data("critic", "no.csv", MODEL)


class TestReports:
    def test_data_hold_everything_and_are_json(self):
        result = weighed("ahp", {"pairs": {"a": {"b": 2, "c": 4}, "b": {"c": 9}}})
        data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert data["weights"]["b"] == {
            "before": -25,
            "after": result.weights["b"],
            "share": result.shares["b"],
            "details": {},
            "kept": None,
        }
        assert data["weights"]["d"]["kept"] == "not judged"
        assert data["consistency"]["random_index"] == 0.58
        assert data["consistency"]["least_consistent"]["first"] in "ab"
        assert data["weighted"]["fingerprint"] == result.model.identity.fingerprint
        assert data["warnings"] == list(result.warnings)

    def test_the_text_names_the_random_index_and_what_stayed(self):
        text = str(weighed("ahp", {"pairs": {"a": {"b": 2, "c": 4}, "b": {"c": 9}}}, random_index="saaty-2007"))
        assert "Random index        0.52  of Saaty and Tran 2007, n=3" in text
        assert "3 of 4 inputs weighed" in text
        assert "kept: not judged" in text
        assert "\nWarnings\n  the consistency ratio" in text
