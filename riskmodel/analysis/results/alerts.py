"""Result of a condition that is watched over the rows of a series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from riskmodel.results import HIDDEN, Record
from riskmodel.tables.arrays import Mask


@dataclass(frozen=True, slots=True)
class AlertedUnit(Record):
    """A unit that meets a condition.

    Attributes
    ----------
    unit : its name.
    value, band : its reported score, and the band of that.
    earlier, earlier_time : the reported score that a rise or fall is measured from, and its time; else None.
    """

    unit: str
    value: float
    band: str | None
    earlier: float | None
    earlier_time: str | None


@dataclass(frozen=True, slots=True)
class Alert(Record):
    """A condition that was watched.

    Attributes
    ----------
    condition : as it was given, such as `escalation >= 60`.
    score, title, decimals : the score that it is about.
    time : the time at which it was examined.
    units : the units that meet it then.
    undecided : why it cannot be decided then, by unit.
    met : (n,) True in every row that meets it, whatever its time.
    """

    condition: str
    score: str
    title: str
    decimals: int
    time: str
    units: tuple[AlertedUnit, ...]
    undecided: Mapping[str, str]
    met: Annotated[Mask, HIDDEN]
