"""What an analysis of sensitivity found."""

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
    name, title : the indicator; for a weight what has it, an indicator or a sub-score; `inputs` or `weights`.
    score : for a weight the score that it is a weight of; empty otherwise.
    first : the share of the variance that would go if it were known.
    total : the share that would be left if everything else were known.
    """

    kind: Literal["input", "weight", "group"]
    name: str
    score: str
    title: str
    first: Estimate
    total: Estimate


@dataclass(frozen=True, slots=True)
class ScoreSensitivity(Record):
    """What moves one score.

    Attributes
    ----------
    title : of the score.
    plain : the score as `assess` gives it, of the values held.
    mean, sd : of the score over the draws, in [0, out_of].
    tornado : what each input does by itself, the longest bar first; empty where there is no score to start from.
    indices : of every factor that the score can depend on, the highest total index first.
    groups : of all inputs together and all weights together, where both vary.
    effective : effective weights beside nominal ones.
    warnings : what should be known before the figures are used.
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
    """What moves the scores of one situation.

    Attributes
    ----------
    heading, model
        The situation and the model.
    over
        Whether values given as distributions vary as they are given, or all that are given over their whole range.
    weight_uncertainty
        How uncertain weights are; None where they are held.
    draws, evaluations, seed
        Rows of each matrix of the Sobol' indices, evaluations of the model for them, and seed.
    inputs, missing
        Titles of the inputs that vary, and of those among them that the situation gives no value for.
    fixed
        Titles of the inputs that are held at the values given.
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
        return tuple(f"{score.plain.title}: {told}" for score in self.scores.values() for told in score.warnings)


@dataclass(frozen=True, slots=True)
class ScoreWeights(Record):
    """How much each entry of the account separates the rows of a table by one score.

    Attributes
    ----------
    title : of the score.
    rows : how many rows have the score.
    mean, sd : of the score over these rows; None where there are none.
    effective : effective weights beside nominal ones, which are means over the rows; empty where all scores are alike.
    """

    title: str
    rows: int
    mean: float | None
    sd: float | None
    effective: tuple[EffectiveWeight, ...]


@dataclass(frozen=True)
class EffectiveWeights(Result):
    """How much each indicator and rule really separates the situations of a table.

    Attributes
    ----------
    model : the model.
    situations : how many there are.
    scores : by score, sub-scores left out.
    """

    model: ModelIdentity
    situations: int
    scores: Mapping[str, ScoreWeights]

    def __getitem__(self, score: str) -> ScoreWeights:
        return score_of(self.scores, score)


@dataclass(frozen=True)
class Sensitivities(Results[Sensitivity]):
    """What moves the scores of several situations.

    Where nothing varies, or no score can be given, a situation has a result all the same: its scores do not move, or it
    names them in `without_score`.

    Attributes
    ----------
    weights : effective weights over all of them; None where there are fewer than two.
    """

    weights: "EffectiveWeights | None" = None
