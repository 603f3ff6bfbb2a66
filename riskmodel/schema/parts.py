"""The parts of a model file: groups, indicators, scores, rules and scenarios."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, Tag, field_validator, model_validator

from riskmodel.errors import repr_value, suggest
from riskmodel.kernels import conditions
from riskmodel.schema.base import (
    Amount,
    Cites,
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
    """Indicators that belong together, so that an account can tell what they come to together."""

    title: Text
    description: Text | None = None


class Lever(Strict):
    """What can be moved on purpose, and at what cost."""

    cost: Annotated[
        float,
        Field(
            strict=True,
            allow_inf_nan=False,
            gt=0,
            le=1e9,
            description="Of moving it over its whole range; in any unit that is the same for all levers.",
        ),
    ] = 1.0


class Indicator(Strict):
    """One thing that is observed, in the unit in which it is observed."""

    title: Text | None = None
    unit: Text | None = None
    description: Text | None = None
    group: Annotated[Id | None, Field(description="The group that it belongs to, by id.")] = None
    valid: Annotated[
        tuple[Number | None, Number | None] | None,
        Field(description="Lowest and highest value that can be; outside is an error. null: no bound."),
    ] = None
    scale: AnyScale | None = None
    terms: Mapping[Id, AnyTerm] = {}
    guide: Annotated[Mapping[str, Text], Field(description="What single values mean, for whoever fills them in.")] = {}
    default: Annotated[Default, Field(description="Assumed where missing; a distribution is drawn from too.")] = None
    lever: Annotated[Lever | None, Field(description="Says that it can be moved; without it, it is a fact.")] = None
    cites: Cites | None = None

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest valid value; infinite where there is no bound."""
        low, high = self.valid or (None, None)
        return -math.inf if low is None else low, math.inf if high is None else high

    @property
    def labels(self) -> tuple[str, ...] | None:
        """The labels that it can have, in their order; None where its values are numbers."""
        return None if self.scale is None else self.scale.labels

    def breakpoints(self, *, scale: bool = True) -> set[float]:
        """Return the raw values between which scale and terms are smooth and go one way, valid or not.

        Parameters
        ----------
        scale : whether the scale counts, and not the terms alone.
        """
        bends = set() if self.scale is None or not scale else self.scale.breakpoints()
        return bends.union(*(term.breakpoints() for term in self.terms.values()))

    @property
    def assumed(self) -> float | str | None:
        """What stands in for a missing value: the default, of a distribution its median; None without one."""
        return median(self.default, self.bounds) if isinstance(self.default, Strict) else self.default

    @property
    def valid_text(self) -> str:
        """The valid range in words, such as `0 to 10` or `at least 0`."""
        if self.labels is not None:
            return f"one of {', '.join(self.labels)}"
        low, high = self.bounds
        if math.isinf(high):
            return "any number" if math.isinf(low) else f"at least {low:g}"
        return f"at most {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"

    def why_not_valid(self, value: float | str | None) -> str | None:
        """Say why a value cannot be one of the indicator's, with the nearest that can; None where it can.

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
        if low <= value <= high:
            return None
        near = low if value < low else high
        return f"{value:g} is outside what is valid ({self.valid_text}); the nearest valid value is {near:g}"

    @field_validator("valid")
    @classmethod
    def _a_range(cls, valid: tuple[float | None, float | None] | None) -> tuple[float | None, float | None] | None:
        low, high = valid or (None, None)
        if low is not None and high is not None and low > high:
            raise_findings([Finding((1,), f"the valid range ends before it begins: [{low:g}, {high:g}]", high)])
        return valid

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> "Indicator":
        findings: list[Finding] = []
        if self.labels is not None:
            if self.valid is not None:
                findings.append(Finding(("valid",), "labels have no valid range; the levels say what is valid"))
            if self.terms:
                findings.append(Finding(("terms",), "labels need no terms: a sentence tests them with `is LABEL`"))
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
    """A power mean with an exponent of one's own."""

    power: Number


Mean: TypeAlias = Annotated[
    Annotated[Literal["arithmetic", "geometric", "harmonic", "minimum", "maximum"], Tag("<plain>")]
    | Annotated[PowerMean, Tag("<mapping>")],
    plain_or("mapping", "should be arithmetic, geometric, harmonic, minimum, maximum, or {power: p}"),
]

POWERS = {"arithmetic": 1.0, "geometric": 0.0, "harmonic": -1.0, "minimum": -math.inf, "maximum": math.inf}
"""The exponent of each named mean."""


class Score(Strict):
    """A number that says how much, built from indicators and other scores by weights."""

    title: Text | None = None
    description: Text | None = None
    out_of: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1e12)] = 100.0
    decimals: Annotated[int, Field(strict=True, ge=0, le=9)] = 1
    mean: Mean = "arithmetic"
    min_coverage: Annotated[
        float,
        Field(
            strict=True, allow_inf_nan=False, ge=0, le=1, description="Share of weight below which no score is given."
        ),
    ] = 0.5
    provisional_below: Annotated[
        float,
        Field(
            strict=True, allow_inf_nan=False, ge=0, le=1, description="Share of weight below which it is provisional."
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
            description="Signed: the score rises with the intensity where positive, and falls where negative.",
        ),
    ]
    bands: Annotated[
        Mapping[Text, Number], Field(max_length=100, description="Where each band starts, from 0 upwards.")
    ] = {}
    cites: Cites | None = None

    def weight(self, name: str) -> float:
        """The signed weight of an indicator or sub-score."""
        entry = self.weights[name]
        return entry.weight if isinstance(entry, Weight) else entry

    @property
    def power(self) -> float:
        """The exponent of the score's mean."""
        return self.mean.power if isinstance(self.mean, PowerMean) else POWERS[self.mean]

    @field_validator("weights")
    @classmethod
    def _no_zero(cls, weights: Mapping[str, float | Weight]) -> Mapping[str, float | Weight]:
        findings = []
        for name, entry in weights.items():
            where, number = ((name, "weight"), entry.weight) if isinstance(entry, Weight) else ((name,), entry)
            if number == 0:
                findings.append(Finding(where, "a weight of 0 has no effect; leave the line out", 0))
            elif abs(number) < 1e-9:
                findings.append(Finding(where, f"a weight this small has no effect; got {number:g}", number))
        raise_findings(findings)
        return weights

    @field_validator("bands")
    @classmethod
    def _upwards_from_zero(cls, bands: Mapping[str, float]) -> Mapping[str, float]:
        starts, where = list(bands.values()), [(label,) for label in bands]
        findings = []
        if starts and starts[0] != 0:
            message = f"the first band must start at the bottom of the score, 0; got {starts[0]:g}"
            findings.append(Finding(where[0], message, starts[0]))
        raise_findings([*findings, *strictly_increasing(starts, where, "where bands start")])
        return bands


class Rule(Strict):
    """A sentence, what follows where it holds, and why."""

    title: Text | None = None
    because: Text | None = None
    cites: Cites | None = None
    when: Annotated[str, Field(strict=True, description="A sentence over indicators and scores.")]
    then: Annotated[Mapping[str, AnyEffect], Field(min_length=1)]

    @cached_property
    def condition(self) -> conditions.Condition:
        """The sentence, parsed once; SentenceError where it is none."""
        return conditions.parse(self.when)

    @cached_property
    def names(self) -> frozenset[str]:
        """The indicators and scores that the sentence names."""
        return conditions.names(self.condition)


class Scenario(Strict):
    """A named situation that belongs to the model."""

    title: Text | None = None
    because: Text | None = None
    cites: Cites | None = None
    values: Mapping[str, Value]
