"""Formulas of steps, recomputed by Calc, against numpy."""

import math

import numpy as np
import pytest
import xlsxwriter

from riskmodel.plan import numpy_steps, program, steps
from riskmodel.plan.steps import Constant, Input
from riskmodel.workbook.numbers import CellNumber, column_text, number_text
from riskmodel.workbook.steps import formula

NAN = math.nan
ROWS = 8
COLUMNS = {
    "x": [NAN, -2000.0, 0.0, 0.5, 3.0, 39.95, 2000.0, 7.0],
    "y": [1.0, NAN, 0.0, 0.25, 3.0 + 1e-12, -7.0, 1e-3, 7.0],
    "a": [0.0, 1.0, NAN, 0.3, 0.3, 1e-9, 0.75, 1.0],
    "b": [0.5, NAN, NAN, 0.3, 1.0, 0.0, 0.25, 0.1],
    "c": [1.0, 0.0, NAN, 0.9, 0.2, 0.6, NAN, 0.1],
    "label": [0.0, 1.0, 2.0, NAN, 1.0, 0.0, 2.0, 2.0],
    "full": [0.0, 1.0, 0.25, 0.5, 0.75, 1.0, 0.3, 0.9],
    "weight": [1.0, 2.0, 3.0, 0.5, 0.25, 4.0, 1.5, 1.0],
}
CERTAIN = {"full", "weight"}
X, Y, A, B, C, LABEL, FULL, WEIGHT = (Input(name, may_be_missing=name not in CERTAIN) for name in COLUMNS)
PIVOT, LOWEST = steps.HighestKnown((A, B, C)), steps.LowestKnown((A, B, C))


def power_steps(power):
    pivot = PIVOT if power > 0 else LOWEST
    weights = (WEIGHT, Constant(2.0), Constant(0.5))
    return [steps.PowerMean((A, B, C), weights, pivot, power), steps.PowerTerm(A, pivot, power)]


CASES = [
    *(steps.Ramp(X, *ends) for ends in ((0, 10), (10, 0), (-1, 0.5), (39.95, 40))),
    *(steps.Beyond(X, 3.0, above) for above in (True, False)),
    steps.Line(X, (0.0, 2.0, 8.0, 20.0), (0.0, 0.25, 0.25, 1.0)),
    steps.Line(X, (-5.0, 5.0), (1.0, 0.0)),
    steps.Line(X, (3.0,), (0.7,)),
    steps.Log(X, 0.5),
    *(steps.Logistic(X, 3.0, slope) for slope in (0.5, -0.5, 40.0, -1e6)),
    steps.Lookup(LABEL, (0.1, 0.7, 1.0)),
    steps.IsLabel(LABEL, 1),
    steps.Known(X),
    steps.Known(FULL),
    steps.Fill(X, -4.5),
    steps.Fill(X, NAN),
    *(steps.FillDegree(A, value) for value in (0.0, 1.0, 0.4)),
    steps.Complement(A),
    *(kind((A, FULL)) for kind in (steps.And, steps.Or, steps.Minimum, steps.Maximum)),
    *(kind((A, B, C)) for kind in (steps.LowestKnown, steps.HighestKnown)),
    *(kind((A, FULL)) for kind in (steps.LowestKnown, steps.HighestKnown)),
    steps.Clip(X, 0.0, 100.0),
    *(steps.Arithmetic(sign, X, Y) for sign in "+-*/"),
    *(steps.Arithmetic(sign, X, Constant(-1.5)) for sign in "+-*/"),
    *(steps.Compare(sign, X, Y) for sign in ("<", "<=", ">", ">=", "==", "!=")),
    steps.Compare(">=", X, Constant(39.95)),
    steps.WeightedSum((A, B, FULL), (1.0, -2.5, 3.0)),
    steps.WeightedSum((A, B), (-1.0, 1.0)),
    steps.Product(X, A),
    steps.Quotient(X, FULL),
    steps.Quotient(X, Constant(8.0)),
    *(step for power in (-math.inf, math.inf) for step in (steps.PowerTerm(A, PIVOT if power > 0 else LOWEST, power),)),
    *(step for power in (-40.0, -2.5, -1.0, 0.0, 1e-4, 0.25, 2.0, 8.0, 40.0) for step in power_steps(power)),
    *(kind(X, FULL, level) for kind in (steps.Raise, steps.Lower) for level in (0.0, 3.0, 60.0)),
    steps.Select(steps.Known(X), X, FULL),
    steps.Withhold(X, FULL, 0.5),
    steps.Agreed(X, A, B),
    *(steps.Attains((A, B, C), PIVOT, position) for position in range(3)),
    *(steps.Round(X, decimals) for decimals in (0, 1, 3)),
    steps.Band(steps.Clip(X, 0.0, 100.0), (0.0, 7.0, 39.95, 60.0)),
    steps.Band(X, ()),
]
"""One step of each kind at least, and the places where a spreadsheet has its own idea."""


@pytest.fixture(scope="module")
def recomputed(calc, tmp_path_factory):
    """The numbers of each case by row; unknown is an empty text."""
    path = tmp_path_factory.mktemp("steps") / "steps.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Steps")
        ordered = program.order(CASES)
        place = {step: number for number, step in enumerate(ordered)}
        for step, column in place.items():
            for row in range(ROWS):
                texts = [
                    number_text(arg.value)
                    if isinstance(arg, Constant)
                    else f"Steps!{xlsxwriter.utility.xl_rowcol_to_cell(row, place[arg])}"
                    for arg in step.args
                ]
                if isinstance(step, Input):
                    if not math.isnan(COLUMNS[step.name][row]):
                        sheet.write_number(row, column, COLUMNS[step.name][row])
                else:
                    sheet.write_formula(row, column, f"={formula(step, texts)}", value=99)
    rows = calc(path)[0]["Steps"]
    return {step: [row[place[step]] for row in rows] for step in CASES}


def test_every_kind_of_step_has_a_case():
    assert {type(step) for step in CASES} == {*numpy_steps._KERNELS}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_formula_gives_the_number_of_numpy(recomputed, number):
    step = CASES[number]
    columns = {name: np.array(numbers) for name, numbers in COLUMNS.items()}
    for ours, cell in zip(program.evaluate(step, columns, ROWS), recomputed[step], strict=True):
        if math.isnan(ours):
            assert cell == ""
        else:
            assert cell == pytest.approx(float(ours), rel=1e-9, abs=1e-9)


def test_a_cell_equals_itself_alone():
    cell, other = CellNumber(1.0, "Scales!$C$6"), CellNumber(1.0, "Scales!$C$7")
    assert cell == CellNumber(2.0, "Scales!$C$6")
    assert cell not in (other, 1.0)
    assert (1 - cell, cell - 0.5) == (
        CellNumber(0.0, "(1-Scales!$C$6)"),
        CellNumber(0.5, "(Scales!$C$6-0.5)"),
    )
    assert float(1 - cell) == 0.0


def test_numbers_are_literals_or_references():
    assert [number_text(number) for number in (2.0, -0.5, 1e-9)] == ["2", "(-0.5)", "1E-09"]
    assert column_text([1.0, -2.5]) == "{1.0;-2.5}"
    assert column_text([CellNumber(1.0, "S!$C$6"), CellNumber(1.0, "S!$C$7")]) == "S!$C$6:$C$7"
