"""Judgement files: what each method asks people, and what makes their answers a whole."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from riskmodel.analysis.weighting.rating import LARGEST_SWING
from riskmodel.documents.document import UnreadableFileError, from_python, read
from riskmodel.documents.python_values import plain_value
from riskmodel.documents.validation import finding_problem, validate
from riskmodel.errors import Problem, RiskmodelError, suggest
from riskmodel.schema.base import Finding, Strict
from riskmodel.schema.model import ModelSpec

_MOST = 1000
"""No judgement says more than that one input matters so many times as much as another."""
_FRACTION = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)", re.ASCII)


def _ratio(value: object) -> float:
    written = _FRACTION.fullmatch(value.strip()) if isinstance(value, str) else None
    if written is not None and float(written[2]) > 0.0:
        value = float(written[1]) / float(written[2])
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 / _MOST <= value <= _MOST:
        return float(value)
    message = f"should be a number from 1/{_MOST} to {_MOST}, or a fraction such as 1/3"
    raise PydanticCustomError("value", "{message}", {"message": message})


Ratio: TypeAlias = Annotated[float, PlainValidator(_ratio, json_schema_input_type=float | str)]
"""How many times as much one input matters as another."""
Preference: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=1, le=_MOST)]
"""The same, where the first matters no less."""
Rating: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1e9)]
Points: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=LARGEST_SWING)]

Where: TypeAlias = tuple[str, ...]


class Judgements(Strict):
    """What a judgement file says."""

    @abstractmethod
    def mentions(self) -> Iterator[tuple[Where, str]]:
        """Every name of an input, and where it stands."""

    @abstractmethod
    def faults(self) -> Iterator[Finding]:
        """What is wrong with judgements whose names are right."""


class Pairs(Judgements):
    """AHP: each pair of inputs once."""

    pairs: Annotated[Mapping[str, Annotated[Mapping[str, Ratio], Field(min_length=1)]], Field(min_length=1)]

    def mentions(self) -> Iterator[tuple[Where, str]]:
        """Every name of an input, and where it stands."""
        for first, others in self.pairs.items():
            yield ("pairs", first, "[key]"), first
            yield from ((("pairs", first, second, "[key]"), second) for second in others)

    def judged(self, first: str, second: str) -> float | None:
        """How many times as much the first matters as the second; None where nobody says."""
        if second in self.pairs.get(first, {}):
            return self.pairs[first][second]
        turned = self.pairs.get(second, {}).get(first)
        return None if turned is None else 1.0 / turned

    def faults(self) -> Iterator[Finding]:
        """Pairs of an input with itself, pairs that are told twice and differently, and those that are missing."""
        names = list(dict.fromkeys(name for _, name in self.mentions()))
        for first, others in self.pairs.items():
            for second, ratio in others.items():
                turned = self.pairs.get(second, {}).get(first)
                if first == second:
                    yield Finding(("pairs", first, second, "[key]"), "an input is not compared with itself")
                elif turned is not None and names.index(first) > names.index(second) and abs(turned * ratio - 1) > 1e-6:
                    yield Finding(
                        ("pairs", first, second),
                        f"the pair stands twice and contradicts itself: {ratio_text(ratio)} here, and the other way "
                        f"round {ratio_text(turned)}, which would be {ratio_text(1 / turned)} here",
                    )
        absent = [
            f"{first} and {second}"
            for place, first in enumerate(names)
            for second in names[place + 1 :]
            if self.judged(first, second) is None
        ]
        if absent:
            listed = "; ".join(absent[:5]) + (f"; and {len(absent) - 5} more" if len(absent) > 5 else "")
            yield Finding(("pairs",), f"each pair should stand here once; missing: {listed}")


class Ratings(Judgements):
    """Direct rating: how much each input matters, in points of any size."""

    ratings: Mapping[str, Rating]

    def mentions(self) -> Iterator[tuple[Where, str]]:
        """Every name of an input, and where it stands."""
        return ((("ratings", name, "[key]"), name) for name in self.ratings)

    def faults(self) -> Iterator[Finding]:
        """Too few ratings."""
        return _too_few("ratings", self.ratings)


class Swings(Judgements):
    """Swing weighting: points for a swing of each input over its whole scale; the largest has 100."""

    swings: Mapping[str, Points]

    def mentions(self) -> Iterator[tuple[Where, str]]:
        """Every name of an input, and where it stands."""
        return ((("swings", name, "[key]"), name) for name in self.swings)

    def faults(self) -> Iterator[Finding]:
        """Too few swings, or none of 100 points."""
        yield from _too_few("swings", self.swings)
        largest = max(self.swings, key=lambda name: self.swings[name], default=None)
        if largest is not None and self.swings[largest] != LARGEST_SWING:
            message = f"the largest swing should have 100 points; {largest} has {self.swings[largest]:g}"
            yield Finding(("swings", largest), message)


class BestWorst(Judgements):
    """The best-worst method: the best input against all others, and all others against the worst."""

    best: Annotated[str, Field(strict=True)]
    worst: Annotated[str, Field(strict=True)]
    best_to_others: Mapping[str, Preference]
    others_to_worst: Mapping[str, Preference]

    def mentions(self) -> Iterator[tuple[Where, str]]:
        """Every name of an input, and where it stands."""
        yield ("best",), self.best
        yield ("worst",), self.worst
        yield from ((("best_to_others", name, "[key]"), name) for name in self.best_to_others)
        yield from ((("others_to_worst", name, "[key]"), name) for name in self.others_to_worst)

    def faults(self) -> Iterator[Finding]:
        """Judgements that are missing, that are not 1 where they must be, or that say more than best to worst."""
        if self.best == self.worst:
            yield Finding(("worst",), f"best and worst are both {self.best!r}")
            return
        names = list(dict.fromkeys(name for _, name in self.mentions()))
        most = self.best_to_others.get(self.worst)
        for key, given, own, other in (
            ("best_to_others", self.best_to_others, self.best, self.worst),
            ("others_to_worst", self.others_to_worst, self.worst, self.best),
        ):
            # Best to worst is one comparison, and best_to_others has it.
            absent = [name for name in names if name not in given and name not in (own, self.best)]
            if absent:
                yield Finding((key,), f"says nothing of {', '.join(absent)}")
            if given.get(own, 1.0) != 1.0:
                yield Finding((key, own), f"{own} compared with itself is 1; got {given[own]:g}")
            if most is not None and given.get(other, most) != most:
                yield Finding((key, other), f"best to worst is {most:g} in best_to_others; got {given[other]:g}")
            if most is not None:
                beyond = [name for name in given if given[name] > most and name not in (own, other)]
                told = f"best to worst, {most:g}, is the most there can be"
                yield from (Finding((key, name), f"{told}; got {given[name]:g}") for name in beyond)


def _too_few(key: str, given: Mapping[str, float]) -> Iterator[Finding]:
    if len(given) < 2:
        yield Finding((key,), f"two inputs or more are needed; got {len(given)}")


def ratio_text(ratio: float) -> str:
    """A ratio as people write it: 3, 1/3, 1.4."""
    return f"{ratio:.3g}" if ratio >= 1.0 else f"1/{1.0 / ratio:.3g}"


Kind = TypeVar("Kind", bound=Judgements)


def read_judgements(
    kind: type[Kind], judgements: "str | Path | Mapping[str, Any]", model: ModelSpec, score: str
) -> tuple[Kind, str]:
    """Read judgements about the inputs of a score.

    Parameters
    ----------
    kind : what is asked.
    judgements : a path, `-` for standard input, or the content of a judgement file as a mapping.
    model, score : the model, and one of its scores.

    Returns
    -------
    The judgements, and the name of the file.

    Raises
    ------
    RiskmodelError
        With every problem that the file has, each at its line and column.
    """
    try:
        document = from_python(plain_value(judgements)) if isinstance(judgements, Mapping) else read(judgements)
    except UnreadableFileError as error:
        raise RiskmodelError([error.problem]) from None
    said, problems = validate(kind, document)
    problems += document.duplicates
    if said is not None and not problems:
        inputs = model.scores[score].weights
        strange = [
            Finding(where, _unknown(name, model, score), name) for where, name in said.mentions() if name not in inputs
        ]
        problems = [finding_problem(finding, document, kind) for finding in strange or said.faults()]
    if said is None or problems:
        raise RiskmodelError(_in_order(problems))
    return said, document.name or "the judgements"


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda found: (found.line or 0, found.column or 0))


def _unknown(name: str, model: ModelSpec, score: str) -> str:
    inputs = model.scores[score].weights
    if name in model.indicators or name in model.scores:
        return f"{name!r} has no weight in the score {score!r}; give it one in the model first"
    return f"not an input of the score {score!r}{suggest(name, inputs)}"
