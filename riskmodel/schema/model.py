"""`ModelSpec`: the content of a model file."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from riskmodel.errors import counted
from riskmodel.schema.base import Id, Label, Source, Strict, Text, raise_findings
from riskmodel.schema.influences import Influence
from riskmodel.schema.parts import Group, Indicator, Rule, Scenario, Score
from riskmodel.schema.references import violations

_MODEL_ID = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


def _checked_model_id(text: str) -> str:
    if not set(text) <= _MODEL_ID or text[0] in "._-":
        message = f"an id has lower-case letters, digits, hyphens and underscores; got {text!r}"
        raise PydanticCustomError("finding", "{message}", {"message": message})
    return text


ModelId: TypeAlias = Annotated[Text, AfterValidator(_checked_model_id)]


def _integer(value: object) -> object:
    """Exclude True and 1.0, which equal 1 in Python."""
    return value if type(value) is int else str(value).lower()


class ModelSpec(Strict):
    """A whole model file."""

    format: Annotated[Literal[1], BeforeValidator(_integer, json_schema_input_type=Literal[1])]
    id: ModelId
    version: Label | None = None
    title: Text | None = None
    description: Text | None = None
    sources: Mapping[Id, Source] = {}
    groups: Annotated[
        Mapping[Id, Group],
        Field(description="Groups by which the points of a score are summed, in the order of display."),
    ] = {}
    indicators: Annotated[Mapping[Id, Indicator], Field(min_length=1)]
    scores: Annotated[Mapping[Id, Score], Field(min_length=1)]
    rules: Mapping[Id, Rule] = {}
    influences: Annotated[
        Mapping[Id, Influence],
        Field(description="How a change of one indicator moves another over the months; they change no score."),
    ] = {}
    scenarios: Mapping[Id, Scenario] = {}

    @model_validator(mode="after")
    def _check_references(self) -> "ModelSpec":
        raise_findings(violations(dict(self)))
        return self

    @property
    def sub_scores(self) -> frozenset[str]:
        """The scores from which other scores are built."""
        return frozenset(name for score in self.scores.values() for name in score.weights if name in self.scores)

    @property
    def main_scores(self) -> tuple[str, ...]:
        """The scores from which no other is built, in the order of the file."""
        sub_scores = self.sub_scores
        return tuple(name for name in self.scores if name not in sub_scores)

    @property
    def influence_ends(self) -> frozenset[str]:
        """The indicators that influences start from or lead to."""
        return frozenset(end for item in self.influences.values() for end in (item.source, item.target))

    def members(self, group: str) -> tuple[str, ...]:
        """Return the indicators of a group."""
        return tuple(name for name, indicator in self.indicators.items() if indicator.group == group)

    @property
    def unfitted(self) -> tuple[str, ...]:
        """The indicators with a scale that `riskmodel model fit` has not fitted yet."""
        return tuple(
            name for name, part in self.indicators.items() if part.scale is not None and not part.scale.is_fitted
        )

    @property
    def counts(self) -> str:
        """The numbers of indicators, scores, rules and, if there are any, influences as text."""
        parts = {"indicator": self.indicators, "score": self.scores, "rule": self.rules}
        if self.influences:
            parts["influence"] = self.influences
        return ", ".join(counted(len(part), noun) for noun, part in parts.items())
