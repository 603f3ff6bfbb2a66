"""Axes of accounts: their ends and ticks are round numbers, few, and as near to the values as these allow."""

import math

from hypothesis import given
from hypothesis import strategies as st

from riskmodel.report.html.bars import Axis

POINTS = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-3)


@given(st.lists(POINTS, max_size=8))
def test_an_axis_has_zero_and_all_values_between_round_ends(values):
    axis = Axis.of(values)
    step = axis.ticks[1] - axis.ticks[0]
    slack = 1e-6 * step
    assert axis.low - slack <= min([0.0, *values])
    assert max([0.0, *values]) <= axis.high + slack
    assert 2 <= len(axis.ticks) <= 5
    assert min(map(abs, axis.ticks)) <= slack
    assert (axis.ticks[0], axis.ticks[-1]) == (axis.low, axis.high)
    assert all(
        math.isclose(after - before, step, rel_tol=1e-6)
        for before, after in zip(axis.ticks, axis.ticks[1:], strict=False)
    )
    first_digits = float(f"{step:.6e}".split("e")[0])
    assert min(abs(first_digits - digits) for digits in (1, 2, 2.5, 5, 10)) < 1e-3


@given(st.lists(POINTS.filter(bool), min_size=1, max_size=8))
def test_no_side_of_an_axis_is_longer_than_needed_by_more_than_a_step(values):
    axis = Axis.of(values)
    step = axis.ticks[1] - axis.ticks[0]
    assert min([0.0, *values]) - axis.low < step * (1 + 1e-6)
    assert axis.high - max([0.0, *values]) < step * (1 + 1e-6)


def test_axes_worked_by_hand():
    assert Axis.of([58.2, 17.8]).ticks == (0, 20, 40, 60)
    assert Axis.of([-9.2, 20.0]).ticks == (-10, 0, 10, 20)
    assert Axis.of([-20, 40]).ticks == (-20, 0, 20, 40)
    assert Axis.of([]).ticks[0] == 0


def test_shares_of_a_track_run_from_one_end_to_the_other():
    axis = Axis.of([-20, 40])
    low, zero, high = axis.share(-20), axis.share(0), axis.share(40)
    assert math.isclose(zero - low, (high - low) / 3)
    assert 0 <= low < high <= 100
