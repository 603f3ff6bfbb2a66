"""The indicators that a model needs for its scores to have values."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import ModelError
from riskmodel.model import Model
from riskmodel.report.summary import inner_case, listed
from riskmodel.schema.breakpoints import indicator_range
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator

Wanted: TypeAlias = Callable[[Assessment], Collection[ScoreResult]]
"""The scores of an assessment that should have a value."""

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def core(model: Model) -> list[str]:
    """Return the first indicators of a model, as many as give every score a value."""
    return _added(model, (), lambda assessment: assessment.scores.values())


def _added(model: Model, known: Collection[str], wanted: Wanted) -> list[str]:
    """Return the first indicators besides those that are known, as many as give every wanted score a value."""
    names: list[str] = []
    for name in model.spec.indicators:
        if _has_values(model, (*known, *names), wanted):
            break
        if name not in known:
            names.append(name)
    return names


def _has_values(model: Model, known: Collection[str], wanted: Wanted) -> bool:
    """Return whether every wanted score has a value where these indicators are known; any values do."""
    spec = model.spec
    assessment = model.assess({name: _valid_value(spec, name, spec.indicators[name]) for name in known})
    return all(score.value is not None for score in wanted(assessment))


class Needed(NamedTuple):
    """Indicators that would give every score a value, and a sentence that says so."""

    names: tuple[str, ...]
    text: str


def still_needed(model: Model, assessment: Assessment) -> Needed | None:
    """Return the indicators that give every score a value if they are entered too; None if all scores have one.

    They are the first of the model, without those that the others make unnecessary.
    """
    scores = assessment.top_scores
    lacking = [score.title for score in scores if score.value is None]
    if not lacking:
        return None
    names = _fewest(model, frozenset(entry.name for entry in assessment.inputs if entry.value is not None))
    titles = [inner_case(model.spec.indicators[name].title or name) for name in names]
    count = _NUMBERS[len(names) - 1] if len(names) <= len(_NUMBERS) else str(len(names))
    enough = "it is enough" if len(names) == 1 else f"these {count} are enough"
    goal = listed([inner_case(title) for title in lacking]) if len(lacking) < len(scores) else _all_of(len(scores))
    return Needed(names, f"Enter {listed(titles)}: {enough} for {goal}.")


@lru_cache(64)  # the same while a slider moves
def _fewest(model: Model, known: frozenset[str]) -> tuple[str, ...]:
    names = _added(model, known, lambda result: result.top_scores)
    for name in list(names):
        others = [other for other in names if other != name]
        if _has_values(model, (*known, *others), lambda result: result.top_scores):
            names = others
    return tuple(names)


def _all_of(scores: int) -> str:
    if scores == 1:
        return "the score"
    return "both scores" if scores == 2 else f"all {scores} scores"


def _valid_value(spec: ModelSpec, name: str, indicator: Indicator) -> float | str:
    if indicator.labels is not None:
        return indicator.labels[0]
    try:
        return indicator_range(spec, name).high
    except ModelError:
        low, high = indicator.bounds
        return min(max(0.0, low), high)
