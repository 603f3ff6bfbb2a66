"""Scales, which convert raw values to intensities.

Each kind is a class with its format, steps, breakpoints and description. References: the goalposts are those of the
UNDP's Human Development Index (Human Development Report, technical note 1); minimum-maximum and percentile
normalisation follow OECD/JRC, *Handbook on Constructing Composite Indicators* (2008), section 5.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import groupby, pairwise
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, Tag, field_validator, model_validator

from riskmodel.errors import ModelError
from riskmodel.kernels.types import Floats
from riskmodel.plan import program, steps
from riskmodel.plan.steps import Step
from riskmodel.schema.base import (
    Finding,
    Intensity,
    Number,
    Strict,
    Text,
    kinds_of,
    one_of,
    raise_findings,
    strictly_increasing,
)

MAX_POINTS = 12
"""Points that a description lists one by one at most."""
_LINEAR = 1e-12
"""Errors of intensities below this are rounding errors of straight lines."""
_HALVINGS = 64
"""Of the range in which a raw value is searched: the error is below a rounding error of its ends."""
_LOGIT_99 = math.log(99.0)
"""Distance from the midpoint of a logistic curve to intensities of 1 and 99 %, in units of 1 / slope."""

Bounds: TypeAlias = tuple[float, float]
"""A lower and an upper raw value; infinite without a bound."""


class Scale(Strict, ABC):
    """Base class of the kinds of scales: functions from raw values to intensities in [0, 1].

    The key of a kind in model files is the name of its first field. For labels, raw values are their positions.
    """

    is_fitted: ClassVar[bool] = True

    @abstractmethod
    def expression(self, x: Step) -> Step:
        """Return the step from raw values to intensities."""

    def normalise(self, x: Floats) -> Floats:
        """Convert (n,) raw values to intensities in [0, 1]; NaN (missing) stays NaN.

        Raises
        ------
        ModelError
            If the scale is not fitted yet.
        """
        return program.evaluate(self.expression(steps.Input("x")), {"x": x}, len(x))

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...] | None:
        """The labels in their order; None for a scale of numbers."""

    @abstractmethod
    def breakpoints(self) -> set[float]:
        """Return the raw values between which the intensity is smooth and monotone, valid or not."""

    @abstractmethod
    def ends(self) -> Bounds:
        """Return the raw values beyond which the intensity is clamped; infinite if it is not."""

    @abstractmethod
    def describe(self) -> str:
        """Describe the scale as text."""

    @classmethod
    @abstractmethod
    def placeholder(cls, content: Any) -> dict[str, Any] | None:
        """Return a valid scale with the labels of an invalid one, so that the rest of a model can be checked.

        Parameters
        ----------
        content : the invalid content under the key of the kind.

        Returns
        -------
        A scale in the format of a file; None if the labels are unknown.
        """

    @classmethod
    def key(cls) -> str:
        """Return the key of the kind in model files."""
        return next(iter(cls.model_fields))

    @property
    def is_logarithmic(self) -> bool:
        """True if the intensity is linear in the logarithm of the raw value."""
        return False

    def span(self) -> Bounds:
        """Return the raw values between which practically all of the change of the intensity lies."""
        return self.ends()

    def intensities(self, valid: Bounds) -> Floats:
        """Return the (k,) intensities at both valid ends and at the breakpoints between, by ascending raw value."""
        low, high = valid
        values = {low, high, *(x for x in self.breakpoints() if low < x < high)}
        return self.normalise(np.array(sorted(values), dtype=float))

    def raw_values(self, intensities: Floats, near: Floats, valid: Bounds) -> Floats:
        """Return valid raw values of given intensities, for a scale that only rises or only falls.

        Parameters
        ----------
        intensities : (n,); one that no valid value has gives the valid end, or breakpoint, that comes closest.
        near : (n,) valid raw values. Where many values have an intensity, the nearest to these is returned, so that a
            value whose intensity has not changed is returned as it is.
        valid : lowest and highest valid value; infinite without a bound.
        """
        low, high = valid
        start = max(low, min(self.breakpoints(), default=low))
        end = min(high, max(self.breakpoints(), default=high))
        if start >= end:
            return near
        knots = np.array(sorted({start, end, *(x for x in self.breakpoints() if start < x < end)}))
        outer, levels = (low, high), self.normalise(knots)
        if levels[0] > levels[-1]:
            knots, levels, outer = knots[::-1], levels[::-1], (high, low)
        y = np.clip(intensities, levels[0], levels[-1])
        left, right = levels.searchsorted(y, "left"), levels.searchsorted(y, "right") - 1
        # At the level of a knot, everything between the first and the last knot of that level.
        first = np.where(left == 0, outer[0], knots[left])
        last = np.where(right == len(knots) - 1, outer[1], knots[right])
        between = left > right
        first[between] = last[between] = self._between(y[between], knots, levels, right[between])
        values = np.clip(near, np.minimum(first, last), np.maximum(first, last))
        return np.where(self.normalise(near) == intensities, near, values)

    def _between(self, intensities: Floats, knots: Floats, levels: Floats, piece: NDArray[np.intp]) -> Floats:
        """Return the raw values of intensities between two knots, the first of which is given as `piece`."""
        below, above = knots[piece], knots[piece + 1]
        shares = (intensities - levels[piece]) / (levels[piece + 1] - levels[piece])
        values = np.clip(below + (above - below) * shares, np.minimum(below, above), np.maximum(below, above))
        if np.abs(self.normalise(values) - intensities).max(initial=0.0) < _LINEAR:
            return values
        for _ in range(_HALVINGS):
            middle = below + (above - below) / 2
            reached = self.normalise(middle) >= intensities
            below, above = np.where(reached, below, middle), np.where(reached, middle, above)
        return above

    def course(self, valid: Bounds) -> tuple[bool, ...]:
        """Return the monotone stretches of the intensity: True if it rises, False if it falls; empty if constant."""
        steps = (after > before for before, after in pairwise(self.intensities(valid).tolist()) if after != before)
        return tuple(rises for rises, _ in groupby(steps))

    def attains(self, intensity: float, valid: Bounds) -> bool:
        """Return whether a valid value has the given intensity, which is 0 or 1."""
        return intensity in self.intensities(valid)


class NumericScale(Scale):
    """Base class of scales of numbers."""

    @property
    def labels(self) -> None:
        return None

    @classmethod
    def placeholder(cls, content: Any) -> dict[str, Any] | None:
        return {"fit": "minmax"}


class Goalposts(NumericScale):
    """Linear, or logarithmic, between the raw value that gives 0 and the raw value that gives 1."""

    goalposts: tuple[Number, Number]
    curve: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _apart(self) -> "Goalposts":
        start, end = self.goalposts
        findings = []
        if start == end:
            findings.append(Finding(("goalposts", 1), f"the two goalposts coincide at {start:.10g}", end))
        elif not math.isfinite(end - start):
            findings.append(Finding(("goalposts", 1), "the goalposts are too far apart to compute with", end))
        if self.curve == "log":
            for index, post in enumerate(self.goalposts):
                if post <= 0:
                    findings.append(
                        Finding(("goalposts", index), f"a logarithm needs goalposts above 0; got {post:.10g}", post)
                    )
            if not findings and math.log(start) == math.log(end):
                findings.append(Finding(("goalposts", 1), "the logarithms of the two goalposts coincide", end))
        raise_findings(findings)
        return self

    @property
    def is_logarithmic(self) -> bool:
        return self.curve == "log"

    def expression(self, x: Step) -> Step:
        start, end = self.goalposts
        if self.curve == "log":
            return steps.Ramp(steps.Log(x, min(start, end)), math.log(start), math.log(end))
        return steps.Ramp(x, start, end)

    def breakpoints(self) -> set[float]:
        return set(self.goalposts)

    def ends(self) -> Bounds:
        return min(self.goalposts), max(self.goalposts)

    def describe(self) -> str:
        start, end = self.goalposts
        text = f"0 at {start:.10g}, 1 at {end:.10g}"
        return f"{text}, on a logarithmic curve" if self.curve == "log" else f"{text}, straight between"


class Points(NumericScale):
    """Piecewise linear through [raw value, intensity] pairs."""

    points: Annotated[tuple[tuple[Number, Intensity], ...], Field(min_length=1)]

    @field_validator("points")
    @classmethod
    def _increasing(cls, points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        where = [(index, 0) for index in range(len(points))]
        raise_findings(strictly_increasing([raw for raw, _ in points], where, "the raw values of the points"))
        if not math.isfinite(points[-1][0] - points[0][0]):
            raise_findings([Finding(where[-1], "the points are too far apart to compute with", points[-1][0])])
        for index, ((left, low), (right, high)) in enumerate(pairwise(points), start=1):
            if not math.isfinite((high - low) / (right - left)):
                raise_findings([Finding((index, 0), "the points are too close together to compute with", right)])
        return points

    def expression(self, x: Step) -> Step:
        raws, intensities = zip(*self.points, strict=True)
        return steps.Line(x, raws, intensities)

    def breakpoints(self) -> set[float]:
        return {raw for raw, _ in self.points}

    def ends(self) -> Bounds:
        return self.points[0][0], self.points[-1][0]

    def describe(self) -> str:
        if len(self.points) > MAX_POINTS:
            (first, low), (last, high) = self.points[0], self.points[-1]
            count = len(self.points)
            return f"straight lines through {count} points, from {low:g} at {first:.10g} to {high:g} at {last:.10g}"
        return f"{', '.join(f'{value:g} at {raw:.10g}' for raw, value in self.points)}, straight between"


class LogisticCurve(Strict):
    """The two numbers of a logistic curve."""

    midpoint: Number
    slope: Number

    @field_validator("slope")
    @classmethod
    def _sloping(cls, slope: float) -> float:
        if slope == 0:
            raise_findings([Finding((), "a slope of 0 gives 0.5 for every value", slope)])
        return slope


class Logistic(NumericScale):
    """An S-shaped curve that approaches 0 and 1 without reaching them."""

    logistic: LogisticCurve

    def expression(self, x: Step) -> Step:
        return steps.Logistic(x, self.logistic.midpoint, self.logistic.slope)

    def breakpoints(self) -> set[float]:
        """Return the midpoint, and the values beyond which the curve is flat in floating point."""
        return {self.logistic.midpoint + step / self.logistic.slope for step in (-40.0, 0.0, 40.0)}

    def ends(self) -> Bounds:
        return -math.inf, math.inf

    def span(self) -> Bounds:
        away = _LOGIT_99 / self.logistic.slope
        ends = self.logistic.midpoint - away, self.logistic.midpoint + away
        return min(ends), max(ends)

    def attains(self, intensity: float, valid: Bounds) -> bool:
        return False

    def describe(self) -> str:
        return f"S-shaped, 0.5 at {self.logistic.midpoint:g}, slope {self.logistic.slope:g}"


class Levels(Scale):
    """Labels, each with its intensity; any other label is an error."""

    levels: Annotated[Mapping[Text, Intensity], Field(min_length=1)]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.levels)

    def expression(self, x: Step) -> Step:
        return steps.Lookup(x, tuple(self.levels.values()))

    def breakpoints(self) -> set[float]:
        return set(map(float, range(len(self.levels))))

    def ends(self) -> Bounds:
        return -math.inf, math.inf

    def span(self) -> Bounds:
        return 0.0, len(self.levels) - 1.0

    def intensities(self, valid: Bounds) -> Floats:
        return np.array(tuple(self.levels.values()))

    def describe(self) -> str:
        return ", ".join(f"{label} {value:g}" for label, value in self.levels.items())

    @classmethod
    def placeholder(cls, content: Any) -> dict[str, Any] | None:
        return {"levels": dict.fromkeys(content, 0)} if isinstance(content, dict) else None


class Fit(NumericScale):
    """A scale to be fitted to data by `riskmodel model fit`."""

    fit: Literal["minmax", "zscore", "percentile"]
    is_fitted: ClassVar[bool] = False

    def expression(self, x: Step) -> Step:
        raise ModelError("the scale is not fitted yet; run `riskmodel model fit` on data first")

    def breakpoints(self) -> set[float]:
        return set()

    def ends(self) -> Bounds:
        return -math.inf, math.inf

    def course(self, valid: Bounds) -> tuple[bool, ...]:
        return (True,)

    def attains(self, intensity: float, valid: Bounds) -> bool:
        # A z-score reaches 0 and 1 beyond the data only.
        return math.isinf(valid[round(intensity)]) if self.fit == "zscore" else True

    def describe(self) -> str:
        return f"to be fitted ({self.fit})"


AnyScale: TypeAlias = Annotated[
    Annotated[Goalposts, Tag("<goalposts>")]
    | Annotated[Points, Tag("<points>")]
    | Annotated[Logistic, Tag("<logistic>")]
    | Annotated[Levels, Tag("<levels>")]
    | Annotated[Fit, Tag("<fit>")],
    one_of("goalposts", "points", "logistic", "levels", "fit"),
]
SCALES: tuple[type[Scale], ...] = kinds_of(AnyScale)
"""The kinds of scales."""
