"""Each kind of step means in SQL what it means with numpy."""

import math

import numpy as np
import pytest
from sql_engines import ENGINES

from riskmodel.plan import program, steps
from riskmodel.sql import expressions as sql
from riskmodel.sql.dialects import DIALECTS
from riskmodel.sql.query import completed
from riskmodel.sql.steps import band, expression

NAN = math.nan
X, Y, Z = (steps.Input(name) for name in "xyz")
KNOWN = steps.Input("k", may_be_missing=False)
RAW = [-2000.0, -5.0, -1e-300, 0.0, 1e-9, 0.5, 1.0, 1.5, 2.0, 3.0, 39.95, 60.0, 2000.0, NAN]
CASES = [
    steps.Ramp(X, 0.0, 60.0),
    steps.Ramp(X, 60.0, -5.0),
    steps.Ramp(X, 0.1, 0.3),
    steps.Beyond(X, 0.5, above=True),
    steps.Beyond(X, 0.5, above=False),
    steps.Line(X, (0.0, 0.5, 2.0, 60.0), (0.25, 1.0, 1.0, 0.0)),
    steps.Line(X, (0.5, 2.0), (0.0, 1.0)),
    steps.Line(X, (1.0,), (0.3,)),
    steps.Line(X, (1.0, 2.0), (0.3, 0.3)),
    steps.Line(X, tuple(np.linspace(-5, 60, 30)), tuple(np.linspace(0, 1, 30) ** 2)),
    steps.Log(X, 0.5),
    steps.Logistic(X, 1.0, 2.0),
    steps.Logistic(X, 1.5, -900.0),
    steps.Logistic(X, 1.0, 1e-308),
    steps.IsLabel(X, 2),
    steps.Known(X),
    steps.Fill(X, 7.5),
    steps.FillDegree(steps.Ramp(X, 0.0, 2.0), 1.0),
    steps.Complement(X),
    steps.Clip(X, -1.0, 50.0),
    steps.Clip(KNOWN, -1.0, 50.0),
    steps.LowestKnown((X, Y, Z)),
    steps.HighestKnown((X, Y)),
    steps.HighestKnown((X, KNOWN, Y)),
    steps.Minimum((KNOWN, steps.Constant(0.3))),
    steps.Maximum((KNOWN, steps.Constant(0.3))),
    steps.Arithmetic("+", X, Y),
    steps.Arithmetic("-", X, steps.Arithmetic("-", Y, Z)),
    steps.Arithmetic("*", X, steps.Arithmetic("+", Y, steps.Constant(-3.0))),
    steps.Arithmetic("/", X, Y),
    steps.Arithmetic("/", steps.Constant(1.0), steps.Arithmetic("-", X, steps.Constant(2.0))),
    *(steps.Compare(sign, X, Y) for sign in ("<", "<=", ">", ">=", "==", "!=")),
    *(steps.Compare(sign, X, steps.Constant(39.95 + 1e-8)) for sign in ("<", "<=", ">", ">=", "==", "!=")),
    *(steps.Compare(sign, steps.Constant(1.0 + 1e-7), X) for sign in ("<", ">", "==")),
    steps.Compare(">", steps.Arithmetic("/", X, Y), Z),
    steps.WeightedSum((X, Y, Z), (1.0, -2.5, 1.0)),
    steps.WeightedSum((X, steps.Constant(0.25), Y), (-1.0, 30.0, -1.0)),
    steps.WeightedSum((steps.Constant(0.25), Y), (-3.0, 2.0)),
    steps.Product(X, steps.Complement(Y)),
    steps.Quotient(X, Y),
    steps.Quotient(X, steps.Constant(3.0)),
    steps.Raise(X, steps.Constant(0.25), 40.0),
    steps.Lower(X, steps.FillDegree(steps.Ramp(Y, 0.0, 2.0), 0.0), 1.25),
    steps.Withhold(X, KNOWN, 0.5),
    steps.Agreed(X, Y, Z),
    steps.Round(X, 0),
    steps.Round(X, 1),
    steps.Round(X, 9),
]


@pytest.fixture(scope="module")
def columns():
    rng = np.random.default_rng(15)
    columns = {name: rng.permutation(RAW * 4) for name in "xyz"}
    columns["k"] = rng.permutation([value for value in RAW if not math.isnan(value)] * 4 + RAW[:4])
    columns["y"][:9] = columns["z"][:9] = columns["x"][:9]
    return columns


def written(step):
    """Return the expression of a step and of all that it is computed from, inline."""
    if isinstance(step, steps.Input):
        return sql.column(step.name)
    return expression(step, [written(arg) for arg in step.args])


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_steps_have_the_numbers_of_numpy(engine, columns):
    dialect = DIALECTS[engine.name]
    named = ", ".join(f"{completed(written(step), dialect).sql(dialect.name)} AS s{n}" for n, step in enumerate(CASES))
    query = f"SELECT {named} FROM risks"
    nullable = {
        name: [None if math.isnan(value) else value for value in column.tolist()] for name, column in columns.items()
    }
    rows = engine.run(query, nullable)
    for number, step in enumerate(CASES):
        expected = program.evaluate(step, columns, len(columns["x"])).astype(float)
        got = np.array([math.nan if row[f"s{number}"] is None else row[f"s{number}"] for row in rows])
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12, err_msg=f"{step}")


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_lookups_and_bands_have_their_texts_and_numbers(engine):
    dialect = DIALECTS[engine.name]
    lookup = sql_of(steps.Lookup(X, (0.0, 0.6, 1.0)), dialect)
    shown = completed(band(sql.column("s"), (0.0, 20.0, 39.9), ("low", "it's more", "high")), dialect).sql(dialect.name)
    columns = {"x": [0.0, 1.0, 2.0, None], "s": [19.9, 20.0, 39.9, None]}
    rows = engine.run(f"SELECT {lookup} AS v, {shown} AS b FROM risks", columns)
    assert [row["v"] for row in rows] == [0.0, 0.6, 1.0, None]
    assert [row["b"] for row in rows] == ["low", "it's more", "high", None]


def sql_of(step, dialect):
    return completed(written(step), dialect).sql(dialect.name)


def test_every_kind_of_step_but_those_of_accounts_has_a_function():
    from riskmodel.sql.steps import FUNCTIONS

    kinds = {kind for kind in vars(steps).values() if isinstance(kind, type) and issubclass(kind, steps.Step)}
    others = {steps.Step, steps.Input, steps.PowerMean, steps.Band, steps.PowerTerm, steps.Select, steps.Attains}
    assert kinds - others <= set(FUNCTIONS)
