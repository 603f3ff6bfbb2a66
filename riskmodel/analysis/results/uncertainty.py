"""Result of an uncertainty analysis: quantiles and band probabilities of each score, and how often rules fire."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, PlainSerializer, field_serializer

from riskmodel.assessment import ModelIdentity, ScoreResult, score_of, value_of
from riskmodel.kernels.types import Floats
from riskmodel.results import HIDDEN, DrawableResult, Estimate, Record, Results, WeightSpread

QUANTILES = {0.05: "p05", 0.25: "p25", 0.5: "p50", 0.75: "p75", 0.95: "p95"}
"""The shares of draws below the quantiles that are returned, and their names in tables."""


@dataclass(frozen=True, slots=True)
class BandShare(Record):
    """The probability of a band: the share of draws whose reported value lies in it.

    Attributes
    ----------
    band, start : its name and lower end.
    """

    band: str
    start: float
    share: Estimate


def _shares(bands: tuple[BandShare, ...]) -> dict[str, Estimate]:
    return {band.band: band.share for band in bands}


@dataclass(frozen=True, slots=True)
class ScoreUncertainty(Record):
    """The distribution of one score.

    Attributes
    ----------
    title : of the score.
    plain : the score as `assess` returns it, of the medians.
    quantiles : of exact values, by share: 0.05, 0.25, 0.5, 0.75 and 0.95. The 50 % interval goes from 0.25 to 0.75, the
        90 % interval from 0.05 to 0.95.
    bands : every band of the score, from bottom to top.
    values : (draws,) exact values.
    """

    title: str
    plain: Annotated[ScoreResult, PlainSerializer(value_of, return_type=float | None)]
    quantiles: dict[float, Estimate]
    bands: Annotated[tuple[BandShare, ...], PlainSerializer(_shares, return_type=dict[str, Estimate])]
    values: Annotated[Floats, HIDDEN]

    @property
    def median(self) -> Estimate:
        """The 0.5 quantile."""
        return self.quantiles[0.5]


@dataclass(frozen=True, slots=True)
class RuleShare(Record):
    """The share of draws in which the degree of a rule was above 0, and its mean degree."""

    name: str
    title: str
    fired: Estimate
    degree: float


@dataclass(frozen=True, slots=True)
class Varied(Record):
    """An input that was drawn.

    Attributes
    ----------
    name, title, unit : the indicator.
    low, median, high : its 5, 50 and 95 % quantiles, in its unit, or labels.
    missing : whether it has no value in the situation.
    usual : whether it is missing and was drawn from the model's default, not over its whole range.
    """

    name: str
    title: str
    unit: str | None
    low: float | str
    median: float | str
    high: float | str
    missing: bool
    usual: bool


@dataclass(frozen=True)
class Uncertainty(DrawableResult):
    """The uncertainty of the scores of one situation.

    Every `Estimate` has a 90 % confidence interval from the spread between scrambles. It is the error of the estimate
    and shrinks with more draws; the intervals of the scores do not.

    Attributes
    ----------
    heading, model
        The situation and the model.
    draws, scrambles, seed
        Number of draws in all, number of independent scrambles, and seed.
    weight_uncertainty
        Relative standard deviation of a weight of average size; None if weights were fixed.
    concentrations
        Of the Dirichlet distributions of weight shares, by score.
    varied
        The inputs that were drawn.
    missing
        Titles of the inputs without a value that were not drawn.
    scores
        By score, sub-scores left out.
    without_score
        Titles of the scores for which the data are insufficient.
    rules
        Every rule, in the model's order.
    """

    heading: Annotated[str, Field(serialization_alias="situation")]
    model: ModelIdentity
    draws: int
    scrambles: int
    seed: int
    weight_uncertainty: float | None
    concentrations: Annotated[dict[str, float], HIDDEN]
    varied: tuple[Varied, ...]
    missing: Annotated[tuple[str, ...], Field(serialization_alias="still_missing")]
    scores: dict[str, ScoreUncertainty]
    without_score: tuple[str, ...]
    rules: tuple[RuleShare, ...] = field(default=())

    def __getitem__(self, score: str) -> ScoreUncertainty:
        return score_of(self.scores, score)

    @field_serializer("weight_uncertainty")
    def _with_concentrations(self, relative_sd: float | None) -> WeightSpread | None:
        return WeightSpread(relative_sd, self.concentrations) if relative_sd else None


class Uncertainties(Results[Uncertainty]):
    """The uncertainty of the scores of several situations.

    One in which nothing is uncertain has intervals of no width; one without any known score names the scores in
    `without_score`.
    """
