"""Execution of steps with numpy: each once, in buffers that are used again; equal kinds together for a few rows."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import Array, Function, Kernel, Pool, constant, kernel, knowledge_sum, ramps
from riskmodel.plan.steps import Constant, Input, Line, Step, WeightedSum

FEW_ROWS = 256
"""Rows up to which calling numpy takes longer than computing."""

Registers: TypeAlias = slice | NDArray[np.intp]


class _Call(NamedTuple):
    """One step of a program; steps are numbers of registers."""

    kernel: Kernel
    result: int
    args: tuple[int, ...]


class _BlockCall(NamedTuple):
    """A call with arrays of one row of registers."""

    function: Function
    numbers: tuple[Floats, ...]
    result: int
    args: tuple[int, ...]
    idle: tuple[int, ...]
    """Registers that no later call reads."""


class _StackedCall(NamedTuple):
    """Calls of one function whose results are neighbours; arguments are gathered."""

    function: Function
    numbers: tuple[Floats, ...]
    results: slice
    args: tuple[Registers, ...]


class Program:
    """The calls that compute some steps of a plan for a block of rows; threads can share it.

    Parameters
    ----------
    outputs : the steps that are wanted.
    """

    def __init__(self, outputs: Sequence[Step]) -> None:
        self._registers: dict[Step, int] = {}
        self._calls: list[_Call] = []
        self._sums: dict[int, WeightedSum] = {}
        self._inputs: list[tuple[int, str]] = []
        self._constants: list[tuple[int, float]] = []
        for step in order(outputs):
            self._add(step)
        self._outputs = [self._registers[step] for step in outputs]

    def _add(self, step: Step) -> None:
        """Add a step whose arguments are there."""
        # A line is a sum of ramps, which are added like steps of their own.
        computed = (isinstance(step, Line) and ramps(step)) or step
        if computed is not step:
            for part in computed.args:
                self._add(part)
        register = self._registers[step] = len(self._registers)
        if isinstance(step, Input):
            self._inputs.append((register, step.name))
        elif isinstance(step, Constant):
            self._constants.append((register, step.value))
        else:
            self._calls.append(_Call(kernel(computed), register, self._numbers(computed.args)))
            if isinstance(computed, WeightedSum):
                self._sums[register] = computed

    def _numbers(self, steps: Sequence[Step]) -> tuple[int, ...]:
        return tuple(self._registers[step] for step in steps)

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
        with np.errstate(all="ignore"):
            if rows <= FEW_ROWS:
                return self._stacked.run(columns, rows)
            return self._run(columns, rows, Pool((rows,)) if pool is None else pool)

    def _run(self, columns: Mapping[str, Floats], rows: int, pool: Pool) -> list[Array]:
        registers: list[Array] = [_EMPTY] * len(self._registers)
        for number, name in self._inputs:
            registers[number] = columns[name]
        for number, value in self._constants:
            registers[number] = np.full(rows, value)
        for function, numbers, result, args, idle in self._block_calls:
            registers[result] = function(pool, *[registers[number] for number in args], *numbers)
            for number in idle:
                pool.give(registers[number])
        return [registers[number] for number in self._outputs]

    @cached_property
    def _block_calls(self) -> list[_BlockCall]:
        needed, calls = set(self._outputs), deque[_Call]()
        for call in reversed(self._calls):
            if call.result in needed:
                calls.appendleft(self._faster(call))
                needed.update(calls[0].args)
        last = {arg: call.result for call in calls for arg in call.args}
        kept = {*self._outputs, *(number for number, _ in (*self._inputs, *self._constants))}
        return [
            _BlockCall(
                function,
                tuple(map(constant, numbers)),
                result,
                args,
                tuple(number for number in dict.fromkeys(args) if last[number] == result and number not in kept),
            )
            for (function, numbers), result, args in calls
        ]

    def _faster(self, call: _Call) -> _Call:
        """Return a call with the same result that is faster for many rows; its table is not worth it for a few."""
        if call.result not in self._sums or (faster := knowledge_sum(self._sums[call.result])) is None:
            return call
        return _Call(faster[0], call.result, self._numbers(faster[1]))

    @cached_property
    def _stacked(self) -> "_Stacked":
        return _Stacked(self._calls, self._inputs, self._constants, self._outputs)


_EMPTY: Floats = np.empty(0)


class _Stacked:
    """A program in which steps of one kind that need nothing of each other are computed together.

    All numbers stand in one array, a row for each register. For a few rows this takes a fraction of the time, because
    numpy is called less often.
    """

    def __init__(
        self,
        calls: Sequence[_Call],
        inputs: Sequence[tuple[int, str]],
        constants: Sequence[tuple[int, float]],
        outputs: Sequence[int],
    ) -> None:
        self._inputs = [name for _, name in inputs]
        self._constants = np.array([value for _, value in constants]).reshape(-1, 1)
        rows = {number: row for row, (number, _) in enumerate((*inputs, *constants))}
        level = dict.fromkeys(rows, 0)
        groups: dict[tuple[int, Function, int], list[_Call]] = {}
        for call in calls:
            level[call.result] = 1 + max(level[arg] for arg in call.args)
            groups.setdefault((level[call.result], call.kernel.function, len(call.args)), []).append(call)
        self._calls: list[_StackedCall] = []
        for _, group in sorted(groups.items(), key=lambda item: item[0][0]):
            start = len(rows)
            rows |= {call.result: start + position for position, call in enumerate(group)}
            args = [
                _registers([rows[arg] for arg in column]) for column in zip(*(call.args for call in group), strict=True)
            ]
            numbers = zip(*(call.kernel.numbers for call in group), strict=True)
            self._calls.append(
                _StackedCall(
                    group[0].kernel.function,
                    tuple(np.array(column).reshape(-1, 1) for column in numbers),
                    slice(start, len(rows)),
                    tuple(args),
                )
            )
        self._size = len(rows)
        self._outputs = [rows[number] for number in outputs]

    def run(self, columns: Mapping[str, Floats], rows: int) -> list[Array]:
        """Compute the outputs; see `Program`."""
        registers = np.empty((self._size, rows))
        count = len(self._inputs)
        for row, name in enumerate(self._inputs):
            registers[row] = columns[name]
        registers[count : count + len(self._constants)] = self._constants
        for function, numbers, results, args in self._calls:
            pool = Pool((results.stop - results.start, rows))
            registers[results] = function(pool, *[registers[arg] for arg in args], *numbers)
        return [registers[row] for row in self._outputs]


def _registers(rows: list[int]) -> Registers:
    """Return an index of rows, a slice if they are neighbours."""
    if rows == list(range(rows[0], rows[0] + len(rows))):
        return slice(rows[0], rows[0] + len(rows))
    return np.array(rows)


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
