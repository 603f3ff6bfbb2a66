"""Rankings and their uncertainty, checked against invariants and closed forms."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import riskmodel
from riskmodel.analysis.ranking import MAX_SITUATIONS, RankCounts, rank, ranks
from riskmodel.analysis.weights import concentration
from riskmodel.cli.analyses import compare as command

ROOT = Path(__file__).parents[2]
MONTHS = ROOT / "examples" / "dyad_months.csv"
CASES = sorted((ROOT / "examples").glob("case_*.yaml"))


def small(**scores):
    """A model of two numbers from 0 to 1, without rules; scores are weights by name."""
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "small",
            "indicators": {name: {"valid": [0, 1], "scale": {"goalposts": [0, 1]}} for name in ("one", "two")},
            "scores": {name: {"weights": weights, "min_coverage": 0.4} for name, weights in scores.items()},
        }
    )


@pytest.fixture(scope="module")
def months(default_model):
    return rank(MONTHS, model=default_model)


class TestRanks:
    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.lists(st.integers(0, 5), min_size=6, max_size=6), min_size=1, max_size=8))
    def test_are_one_more_than_how_many_are_higher(self, rows):
        values = np.array(rows, dtype=float)
        higher = (values[:, None, :] > values[:, :, None]).sum(axis=2)
        assert (ranks(values, 5.0) == 1 + higher).all()

    def test_what_sums_of_floats_are_off_by_is_a_tie(self):
        assert ranks(np.array([[0.1 + 0.2, 0.3, 0.30001]]) * 100, 100.0).tolist() == [[2, 2, 1]]

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.lists(st.integers(0, 5), min_size=4, max_size=4), min_size=1, max_size=8))
    def test_are_counted(self, rows):
        values = np.array(rows, dtype=float)
        counts = RankCounts(4)
        for part in np.array_split(ranks(values, 5.0), 2):
            counts.add(part)
        for one in range(4):
            for other in range(4):
                higher, level = values[:, one] > values[:, other], values[:, one] == values[:, other]
                assert counts.pairwise_winning_index[one, other] == pytest.approx(np.mean(higher + 0.5 * level))
                assert counts.acceptability[one, other] == pytest.approx(
                    np.mean(ranks(values, 5.0)[:, one] == other + 1)
                )


@pytest.fixture(scope="module")
def untied():
    """A ranking in which no two situations ever tie: no rule and no end of a range that several could reach."""
    drawn = np.random.default_rng(3).uniform(0.05, 0.95, size=(30, 2))
    model = small(risk={"one": 2, "two": 3}, calm={"one": -1, "two": 1})
    return rank([{"one": one, "two": two} for one, two in drawn], model=model, weight_uncertainty=0.4)


class TestRanking:
    def test_every_situation_has_one_rank_and_without_ties_every_rank_one_situation(self, untied):
        for score in untied.scores.values():
            assert score.acceptability.sum(axis=1) == pytest.approx(1)
            assert score.acceptability.sum(axis=0) == pytest.approx(1)
            assert score.pairwise_winning_index + score.pairwise_winning_index.T == pytest.approx(1)
            assert np.diag(score.pairwise_winning_index) == pytest.approx(0.5)

    def test_nominal_ranks_are_those_of_the_scores(self, months, default_model):
        scored = default_model.score_frame(pd.read_csv(MONTHS))
        names = pd.read_csv(MONTHS)["id"]
        for name, score in months.scores.items():
            exact = dict(zip(names, scored[f"{name}_exact"], strict=True))
            assert [entry.value for entry in score.ranked] == pytest.approx(sorted(exact.values(), reverse=True))
            assert {entry.name: entry.value for entry in score.ranked} == pytest.approx(exact)
            assert [entry.rank for entry in score.ranked] == list(range(1, 41))

    def test_means_and_intervals_are_those_of_the_acceptabilities(self, untied):
        for score in untied.scores.values():
            assert score.expected.sum() == pytest.approx(30 * 31 / 2)
            for index, entry in enumerate(score.ranked):
                low, high = score.interval(index)
                assert score.acceptability[index, low - 1 : high].sum() >= 0.9 - 1e-9
                assert score.rank_stability[index] == score.acceptability[index, entry.rank - 1]

    def test_a_mean_rank_is_one_more_than_the_situations_above(self, untied):
        for score in untied.scores.values():
            above = score.pairwise_winning_index.T.sum(axis=1) - 0.5
            assert score.expected == pytest.approx(1 + above)

    @pytest.mark.parametrize("weight_uncertainty", [0, 1e-7])
    def test_weights_that_are_certain_leave_the_ranks_as_they_are(self, default_model, weight_uncertainty):
        result = rank(MONTHS, model=default_model, weight_uncertainty=weight_uncertainty, draws=256)
        for score in result.scores.values():
            assert score.rank_stability == pytest.approx(1)
            assert score.n_ordered_pairs == 40 * 39 / 2

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)), min_size=2, max_size=5), st.integers(0, 9))
    def test_what_is_higher_in_every_input_is_above_in_every_draw(self, lower, seed):
        model = small(risk={"one": 1, "two": 3})
        best = {"one": 0.6, "two": 0.7}
        result = rank(
            [best, *({"one": a, "two": b} for a, b in lower)], model=model, weight_uncertainty=0.6, draws=256, seed=seed
        )
        assert result["risk"].ranked[0].name == "Situation 1"
        assert result["risk"].acceptability[0, 0] == 1
        assert result["risk"].pairwise_winning_index[0, 1:] == pytest.approx(1)

    @pytest.mark.parametrize("relative_sd", [0.2, 0.5])
    def test_two_weights_have_a_closed_form(self, relative_sd):
        """One is above where its weight's share is above a half; that share has a beta distribution."""
        model = small(risk={"one": 55, "two": 45})
        result = rank(
            [{"one": 1, "two": 0}, {"one": 0, "two": 1}], model=model, weight_uncertainty=relative_sd, draws=1 << 14
        )
        total = concentration(2, relative_sd)
        assert result.concentrations["risk"] == total
        expected = stats.beta(0.55 * total, 0.45 * total).sf(0.5)
        assert result["risk"].pairwise_winning_index[0, 1] == pytest.approx(expected, abs=0.004)

    def test_ranges_are_drawn_too_and_independently(self):
        model = small(risk={"one": 1, "two": 1})
        pair = [{"one": {"low": 0.2, "high": 0.8}, "two": 0.5}, {"one": {"low": 0.1, "high": 0.7}, "two": 0.5}]
        result = rank(pair, model=model, weight_uncertainty=0, draws=1 << 14)
        assert result.ranges == 2
        # Uniform on the unit square, the difference beyond a sixth of the width: 1 - (5/6)^2 / 2.
        assert result["risk"].pairwise_winning_index[0, 1] == pytest.approx(1 - (5 / 6) ** 2 / 2, abs=0.005)

    def test_equals_tie_in_every_draw_and_are_not_ordered(self, default_model):
        frame = pd.read_csv(MONTHS).iloc[[0, 0, 5]]
        result = rank(frame, model=default_model, draws=256)["escalation"]
        assert [entry.rank for entry in result.ranked] == [1, 2, 2]
        assert result.pairwise_winning_index[1, 2] == 0.5
        assert result.n_ordered_pairs == 2
        assert result.rank_stability == pytest.approx(1)

    def test_situations_without_a_score_are_listed_apart(self, default_model):
        frame = pd.read_csv(MONTHS).iloc[:3]
        result = rank(pd.concat([pd.DataFrame({"id": ["blank"]}), frame]), model=default_model, draws=256)
        for score in result.scores.values():
            assert [entry.name for entry in score.unranked] == ["blank"]
            assert len(score.ranked) == 3
        assert "not ranked, insufficient data: blank (coverage 0%)" in str(result)

    def test_none_with_a_score_is_no_failure(self, default_model, tmp_path):
        result = rank([{"espionage": 1}, {"espionage": 2}], model=default_model, draws=256)
        assert all(not score.ranked for score in result.scores.values())
        assert str(result).count("not ranked") == 4
        assert json.dumps(result.to_dict())
        with pytest.raises(riskmodel.RiskmodelError, match="nothing to draw"):
            result.save_plot(tmp_path / "none.png")

    def test_a_draw_is_settled_by_weights_not_by_coverage(self):
        """A situation has a score by the weights that the model states; draws of others do not take it away."""
        model = small(risk={"one": 41, "two": 59})
        result = rank([{"one": 0.9}, {"one": 0.2}], model=model, weight_uncertainty=0.9, draws=256)
        assert result["risk"].pairwise_winning_index[0, 1] == 1

    def test_the_same_seed_gives_the_same_and_another_nearly(self, default_model, months):
        again, other = (rank(MONTHS, model=default_model, seed=seed) for seed in (0, 1))
        for name, score in months.scores.items():
            assert (again[name].pairwise_winning_index == score.pairwise_winning_index).all()
            assert np.abs(other[name].pairwise_winning_index - score.pairwise_winning_index).max() < 0.03

    def test_progress_goes_up_to_the_end(self, default_model):
        shares = []
        rank(MONTHS, model=default_model, draws=1024, on_progress=lambda share, doing: shares.append(share))
        assert shares == sorted(shares)
        assert 0 <= shares[0] < shares[-1] < 1

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"weight_uncertainty": 1.5}, "less than 100 %"),
            ({"weight_uncertainty": -0.1}, "less than 100 %"),
            ({"draws": 3}, "from 256 to 65,536; got 3"),
            ({"seed": -1}, "from 0 on"),
        ],
    )
    def test_what_is_out_of_range_is_refused(self, default_model, options, message):
        with pytest.raises(riskmodel.RiskmodelError, match=message):
            rank(MONTHS, model=default_model, **options)

    @pytest.mark.parametrize("count", [1, MAX_SITUATIONS + 1])
    def test_too_few_and_too_many_are_refused(self, default_model, count):
        with pytest.raises(riskmodel.SituationError, match=f"2 to 2,000 situations; got {count:,}"):
            rank([{"espionage": 1}] * count, model=default_model)


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


class TestCommand:
    def test_json_has_every_matrix(self):
        result = json.loads(run(MONTHS, "--format", "json", "--draws", 256).stdout)
        for score in result["scores"].values():
            assert np.array(score["acceptability"]).shape == np.array(score["pairwise_winning_index"]).shape == (40, 40)
            assert score["above_the_next"] == [score["pairwise_winning_index"][row][row + 1] for row in range(39)]
            assert [entry["rank"] for entry in score["ranked"]] == list(range(1, 41))
        assert result["weight_uncertainty"]["spread"] == 0.2

    def test_the_option_rank_ranks_situations(self):
        done = run(*CASES, "--rank", "--format", "markdown", "--weight-uncertainty", "10%", "--draws", 256)
        assert done.exit_code == 0
        assert "# Ranking of 13 situations" in done.stdout
        assert "one of average size by 10%" in done.stdout

    @pytest.mark.parametrize("ending", ["svg"])
    def test_a_picture_is_drawn(self, tmp_path, ending):
        target = tmp_path / f"ranks.{ending}"
        assert run(MONTHS, "--draws", 256, "--plot", target).exit_code == 0
        assert target.stat().st_size > 5_000

    def test_a_share_that_is_none_is_refused(self):
        done = run(MONTHS, "--weight-uncertainty", "much")
        assert done.exit_code == 2
        assert "should be a share such as 20% or 0.2" in done.output


def test_duplicate_names_are_numbered():
    frame = pd.DataFrame({"id": ["x", "x", "y"], "military_activity": [1, 5, 9], "communication_frequency": [1, 1, 1]})
    frame = frame.assign(espionage=3, trade_disruption=10)
    ranked = riskmodel.rank(frame, draws=256)["escalation"].ranked
    assert {entry.name for entry in ranked} == {"x, number 1", "x, number 2", "y"}
