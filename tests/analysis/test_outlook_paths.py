"""Draws ahead: bootstrap, correlation, valid ranges, labels, and coverage on random walks."""

import numpy as np
import pytest
from outlook_cases import linear_model, walk

from riskmodel.analysis.outlook.paths import draw_labels, drawn_errors, resampled
from riskmodel.analysis.outlook.unit import OtherMoves, UnitPast, is_reported


def test_every_time_is_drawn_as_often_as_any_other():
    count, draws = 30, 20_000
    drawn = resampled(count, draws, 6, np.random.default_rng(0))
    assert drawn.shape == (draws, 6)
    for step in range(6):
        # Each draw takes a time with probability 1/30: five standard deviations.
        shares = np.bincount(drawn[:, step], minlength=count) / draws
        assert np.abs(shares - 1 / count).max() < 5 * np.sqrt(1 / count / draws)


def test_blocks_have_the_cube_root_of_the_times_as_mean_length():
    drawn = resampled(64, 20_000, 40, np.random.default_rng(1))
    follows = (np.diff(drawn, axis=1) % 64) == 1
    # A block goes on with probability 3/4, and a new one begins by chance at the next time with 1/64.
    assert follows.mean() == pytest.approx(0.75 + 0.25 / 64, abs=0.005)


def test_errors_of_the_same_month_are_drawn_together():
    errors = np.random.default_rng(2).normal(size=50)
    drawn = drawn_errors(np.stack([errors, -2 * errors]), 100, 12, np.random.default_rng(3))
    np.testing.assert_allclose(drawn[1], -2 * drawn[0])


def test_a_missing_error_is_replaced_by_another_of_the_same_indicator():
    errors = np.array([[1.0, np.nan, 2.0, np.nan], [10.0, 20.0, 30.0, np.nan], [np.nan] * 4])
    drawn = drawn_errors(errors, 200, 5, np.random.default_rng(4))
    assert set(np.unique(drawn[0])) == {1.0, 2.0}
    assert set(np.unique(drawn[1])) == {10.0, 20.0, 30.0}
    assert (drawn[2] == 0).all()


def unit(names="ab", **columns):
    return UnitPast.of(linear_model(list(names)), "unit", columns, 0)


def test_indicators_that_moved_together_do_so_ahead():
    steps = np.random.default_rng(5).normal(size=(2, 120))
    together = np.cumsum(steps[0])
    past = unit("abc", a=together, b=50 - together, c=np.cumsum(steps[1]))
    paths = past.draw(119, 6, 2000)
    moved = {name: path[-1] - path[0] for name, path in paths.items()}
    assert np.corrcoef(moved["a"], moved["b"])[0, 1] < -0.99
    assert abs(np.corrcoef(moved["a"], moved["c"])[0, 1]) < 0.4


def test_draws_begin_near_the_last_value():
    values = walk(6, 100, start=500, step=2)
    path = unit("a", a=values).draw(99, 3, 4000)["a"]
    assert abs(np.median(path[0]) - values[-1]) < 0.3
    assert np.std(path[0]) == pytest.approx(np.std(np.diff(values)), rel=0.1)
    assert np.std(path[2]) == pytest.approx(np.sqrt(3) * np.std(np.diff(values)), rel=0.25)


def test_values_stay_valid():
    model = linear_model(["a"], low=0, high=10, valid=[0, 10])
    values = np.clip(walk(7, 60, start=9), 0, 10)
    path = UnitPast.of(model, "unit", {"a": values}, 0).draw(59, 24, 500)["a"]
    assert path.min() >= 0
    assert path.max() <= 10
    assert np.ptp(path) > 1


def test_a_last_month_that_is_missing_widens_the_draws_by_a_step():
    values = walk(9, 100)
    values[50] = np.nan  # so that it was missing for a month before
    late = values.copy()
    late[-1] = np.nan
    known, unknown = (unit("a", a=column).draw(99, 2, 4000)["a"] for column in (values, late))
    assert np.std(unknown[0]) == pytest.approx(np.sqrt(2) * np.std(known[0]), rel=0.15)
    assert abs(np.median(unknown[0]) - values[-2]) < 0.3


def test_what_never_varied_moves_as_it_did_in_other_units_up_to_that_time():
    """Of 30 times of its own and 20 of others: two steps in five take the one move that others made by then."""
    moves = {"a": np.array([1.0, 1.0, 100.0]), "b": np.array([-1.0, np.nan, 100.0])}
    others = OtherMoves(np.arange(3), np.array([5, 29, 30]), moves)
    columns = {"a": np.full(40, 7.0), "b": np.full(40, 3.0)}
    past = UnitPast.of(linear_model(["a", "b"]), "unit", columns, 0, others)
    paths = past.draw(29, 3, 20_000)
    moved = paths["a"] - 7.0
    assert set(np.unique(moved)) == {0.0, 1.0, 2.0, 3.0}
    np.testing.assert_allclose(moved.mean(axis=1), [0.4, 0.8, 1.2], atol=0.03)
    # Where the other indicator is missing in that row, it does not move.
    assert (paths["b"] - 3.0).mean(axis=1) == pytest.approx([-0.2, -0.4, -0.6], abs=0.03)
    assert ((paths["b"][0] == 3.0) | (moved[0] == 1.0)).all()


def test_what_varied_is_drawn_from_its_own_past_alone():
    columns = {"a": walk(10, 40)}
    others = OtherMoves(np.array([0]), np.array([5]), {"a": np.array([100.0])})
    alone, among = (UnitPast.of(linear_model(["a"]), "unit", columns, 0, *more) for more in ((), (others,)))
    np.testing.assert_array_equal(alone.draw(39, 3, 128)["a"], among.draw(39, 3, 128)["a"])


@pytest.mark.parametrize(
    ("missing", "origin", "reported"),
    [([], 19, True), ([19], 19, False), ([5, 19], 19, True), ([5, 18, 19], 19, False), ([18], 17, True)],
)
def test_an_indicator_missing_for_longer_than_ever_is_no_longer_reported(missing, origin, reported):
    values = np.arange(20.0)
    values[missing] = np.nan
    assert is_reported(values, origin) == reported


def test_what_has_no_value_yet_is_not_reported():
    assert not is_reported(np.full(5, np.nan), 4)


def test_labels_move_as_often_as_in_the_past():
    labels = np.array([0, 0, 0, 1, 0, 0, 0, 1, 0, 0.0])  # from 0: to 0 five times, to 1 twice; from 1 to 0
    paths = draw_labels(labels, 20_000, 2, (0,))
    assert (paths[0] == 1).mean() == pytest.approx(2 / 7, abs=0.02)
    assert (paths[1][paths[0] == 1] == 0).all()


def test_a_label_whose_successor_was_never_seen_stays():
    assert (draw_labels(np.array([0, 1, np.nan, 2]), 50, 3, (0,)) == 2).all()
    assert np.isnan(draw_labels(np.full(4, np.nan), 50, 3, (0,))).all()


@pytest.mark.slow
def test_intervals_hold_as_many_random_walks_as_they_say():
    """Binomial bounds of four standard deviations, around the shares that 49 steps to estimate a spread from leave."""
    model, walks, steps = linear_model(["a"]), 120, 4
    inside = np.zeros((2, steps))
    for seed in range(walks):
        values = walk(1000 + seed, 50 + steps)
        past = UnitPast.of(model, f"walk {seed}", {"a": values[:50]}, 0)
        draws = past.draw(49, steps, 1024)["a"]
        for row, (low, high) in enumerate(((0.25, 0.75), (0.05, 0.95))):
            ends = np.quantile(draws, (low, high), axis=1)
            inside[row] += (ends[0] <= values[50:]) & (values[50:] <= ends[1])
    for share, held in zip((0.5, 0.9), inside / walks, strict=True):
        assert np.abs(held - share).max() < 4 * np.sqrt(share * (1 - share) / walks) + 0.02
