"""Programs: steps in order, in buffers that are used again and never read after they were given back."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from random_plans import random_plan, steps_of

from riskmodel.plan import steps
from riskmodel.plan.numpy_steps import Pool
from riskmodel.plan.program import FEW_ROWS, Program, evaluate, order
from riskmodel.plan.simplify import Simplifier
from riskmodel.plan.steps import Constant, Input


class PoisonedPool(Pool):
    """A pool whose buffers contain NaN once they were given back."""

    def give(self, buffer):
        super().give(buffer)
        buffer.fill(np.nan if buffer.dtype == float else True)


def drawn(seed, rows):
    """Draw a plan; give the steps that are read of it, and columns."""
    plan, columns = random_plan(seed, rows)
    return list(dict.fromkeys(steps_of(plan.specialise()))), columns


@pytest.mark.parametrize("seed", range(30))
def test_a_buffer_that_was_given_back_is_never_read(seed):
    rows = FEW_ROWS + 40
    outputs, columns = drawn(seed, rows)
    expected = Program(outputs)(columns, rows)
    given = {name: column.copy() for name, column in columns.items()}
    pool = PoisonedPool((rows,))
    program = Program(outputs)
    for _ in range(2):
        for result, other in zip(program(columns, rows, pool), expected, strict=True):
            np.testing.assert_array_equal(result, other)
    for name, column in columns.items():
        np.testing.assert_array_equal(column, given[name])


@pytest.mark.parametrize("seed", range(20))
def test_a_few_rows_give_the_same_bits_as_many(seed):
    outputs, columns = drawn(seed, rows=FEW_ROWS + 1)
    program = Program(outputs)
    together = program(columns, FEW_ROWS + 1)
    for rows in (slice(0, 1), slice(5, 7), slice(100, 109)):
        few = program({name: column[rows] for name, column in columns.items()}, rows.stop - rows.start)
        for result, other in zip(few, together, strict=True):
            np.testing.assert_array_equal(result, other[rows])


@pytest.mark.parametrize("seed", range(8))
def test_each_output_is_what_it_is_by_itself(seed):
    outputs, columns = drawn(seed, rows=7)
    for step, result in zip(outputs, Program(outputs)(columns, 7), strict=True):
        np.testing.assert_array_equal(result, evaluate(step, columns, 7))


def test_threads_share_a_program():
    outputs, columns = drawn(3, rows=2_000)
    program = Program(outputs)
    starts = [(start, size) for size in (100, FEW_ROWS + 100) for start in range(0, 1_600, 100)]
    parts = [({name: column[start : start + size] for name, column in columns.items()}, size) for start, size in starts]
    expected = [program(*part) for part in parts]
    with ThreadPoolExecutor(8) as threads:
        for results, others in zip(threads.map(lambda part: program(*part), parts * 3), expected * 3, strict=True):
            for result, other in zip(results, others, strict=True):
                np.testing.assert_array_equal(result, other)


def test_arguments_come_before_the_steps_that_read_them_and_each_step_once():
    for seed in range(8):
        outputs, _ = drawn(seed, rows=1)
        ordered = order(outputs)
        position = {step: number for number, step in enumerate(ordered)}
        assert len(position) == len(ordered)
        assert position.keys() >= set(outputs)
        assert all(position[arg] < position[step] for step in ordered for arg in step.args)


def test_outputs_may_be_inputs_constants_and_the_same_step_twice():
    x = Input("x")
    total = steps.WeightedSum((x, Constant(2.0)), (1.0, 1.0))
    results = Program([x, total, Constant(7.0), total])({"x": np.array([1.0, 5.0])}, 2)
    assert [result.tolist() for result in results] == [[1, 5], [3, 7], [7, 7], [3, 7]]


def test_an_argument_that_is_read_twice_is_given_back_once():
    inner = steps.Complement(Input("x"))
    rows = FEW_ROWS + 2
    pool = PoisonedPool((rows,))
    columns = {"x": np.linspace(0.0, 1.0, rows)}
    squares = Program([steps.Product(inner, inner)])
    np.testing.assert_array_equal(squares(columns, rows, pool)[0], (1 - columns["x"]) ** 2)
    assert len({id(buffer) for buffer in (pool.take(), pool.take())}) == 2


def test_a_chain_of_many_steps_needs_no_deep_recursion():
    step = Input("x")
    for _ in range(5_000):
        step = steps.WeightedSum((step,), (0.5,)) if isinstance(step, Input) else steps.Complement(step)
    assert evaluate(Simplifier()(step), {"x": np.array([0.5])}, 1).tolist() == [0.75]
