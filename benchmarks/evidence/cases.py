"""The thirteen historical cases: what experts say of each, and whether the default model agrees by direction.

A case's opposite is the nearest case in time of the other direction (the earlier one where two are as near). A case
that went up should have a higher escalation score than its opposite, and a lower stability score; one that went down
the other way round. The rule leaves nothing to choose.
"""

from pathlib import Path
from typing import NamedTuple

import riskmodel
from riskmodel.assessment import Assessment

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

# As in the collection of facts that the cases were written from. Of 1986 it says: mixed, down by 1987.
DIRECTIONS = {
    1962: "up",
    1972: "down",
    1974: "down",
    1980: "up",
    1983: "up",
    1986: "down",
    1987: "down",
    1991: "down",
    2014: "up",
    2018: "up",
    2021: "down",
    2022: "up",
    2023: "up",
}


class Case(NamedTuple):
    """One case beside its opposite."""

    year: int
    direction: str
    assessment: Assessment
    opposite: Assessment
    opposite_year: int

    def agrees(self, score: str) -> bool:
        """Return True if a score lies on the right side of its opposite."""
        own, other = self.assessment[score].value, self.opposite[score].value
        return _is_so(own, other, higher=(self.direction == "up") == (score == "escalation"))

    def agrees_alone(self, indicator: str) -> bool:
        """Return True if the indicator that raises escalation does so by itself."""
        own, other = self.assessment.input(indicator).used, self.opposite.input(indicator).used
        return _is_so(own, other, higher=self.direction == "up")


def _is_so(own: object, other: object, *, higher: bool) -> bool:
    if not isinstance(own, float | int) or not isinstance(other, float | int):
        return False
    return own > other if higher else own < other


def cases() -> list[Case]:
    """All cases, by year."""
    model = riskmodel.load_model()
    assessments = {}
    for path in sorted(EXAMPLES.glob("case_*.yaml")):
        (situation,) = riskmodel.read_situations(path)
        assessments[int(str(situation.spec.date))] = model.assess(situation)
    listing = []
    for year, direction in DIRECTIONS.items():
        others = [other for other in DIRECTIONS if DIRECTIONS[other] != direction]
        opposite = min(others, key=lambda other: (abs(other - year), other))
        listing.append(Case(year, direction, assessments[year], assessments[opposite], opposite))
    return listing
