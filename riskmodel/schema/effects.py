"""Effects of rules on scores: one class for each kind, with its format, arithmetic and description.

Effects apply kind by kind, in the order of `AnyEffect`, so the order of the rules does not matter.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Tag

from riskmodel.kernels.types import EffectKind
from riskmodel.plan import steps
from riskmodel.plan.steps import Step
from riskmodel.schema.base import Amount, Number, Strict, kinds_of, one_of

Applied: TypeAlias = tuple[Step, float]
"""A degree, and points to add or the level of a floor or cap."""


class Effect(Strict, ABC):
    """Base class of the kinds of effects; the only field has the name of the `kind` and contains the amount."""

    kind: ClassVar[EffectKind]
    plural: ClassVar[str]
    """The name of all effects of the kind together."""

    @property
    def amount(self) -> float:
        """The points to add, or the level of a floor or cap."""
        amount: float = getattr(self, self.kind)
        return amount

    @property
    @abstractmethod
    def raises(self) -> bool:
        """True if the score rises (or stays) with the degree of the rule; otherwise it falls (or stays)."""

    @staticmethod
    @abstractmethod
    def apply(score: Step, applied: Sequence[Applied]) -> Step:
        """Apply all effects of this kind to a score.

        Parameters
        ----------
        score : the score after the preceding kinds.
        applied : degrees and amounts, by rule.

        Returns
        -------
        The score after this kind; the same step if nothing applies.
        """

    @staticmethod
    @abstractmethod
    def contributions(before: Step, after: Step, applied: Sequence[Applied]) -> list[Step]:
        """Attribute the change of a score by `apply` to the rules.

        Parameters
        ----------
        before, after : argument and result of `apply`.
        applied : as for `apply`.

        Returns
        -------
        Points of each rule; their sum is `after - before`.
        """

    @abstractmethod
    def describe(self) -> str:
        """Describe the effect at degree 1, such as `at least 60`."""

    @property
    def note(self) -> str:
        """A note beside the points of the rule, such as `floor 60`; may be empty."""
        return ""

    def why_not_valid(self, out_of: float) -> str | None:
        """Return why a score from 0 to `out_of` cannot have the effect; None if it can."""
        return None


class Add(Effect):
    """Points added (or taken away, if negative), times the degree of the rule."""

    kind: ClassVar[EffectKind] = "add"
    plural: ClassVar[str] = "the points of rules"
    add: Amount

    @property
    def raises(self) -> bool:
        return self.add > 0

    @staticmethod
    def apply(score: Step, applied: Sequence[Applied]) -> Step:
        degrees, points = zip(*applied, strict=True) if applied else ((), ())
        return steps.WeightedSum((score, *degrees), (1.0, *points)) if applied else score

    @staticmethod
    def contributions(before: Step, after: Step, applied: Sequence[Applied]) -> list[Step]:
        return [steps.WeightedSum((degree,), (points,)) for degree, points in applied]

    def describe(self) -> str:
        return f"{self.add:+g}"


class _Limit(Effect):
    """Base class of floors and caps."""

    @property
    def note(self) -> str:
        return f"{'floor' if self.raises else 'cap'} {self.amount:.10g}"

    def describe(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.amount:.10g}"

    def why_not_valid(self, out_of: float) -> str | None:
        if 0 <= self.amount <= out_of:
            return None
        near = 0.0 if self.amount < 0 else out_of
        return f"{self.amount:.10g} is outside the score, 0 to {out_of:.10g}; the nearest level is {near:.10g}"


class AtLeast(_Limit):
    """A floor: the score is drawn up to it, as far as the degree of the rule goes."""

    kind: ClassVar[EffectKind] = "at_least"
    plural: ClassVar[str] = "floors"
    at_least: Number

    @property
    def raises(self) -> bool:
        return True

    @staticmethod
    def apply(score: Step, applied: Sequence[Applied]) -> Step:
        return steps.Maximum((score, *_drawn(steps.Raise, score, applied))) if applied else score

    @staticmethod
    def contributions(before: Step, after: Step, applied: Sequence[Applied]) -> list[Step]:
        return _binding(before, after, _drawn(steps.Raise, before, applied))


class AtMost(_Limit):
    """A cap: the score is drawn down to it, as far as the degree of the rule goes."""

    kind: ClassVar[EffectKind] = "at_most"
    plural: ClassVar[str] = "caps"
    at_most: Number

    @property
    def raises(self) -> bool:
        return False

    @staticmethod
    def apply(score: Step, applied: Sequence[Applied]) -> Step:
        return steps.Minimum((score, *_drawn(steps.Lower, score, applied))) if applied else score

    @staticmethod
    def contributions(before: Step, after: Step, applied: Sequence[Applied]) -> list[Step]:
        return _binding(before, after, _drawn(steps.Lower, before, applied))


def _drawn(kind: type[steps.Raise | steps.Lower], score: Step, applied: Sequence[Applied]) -> tuple[Step, ...]:
    return tuple(kind(score, degree, level) for degree, level in applied)


def _binding(before: Step, after: Step, drawn: tuple[Step, ...]) -> list[Step]:
    """Return by how much each floor or cap moved a score: the first one that binds gets the whole change."""
    change = steps.WeightedSum((after, before), (1.0, -1.0))
    binds = (steps.Attains(drawn, after, position) for position in range(len(drawn)))
    return [steps.Fill(steps.Product(bound, change), 0.0) for bound in binds]


AnyEffect: TypeAlias = Annotated[
    Annotated[Add, Tag("<add>")] | Annotated[AtLeast, Tag("<at_least>")] | Annotated[AtMost, Tag("<at_most>")],
    one_of("add", "at_least", "at_most"),
]
EFFECTS: dict[EffectKind, type[Effect]] = {effect.kind: effect for effect in kinds_of(AnyEffect)}
"""The kinds of effects by name, in the order of application."""


def effect_of(kind: EffectKind, amount: float) -> Effect:
    """Return the effect of a kind and amount, which must be valid."""
    return EFFECTS[kind].model_construct(None, **{kind: amount})
