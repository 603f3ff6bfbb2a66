"""Effects of rules on scores: one class for each kind, with its format, arithmetic and description.

Effects apply kind by kind, in the order of `AnyEffect`, so the order of the rules does not matter.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Annotated, ClassVar, TypeAlias

import numpy as np
from pydantic import Tag

from riskmodel.kernels import effects
from riskmodel.kernels.effects import Applied, EffectKind
from riskmodel.kernels.scales import Floats
from riskmodel.schema.base import Amount, Number, Strict, kinds_of, one_of


class Effect(Strict, ABC):
    """Base class of the kinds of effects; the only field has the name of the `kind` and contains the amount."""

    kind: ClassVar[EffectKind]

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
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        """Apply all effects of this kind to a score.

        Parameters
        ----------
        score : (n,) after the preceding kinds; not modified.
        applied : degrees (n,) in [0, 1] and amounts, by rule.
        """

    @staticmethod
    @abstractmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        """Attribute the change of a score by `apply` to the rules.

        Parameters
        ----------
        before, after : (n,) argument and result of `apply`.
        applied : as for `apply`.

        Returns
        -------
        (n,) points of each rule; their sum is `after - before`.
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
    add: Amount

    @property
    def raises(self) -> bool:
        return self.add > 0

    @staticmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        return effects.added(score, applied)

    @staticmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        zeros = np.zeros_like(before)  # a condition without names has a scalar degree
        return [degree * points + zeros for degree, points in applied]

    def describe(self) -> str:
        return f"{self.add:+g}"


class _Limit(Effect):
    """Base class of floors and caps."""

    @property
    def note(self) -> str:
        return f"{'floor' if self.raises else 'cap'} {self.amount:g}"

    def describe(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.amount:g}"

    def why_not_valid(self, out_of: float) -> str | None:
        if 0 <= self.amount <= out_of:
            return None
        near = 0.0 if self.amount < 0 else out_of
        return f"{self.amount:g} is outside the score, 0 to {out_of:g}; the nearest level is {near:g}"


class AtLeast(_Limit):
    """A floor: the score is drawn up to it, as far as the degree of the rule goes."""

    kind: ClassVar[EffectKind] = "at_least"
    at_least: Number

    @property
    def raises(self) -> bool:
        return True

    @staticmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        return effects.floored(score, applied)

    @staticmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        return effects.binding(before, after, applied, effects.raised)


class AtMost(_Limit):
    """A cap: the score is drawn down to it, as far as the degree of the rule goes."""

    kind: ClassVar[EffectKind] = "at_most"
    at_most: Number

    @property
    def raises(self) -> bool:
        return False

    @staticmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        return effects.capped(score, applied)

    @staticmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        return effects.binding(before, after, applied, effects.lowered)


AnyEffect: TypeAlias = Annotated[
    Annotated[Add, Tag("<add>")] | Annotated[AtLeast, Tag("<at_least>")] | Annotated[AtMost, Tag("<at_most>")],
    one_of("add", "at_least", "at_most"),
]
EFFECTS: dict[EffectKind, type[Effect]] = {effect.kind: effect for effect in kinds_of(AnyEffect)}
"""The kinds of effects by name, in the order of application."""


def effect_of(kind: EffectKind, amount: float) -> Effect:
    """Return the effect of a kind and amount, which must be valid."""
    return EFFECTS[kind].model_construct(None, **{kind: amount})
