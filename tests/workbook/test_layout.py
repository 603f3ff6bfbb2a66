"""The steps that get a column of their own, and the titles of these."""

import pytest

from riskmodel.errors import ModelError
from riskmodel.plan import steps
from riskmodel.plan.steps import Constant, Input
from riskmodel.workbook import layout
from riskmodel.workbook.division import MOST, divide
from riskmodel.workbook.layout import ROW, Layout, is_call, titles_of
from riskmodel.workbook.numbers import CellNumber

X, Y = Input("x"), Input("y", may_be_missing=False)
INPUTS = {"x": f"Values!B{ROW}", "y": f"Values!C{ROW}"}


def laid_out(*outputs, named=()):
    return Layout([("Scores", output) for output in outputs], named, INPUTS, "Steps", [])


def test_a_certain_part_that_is_used_once_stands_within_the_formula():
    part = steps.FillDegree(X, 0.0)
    whole = steps.WeightedSum((part, Y), (2.0, 1.0))
    plan = laid_out(whole)
    assert list(plan.columns) == [whole]
    assert plan.columns[whole].formula == f"2*IF(ISNUMBER(Values!B{ROW}),Values!B{ROW},0)+Values!C{ROW}"


def test_what_may_be_unknown_or_is_used_twice_or_has_a_name_gets_a_column():
    unsure, shared, named = steps.Complement(X), steps.Complement(Y), steps.Clip(Y, 0.0, 1.0)
    first = steps.FillDegree(unsure, 0.0)
    both = steps.WeightedSum((first, shared, named), (1.0, 1.0, 1.0))
    other = steps.Product(shared, Constant(3.0))
    plan = laid_out(both, other, named=[named])
    assert set(plan.columns) == {unsure, shared, named, both, other}
    assert (plan.columns[both].reference, plan.columns[other].reference) == (f"Scores!B{ROW}", f"Scores!C{ROW}")


def test_a_step_in_two_places_is_computed_in_the_first():
    step = steps.Complement(Y)
    plan = laid_out(step, step)
    assert [column.formula for column in plan.slots] == [f"1-Values!C{ROW}", f"Scores!B{ROW}"]


def test_columns_without_a_name_are_called_after_their_arguments_or_after_the_whole():
    intensity = steps.Ramp(X, 0.0, 10.0)
    filled = steps.FillDegree(intensity, CellNumber(0.5, "Scales!$D$9"))
    known, weight = steps.Known(X), Input("w", may_be_missing=False)
    whole = steps.Quotient(steps.WeightedSum((filled, steps.Product(known, weight), known), (1.0,) * 3), filled)
    plan = Layout([("Scores", whole)], [intensity], INPUTS | {"w": "Weights!$D$6"}, "Steps", [])
    titles = titles_of(plan, {intensity: "Espionage: intensity", whole: "Score"}, {"x": "Espionage"})
    assert titles[filled] == "Espionage: intensity; default if unknown"
    assert titles[known] == "Espionage: 1 if known"
    assert set(titles) >= {intensity, filled, known, whole}
    assert "" not in titles.values()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("MIN(A1,MAX(B1,1))", True), ("IF(A1=0,1,0)*B1", False), ("(A1)", False), ("A1", False), ("1-ABS(A1)", False)],
)
def test_one_call_needs_no_parentheses(text, expected):
    assert is_call(text) is expected


@pytest.mark.parametrize("kind", [steps.And, steps.Maximum, steps.LowestKnown])
def test_many_arguments_are_divided_until_none_has_too_many(kind):
    items = tuple(Input(f"i{number}") for number in range(MOST * MOST + 1))
    divided = divide([kind(items)])
    waiting = [next(step for old, step in divided.items() if isinstance(old, kind))]
    leaves = []
    while waiting:
        step = waiting.pop()
        assert len(step.args) <= MOST
        waiting += [arg for arg in step.args if not isinstance(arg, Input)]
        leaves += [arg for arg in step.args if isinstance(arg, Input)]
    assert set(leaves) == set(items)


def test_a_model_with_too_many_steps_is_refused(monkeypatch):
    monkeypatch.setattr(layout, "MAX_COLUMNS", 3)
    with pytest.raises(ModelError, match="too large for a workbook"):
        laid_out(*(steps.Clip(Y, 0.0, float(number)) for number in range(4)))
