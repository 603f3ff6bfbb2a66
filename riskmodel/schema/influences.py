"""Influences: how fast a lasting change of one indicator moves another, month by month.

They change no score by themselves. `riskmodel.simulate_influences` follows them over the months ahead, in intensities;
see docs/influences.md for the formulas.
"""

from typing import Annotated, TypeAlias

from pydantic import Field, field_validator

from riskmodel.schema.base import Cites, Finding, Strict, Text, raise_findings
from riskmodel.schema.situation import Pert

MAX_LAG = 120
"""Months."""

Rate: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1, le=1)]
"""The share of the room left that a deviation of 1 takes in a month; the sign is the direction."""


class Influence(Strict):
    """An influence of one indicator on another, with the reason for it."""

    title: Text | None = None
    source: Annotated[str, Field(alias="from", strict=True, description="The indicator whose deviation pushes.")]
    target: Annotated[str, Field(alias="to", strict=True, description="The indicator that is pushed.")]
    strength: Annotated[
        tuple[Rate, Rate, Rate],
        Field(
            description="Lowest, likeliest and highest, per month, on intensities: what a deviation of 1 takes of the "
            "room left. Below 0: the target falls as the source rises."
        ),
    ]
    lag: Annotated[
        int, Field(strict=True, ge=1, le=MAX_LAG, description="Months from a change of the source to the first push.")
    ] = 1
    because: Text
    cites: Cites | None = None

    @field_validator("strength")
    @classmethod
    def _check_strength(cls, strength: tuple[float, float, float]) -> tuple[float, float, float]:
        low, likely, high = strength
        findings = []
        if likely < low:
            findings.append(Finding((1,), f"the likeliest strength ({likely:g}) is below the lowest ({low:g})", likely))
        if high < likely:
            message = f"the highest strength ({high:g}) is below the likeliest ({likely:g})"
            findings.append(Finding((2,), f"{message}; write them in ascending order", high))
        if not findings and low < 0 < high:
            message = f"the sign says the direction, so the strengths cannot be on both sides of 0: {low:g} to {high:g}"
            findings.append(Finding((), message, list(strength)))
        raise_findings(findings)
        return strength

    @property
    def distribution(self) -> Pert:
        """The distribution of the strength, which is a PERT distribution."""
        low, likely, high = self.strength
        return Pert(low=low, likely=likely, high=high)
