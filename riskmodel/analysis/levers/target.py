"""The target of a lever search: a condition on scores, such as `escalation <= 40 and stability >= 50`.

It uses a part of the grammar of rules: comparisons of one score with one number, joined by `and`. The name of a score
stands for its final value before rounding. As in rules, numbers that differ by rounding error alone count as equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from riskmodel.errors import Problem, RiskmodelError, suggest
from riskmodel.kernels import conditions
from riskmodel.kernels.conditions import And, Comparison, Condition, Name, Negative, Not, Number, Or, Quantity, TermTest
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import compare
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask

Operator: TypeAlias = Literal["<", "<=", ">", ">="]
_MIRRORED: Mapping[str, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_EQUALITY_TOLERANCE = 1e-9
"""Relative to the larger number, or to 1."""
_GRAMMAR = "a target compares scores with numbers by <=, >=, < or >, joined by `and`"


class Bound(NamedTuple):
    """One comparison of a target."""

    score: str
    operator: Operator
    number: float

    def slack(self, value: Floats) -> Floats:
        """Return the points to spare of each exact score; negative if the bound is not kept."""
        return self.number - value if self.operator in ("<", "<=") else value - self.number

    @property
    def is_strict(self) -> bool:
        """True for `<` and `>`."""
        return self.operator in ("<", ">")

    @property
    def tolerance(self) -> float:
        """Points within which a score counts as equal to the number."""
        return _EQUALITY_TOLERANCE * max(1.0, abs(self.number))

    def holds(self, value: Floats) -> Mask:
        """Evaluate the bound for each exact score, as rules do; NaN never keeps it."""
        return compare(self.operator, value, np.asarray(self.number))

    def __str__(self) -> str:
        return f"{self.score} {self.operator} {self.number:.15g}"

    def eased(self, value: float) -> "Bound":
        """Return the bound, with the number replaced by an exact score that keeps it but for rounding."""
        missed_by_rounding = bool(self.holds(np.array([value]))[0]) and bool(self.slack(np.array([value]))[0] < 0)
        return self._replace(number=value) if missed_by_rounding else self


class Target(NamedTuple):
    """Bounds that are all to be kept."""

    text: str
    bounds: tuple[Bound, ...]

    @property
    def scores(self) -> tuple[str, ...]:
        """The scores that it names, without repeats."""
        return tuple(dict.fromkeys(bound.score for bound in self.bounds))


def read_target(spec: ModelSpec, text: str) -> Target:
    """Parse and check a target.

    Parameters
    ----------
    spec : the model whose scores it may name.
    text : such as `20 <= escalation < 40 and stability >= 50`; at most 500 characters.

    Raises
    ------
    RiskmodelError
        If it is no target, names no score, always or never holds, or contradicts itself.
    """
    try:
        condition = conditions.parse(text)
    except conditions.ConditionSyntaxError as error:
        # The suggestions for rules do not apply to targets.
        faults = [(fault.message.partition(";")[0], fault.span.offset) for fault in error.faults]
        raise RiskmodelError([_problem(text, f"{message}; {_GRAMMAR}", offset) for message, offset in faults]) from None
    bounds: list[Bound] = []
    problems: list[Problem] = []
    for comparison in _comparisons(condition, text):
        name, bound = _bound(comparison, text)
        fault = _fault(spec, bound)
        problems += [_problem(text, fault, name.span.offset)] if fault else []
        bounds.append(bound)
    if problems:
        raise RiskmodelError(problems)
    target = Target(" ".join(text.split()), tuple(bounds))
    for score in target.scores:
        _check_agreement(text, [bound for bound in bounds if bound.score == score])
    return target


def _problem(text: str, message: str, offset: int) -> Problem:
    return Problem(message, file="target", line=1, column=offset + 1, source=text)


def _comparisons(condition: Condition, text: str) -> Iterator[Comparison]:
    if isinstance(condition, And):
        for operand in condition.operands:
            yield from _comparisons(operand, text)
    elif isinstance(condition, Comparison) and condition.operator not in ("==", "!="):
        yield condition
    else:
        raise RiskmodelError(
            [_problem(text, f"{_operator(condition)} is not allowed; {_GRAMMAR}", _first_offset(condition))]
        )


def _operator(condition: Condition) -> str:
    """Return the operator of a condition that is not allowed in a target."""
    match condition:
        case Or():
            return "`or`"
        case Not(operand=TermTest()):
            return "`is not`"
        case Not():
            return "`not`"
        case Comparison(operator=operator):
            return f"`{operator}`"
    return "`is`"


def _first_offset(condition: Condition) -> int:
    """Return the offset of the first name in a condition."""
    offsets = [(leaf if isinstance(leaf, Name) else leaf.name).span.offset for leaf in conditions.leaves(condition)]
    return min(offsets, default=0)


def _bound(comparison: Comparison, text: str) -> tuple[Name, Bound]:
    left, right = comparison.left, comparison.right
    operator = comparison.operator
    for name, number, oriented in ((left, _number(right), operator), (right, _number(left), _MIRRORED[operator])):
        if isinstance(name, Name) and number is not None:
            return name, Bound(name.name, oriented, number)  # type: ignore[arg-type]  # == and != have been refused
    raise RiskmodelError([_problem(text, f"not a score and a number; {_GRAMMAR}", _first_offset(comparison))])


def _number(quantity: Quantity) -> float | None:
    match quantity:
        case Number(value=value):
            return value
        case Negative(operand=Number(value=value)):
            return -value
    return None


def _fault(spec: ModelSpec, bound: Bound) -> str | None:
    """Describe the fault of a bound by itself, if any."""
    if bound.score in spec.indicators:
        return f"{bound.score!r} is an indicator; a target needs scores: {', '.join(spec.scores)}"
    if bound.score not in spec.scores:
        return f"not a score of model {spec.id!r}: {bound.score!r}{suggest(bound.score, spec.scores)}"
    top = spec.scores[bound.score].out_of
    at_ends = bound.holds(np.array([0.0, top]))
    if at_ends.any() and not at_ends.all():
        return None
    return f"`{bound}` {'always holds' if at_ends.all() else 'can never hold'}: {bound.score} goes from 0 to {top:g}"


def _check_agreement(text: str, bounds: Sequence[Bound]) -> None:
    """Check that some value keeps all bounds of one score."""
    floors = [bound for bound in bounds if bound.operator in (">", ">=")]
    ceilings = [bound for bound in bounds if bound.operator in ("<", "<=")]
    for floor in floors:
        for ceiling in ceilings:
            strict = floor.operator == ">" or ceiling.operator == "<"
            if not compare("<" if strict else "<=", np.asarray(floor.number), np.asarray(ceiling.number)):
                raise RiskmodelError([_problem(text, f"`{floor}` and `{ceiling}` contradict each other", 0)])
