"""Execution of steps with numpy: in order, each once, in buffers that are used again."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import Array, Operation, Pool, operation
from riskmodel.plan.steps import Constant, Input, Step


class _Call(NamedTuple):
    """One step of a program; steps are numbers of registers."""

    operation: Operation
    result: int
    args: tuple[int, ...]
    idle: tuple[int, ...]
    """Registers that no later call reads."""


class Program:
    """A list of calls that compute some steps of a plan for a block of rows; threads can share it.

    Parameters
    ----------
    outputs : the steps that are wanted.
    """

    def __init__(self, outputs: Sequence[Step]) -> None:
        ordered = order(outputs)
        register = {step: number for number, step in enumerate(ordered)}
        self._size = len(ordered)
        self._outputs = [register[step] for step in outputs]
        self._inputs = [(register[step], step.name) for step in ordered if isinstance(step, Input)]
        self._constants = [(register[step], step.value) for step in ordered if isinstance(step, Constant)]
        last = {register[arg]: step for step in ordered for arg in step.args}
        kept = {*self._outputs, *(number for number, _ in (*self._inputs, *self._constants))}
        self._calls = []
        for step in ordered:
            if not isinstance(step, Input | Constant):
                args = tuple(register[arg] for arg in step.args)
                idle = tuple(number for number in dict.fromkeys(args) if last[number] is step and number not in kept)
                self._calls.append(_Call(operation(step), register[step], args, idle))

    def __call__(self, columns: Mapping[str, Floats], rows: int, pool: Pool | None = None) -> list[Array]:
        """Compute the outputs.

        Parameters
        ----------
        columns : (rows,) inputs by name; unknown is NaN.
        rows : the number of rows.
        pool : buffers of that many rows, to be used again from block to block.

        Returns
        -------
        (rows,) arrays, those of degrees of 0 and 1 perhaps of booleans. They may be columns, or the same array twice.
        """
        pool = Pool(rows) if pool is None else pool
        registers: list[Array] = [_EMPTY] * self._size
        for number, name in self._inputs:
            registers[number] = columns[name]
        for number, value in self._constants:
            registers[number] = np.full(rows, value)
        with np.errstate(all="ignore"):
            for run, result, args, idle in self._calls:
                registers[result] = run(pool, *[registers[number] for number in args])
                for number in idle:
                    pool.give(registers[number])
        return [registers[number] for number in self._outputs]


_EMPTY: Floats = np.empty(0)


def order(outputs: Sequence[Step]) -> list[Step]:
    """List the steps that outputs need, arguments first."""
    ordered: dict[Step, None] = {}
    waiting = list(reversed(outputs))
    while waiting:
        step = waiting[-1]
        later = [arg for arg in step.args if arg not in ordered]
        if step in ordered or not later:
            ordered[waiting.pop()] = None
        else:
            waiting += later
    return list(ordered)


def evaluate(step: Step, columns: Mapping[str, Floats], rows: int) -> Array:
    """Evaluate one step by itself; see `Program`."""
    return Program([step])(columns, rows)[0]
