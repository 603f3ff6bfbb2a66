"""Results of sensitivity analyses: one-at-a-time bars, Sobol' indices, and effective weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from riskmodel.analysis.sensitivity.effective_weights import EffectiveWeight
from riskmodel.analysis.sensitivity.tornado import Bar
from riskmodel.assessment import ModelIdentity, ScoreResult, score_of, value_of
from riskmodel.results import DrawableResult, Estimate, Record, Result, Results

Over = Literal["given", "range"]


@dataclass(frozen=True, slots=True)
class SobolIndex(Record):
    """The Sobol' indices of one factor, or of a group of them, with their 95 % intervals.

    Attributes
    ----------
    kind : the value of an indicator, a weight, or a group of factors.
    name, title : the indicator; for a weight the indicator or sub-score that has it; for a group `inputs` or `weights`.
    score : the score of a weight; empty otherwise.
    first : the share of the variance that would vanish if it were known.
    total : the share that would remain if everything else were known.
    """

    kind: Literal["input", "weight", "group"]
    name: str
    score: str
    title: str
    first: Estimate
    total: Estimate


@dataclass(frozen=True, slots=True)
class ScoreSensitivity(Record):
    """The sensitivity of one score.

    Attributes
    ----------
    title : of the score.
    plain : the score as `assess` returns it, at the fixed values.
    mean, sd : of the score over the draws, in [0, out_of].
    tornado : the effect of each input alone, the longest bar first; empty if there is no score to start from.
    indices : of every factor that the score can depend on, the highest total index first.
    groups : of all inputs together and all weights together, if both vary.
    effective : effective weights beside nominal ones.
    warnings : about indices that are impossible or too uncertain.
    """

    title: str
    plain: Annotated[ScoreResult, PlainSerializer(value_of, return_type=float | None)]
    mean: float
    sd: float
    tornado: tuple[Bar, ...]
    indices: tuple[SobolIndex, ...]
    groups: tuple[SobolIndex, ...]
    effective: tuple[EffectiveWeight, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Sensitivity(DrawableResult):
    """The sensitivity of the scores of one situation.

    Attributes
    ----------
    heading, model
        The situation and the model.
    over
        `given` if values given as distributions vary as given, `range` if all given values vary over their whole range.
    weight_uncertainty
        Relative standard deviation of a weight of average size; None if weights are fixed.
    draws, evaluations, seed
        Rows of each matrix of the Sobol' indices, evaluations of the model for them, and seed.
    inputs, missing
        Titles of the inputs that vary, and of those among them without a value in the situation.
    fixed
        Titles of the inputs that are fixed at the values given.
    scores
        By score, sub-scores left out.
    without_score
        Titles of the scores for which the data are insufficient.
    """

    heading: Annotated[str, Field(serialization_alias="situation")]
    model: ModelIdentity
    over: Over
    weight_uncertainty: Annotated[float | None, Field(serialization_alias="spread")]
    draws: int
    evaluations: int
    seed: int
    inputs: tuple[str, ...]
    missing: tuple[str, ...]
    fixed: Annotated[tuple[str, ...], Field(serialization_alias="held")]
    scores: Mapping[str, ScoreSensitivity]
    without_score: tuple[str, ...]

    def __getitem__(self, score: str) -> ScoreSensitivity:
        return score_of(self.scores, score)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings of all scores, each with the title of its score."""
        return tuple(f"{score.plain.title}: {warning}" for score in self.scores.values() for warning in score.warnings)


@dataclass(frozen=True, slots=True)
class ScoreWeights(Record):
    """The share of each entry of the account in the variance of one score over the rows of a table.

    Attributes
    ----------
    title : of the score.
    rows : number of rows that have the score.
    mean, sd : of the score over these rows; None if there are none.
    effective : effective weights beside nominal ones, which are means over the rows; empty if the score is constant.
    """

    title: str
    rows: int
    mean: float | None
    sd: float | None
    effective: tuple[EffectiveWeight, ...]


@dataclass(frozen=True)
class EffectiveWeights(Result):
    """The share of each indicator and rule in the variance of scores over the situations of a table.

    Attributes
    ----------
    model : the model.
    situations : their number.
    scores : by score, sub-scores left out.
    """

    model: ModelIdentity
    situations: int
    scores: Mapping[str, ScoreWeights]

    def __getitem__(self, score: str) -> ScoreWeights:
        return score_of(self.scores, score)


@dataclass(frozen=True)
class Sensitivities(Results[Sensitivity]):
    """The sensitivity of the scores of several situations.

    A situation in which nothing varies, or without any known score, has a result too: its scores are constant, or named
    in `without_score`.

    Attributes
    ----------
    weights : effective weights over all of them; None if there are fewer than two.
    """

    weights: "EffectiveWeights | None" = None
