"""Comparison of situations under one model, or of two models for one situation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from riskmodel.analysis.comparison.differences import ModelPair, SituatedModel
from riskmodel.analysis.comparison.models import model_account
from riskmodel.analysis.comparison.situations import situation_accounts
from riskmodel.analysis.results.comparison import Comparison, Difference, RuleChange, Side, UnmatchedScore
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationLike,
    SituationsLike,
    load_situations,
    names_of,
    prepare,
)
from riskmodel.assessment import Assessment
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation, from_values
from riskmodel.errors import SituationError
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec


@call_as("compare([situation, another], model=model)", "model.compare([situation, another])")
def compare(
    situations: SituationsLike, *, model: Model | str | Path = DEFAULT, on_progress: OnProgress | None = None
) -> Comparison:
    """Explain the difference between the first situation and each of the others.

    The difference of each score is allocated to the inputs that differ, by their Shapley values, so that the entries
    sum to it; see `riskmodel.analysis.comparison.shapley`. Distributions count by their medians.

    Parameters
    ----------
    situations
        Two or more.
    model
        A model, its path, or its id.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.

    Raises
    ------
    SituationError
        If there are fewer than two situations, or values are invalid.
    """
    used = ensure_model(model)
    cases = [prepare(used, situation) for situation in load_situations(used.spec, situations)]
    if len(cases) < 2:
        raise SituationError(f"a comparison takes two or more situations; got {len(cases)}")
    assessments = [used.assess(case.situation) for case in cases]
    sides = [Side(name, used.identity, used.file) for name in names_of(cases)]
    differences = []
    for index in range(1, len(cases)):
        progress = _part(on_progress, index - 1, len(cases) - 1)
        both = assessments[0], assessments[index]
        accounts = situation_accounts(used.compiled, (cases[0], cases[index]), both, progress)
        differences.append(Difference(sides[0], sides[index], accounts, _rule_changes(*both)))
    return Comparison("situations", tuple(differences))


@call_as("compare_models(situation, model, another_model)")
def compare_models(
    situation: SituationLike,
    first: Model | str | Path,
    second: Model | str | Path,
    *,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Explain the difference between two models, for one situation.

    The difference of each score that both models have is allocated to the parts in which the models differ, by their
    Shapley values, so that the entries sum to it. Parts without influence on this situation are left out. Weights are
    compared as shares of the weights of the inputs that are present.

    Parameters
    ----------
    situation
        Values by indicator, or a situation that was read from a file. An indicator of one model only is ignored by the
        other.
    first, second
        Models, their paths, or their ids.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.

    Raises
    ------
    SituationError
        If a value is invalid in a model that has the indicator, or neither model has it.
    """
    models = ensure_model(first), ensure_model(second)
    given = from_values(situation) if isinstance(situation, Mapping) else situation
    cases = [prepare(own, without_foreign(given, own.spec, other.spec)) for own, other in (models, models[::-1])]
    return Comparison("models", (difference_of_models(models, cases, on_progress),))


def difference_of_models(
    models: tuple[Model, Model], cases: Sequence[Case], on_progress: OnProgress | None = None, only: str | None = None
) -> Difference:
    """Account for the differences of two models' scores of one situation, given as a case of each.

    Parameters
    ----------
    models, cases : the models, and the situation as each reads it.
    only : the score to account for; by default all that both models have.
    """
    before, after = (model.assess(case.situation) for model, case in zip(models, cases, strict=True))
    pair = _situated(models, cases)
    shared = [name for name in before.scores if name in after.scores]
    compared = [
        name for name in shared if only in (None, name) and not (before[name].is_sub_score and after[name].is_sub_score)
    ]
    accounts = {
        name: model_account(pair, before[name], after[name], _part(on_progress, index, len(compared)))
        for index, name in enumerate(compared)
    }
    before_side, after_side = (
        Side(names_of([case])[0], model.identity, model.file) for case, model in zip(cases, models, strict=True)
    )
    return Difference(before_side, after_side, accounts, _rule_changes(before, after), _unmatched(before, after))


def _part(on_progress: OnProgress | None, index: int, count: int) -> OnProgress | None:
    if on_progress is None:
        return None
    return lambda share, doing: on_progress((index + share) / count, doing)


def without_foreign(situation: Situation, own: ModelSpec, other: ModelSpec) -> Situation:
    """Leave out the indicators that only the other model has."""
    foreign = other.indicators.keys() - own.indicators.keys()

    def own_items(items: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in items.items() if name not in foreign}

    spec = situation.spec.model_copy(
        update={"values": own_items(situation.spec.values), "notes": own_items(situation.spec.notes)}
    )
    return replace(situation, spec=spec, changes=own_items(situation.changes))


def _situated(models: tuple[Model, Model], cases: Sequence[Case]) -> ModelPair:
    filled = [{**model.compiled.defaults, **case.given} for model, case in zip(models, cases, strict=True)]
    present = frozenset().union(*filled)
    old, new = (
        SituatedModel(model.spec, model.compiled, own, present) for model, own in zip(models, filled, strict=True)
    )
    return old, new


def _rule_changes(before: Assessment, after: Assessment) -> tuple[RuleChange, ...]:
    first = {rule.name: rule for rule in before.rules}
    second = {rule.name: rule for rule in after.rules}
    changes = (
        RuleChange(
            name,
            (second.get(name) or first[name]).title,
            first[name].degree if name in first else None,
            second[name].degree if name in second else None,
        )
        for name in [*first, *(name for name in second if name not in first)]
    )
    return tuple(change for change in changes if (change.before or 0.0) != (change.after or 0.0))


def _unmatched(before: Assessment, after: Assessment) -> tuple[UnmatchedScore, ...]:
    return tuple(
        UnmatchedScore(name, result.title, after=own is after)
        for own, other in ((before, after), (after, before))
        for name, result in own.scores.items()
        if name not in other.scores
    )
