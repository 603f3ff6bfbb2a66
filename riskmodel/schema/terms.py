"""Terms of an indicator, such as `high`: one class for each kind, with format, membership function and description.

A graded term is a fuzzy set with straight flanks (L. A. Zadeh, *Fuzzy sets*, Information and Control 8, 1965): near a
threshold a rule takes effect by degrees, so scores do not jump.
"""

import math
from abc import ABC, abstractmethod
from itertools import pairwise
from typing import Annotated, TypeAlias

from pydantic import Tag, field_validator

from riskmodel.kernels.types import Floats
from riskmodel.plan import program, steps
from riskmodel.plan.steps import Step
from riskmodel.schema.base import Finding, Number, Strict, one_of, plain_or, raise_findings

_Flank: TypeAlias = Annotated[
    Annotated[Number, Tag("<plain>")] | Annotated[tuple[Number, Number], Tag("<list>")],
    plain_or("list", "should be a number, or a list of two"),
]


def _ascending(bounds: tuple[float, ...]) -> None:
    raise_findings(
        Finding((index,), f"the bounds of a term must ascend; {bound:.10g} comes after {before:.10g}", bound)
        for index, (before, bound) in enumerate(pairwise(bounds), start=1)
        if bound < before
    )
    if not math.isfinite(bounds[-1] - bounds[0]):
        raise_findings([Finding((len(bounds) - 1,), "the bounds are too far apart to compute with", bounds[-1])])


class Term(Strict, ABC):
    """Base class of the kinds of terms: functions from raw values to degrees in [0, 1]."""

    @abstractmethod
    def expression(self, x: Step) -> Step:
        """Return the step from raw values to degrees."""

    def membership(self, x: Floats) -> Floats:
        """Convert (n,) raw values to degrees in [0, 1]; NaN (missing) stays NaN."""
        return program.evaluate(self.expression(steps.Input("x")), {"x": x}, len(x))

    @abstractmethod
    def breakpoints(self) -> set[float]:
        """Return the raw values between which the degree is linear, valid or not."""

    @abstractmethod
    def describe(self) -> str:
        """Describe the term as text."""

    @field_validator("*")
    @classmethod
    def _ordered(cls, bounds: float | tuple[float, ...]) -> float | tuple[float, ...]:
        if isinstance(bounds, tuple):
            _ascending(bounds)
        return bounds


class Below(Term):
    """Fully true up to the first bound, not at all from the second; one number is a step."""

    below: _Flank

    def expression(self, x: Step) -> Step:
        return _falling(x, *flank(self.below))

    def breakpoints(self) -> set[float]:
        return set(flank(self.below))

    def describe(self) -> str:
        full, none = flank(self.below)
        return f"below {full:.10g}" if full == none else f"fully up to {full:.10g}, not at all from {none:.10g}"


class Above(Term):
    """Not true up to the first bound, fully from the second; one number is a step."""

    above: _Flank

    def expression(self, x: Step) -> Step:
        return _rising(x, *flank(self.above))

    def breakpoints(self) -> set[float]:
        return set(flank(self.above))

    def describe(self) -> str:
        none, full = flank(self.above)
        return f"above {none:.10g}" if full == none else f"not up to {none:.10g}, fully from {full:.10g}"


class Between(Term):
    """Rises from the first bound to the second, is fully true to the third, falls to the fourth."""

    between: tuple[Number, Number, Number, Number]

    def expression(self, x: Step) -> Step:
        rise, top, turn, fall = self.between
        # Both flanks are unknown where the value is, so their minimum is, too.
        return steps.Minimum((_rising(x, rise, top), _falling(x, turn, fall)))

    def breakpoints(self) -> set[float]:
        return set(self.between)

    def describe(self) -> str:
        rise, top, turn, fall = self.between
        return f"rising from {rise:.10g} to {top:.10g}, fully to {turn:.10g}, falling to {fall:.10g}"


AnyTerm: TypeAlias = Annotated[
    Annotated[Below, Tag("<below>")] | Annotated[Above, Tag("<above>")] | Annotated[Between, Tag("<between>")],
    one_of("below", "above", "between"),
]


def flank(bounds: float | tuple[float, float]) -> tuple[float, float]:
    """Return the two bounds of a flank, which are equal for a step."""
    return bounds if isinstance(bounds, tuple) else (bounds, bounds)


def _rising(x: Step, none: float, full: float) -> Step:
    return steps.Beyond(x, full, above=True) if none == full else steps.Ramp(x, none, full)


def _falling(x: Step, full: float, none: float) -> Step:
    return steps.Beyond(x, full, above=False) if none == full else steps.Ramp(x, none, full)
