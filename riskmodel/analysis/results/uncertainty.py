"""What an analysis of uncertainty found."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, PlainSerializer, field_serializer

from riskmodel.assessment import ModelIdentity, ScoreResult, score_of, value_of
from riskmodel.kernels.scales import Floats
from riskmodel.results import HIDDEN, DrawableResult, Estimate, Record, Results, WeightSpread


@dataclass(frozen=True, slots=True)
class BandShare(Record):
    """How likely a band is: the share of draws whose reported value lies in it.

    Attributes
    ----------
    band, start : its name, and the least value that belongs to it.
    """

    band: str
    start: float
    share: Estimate


def _shares(bands: tuple[BandShare, ...]) -> dict[str, Estimate]:
    return {band.band: band.share for band in bands}


@dataclass(frozen=True, slots=True)
class ScoreUncertainty(Record):
    """How sure one score is.

    Attributes
    ----------
    title : of the score.
    plain : the score as `assess` gives it, of the medians.
    quantiles : by share, 0.05, 0.25, 0.5, 0.75 and 0.95: the exact value below which the score lies in that share of
        draws. The 50 % interval goes from 0.25 to 0.75, the 90 % interval from 0.05 to 0.95.
    bands : every band of the score, from its bottom to its top.
    values : (draws,) exact values.
    """

    title: str
    plain: Annotated[ScoreResult, PlainSerializer(value_of, return_type=float | None)]
    quantiles: dict[float, Estimate]
    bands: Annotated[tuple[BandShare, ...], PlainSerializer(_shares, return_type=dict[str, Estimate])]
    values: Annotated[Floats, HIDDEN]

    @property
    def median(self) -> Estimate:
        """Half of the draws lie below it."""
        return self.quantiles[0.5]


@dataclass(frozen=True, slots=True)
class RuleShare(Record):
    """How often a rule fired: the share of draws in which its degree was above 0, and its mean degree."""

    name: str
    title: str
    fired: Estimate
    degree: float


@dataclass(frozen=True, slots=True)
class Varied(Record):
    """Something that was drawn.

    Attributes
    ----------
    name, title, unit : the indicator.
    low, median, high : its 5, 50 and 95 % quantiles, in its unit, or labels.
    missing : whether it is missing.
    usual : whether it is missing and was drawn from the model's default; other missing inputs are drawn over their
        whole range.
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
    """How sure the scores of one situation are.

    Every `Estimate` has the 90 % confidence interval that the spread between scrambles gives it. It tells the error of
    the estimate itself and shrinks with more draws; the intervals of the scores do not.

    Attributes
    ----------
    heading, model
        The situation and the model.
    draws, scrambles, seed
        How many draws in all, in how many independent scrambles, from which seed.
    weight_uncertainty
        How uncertain weights were, None where they were held; `concentrations` has the Dirichlet's, by score.
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
    def _with_concentrations(self, spread: float | None) -> WeightSpread | None:
        return WeightSpread(spread, self.concentrations) if spread else None


class Uncertainties(Results[Uncertainty]):
    """How sure the scores of several situations are.

    One in which nothing is uncertain has its scores with intervals of no width; one of which no score can be given has
    none, and names them in `without_score`.
    """
