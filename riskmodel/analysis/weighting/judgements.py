"""Judgement files: the formats of the methods, and the checks that judgements are complete and consistent."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from riskmodel.analysis.weighting.matrix_file import matrix_document
from riskmodel.analysis.weighting.rating import LARGEST_SWING
from riskmodel.documents.document import (
    Document,
    UnreadableFileError,
    from_bytes,
    from_python,
    is_table,
    read,
    read_text,
)
from riskmodel.documents.file_kinds import FIRST_BYTES, looks_like_table
from riskmodel.documents.python_values import plain_value
from riskmodel.documents.validation import finding_problem, in_order, validate
from riskmodel.errors import Problem, RiskmodelError, suggest
from riskmodel.schema.base import Finding, Strict
from riskmodel.schema.model import ModelSpec

_MAX_RATIO = 1000
_FRACTION = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(\d+(?:\.\d+)?)", re.ASCII)
_DATE = re.compile(r"(?i)\d{1,2}[- ./][a-z]{3,}.*|[a-z]{3,}[- .]\d{1,2}|\d{2,4}[-/.]\d{1,2}[-/.]\d{1,4}.*", re.ASCII)


def _ratio(value: object) -> float | None:
    if value is None:
        return None
    written = _FRACTION.fullmatch(value.strip()) if isinstance(value, str) else None
    if written is not None and float(written[2]) > 0.0:
        value = float(written[1]) / float(written[2])
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 / _MAX_RATIO <= value <= _MAX_RATIO:
        return float(value)
    message = f"should be a number from 1/{_MAX_RATIO} to {_MAX_RATIO}, or a fraction such as 1/3{_ratio_hint(value)}"
    raise PydanticCustomError("value", "{message}", {"message": message})


def _ratio_hint(value: object) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return " (a spreadsheet makes dates of fractions: format its cells as text)"
    return " (with a decimal point)" if isinstance(value, str) and "," in value else ""


Ratio: TypeAlias = Annotated[float | None, PlainValidator(_ratio, json_schema_input_type=float | str | None)]
"""The importance of one input, relative to another; None if the pair was not judged."""
Comparisons: TypeAlias = Annotated[
    Mapping[str, Annotated[Mapping[str, Ratio], Field(min_length=1)]], Field(min_length=1)
]
"""Ratios of pairs of inputs, by the first and the second of a pair."""
Preference: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=1, le=_MAX_RATIO)]
"""A ratio of at least 1."""
Rating: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=1e9)]
Points: TypeAlias = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, le=LARGEST_SWING)]

KeyPath: TypeAlias = tuple[str, ...]


class Judgements(Strict):
    """The content of a judgement file."""

    @classmethod
    def read_file(cls, path: str | Path) -> Document:
        """Read a file of such judgements; see `riskmodel.documents.document.read`."""
        if is_table(path):
            raise UnreadableFileError(Problem("is a table; these judgements are YAML or JSON", file=str(path)))
        return read(path)

    @abstractmethod
    def mentions(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the names of inputs in the file, with their key paths."""

    @abstractmethod
    def faults(self) -> Iterator[Finding]:
        """Yield missing and contradictory judgements; called once all names are known to be inputs."""


class Pairs(Judgements):
    """AHP: pairs of inputs, compared by one judge, or by several under their names."""

    pairs: Comparisons | None = None
    judges: Annotated[Mapping[str, Comparisons], Field(min_length=1)] | None = None

    @classmethod
    def read_file(cls, path: str | Path) -> Document:
        """Read a YAML or JSON file, or a matrix in CSV; see `riskmodel.documents.document.read`."""
        is_csv = Path(path).suffix.lower() in (".csv", ".tsv")
        if is_table(path) and not is_csv:
            raise UnreadableFileError(Problem("is a table of another kind; save the matrix as CSV", file=str(path)))
        text, name = read_text(path)
        is_matrix = is_csv or looks_like_table(text.encode()[:FIRST_BYTES])
        return matrix_document(text, name) if is_matrix else from_bytes(text.encode(), name)

    def by_judge(self) -> Iterator[tuple[KeyPath, Comparisons]]:
        """Yield the comparisons of each judge, with their key path; a single judge has the path `pairs`."""
        if self.pairs is not None:
            yield ("pairs",), self.pairs
        yield from ((("judges", judge), pairs) for judge, pairs in (self.judges or {}).items())

    def mentions(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the names of inputs in the file, with their key paths."""
        for path, pairs in self.by_judge():
            for first, others in pairs.items():
                yield (*path, first, "[key]"), first
                yield from (((*path, first, second, "[key]"), second) for second in others)

    def faults(self) -> Iterator[Finding]:
        """Yield a file of one judge and of several, pairs of an input with itself, and contradictory duplicates."""
        if (self.pairs is None) == (self.judges is None):
            yield Finding((), "needs either `pairs`, of one judge, or `judges`, with pairs under the name of each")
        for path, pairs in self.by_judge():
            yield from _pair_faults(path, pairs)


def pair_ratio(pairs: Comparisons, first: str, second: str) -> float | None:
    """Return the importance of one input over that of another; None if the pair was not judged."""
    ratio = pairs.get(first, {}).get(second)
    reverse = pairs.get(second, {}).get(first)
    return 1.0 / reverse if ratio is None and reverse is not None else ratio


def _pair_faults(path: KeyPath, pairs: Comparisons) -> Iterator[Finding]:
    earlier: set[tuple[str, str]] = set()
    for first, others in pairs.items():
        for second, ratio in others.items():
            reverse = pairs.get(second, {}).get(first)
            earlier.add((first, second))
            if first == second:
                yield Finding((*path, first, second, "[key]"), "an input is not compared with itself")
            elif ratio and reverse and (second, first) in earlier and abs(reverse * ratio - 1) > 1e-6:
                yield Finding(
                    (*path, first, second),
                    f"duplicate pair with another ratio: {ratio_text(ratio)} here, but {ratio_text(reverse)} for "
                    f"{second} over {first}, which implies {ratio_text(1 / reverse)}",
                )


class Ratings(Judgements):
    """Direct rating: the importance of each input, in points of any size."""

    ratings: Mapping[str, Rating]

    def mentions(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the names of inputs in the file, with their key paths."""
        return ((("ratings", name, "[key]"), name) for name in self.ratings)

    def faults(self) -> Iterator[Finding]:
        """Yield a finding if there are fewer than two ratings."""
        return _too_few("ratings", self.ratings)


class Swings(Judgements):
    """Swing weighting: points for a swing of each input over its whole scale; the largest has 100."""

    swings: Mapping[str, Points]

    def mentions(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the names of inputs in the file, with their key paths."""
        return ((("swings", name, "[key]"), name) for name in self.swings)

    def faults(self) -> Iterator[Finding]:
        """Yield a finding if there are fewer than two swings, or none of 100 points."""
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

    def mentions(self) -> Iterator[tuple[KeyPath, str]]:
        """Yield the names of inputs in the file, with their key paths."""
        yield ("best",), self.best
        yield ("worst",), self.worst
        yield from ((("best_to_others", name, "[key]"), name) for name in self.best_to_others)
        yield from ((("others_to_worst", name, "[key]"), name) for name in self.others_to_worst)

    def faults(self) -> Iterator[Finding]:
        """Yield missing judgements, and those that contradict the definition of best, worst and 1."""
        if self.best == self.worst:
            yield Finding(("worst",), f"best and worst are both {self.best!r}")
            return
        names = list(dict.fromkeys(name for _, name in self.mentions()))
        largest = self.best_to_others.get(self.worst)
        for key, given, own, other in (
            ("best_to_others", self.best_to_others, self.best, self.worst),
            ("others_to_worst", self.others_to_worst, self.worst, self.best),
        ):
            # Best to worst is one comparison, and best_to_others has it.
            missing = [name for name in names if name not in given and name not in (own, self.best)]
            if missing:
                yield Finding((key,), f"missing: {', '.join(missing)}")
            if given.get(own, 1.0) != 1.0:
                yield Finding((key, own), f"{own} compared with itself is 1; got {given[own]:g}")
            if largest is not None and given.get(other, largest) != largest:
                yield Finding((key, other), f"best to worst is {largest:g} in best_to_others; got {given[other]:g}")
            if largest is not None:
                beyond = [name for name in given if given[name] > largest and name not in (own, other)]
                limit = f"should be at most {largest:g}, the value of best to worst"
                yield from (Finding((key, name), f"{limit}; got {given[name]:g}") for name in beyond)


def _too_few(key: str, given: Mapping[str, float]) -> Iterator[Finding]:
    if len(given) < 2:
        yield Finding((key,), f"two or more inputs are needed; got {len(given)}")


def ratio_text(ratio: float) -> str:
    """Format a ratio as 3, 1/3 or 1.4."""
    return f"{ratio:.3g}" if ratio >= 1.0 else f"1/{1.0 / ratio:.3g}"


_MAX_SCALE = 9.0
"""The end of Saaty's scale, for which random indices and thresholds are published."""


def beyond_scale(largest: float) -> Iterator[str]:
    """Yield a warning if the largest judgement is beyond the scale for which consistency is defined."""
    if largest > _MAX_SCALE:
        text = ratio_text(largest)
        yield f"a judgement of {text} is beyond the scale from 1/9 to 9, for which consistency is defined"


Kind = TypeVar("Kind", bound=Judgements)


def read_judgements(
    kind: type[Kind], judgements: "str | Path | Mapping[str, Any]", model: ModelSpec, score: str
) -> tuple[Kind, str]:
    """Read judgements about the inputs of a score.

    Parameters
    ----------
    kind : the format of the method.
    judgements : a path, `-` for standard input, or the content of a judgement file as a mapping.
    model, score : the model, and one of its scores.

    Returns
    -------
    The judgements, and the name of the file.

    Raises
    ------
    RiskmodelError
        With all problems of the file, each at its line and column.
    """
    try:
        document = (
            from_python(plain_value(judgements)) if isinstance(judgements, Mapping) else kind.read_file(judgements)
        )
    except UnreadableFileError as error:
        raise RiskmodelError([error.problem]) from None
    content, problems = validate(kind, document)
    problems += document.duplicates
    if content is not None and not problems:
        inputs = model.scores[score].weights
        unknown = [
            Finding(path, _unknown(name, model, score), name) for path, name in content.mentions() if name not in inputs
        ]
        problems = [finding_problem(finding, document, kind) for finding in unknown or content.faults()]
    if content is None or problems:
        raise RiskmodelError(in_order(problems))
    return content, document.name or "the judgements"


def _unknown(name: str, model: ModelSpec, score: str) -> str:
    inputs = model.scores[score].weights
    if name in model.indicators or name in model.scores:
        return f"{name!r} has no weight in the score {score!r}; give it one in the model first"
    return f"not an input of the score {score!r}{suggest(name, inputs)}"
