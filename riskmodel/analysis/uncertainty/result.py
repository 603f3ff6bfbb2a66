"""What an analysis of uncertainty found."""

from dataclasses import dataclass, field
from typing import NamedTuple

from riskmodel.assessment import ModelIdentity, ScoreResult, score_of
from riskmodel.kernels.scales import Floats
from riskmodel.results import DrawableResult, Estimate, Results


class BandShare(NamedTuple):
    """How likely a band is: the share of draws whose reported value lies in it.

    Attributes
    ----------
    band, start : its name, and the least value that belongs to it.
    """

    band: str
    start: float
    share: Estimate


class ScoreUncertainty(NamedTuple):
    """How sure one score is.

    Attributes
    ----------
    plain : the score as `assess` gives it, of the medians.
    quantiles : by share, 0.05, 0.25, 0.5, 0.75 and 0.95: the exact value below which the score lies in that share of
        draws. The 50 % interval goes from 0.25 to 0.75, the 90 % interval from 0.05 to 0.95.
    bands : every band of the score, from its bottom to its top.
    values : (draws,) exact values.
    """

    plain: ScoreResult
    quantiles: dict[float, Estimate]
    bands: tuple[BandShare, ...]
    values: Floats

    @property
    def median(self) -> Estimate:
        """Half of the draws lie below it."""
        return self.quantiles[0.5]


class RuleShare(NamedTuple):
    """How often a rule fired: the share of draws in which its degree was above 0, and its mean degree."""

    name: str
    title: str
    fired: Estimate
    degree: float


class Varied(NamedTuple):
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
    heading, model : the situation and the model.
    draws, scrambles, seed : how many draws in all, in how many independent scrambles, from which seed.
    spread : how uncertain weights were, None where they were held; `concentrations` has the Dirichlet's, by score.
    varied : the inputs that were drawn.
    still_missing : titles of the inputs without a value that were not drawn.
    scores : by score, sub-scores left out.
    without_score : titles of the scores for which the data are insufficient.
    rules : every rule, in the model's order.
    """

    heading: str
    model: ModelIdentity
    draws: int
    scrambles: int
    seed: int
    spread: float | None
    concentrations: dict[str, float]
    varied: tuple[Varied, ...]
    still_missing: tuple[str, ...]
    scores: dict[str, ScoreUncertainty]
    without_score: tuple[str, ...]
    rules: tuple[RuleShare, ...] = field(default=())

    def __getitem__(self, score: str) -> ScoreUncertainty:
        return score_of(self.scores, score)


class Uncertainties(Results[Uncertainty]):
    """How sure the scores of several situations are.

    One in which nothing is uncertain has its scores with intervals of no width; one of which no score can be given has
    none, and names them in `without_score`.
    """
