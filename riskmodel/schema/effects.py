"""Effects of rules on scores: what a file may say, how they apply, and how they are described.

Effects apply kind by kind, in the order of `AnyEffect`, so that the order of the rules cannot matter.
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
    """A kind of effect; its one field, of the same name as its `kind`, is an amount."""

    kind: ClassVar[EffectKind]

    @property
    def amount(self) -> float:
        """The points that are added, or the level that the score is drawn to."""
        amount: float = getattr(self, self.kind)
        return amount

    @property
    @abstractmethod
    def raises(self) -> bool:
        """Whether the score rises with the degree of the rule; if not, it falls (or stays)."""

    @staticmethod
    @abstractmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        """Apply all effects of this kind on a score.

        Parameters
        ----------
        score : (n,) after the kinds that come before; it is not changed.
        applied : degrees (n,) in [0, 1] and amounts, by rule.
        """

    @staticmethod
    @abstractmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        """Share among the rules how far `apply` moved a score.

        Parameters
        ----------
        before, after : (n,) what `apply` took and returned.
        applied : as `apply` takes it.

        Returns
        -------
        (n,) points for each rule, whose sum is `after - before`.
        """

    @abstractmethod
    def describe(self) -> str:
        """Describe what the effect does at degree 1, such as `at least 60`."""

    @property
    def note(self) -> str:
        """What stands beside the points that it moved a score by, such as `floor 60`; empty where these say it all."""
        return ""

    def why_not_valid(self, out_of: float) -> str | None:
        """Say why a score from 0 to `out_of` cannot have the effect; None where it can."""
        return None


class Add(Effect):
    """Points added (or taken away, if negative), times the degree of the rule."""

    kind: ClassVar[EffectKind] = "add"
    add: Amount

    @property
    def raises(self) -> bool:
        """Whether points are added."""
        return self.add > 0

    @staticmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        """Add the points."""
        return effects.added(score, applied)

    @staticmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        """Return the points of each rule."""
        nothing = np.zeros_like(before)
        return [degree * points + nothing for degree, points in applied]

    def describe(self) -> str:
        """Return the points with their sign."""
        return f"{self.add:+g}"


class _Limit(Effect):
    """A level that a score is drawn to."""

    @property
    def note(self) -> str:
        """The limit, which moves a score only where it binds."""
        return f"{'floor' if self.raises else 'cap'} {self.amount:g}"

    def describe(self) -> str:
        """Return the kind and the level."""
        return f"{self.kind.replace('_', ' ')} {self.amount:g}"

    def why_not_valid(self, out_of: float) -> str | None:
        """Say that the level is outside the score."""
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
        """Always."""
        return True

    @staticmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        """Draw the score up to the highest floor."""
        return effects.floored(score, applied)

    @staticmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        """Give the whole step to the first floor that binds."""
        return effects.binding(before, after, applied, effects.raised)


class AtMost(_Limit):
    """A cap: the score is drawn down to it, as far as the degree of the rule goes."""

    kind: ClassVar[EffectKind] = "at_most"
    at_most: Number

    @property
    def raises(self) -> bool:
        """Never."""
        return False

    @staticmethod
    def apply(score: Floats, applied: Sequence[Applied]) -> Floats:
        """Draw the score down to the lowest cap."""
        return effects.capped(score, applied)

    @staticmethod
    def contributions(before: Floats, after: Floats, applied: Sequence[Applied]) -> list[Floats]:
        """Give the whole step to the first cap that binds."""
        return effects.binding(before, after, applied, effects.lowered)


AnyEffect: TypeAlias = Annotated[
    Annotated[Add, Tag("<add>")] | Annotated[AtLeast, Tag("<at_least>")] | Annotated[AtMost, Tag("<at_most>")],
    one_of("add", "at_least", "at_most"),
]
EFFECTS: dict[EffectKind, type[Effect]] = {effect.kind: effect for effect in kinds_of(AnyEffect)}
"""The effects that a model file may use, in the order in which they apply."""


def effect_of(kind: EffectKind, amount: float) -> Effect:
    """Return the effect of a kind and amount."""
    return EFFECTS[kind].model_validate({kind: amount})
