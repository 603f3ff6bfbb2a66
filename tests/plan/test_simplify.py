"""Simplified steps give the same numbers to the last bit, and there are no more of them than needed."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_plans import random_plan, steps_of

from riskmodel.plan import steps
from riskmodel.plan.program import Program, order
from riskmodel.plan.simplify import Simplifier
from riskmodel.plan.steps import Constant, Fill, Input, Known

ROWS = 30
X, Y = Input("x"), Input("y")
UNKNOWN = Constant(math.nan)


def numbers(outputs, columns):
    return [array.astype(float) for array in Program(outputs)(columns, ROWS)]


@given(st.integers(0, 2**32), st.data())
@settings(max_examples=60, deadline=None)
def test_a_specialised_plan_gives_the_same_numbers_to_the_last_bit(seed, data):
    plan, columns = random_plan(seed, ROWS)
    kinds = {name: data.draw(st.sampled_from(["complete", "absent", "gaps"]), label=name) for name in columns}
    for name, kind in kinds.items():
        known = columns[name][~np.isnan(columns[name])]
        if kind == "absent" or not len(known):
            kinds[name], columns[name] = "absent", np.full(ROWS, np.nan)
        elif kind == "complete":
            columns[name] = np.resize(known, ROWS)
    complete, absent = ({name for name in columns if kinds[name] == kind} for kind in ("complete", "absent"))
    special = plan.specialise(complete, absent)
    general, simple = steps_of(plan), steps_of(special)
    assert len(general) == len(simple)
    given = {name: column for name, column in columns.items() if name not in absent}
    for before, after, step in zip(numbers(general, columns), numbers(simple, given), simple, strict=True):
        np.testing.assert_array_equal(after, before)
        assert step.nullable or not np.isnan(after).any()


@pytest.mark.parametrize("seed", range(20))
def test_equal_steps_are_one_step(seed):
    plan, _ = random_plan(seed, 1)
    for complete in (frozenset(), frozenset(plan.intensities)):
        ordered = order(steps_of(plan.specialise(complete)))
        contents = [(type(step), step.args, *map(repr, step.parameters)) for step in ordered]
        assert len(set(contents)) == len(contents)


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_of_complete_columns_asks_for_nothing_that_is_missing(seed):
    plan, columns = random_plan(seed, 1)
    special = plan.specialise(complete=columns.keys())
    ordered = order(steps_of(special))
    assert not any(isinstance(step, Known | steps.LowestKnown | steps.HighestKnown) for step in ordered)
    assert all(step.args[0].nullable for step in ordered if isinstance(step, Fill))
    # Without a value that can be unknown, the bounds of a mean are the mean itself.
    for score in special.scores.values():
        assert isinstance(score.coverage, Constant)
        assert score.coverage.value == 1
        for item in score.mean_inputs:
            assert item.low is item.value is item.high
        if not any(isinstance(step, steps.Quotient | steps.Arithmetic) and step.nullable for step in ordered):
            assert score.reported_low is score.reported is score.reported_high


def test_a_plan_without_any_column_is_constant():
    for seed in range(8):
        plan, columns = random_plan(seed, 1)
        assert all(isinstance(step, Constant) for step in steps_of(plan.specialise(absent=columns.keys())))


@pytest.mark.parametrize("seed", range(20))
def test_names_stay_with_their_steps(seed):
    plan, columns = random_plan(seed, 1)
    special = plan.specialise(complete=columns.keys())
    names = [label.name for label in special.labels.values()]
    assert len(set(names)) == len(names)
    assert set(names) <= {label.name for label in plan.labels.values()}
    assert not any(isinstance(step, Constant) for step in special.labels)


class TestOfOneStep:
    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            (Fill(X, 3.0), X),
            (steps.FillDegree(X, 0.0), X),
            (steps.And((X, Constant(1.0))), X),
            (steps.Or((Constant(0.0), X, X)), X),
            (steps.Minimum((X, X)), X),
            (steps.LowestKnown((UNKNOWN, X)), X),
            (steps.HighestKnown((X, UNKNOWN, X)), X),
            (steps.WeightedSum((X, Y), (1.0, 0.0)), X),
            (steps.WeightedSum((Constant(0.0), X), (5.0, 1.0)), X),
            (steps.Product(X, Constant(1.0)), X),
            (steps.Product(Constant(1.0), X), X),
            (steps.Quotient(X, Constant(1.0)), X),
            (steps.Agreed(X, Y, Y), X),
            (steps.Withhold(X, Y, 0.0), X),
            (steps.Withhold(X, Constant(0.5), 0.5), X),
            (steps.Select(Constant(1.0), X, Y), X),
            (steps.Select(Constant(0.0), Y, X), X),
            (steps.Select(Y, X, X), X),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_changes_nothing_is_left_out(self, step, expected):
        simplify = Simplifier(complete={"x", "y"})
        assert simplify(step) is simplify(expected)

    @pytest.mark.parametrize(
        ("step", "value"),
        [
            (Known(X), 1.0),
            (steps.And((X, Constant(0.0))), 0.0),
            (steps.Or((X, Constant(1.0))), 1.0),
            (steps.And((Constant(1.0), Constant(1.0))), 1.0),
            (steps.Withhold(X, Constant(0.4), 0.5), math.nan),
            (steps.LowestKnown((UNKNOWN,)), math.nan),
            (steps.LowestKnown((UNKNOWN, UNKNOWN)), math.nan),
            (steps.Minimum((Constant(2.0), Constant(3.0))), 2.0),
            (steps.Ramp(Constant(5.0), 0.0, 10.0), 0.5),
            (steps.Arithmetic("/", Constant(5.0), Constant(0.0)), math.nan),
            (steps.WeightedSum((X,), (0.0,)), 0.0),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_is_known_in_advance_is_a_constant(self, step, value):
        result = Simplifier(complete={"x", "y"})(step)
        assert isinstance(result, Constant)
        assert repr(result.value) == repr(value)

    @pytest.mark.parametrize(
        "step",
        [
            Fill(X, 3.0),
            Known(X),
            steps.Agreed(X, X, Y),
            steps.LowestKnown((X, Y)),
            steps.Withhold(X, Y, 0.5),
            steps.Select(Y, X, Constant(0.0)),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_what_depends_on_missing_values_stays_where_there_can_be_any(self, step):
        assert type(Simplifier()(step)) is type(step)

    def test_a_mean_reads_nothing_of_an_absent_item(self):
        pivot = steps.LowestKnown((X, Y))
        weights = (Constant(1.0), Constant(2.0))
        result = Simplifier(absent={"x"})(steps.PowerMean((X, Y), weights, pivot, 0.0))
        assert isinstance(result, steps.PowerMean)
        assert [step.name for step in order([result]) if isinstance(step, Input)] == ["y"]

    def test_zeros_of_either_sign_are_not_the_same(self):
        simplify = Simplifier()
        assert simplify(Constant(0.0)) is not simplify(Constant(-0.0))
        assert simplify(Constant(math.nan)) is simplify(Constant(math.nan))

    def test_steps_of_several_calls_are_shared(self):
        simplify = Simplifier()
        assert simplify(steps.Complement(X)) is simplify(steps.Complement(Input("x")))
