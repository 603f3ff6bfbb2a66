"""The scales of an indicator: how a raw value becomes an intensity.

A class holds everything about its kind: what a file may say, the function, where it bends, and its description.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import numpy as np
from pydantic import Field, Tag, field_validator, model_validator

from riskmodel.errors import ModelError
from riskmodel.kernels import scales
from riskmodel.kernels.scales import Floats
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
"""The most points that a description lists one by one."""
_LOGIT_99 = math.log(99.0)
"""A logistic curve goes from 1 % to 99 % within so many of its units (1 / slope) to either side of its midpoint."""

Bounds: TypeAlias = tuple[float, float]
"""A lower and an upper raw value; infinite where there is no bound."""


class Scale(Strict, ABC):
    """A kind of scale: from the raw values of an indicator to intensities in [0, 1].

    A kind has a key of its own in a model file, the name of its first field. For a scale of labels raw values are the
    positions of the labels.
    """

    is_fitted: ClassVar[bool] = True

    @abstractmethod
    def normalise(self, x: Floats) -> Floats:
        """Convert (n,) raw values to intensities in [0, 1]; NaN (missing) stays NaN."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...] | None:
        """The labels, in their order; None where raw values are numbers."""

    @abstractmethod
    def breakpoints(self) -> set[float]:
        """Return the raw values between which the intensity is smooth and goes one way, valid or not."""

    @abstractmethod
    def ends(self) -> Bounds:
        """Return the raw values beyond which the intensity is clamped; infinite where it is not."""

    @abstractmethod
    def describe(self) -> str:
        """Describe how a raw value becomes an intensity, for people."""

    @classmethod
    @abstractmethod
    def placeholder(cls, content: Any) -> dict[str, Any] | None:
        """Return a valid scale with the labels of a broken one, so that the rest of a model can be checked.

        Parameters
        ----------
        content : what a file has under the key of the kind.

        Returns
        -------
        A scale as a file holds it; None where the labels cannot be told.
        """

    @classmethod
    def key(cls) -> str:
        """Return the key that tells the kind in a model file."""
        return next(iter(cls.model_fields))

    @property
    def is_logarithmic(self) -> bool:
        """Whether moves along the scale are counted in logarithms of the raw value."""
        return False

    def span(self) -> Bounds:
        """Return the raw values between which the intensity does practically all of its changing."""
        return self.ends()

    def intensities(self, valid: Bounds) -> Floats:
        """Return the (k,) intensities at both ends of what is valid and at the breakpoints between, upwards."""
        low, high = valid
        values = {low, high, *(x for x in self.breakpoints() if low < x < high)}
        return self.normalise(np.array(sorted(values), dtype=float))

    def course(self, valid: Bounds) -> tuple[bool, ...]:
        """Tell whether the intensity rises or falls, in turn, as the raw value goes up; empty where it is constant."""
        steps = (after > before for before, after in pairwise(self.intensities(valid).tolist()) if after != before)
        return tuple(rises for rises, _ in groupby(steps))

    def attains(self, intensity: float, valid: Bounds) -> bool:
        """Tell whether a valid value has the given intensity, which is 0 or 1."""
        return intensity in self.intensities(valid)


class NumericScale(Scale):
    """A scale of numbers."""

    @property
    def labels(self) -> None:
        """No labels: raw values are numbers."""
        return None

    @classmethod
    def placeholder(cls, content: Any) -> dict[str, Any] | None:
        """Return any valid scale of numbers."""
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
            findings.append(Finding(("goalposts", 1), f"the two goalposts coincide at {start:g}", end))
        elif not math.isfinite(end - start):
            findings.append(Finding(("goalposts", 1), "the goalposts are too far apart to compute with", end))
        if self.curve == "log":
            for index, post in enumerate(self.goalposts):
                if post <= 0:
                    findings.append(
                        Finding(("goalposts", index), f"a logarithm needs goalposts above 0; got {post:g}", post)
                    )
            if not findings and math.log(start) == math.log(end):
                findings.append(Finding(("goalposts", 1), "the logarithms of the two goalposts coincide", end))
        raise_findings(findings)
        return self

    @property
    def is_logarithmic(self) -> bool:
        """Whether the curve is logarithmic."""
        return self.curve == "log"

    def normalise(self, x: Floats) -> Floats:
        """Convert raw values to intensities."""
        kernel = scales.log_goalposts if self.curve == "log" else scales.goalposts
        return kernel(x, *self.goalposts)

    def breakpoints(self) -> set[float]:
        """Return the two goalposts."""
        return set(self.goalposts)

    def ends(self) -> Bounds:
        """Return the lower and the upper goalpost."""
        return min(self.goalposts), max(self.goalposts)

    def describe(self) -> str:
        """Describe the goalposts and the curve."""
        start, end = self.goalposts
        text = f"0 at {start:g}, 1 at {end:g}"
        return f"{text}, on a logarithmic curve" if self.curve == "log" else f"{text}, straight between"


@lru_cache(maxsize=1024)
def _as_array(numbers: tuple[float, ...] | tuple[tuple[float, float], ...]) -> Floats:
    """Convert numbers to an array once; an array kept on the scale itself would break `==` between scales."""
    # In columns, so that a column of it is contiguous.
    return np.asfortranarray(numbers, dtype=float)


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

    def normalise(self, x: Floats) -> Floats:
        """Convert raw values to intensities."""
        raw, intensity = _as_array(self.points).T
        return scales.points(x, raw, intensity)

    def breakpoints(self) -> set[float]:
        """Return the raw values of the points."""
        return {raw for raw, _ in self.points}

    def ends(self) -> Bounds:
        """Return the raw values of the first and the last point."""
        return self.points[0][0], self.points[-1][0]

    def describe(self) -> str:
        """List the points, or give their number where there are many."""
        if len(self.points) > MAX_POINTS:
            (first, low), (last, high) = self.points[0], self.points[-1]
            count = len(self.points)
            return f"straight lines through {count} points, from {low:g} at {first:g} to {high:g} at {last:g}"
        return f"{', '.join(f'{value:g} at {raw:g}' for raw, value in self.points)}, straight between"


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
    """An S-shaped curve that comes near 0 and 1 without reaching them."""

    logistic: LogisticCurve

    def normalise(self, x: Floats) -> Floats:
        """Convert raw values to intensities."""
        return scales.logistic(x, self.logistic.midpoint, self.logistic.slope)

    def breakpoints(self) -> set[float]:
        """Return the middle of the curve, and where it has become flat in floating point; it bends nowhere."""
        return {self.logistic.midpoint + step / self.logistic.slope for step in (-40.0, 0.0, 40.0)}

    def ends(self) -> Bounds:
        """Return infinities: nothing is clamped."""
        return -math.inf, math.inf

    def span(self) -> Bounds:
        """Return the raw values at intensities of 1 and 99 %."""
        away = _LOGIT_99 / self.logistic.slope
        ends = self.logistic.midpoint - away, self.logistic.midpoint + away
        return min(ends), max(ends)

    def attains(self, intensity: float, valid: Bounds) -> bool:
        """Return False: 0 and 1 are never reached."""
        return False

    def describe(self) -> str:
        """Describe the midpoint and the slope."""
        return f"S-shaped, 0.5 at {self.logistic.midpoint:g}, slope {self.logistic.slope:g}"


class Levels(Scale):
    """Labels, each with its intensity; any other label is an error."""

    levels: Annotated[Mapping[Text, Intensity], Field(min_length=1)]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, in the order of the file."""
        return tuple(self.levels)

    def normalise(self, x: Floats) -> Floats:
        """Convert positions of labels to intensities."""
        return scales.levels(x, _as_array(tuple(self.levels.values())))

    def breakpoints(self) -> set[float]:
        """Return the positions of the labels."""
        return set(map(float, range(len(self.levels))))

    def ends(self) -> Bounds:
        """Return infinities: nothing is clamped."""
        return -math.inf, math.inf

    def span(self) -> Bounds:
        """Return the first and the last position."""
        return 0.0, len(self.levels) - 1.0

    def intensities(self, valid: Bounds) -> Floats:
        """Return the intensities of the labels, in their order."""
        return _as_array(tuple(self.levels.values()))

    def describe(self) -> str:
        """List the labels with their intensities."""
        return ", ".join(f"{label} {value:g}" for label, value in self.levels.items())

    @classmethod
    def placeholder(cls, content: Any) -> dict[str, Any] | None:
        """Return a scale with the same labels; None where they cannot be told."""
        return {"levels": dict.fromkeys(content, 0)} if isinstance(content, dict) else None


class Fit(NumericScale):
    """A scale that is not known yet: `riskmodel model fit` finds it from data."""

    fit: Literal["minmax", "zscore", "percentile"]
    is_fitted: ClassVar[bool] = False

    def normalise(self, x: Floats) -> Floats:
        """Raise ModelError: there is nothing to convert with yet."""
        raise ModelError("the scale is not fitted yet; run `riskmodel model fit` on data first")

    def breakpoints(self) -> set[float]:
        """Return none: they are not known yet."""
        return set()

    def ends(self) -> Bounds:
        """Return infinities: the ends are not known yet."""
        return -math.inf, math.inf

    def course(self, valid: Bounds) -> tuple[bool, ...]:
        """Return that the intensity rises, as every fitted scale does."""
        return (True,)

    def attains(self, intensity: float, valid: Bounds) -> bool:
        """Tell whether the fitted scale can have an intensity: a z-score is clamped beyond the data only."""
        return math.isinf(valid[round(intensity)]) if self.fit == "zscore" else True

    def describe(self) -> str:
        """Name the method."""
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
"""The kinds of scales that a model file may use."""
