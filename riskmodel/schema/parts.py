"""The parts of a model file: groups, indicators, scores, rules and scenarios."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Tag, field_validator, model_validator

from riskmodel.errors import repr_value, suggest
from riskmodel.kernels import conditions
from riskmodel.kernels.types import Better
from riskmodel.schema.base import (
    Amount,
    Cites,
    Code,
    Finding,
    Id,
    Number,
    Strict,
    Text,
    Value,
    label_of,
    plain_or,
    raise_findings,
    strictly_increasing,
)
from riskmodel.schema.distributions import median, numbers_in
from riskmodel.schema.effects import AnyEffect
from riskmodel.schema.scales import AnyScale
from riskmodel.schema.situation import Default
from riskmodel.schema.terms import AnyTerm


class Group(Strict):
    """A group of indicators, by which accounts are summed."""

    title: Text
    description: Text | None = None


class Lever(Strict):
    """A way to change an indicator on purpose, with its cost."""

    cost: Annotated[
        float,
        Field(
            strict=True,
            allow_inf_nan=False,
            gt=0,
            le=1e9,
            description="Cost of a change over the whole range, in a unit that is the same for all levers.",
        ),
    ] = 1.0


ColumnNames: TypeAlias = Annotated[
    Annotated[Text, Tag("<plain>")] | Annotated[tuple[Text, ...], Tag("<list>")],
    plain_or("list", "should be the name of a column, or a list of names"),
]


class Phrases(Strict):
    """Names of the high and the low values of an indicator, such as `frequent contacts` and `few contacts`."""

    high: Text
    low: Text


class Indicator(Strict):
    """An observed quantity, in its own unit."""

    title: Text | None = None
    unit: Text | None = None
    description: Text | None = None
    group: Annotated[Id | None, Field(description="The group that it belongs to, by id.")] = None
    valid: Annotated[
        tuple[Number | None, Number | None] | None,
        Field(description="Lowest and highest valid value; others are errors. null: no bound."),
    ] = None
    scale: AnyScale | None = None
    terms: Mapping[Id, AnyTerm] = {}
    guide: Annotated[
        Mapping[str, Text], Field(description="Meaning of single values, as a guide to filling them in.")
    ] = {}
    phrases: Annotated[
        Phrases | None, Field(description="Names of high and of low values, for the sentence under a score.")
    ] = None
    default: Annotated[Default, Field(description="Assumed where missing; a distribution is also sampled.")] = None
    lever: Annotated[Lever | None, Field(description="If given, the indicator can be changed on purpose.")] = None
    cites: Cites | None = None
    column: Annotated[
        ColumnNames | None, Field(description="How tables call it: the name of its column, or several; beside its id.")
    ] = None
    missing: Annotated[
        tuple[Code, ...], Field(description="Codes that stand for a missing value in tables, such as -999 or `..`.")
    ] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names that tables have for it, beside its id."""
        return (self.column,) if isinstance(self.column, str) else self.column or ()

    # Not cached: a copy with more codes would keep the old ones.
    @property
    def missing_numbers(self) -> tuple[float, ...]:
        """The codes for a missing value that are numbers."""
        return tuple(float(code) for code in self.missing if _is_number(str(code)))

    @property
    def missing_texts(self) -> tuple[str, ...]:
        """The codes for a missing value as text."""
        return tuple(label_of(code).strip() for code in self.missing)

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest valid value; infinite without a bound."""
        low, high = self.valid or (None, None)
        return -math.inf if low is None else low, math.inf if high is None else high

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The labels in their order; None for an indicator of numbers."""
        return None if self.scale is None else self.scale.labels

    @property
    def anchors(self) -> tuple[tuple[float | str, str], ...]:
        """The values of the guide with their meanings; numbers in ascending order."""
        if self.labels is not None:
            return tuple(self.guide.items())
        return tuple(sorted((float(key), meaning) for key, meaning in self.guide.items()))

    def breakpoints(self, *, scale: bool = True) -> set[float]:
        """Return the raw values between which scale and terms are smooth and monotone, valid or not.

        Parameters
        ----------
        scale : include the scale, and not only the terms.
        """
        bends = set() if self.scale is None or not scale else self.scale.breakpoints()
        return bends.union(*(term.breakpoints() for term in self.terms.values()))

    @property
    def assumed(self) -> float | str | None:
        """The value assumed where missing: the default, or the median of a default distribution; None without one."""
        return median(self.default, self.bounds) if isinstance(self.default, Strict) else self.default

    @property
    def valid_text(self) -> str:
        """The valid range as text, such as `0 to 10` or `at least 0`."""
        if self.labels is not None:
            return f"one of {', '.join(self.labels)}"
        low, high = self.bounds
        if math.isinf(high):
            return "any number" if math.isinf(low) else f"at least {low:.10g}"
        return f"at most {high:.10g}" if math.isinf(low) else f"{low:.10g} to {high:.10g}"

    def why_not_valid(self, value: float | str | None) -> str | None:
        """Return why a value is invalid, with the nearest valid one; None if it is valid.

        Parameters
        ----------
        value : a number, a label, or None (missing, which is always allowed).
        """
        if value is None:
            return None
        if (labels := self.labels) is not None:
            label = label_of(value)
            return None if label in labels else f"not one of the labels: {label!r}{suggest(label, labels)}"
        if isinstance(value, str):
            return f"should be a number; got {repr_value(value)}"
        if not math.isfinite(value):
            return f"should be a finite number; got {value!r}"
        low, high = self.bounds
        if value in self.missing_numbers:
            return f"{value:.10g} stands for a missing value in tables; write null, or leave it out"
        if low <= value <= high:
            return None
        near = low if value < low else high
        return f"{value:.10g} is outside the valid range ({self.valid_text}); the nearest valid value is {near:.10g}"

    @field_validator("valid")
    @classmethod
    def _check_valid_range(
        cls, valid: tuple[float | None, float | None] | None
    ) -> tuple[float | None, float | None] | None:
        low, high = valid or (None, None)
        if low is not None and high is not None and low > high:
            raise_findings(
                [Finding((1,), f"the valid range has its ends in the wrong order: [{low:.10g}, {high:.10g}]", high)]
            )
        return valid

    @model_validator(mode="after")
    def _check_consistency(self) -> "Indicator":
        findings: list[Finding] = []
        if self.labels is not None:
            if self.valid is not None:
                findings.append(Finding(("valid",), "labels have no valid range: the levels are the valid values"))
            if self.terms:
                findings.append(Finding(("terms",), "labels have no terms: a condition tests them with `is LABEL`"))
            findings += [
                Finding(("missing", position), f"{label_of(code)!r} is one of the labels", code)
                for position, code in enumerate(self.missing)
                if label_of(code) in self.labels
            ]
        findings += self._guide_findings()
        findings += self._default_findings()
        raise_findings(findings)
        return self

    def _default_findings(self) -> list[Finding]:
        if not isinstance(self.default, Strict):
            reason = self.why_not_valid(self.default)
            return [Finding(("default",), reason, self.default)] if reason else []
        if self.labels is not None:
            return [Finding(("default",), "a distribution is for numbers, and this indicator has labels")]
        findings = [
            Finding(("default", key), reason, number)
            for key, number in numbers_in(self.default).items()
            if (reason := self.why_not_valid(number))
        ]
        if findings:
            return findings
        try:
            median(self.default, self.bounds)
        except (ValueError, OverflowError) as error:
            return [Finding(("default",), f"{error} ({self.valid_text})")]
        return []

    def _guide_findings(self) -> list[Finding]:
        if (labels := self.labels) is not None:
            return [
                Finding(("guide", key), f"not one of the labels{suggest(key, labels)}", key)
                for key in self.guide
                if key not in labels
            ]
        return [
            Finding(("guide", key), f"a guide is for numbers; got {key!r}", key)
            for key in self.guide
            if not _is_number(key)
        ]


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


class Weight(Strict):
    """A signed weight with the reason for it."""

    weight: Amount
    because: Text


class PowerMean(Strict):
    """A power mean with any exponent."""

    power: Number


Mean: TypeAlias = Annotated[
    Annotated[Literal["arithmetic", "geometric", "harmonic", "minimum", "maximum"], Tag("<plain>")]
    | Annotated[PowerMean, Tag("<mapping>")],
    plain_or("mapping", "should be arithmetic, geometric, harmonic, minimum, maximum, or {power: p}"),
]

POWERS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0, "minimum": -math.inf, "maximum": math.inf}
"""The exponent of each named mean."""


class Score(Strict):
    """A weighted mean of indicators and other scores, on which rules act."""

    title: Text | None = None
    description: Text | None = None
    out_of: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1e12)] = 100.0
    decimals: Annotated[int, Field(strict=True, ge=0, le=9)] = 1
    better: Annotated[
        Better | None,
        Field(description="The better end of the score, for colours and words; without it neither end is better."),
    ] = None
    mean: Mean = "arithmetic"
    min_coverage: Annotated[
        float,
        Field(
            strict=True,
            allow_inf_nan=False,
            ge=0,
            le=1,
            description="Share of the weight below which there is no score.",
        ),
    ] = 0.5
    provisional_below: Annotated[
        float,
        Field(
            strict=True,
            allow_inf_nan=False,
            ge=0,
            le=1,
            description="Share of the weight below which the score is provisional.",
        ),
    ] = 0.6
    weights: Annotated[
        Mapping[
            str,
            Annotated[
                Annotated[Amount, Tag("<plain>")] | Annotated[Weight, Tag("<mapping>")],
                plain_or("mapping", "should be a number, or {weight: number, because: text}"),
            ],
        ],
        Field(
            min_length=1,
            description="Signed: the score rises with the intensity if positive, and falls if negative.",
        ),
    ]
    bands: Annotated[
        Mapping[Text, Number], Field(max_length=100, description="Start of each band, in ascending order from 0.")
    ] = {}
    cites: Cites | None = None

    def weight(self, name: str) -> float:
        """Return the signed weight of an indicator or sub-score."""
        entry = self.weights[name]
        return entry.weight if isinstance(entry, Weight) else entry

    @property
    def power(self) -> float:
        """The exponent of the score's mean."""
        return self.mean.power if isinstance(self.mean, PowerMean) else POWERS[self.mean]

    @field_validator("weights")
    @classmethod
    def _check_weights(cls, weights: Mapping[str, float | Weight]) -> Mapping[str, float | Weight]:
        findings = []
        for name, entry in weights.items():
            path, number = ((name, "weight"), entry.weight) if isinstance(entry, Weight) else ((name,), entry)
            if number == 0:
                findings.append(Finding(path, "a weight of 0 has no effect; leave the line out", 0))
            elif abs(number) < 1e-9:
                findings.append(Finding(path, f"a weight this small has no effect; got {number:.10g}", number))
        raise_findings(findings)
        return weights

    @field_validator("bands")
    @classmethod
    def _check_bands(cls, bands: Mapping[str, float]) -> Mapping[str, float]:
        starts, paths = list(bands.values()), [(label,) for label in bands]
        findings = []
        if starts and starts[0] != 0:
            message = f"the first band must start at the bottom of the score, 0; got {starts[0]:.10g}"
            findings.append(Finding(paths[0], message, starts[0]))
        raise_findings([*findings, *strictly_increasing(starts, paths, "the starts of bands")])
        return bands


class Rule(Strict):
    """A condition, its effects on scores, and the reason for it."""

    title: Text | None = None
    because: Text | None = None
    cites: Cites | None = None
    when: Annotated[str, Field(strict=True, description="A condition on indicators and scores.")]
    then: Annotated[Mapping[str, AnyEffect], Field(min_length=1)]

    @cached_property
    def condition(self) -> conditions.Condition:
        """The parsed condition; ConditionSyntaxError if it is invalid."""
        return conditions.parse(self.when)

    @cached_property
    def names(self) -> frozenset[str]:
        """The indicators and scores that the condition names."""
        return conditions.names(self.condition)


class Scenario(Strict):
    """A named situation of the model."""

    title: Text | None = None
    because: Text | None = None
    cites: Cites | None = None
    values: Mapping[str, Value]
