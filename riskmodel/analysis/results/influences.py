"""Result of following influences: the months ahead with and without a step, and the account of the difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.kernels.types import Better
from riskmodel.results import HIDDEN, DrawableResult, Record, Tabular

STEP = "step"
"""What a step changes by itself, among the influences."""


@dataclass(frozen=True, slots=True)
class TakenStep(Record):
    """An indicator that is set to a value, and holds it from a month on.

    Attributes
    ----------
    name, title, unit : the indicator.
    value : in its unit, or a label.
    month : the label of the first month.
    number : that month, from 1.
    """

    name: str
    title: str
    unit: str | None
    value: float | str
    month: str
    number: Annotated[int, HIDDEN]


@dataclass(frozen=True, slots=True)
class FollowedInfluence(Record):
    """An influence of the model, between two indicators that have a value.

    Attributes
    ----------
    source, target : the indicators.
    strength : lowest, likeliest and highest, per month.
    lag : months.
    change : of the intensity of the target by this influence, at the horizon, with median strengths.
    carries : by score, the points of the difference at the horizon that are lost if this influence alone is left out.
        They need not sum to the difference, because influences act through each other.
    """

    name: str
    title: str
    source: Annotated[str, Field(serialization_alias="from")]
    target: Annotated[str, Field(serialization_alias="to")]
    strength: tuple[float, float, float]
    lag: int
    change: float
    carries: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PathPart(Record):
    """The points of one entry of an account in each month, with the step less without."""

    kind: Literal["indicator", "rule", "clip"]
    name: str
    title: str
    points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ScorePath(Record):
    """A score in the months ahead; a value for each month.

    Attributes
    ----------
    band_starts : the lower end of each band.
    better : the better end of the score.
    without : the exact score without the step, which is that of the start in every month.
    reported_without, band_without : as it is reported.
    values : exact scores with median strengths.
    reported, bands : as they are reported.
    differences : the values less `without`.
    quantiles : of the differences over the draws of the strengths, by share: 0.05, 0.25, 0.5, 0.75 and 0.95.
    account : what the differences consist of: the accounts with the step less that without. The points of a month sum
        to its difference.
    """

    title: str
    out_of: Annotated[float, HIDDEN]
    decimals: Annotated[int, HIDDEN]
    band_starts: Annotated[Mapping[str, float], HIDDEN]
    better: Annotated[Better | None, HIDDEN]
    without: float
    reported_without: float
    band_without: str | None
    values: tuple[float, ...]
    reported: tuple[float, ...]
    bands: tuple[str | None, ...]
    differences: tuple[float, ...]
    quantiles: dict[float, tuple[float, ...]]
    account: tuple[PathPart, ...]


@dataclass(frozen=True, slots=True)
class IndicatorPath(Record):
    """An indicator that moves in the months ahead, with median strengths; a value for each month.

    Attributes
    ----------
    before, values : in its unit, or labels.
    intensity_before, intensities : in [0, 1]; None, and empty, for an indicator without a scale.
    changes : of the intensity since the start, by the influence that made it, or `step`. Those of a month sum to the
        change of the intensity.
    """

    name: str
    title: str
    unit: str | None
    before: float | str
    values: tuple[float | str, ...]
    intensity_before: float | None
    intensities: tuple[float, ...]
    changes: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class InfluencePaths(Tabular, DrawableResult):
    """The months after steps, by the influences of a model: theory, whose strengths are judgement.

    Without a step nothing deviates from the start, so every score stays as it is.

    Attributes
    ----------
    heading, model
        The situation and the model.
    start
        The month of the situation; None if it has none, and months are numbered.
    months
        The months ahead.
    draws, seed
        Of the strengths.
    steps
        In the order of months.
    influences
        Those that were followed, by name.
    missing
        The indicators of influences that have no value in the situation: they neither push nor are pushed.
    ranges
        The titles of the indicators that were given as ranges, of which the median counts.
    scores
        By score, sub-scores left out.
    without_score
        The titles of the scores for which the data are insufficient.
    indicators
        Those that move, by name.
    """

    heading: Annotated[str, Field(serialization_alias="situation")]
    model: ModelIdentity
    start: str | None
    months: tuple[str, ...]
    draws: int
    seed: int
    steps: tuple[TakenStep, ...]
    influences: tuple[FollowedInfluence, ...]
    missing: tuple[str, ...]
    ranges: tuple[str, ...]
    scores: dict[str, ScorePath]
    without_score: tuple[str, ...]
    indicators: tuple[IndicatorPath, ...]

    def __getitem__(self, score: str) -> ScorePath:
        return score_of(self.scores, score)
