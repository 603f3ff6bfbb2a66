"""The algebra of plans: the kinds of steps from which every score is computed.

A step gives one number for each row, or *unknown* (NaN in an array, NULL in SQL, an empty text in a workbook). Unless
its docstring says otherwise, a step of something unknown is unknown. Degrees and intensities are numbers in [0, 1].

A backend is one function for each kind of step: `riskmodel.plan.numpy_steps` for arrays, `riskmodel.sql.steps` for SQL,
`riskmodel.workbook.steps` for formulas of a workbook.
"""

import math
from collections.abc import Iterable
from inspect import get_annotations
from typing import ClassVar, Literal, TypeAlias, dataclass_transform

Sign: TypeAlias = Literal["<", "<=", ">", ">=", "==", "!="]
Operator: TypeAlias = Literal["+", "-", "*", "/"]


@dataclass_transform(eq_default=False, frozen_default=True)
class Step:
    """Base class of the kinds of steps; two steps are equal only if they are the same object.

    Kinds are declared like frozen dataclasses, but nothing is generated for them: that would take longer than an
    assessment.
    """

    names: ClassVar[tuple[str, ...]] = ()
    """The names of the fields of a kind."""
    _holding: ClassVar[tuple[str, ...]] = ()
    """The names of the fields that hold steps."""
    args: tuple["Step", ...]
    """The steps that this one is computed from, in the order of its fields."""
    nullable: bool
    """True if the step may be unknown in some row."""

    def __init_subclass__(cls) -> None:
        own = get_annotations(cls)
        cls.names = (*cls.names, *own)
        cls._holding = (*cls._holding, *(name for name, kind in own.items() if kind in (Step, tuple[Step, ...])))

    def __init__(self, *values: object, **named: object) -> None:
        content = self.__dict__
        content.update(zip(self.names, values, strict=False))
        content.update(named)
        for name in self.names[len(content) :]:
            content.setdefault(name, getattr(type(self), name))
        # What is derived from the fields is stored, because it is read very often.
        args: list[Step] = []
        for name in self._holding:
            held = content[name]
            if isinstance(held, tuple):
                args += held
            else:
                args.append(held)
        content["args"] = tuple(args)
        content["nullable"] = self._may_be_unknown()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a step does not change: {name}")

    def __repr__(self) -> str:
        content = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.names)
        return f"{type(self).__qualname__}({content})"

    def _may_be_unknown(self) -> bool:
        return any(arg.nullable for arg in self.args)

    @property
    def parameters(self) -> tuple[object, ...]:
        """The fields that are not steps."""
        content = self.__dict__
        return tuple([content[name] for name in self.names if name not in self._holding])

    def with_args(self, args: Iterable["Step"]) -> "Step":
        """Return the same step of other arguments.

        Parameters
        ----------
        args : as many as `args`, in its order.
        """
        rest, content = iter(args), {name: self.__dict__[name] for name in self.names}
        for name in self._holding:
            old = content[name]
            content[name] = tuple(next(rest) for _ in old) if isinstance(old, tuple) else next(rest)
        return type(self)(**content)


class Input(Step):
    """A column of the table: the raw values of an indicator, a label as its position, or the weights of an input."""

    name: str
    may_be_missing: bool = True

    def _may_be_unknown(self) -> bool:
        return self.may_be_missing


class Constant(Step):
    """The same number in every row; NaN is unknown."""

    value: float

    def _may_be_unknown(self) -> bool:
        return math.isnan(self.value)


class Ramp(Step):
    """(x - start) / (end - start), clamped to [0, 1]: exactly 0 up to `start` and 1 from `end`; start > end falls."""

    x: Step
    start: float
    end: float


class Beyond(Step):
    """1 where x is above a threshold (or below it), otherwise 0; the threshold itself gives 0."""

    x: Step
    threshold: float
    above: bool


class Line(Step):
    """Straight pieces through the points (raws[i], values[i]), constant before the first and after the last.

    `raws` ascend; at a point the value is exactly that of the point.
    """

    x: Step
    raws: tuple[float, ...]
    values: tuple[float, ...]


class Log(Step):
    """The natural logarithm of x, or of `lowest` (above 0) where x is below it."""

    x: Step
    lowest: float


class Logistic(Step):
    """1 / (1 + exp(-slope (x - midpoint)))."""

    x: Step
    midpoint: float
    slope: float


class Lookup(Step):
    """The value of a label: values[x], where x is the position of the label."""

    x: Step
    values: tuple[float, ...]


class IsLabel(Step):
    """1 where x is the position of a label, otherwise 0."""

    x: Step
    position: int


class Known(Step):
    """1 where x is known, 0 where it is unknown; never unknown."""

    x: Step

    def _may_be_unknown(self) -> bool:
        return False


class Fill(Step):
    """X where it is known, otherwise `value`."""

    x: Step
    value: float

    def _may_be_unknown(self) -> bool:
        return math.isnan(self.value)


class FillDegree(Fill):
    """The degree or intensity x where it is known, otherwise `value`."""


class Complement(Step):
    """1 - x."""

    x: Step


class And(Step):
    """The lowest of several degrees, all of them known."""

    items: tuple[Step, ...]


class Or(Step):
    """The highest of several degrees, all of them known."""

    items: tuple[Step, ...]


class Minimum(Step):
    """The lowest of several numbers, all of them known."""

    items: tuple[Step, ...]


class Maximum(Step):
    """The highest of several numbers, all of them known."""

    items: tuple[Step, ...]


class LowestKnown(Step):
    """The lowest of the numbers that are known; unknown if none is."""

    items: tuple[Step, ...]

    def _may_be_unknown(self) -> bool:
        return all(item.nullable for item in self.items)


class HighestKnown(Step):
    """The highest of the numbers that are known; unknown if none is."""

    items: tuple[Step, ...]

    def _may_be_unknown(self) -> bool:
        return all(item.nullable for item in self.items)


class Clip(Step):
    """X, but at least `low` and at most `high`."""

    x: Step
    low: float
    high: float


class Arithmetic(Step):
    """Two quantities joined by + - * or /; unknown where the result is not finite, as by division by zero."""

    operator: Operator
    left: Step
    right: Step

    def _may_be_unknown(self) -> bool:
        return True


class Compare(Step):
    """1 where a comparison holds, otherwise 0.

    Numbers that differ by at most 1e-9 of the larger of both sizes (and of 1) are equal, in every operator.
    """

    sign: Sign
    left: Step
    right: Step


class WeightedSum(Step):
    """The sum of weight times item, added from first to last."""

    items: tuple[Step, ...]
    weights: tuple[float, ...]


class Product(Step):
    """X times y."""

    x: Step
    y: Step


class Quotient(Step):
    """Numerator over denominator; unknown where the denominator is 0."""

    numerator: Step
    denominator: Step

    def _may_be_unknown(self) -> bool:
        fixed = isinstance(self.denominator, Constant) and self.denominator.value != 0.0
        return not fixed or self.numerator.nullable


class PowerTerm(Step):
    """(x / pivot)^power, for an x and a pivot in [0, 1]; 0 where x is unknown.

    The pivot is the highest known value for a power above 0, otherwise the lowest, so the result is in [0, 1]. Where
    the pivot is 0 the result is 1 for an x of 0, otherwise 0; an infinite power likewise gives 1 for the pivot only.
    """

    x: Step
    pivot: Step
    power: float

    def _may_be_unknown(self) -> bool:
        return False


class PowerMean(Step):
    """The weighted power mean of the known items: (sum of w x^p / sum of w)^(1/p), computed relative to the pivot.

    A power of 0 is the geometric mean. It is unknown where no item is known; a pivot of 0 (see `PowerTerm`) gives 0.
    Items and pivot are in [0, 1], the power is finite and not 1, weights are above 0. Reference: P. S. Bullen,
    *Handbook of Means and Their Inequalities* (2003), chapter III.
    """

    items: tuple[Step, ...]
    weights: tuple[Step, ...]
    pivot: Step
    power: float

    def _may_be_unknown(self) -> bool:
        return self.pivot.nullable


class Raise(Step):
    """X drawn up to a level: x + degree max(0, level - x).

    Exactly the level at degree 1, and exactly x where x is not below the level.
    """

    x: Step
    degree: Step
    level: float


class Lower(Step):
    """X drawn down to a level: x - degree max(0, x - level), with the same exactness as `Raise`."""

    x: Step
    degree: Step
    level: float


class Select(Step):
    """`second` where the switch is 1, `first` where it is 0; only the one that is taken must be known."""

    switch: Step
    second: Step
    first: Step


class Withhold(Step):
    """X where the coverage is at least `lowest`, otherwise unknown."""

    x: Step
    coverage: Step
    lowest: float

    def _may_be_unknown(self) -> bool:
        return True


class Agreed(Step):
    """X where its bounds are equal, otherwise unknown."""

    x: Step
    low: Step
    high: Step

    def _may_be_unknown(self) -> bool:
        return True


class Attains(Step):
    """1 where items[position] equals the target and no item before it does, otherwise 0.

    Something unknown equals nothing.
    """

    items: tuple[Step, ...]
    target: Step
    position: int

    def _may_be_unknown(self) -> bool:
        return False


class Round(Step):
    """X rounded half up: floor(x 10^decimals + 0.5 + 1e-6) / 10^decimals."""

    x: Step
    decimals: int


class Band(Step):
    """The position of the band of x, 0 for the first; -1 where x is unknown. A band starts at its bound."""

    x: Step
    starts: tuple[float, ...]

    def _may_be_unknown(self) -> bool:
        return False
