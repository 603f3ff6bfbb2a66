"""The scales and terms of an indicator: how a raw value becomes an intensity, and what its words mean."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Tag, field_validator, model_validator

from riskmodel.spec.base import (
    Finding,
    Intensity,
    Number,
    Strict,
    Text,
    one_of,
    plain_or,
    raise_findings,
    strictly_increasing,
)


class Goalposts(Strict):
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


class Points(Strict):
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


class Logistic(Strict):
    """An S-shaped curve that comes near 0 and 1 without reaching them."""

    logistic: LogisticCurve


class Levels(Strict):
    """Labels, each with its intensity; any other label is an error."""

    levels: Annotated[Mapping[Text, Intensity], Field(min_length=1)]


class Fit(Strict):
    """A scale that is not known yet: `riskmodel model fit` finds it from data."""

    fit: Literal["minmax", "zscore", "percentile"]


Scale: TypeAlias = Annotated[
    Annotated[Goalposts, Tag("<goalposts>")]
    | Annotated[Points, Tag("<points>")]
    | Annotated[Logistic, Tag("<logistic>")]
    | Annotated[Levels, Tag("<levels>")]
    | Annotated[Fit, Tag("<fit>")],
    one_of("goalposts", "points", "logistic", "levels", "fit"),
]

_Flank: TypeAlias = Annotated[
    Annotated[Number, Tag("<plain>")] | Annotated[tuple[Number, Number], Tag("<list>")],
    plain_or("list", "should be a number, or a list of two"),
]


def _ascending(bounds: tuple[float, ...]) -> None:
    raise_findings(
        Finding((index,), f"the bounds of a term must ascend; {bound:g} comes after {before:g}", bound)
        for index, (before, bound) in enumerate(pairwise(bounds), start=1)
        if bound < before
    )
    if not math.isfinite(bounds[-1] - bounds[0]):
        raise_findings([Finding((len(bounds) - 1,), "the bounds are too far apart to compute with", bounds[-1])])


class _Term(Strict):
    @field_validator("*")
    @classmethod
    def _ordered(cls, bounds: float | tuple[float, ...]) -> float | tuple[float, ...]:
        if isinstance(bounds, tuple):
            _ascending(bounds)
        return bounds


class Below(_Term):
    """Fully true up to the first bound, not at all from the second; one number is a step."""

    below: _Flank


class Above(_Term):
    """Not true up to the first bound, fully from the second; one number is a step."""

    above: _Flank


class Between(_Term):
    """Rises from the first bound to the second, is fully true to the third, falls to the fourth."""

    between: tuple[Number, Number, Number, Number]


Term: TypeAlias = Annotated[
    Annotated[Below, Tag("<below>")] | Annotated[Above, Tag("<above>")] | Annotated[Between, Tag("<between>")],
    one_of("below", "above", "between"),
]


def flank(bounds: float | tuple[float, float]) -> tuple[float, float]:
    """The two bounds of a flank; a single number is a step, which is two equal bounds."""
    return bounds if isinstance(bounds, tuple) else (bounds, bounds)
