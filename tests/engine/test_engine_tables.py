"""Drivers, tables and compiled models, each by itself, on cases worked out by hand."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from by_hand import block_of, columns, load

import riskmodel
from riskmodel.engine import table
from riskmodel.engine.block import score_block
from riskmodel.engine.contributions import contribution_names, drivers, empty_drivers
from riskmodel.engine.table import score_table
from riskmodel.plan.program import evaluate
from riskmodel.plan.steps import Input

# What is computed in silence must be so without a warning too.
pytestmark = pytest.mark.filterwarnings("error")

NAN = math.nan


def drivers_of(block, name, decimals=1):
    score = block.scores[name]
    return drivers(np.stack([entry.points for entry in score.account]), score.value, decimals)


def degrees_of(indicator, *values):
    """Give the degrees of every term at some raw values."""
    raw = Input("x")
    x = {"x": np.array(values, dtype=float)}
    return {word: evaluate(term(raw), x, len(values)) for word, term in indicator.terms.items()}


class TestDrivers:
    def result(self, model, **values):
        best = drivers_of(block_of(model, **values), "s", model.compiled.scores["s"].decimals)
        names = [*contribution_names(model.compiled, model.compiled.scores["s"]), None]
        return [
            [(names[entry], points) for entry, points in zip(entries, row, strict=True)]
            for entries, row in zip(best.entry.T, best.points.T, strict=True)
        ]

    def test_the_largest_come_first_whatever_their_sign(self):
        rules = {"r": {"when": "a > 5", "then": {"s": {"add": -25}}}}
        model = load({"s": {"weights": {"a": 2, "b": 1, "c": 3, "d": 4}}}, rules)
        assert self.result(model, a=[10, 1], b=[10, 2], c=[10, 3], d=[1, 0]) == [
            # 20, 10, 30 and 4, then the rule.
            [("c", 30), ("r", -25), ("a", 20)],
            [("c", 9), ("a", 2), ("b", 2)],
        ]

    def test_contributions_that_round_to_zero_are_left_out(self):
        model = load({"s": {"weights": {"a": 1, "b": 1, "c": 1, "d": 7}, "decimals": 0}})
        # Points of a tenth of the value each, and seven times that of d; 0.5 reads as 1, and 0.4 as 0.
        assert self.result(model, a=[5, NAN, 0], b=[4, NAN, 0], c=[0, 1, 0], d=[1, NAN, 0]) == [
            [("d", 7), ("a", 5), ("b", 4)],
            [(None, 0)] * 3,
            [(None, 0)] * 3,
        ]
        assert self.result(model, a=[0.5], b=[0.4], c=[0.2], d=[0]) == [[("a", 1), (None, 0), (None, 0)]]

    def test_points_are_rounded_away_from_zero_at_a_half(self):
        rules = {"r": {"when": "a > 1", "then": {"s": {"add": -2.25}}}}
        model = load({"s": {"weights": {"a": 1}}}, rules)
        assert self.result(model, a=[6.025]) == [[("a", 60.3), ("r", -2.3), (None, 0)]]

    def test_of_equal_ones_the_first_in_the_account_comes_first(self):
        model = load({"s": {"weights": dict.fromkeys("abcde", 1)}})
        assert self.result(model, a=[1], b=[5], c=[5], d=[5], e=[5]) == [[("b", 10), ("c", 10), ("d", 10)]]

    def test_fewer_contributions_than_drivers(self):
        assert self.result(load({"s": {"weights": {"a": 1}}}), a=[3, 0]) == [
            [("a", 30), (None, 0), (None, 0)],
            [(None, 0), (None, 0), (None, 0)],
        ]

    def test_room_for_drivers_is_empty(self):
        room = empty_drivers(2)
        assert (room.entry.tolist(), room.points.tolist()) == ([[-1, -1]] * 3, [[0, 0]] * 3)
        assert room.entry.dtype == np.int32

    @pytest.mark.parametrize("count", [1, 2, 3, 4, 6, 7, 8, 14, 15, 16, 33])
    def test_as_sorting_has_them(self, count):
        rng = np.random.default_rng(count)
        model = load({"s": {"weights": {f"i{index:02}": float(rng.integers(1, 9)) for index in range(count)}}})
        values = {f"i{index:02}": rng.random(20) * 10 for index in range(count)}
        entries = block_of(model, **values).scores["s"].account
        points = np.stack([entry.points for entry in entries])
        order = np.argsort(-points, axis=0, kind="stable")[:3].T
        for result, best in zip(self.result(model, **values), order, strict=True):
            names = [entries[index].name for index in best if points[index].max() > 0]
            assert [name for name, _ in result if name] == names


class TestTable:
    MODEL = load(
        {
            "s": {"weights": {"a": 3, "b": 1}, "bands": {"low": 0, "high": 50}},
            "t": {"weights": {"b": -1}, "decimals": 0},
        },
        {"r": {"when": "a > 8", "then": {"s": {"add": -7}}}},
    )

    @pytest.mark.parametrize("threads", [1, 2, 8])
    @pytest.mark.parametrize("gaps", ["none", "some", "all"])
    @pytest.mark.parametrize("explain", [True, False])
    def test_blocks_of_any_kind_are_put_where_they_belong(self, monkeypatch, threads, gaps, explain):
        monkeypatch.setattr(table, "BLOCK_ROWS", 5)
        rng = np.random.default_rng(3)
        a, b = rng.random(23) * 10, rng.random(23) * 10
        b[{"none": slice(0), "some": slice(None, None, 3), "all": slice(None)}[gaps]] = NAN
        compiled = self.MODEL.compiled
        result = score_table(compiled, {"a": a, "b": b, "other": a[:2]}, 23, threads, explain)
        for row in range(23):
            block = score_block(compiled, {"a": a[row : row + 1], "b": b[row : row + 1]}, 1)
            for name, score in block.scores.items():
                ours, decimals = result[name], compiled.scores[name].decimals
                for part in ("value", "reported", "band", "coverage"):
                    assert np.array_equal(getattr(ours, part)[row], getattr(score, part)[0], equal_nan=True)
                for part in ("low", "high"):
                    assert getattr(ours, part)[row] == pytest.approx(getattr(score, part)[0], abs=0.51 * 10**-decimals)
                if explain:
                    best = drivers_of(block, name, decimals)
                    assert np.array_equal(ours.drivers.entry[:, row], best.entry[:, 0])
                    assert np.array_equal(ours.drivers.points[:, row], best.points[:, 0])
                else:
                    assert ours.drivers is None

    @pytest.mark.parametrize("gaps", [[], [4], [0, 3, 4, 11], range(12)])
    def test_blocks_hold_each_row_once_and_keep_gaps_apart(self, monkeypatch, gaps):
        monkeypatch.setattr(table, "BLOCK_ROWS", 3)
        a, b = np.zeros(12), np.zeros(12)
        a[list(gaps)[::2]], b[list(gaps)[1::2]] = NAN, NAN
        complete, incomplete, names = table._split({"a": a, "b": b}, 12)
        blocks = [np.arange(12)[rows].tolist() for part in (complete, incomplete) for rows in table._blocks(part)]
        assert names == {name for name, column in (("a", a), ("b", b)) if np.isnan(column).any()}
        assert sorted(row for block in blocks for row in block) == list(range(12))
        assert all(len(block) <= 3 for block in blocks)
        assert all(set(block) <= set(gaps) or not set(block) & set(gaps) for block in blocks)
        assert len(blocks) == -(-len(gaps) // 3) + -(-(12 - len(gaps)) // 3)

    @pytest.mark.parametrize(
        ("rows", "threads", "cores", "used"),
        [(12, 3, 8, 3), (12, 9, 8, 4), (12, 9, 2, 2), (5, 9, 8, 2), (12, 1, 8, 0), (3, 9, 8, 0), (12, 9, None, 0)],
    )
    def test_a_table_takes_as_many_threads_as_there_are_blocks_and_cores(self, monkeypatch, rows, threads, cores, used):
        monkeypatch.setattr(table, "BLOCK_ROWS", 3)
        monkeypatch.setattr("os.cpu_count", lambda: cores)
        requested = []

        class Pool(ThreadPoolExecutor):
            def __init__(self, threads):
                requested.append(threads)
                super().__init__(threads)

        monkeypatch.setattr(table, "ThreadPoolExecutor", Pool)
        score_table(self.MODEL.compiled, columns(a=range(rows), b=range(rows)), rows, threads)
        assert requested == [used] * (used > 0)

    def test_a_column_that_is_left_out_is_missing_in_every_block(self, monkeypatch):
        monkeypatch.setattr(table, "BLOCK_ROWS", 3)
        result = score_table(self.MODEL.compiled, columns(a=range(8)), 8, threads=1)
        np.testing.assert_allclose(result["s"].value, np.arange(8) * 10)
        np.testing.assert_allclose(result["s"].coverage, [0.75] * 8)
        assert np.isnan(result["t"].value).all()
        assert result["s"].drivers is None

    def test_bounds_are_rounded_as_the_score_is(self):
        result = score_table(self.MODEL.compiled, columns(a=[4.44, 4.44], b=[NAN, 2.26]), 2)
        assert (result["s"].low.tolist(), result["s"].high.tolist()) == ([33.3, 39.0], [58.3, 39.0])
        assert (result["t"].low.tolist(), result["t"].high.tolist()) == ([0, 77], [100, 77])

    def test_a_table_without_rows(self):
        result = score_table(self.MODEL.compiled, columns(a=[], b=[]), 0, explain=True)
        assert result["s"].value.shape == (0,)
        assert result["s"].drivers.entry.shape == (3, 0)

    def test_bands_are_counted_in_bytes(self):
        assert score_table(self.MODEL.compiled, columns(a=[9], b=[9]), 1)["s"].band.dtype == np.int8


class TestCompiled:
    def test_an_unfitted_model_names_the_scale_and_the_command(self):
        fit = {name: {"scale": {"fit": "minmax"}} for name in "ba"}
        with pytest.raises(riskmodel.ModelError) as caught:
            load({"s": {"weights": {"a": 1, "b": 1}}}, None, **fit).assess({"a": 1})
        assert str(caught.value) in {
            f"model 'by-hand' is not fitted yet ({names}); run `riskmodel model fit` on data first"
            for names in ("a, b", "b, a")
        }

    def test_values_are_encoded(self):
        model = load(
            {"s": {"weights": {"a": 1, "b": 1}}},
            None,
            b={"scale": {"levels": {"calm": 0, "tense": 1}}, "default": "tense"},
        ).compiled
        assert [indicator.name for indicator in model.indicators.values()] == list(model.indicators) == ["a", "b"]
        assert [model.indicators["a"].encode(value) for value in (3, 2.5)] == [3, 2.5]
        assert [model.indicators["b"].encode(value) for value in ("calm", "tense")] == [0, 1]
        assert math.isnan(model.indicators["b"].encode(None))
        assert (model.indicators["b"].default, model.indicators["a"].default) == (1, None)
        assert (model.indicators["b"].labels, model.indicators["a"].labels) == (("calm", "tense"), None)

    def test_scores_and_their_inputs(self):
        model = load(
            {
                "top": {"weights": {"mid": 2, "c": -0.5}, "mean": "geometric", "out_of": 10, "decimals": 3},
                "mid": {"weights": {"sub": 1, "b": 1}, "min_coverage": 0.25},
                "sub": {"weights": {"a": 1}, "bands": {"low": 0, "high": 40}},
            }
        ).compiled
        assert list(model.scores) == ["sub", "mid", "top"]
        assert {name: set(score.leaf_indicators) for name, score in model.scores.items()} == {
            "sub": {"a"},
            "mid": {"a", "b"},
            "top": {"a", "b", "c"},
        }
        assert {name: score.is_sub for name, score in model.scores.items()} == {"sub": True, "mid": True, "top": False}
        top = model.scores["top"]
        assert [tuple(part) for part in top.inputs] == [("c", 0.5, True, False), ("mid", 2, False, True)]
        assert (top.power, top.out_of, top.decimals, top.min_coverage, top.bands) == (0, 10, 3, 0.5, ())
        assert (model.scores["mid"].min_coverage, model.scores["mid"].power) == (0.25, 1)
        assert (model.scores["sub"].bands, model.scores["sub"].band_starts) == (("low", "high"), (0, 40))

    def test_rules_by_score_and_kind(self):
        rules = {
            "b": {"when": "a > 1 and s < 9", "then": {"s": {"add": 2}, "t": {"at_most": 3}}},
            "a1": {"when": "a > 1", "then": {"s": {"add": 0.5}, "t": {"add": -4}}},
            "c": {"when": "b > 1", "then": {"s": {"at_least": 5}}},
        }
        model = load(
            {"s": {"weights": {"a": 1}}, "t": {"weights": {"a": 1, "b": 1}}},
            rules,
            b={"scale": {"goalposts": [0, 1]}, "default": 0.5},
        ).compiled
        assert list(model.rules) == ["a1", "b", "c"]
        assert [tuple(effect) for effect in model.rules["b"].effects] == [("s", "add", 2), ("t", "at_most", 3)]
        assert model.rules["b"].names == {"a", "s"}
        message = {
            name: [[(effect.rule, effect.amount, effect.raising) for effect in stage.effects] for stage in stages]
            for name, stages in model.stages.items()
        }
        assert message == {
            "s": [[("a1", 0.5, True), ("b", 2, True)], [("c", 5, True)], []],
            "t": [[("a1", -4, False)], [], [("b", 3, False)]],
        }
        assert dict(model.defaults) == {"b": 0.5}

    def test_terms_of_every_kind(self):
        terms = {"low": {"below": [2, 4]}, "high": {"above": 6}, "mid": {"between": [2, 4, 6, 8]}}
        model = load({"s": {"weights": {"a": 1}}}, None, a={"scale": {"goalposts": [0, 10]}, "terms": terms}).compiled
        degrees = degrees_of(model.indicators["a"], 2, 3, 6, 7, NAN)
        np.testing.assert_array_equal(degrees["low"], [1, 0.5, 0, 0, NAN])
        np.testing.assert_array_equal(degrees["high"], [0, 0, 0, 1, NAN])
        np.testing.assert_array_equal(degrees["mid"], [0, 0.5, 1, 0.5, NAN])

    def test_labels_are_terms(self):
        model = load({"s": {"weights": {"a": 1}}}, None, a={"scale": {"levels": {"calm": 0, "tense": 1}}}).compiled
        degrees = degrees_of(model.indicators["a"], 0, 1, NAN)
        np.testing.assert_array_equal(degrees["calm"], [1, 0, NAN])
        np.testing.assert_array_equal(degrees["tense"], [0, 1, NAN])
