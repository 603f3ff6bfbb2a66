"""Weights from judgements: AHP, direct rating, swing, best-worst."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from riskmodel.analysis.needs import check_score
from riskmodel.analysis.weighting.ahp import LIMIT, RANDOM_INDICES, Misfit, principal_weights
from riskmodel.analysis.weighting.apply import applied
from riskmodel.analysis.weighting.best_worst import best_worst_weights
from riskmodel.analysis.weighting.judgements import (
    BestWorst,
    Judgements,
    Pairs,
    Ratings,
    Swings,
    ratio_text,
)
from riskmodel.analysis.weighting.rating import rated_weights, swing_weights
from riskmodel.analysis.weighting.read import read_judgements
from riskmodel.analysis.weighting.result import AhpConsistency, BestWorstConsistency, Derived, MisfitPair, Weighting
from riskmodel.calls import call_as
from riskmodel.errors import RiskmodelError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model

_SCALE = 9.0
"""The end of Saaty's scale, for which random indices and thresholds were made."""


@call_as("weights_from_judgements(method, judgements, model=model)")
def weights_from_judgements(
    method: str,
    judgements: str | Path | Mapping[str, Any],
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    score: str = "escalation",
    random_index: str = "saaty-1980",
    model_id: str | None = None,
) -> Weighting:
    """Derive the weights of a score from judgements of its inputs.

    The inputs that are judged share what they weighed together, and keep their signs; the others keep their weights.

    Parameters
    ----------
    method : `ahp`, `direct`, `swing` or `best-worst`.
    judgements : the path of a judgement file, or its content as a mapping; docs/weights.md says what it holds.
    model : a loaded model, or whatever `riskmodel.load_model` takes.
    score : the score, or sub-score, whose inputs are judged.
    random_index : what AHP's consistency is measured by, `saaty-1980` or `saaty-2007`.
    model_id : the id of the model with the new weights; the old one followed by the method without it.

    Raises
    ------
    ModelError
        Where the model cannot be used.
    RiskmodelError
        With everything that is wrong with the judgements, each at its line and column.
    """
    kinds: dict[str, tuple[type[Judgements], Callable[[Any, Sequence[str]], Derived]]] = {
        "ahp": (Pairs, lambda said, names: _ahp(said, names, random_index)),
        "direct": (Ratings, lambda said, names: _rated("rating", said.ratings, names, rated_weights)),
        "swing": (Swings, lambda said, names: _rated("swing", said.swings, names, swing_weights)),
        "best-worst": (BestWorst, _best_worst),
    }
    if method not in kinds:
        raise RiskmodelError(f"no method {method!r} works from judgements{nearest(method, kinds)}")
    before = model if isinstance(model, Model) else load_model(model)
    check_score(before.spec, score)
    kind, derive = kinds[method]
    said, source = read_judgements(kind, judgements, before.spec, score)
    judged = {name for _, name in said.mentions()}
    inputs = list(before.spec.scores[score].weights)
    derived = derive(said, [name for name in inputs if name in judged])
    kept = {name: "not judged" for name in inputs if name not in judged}
    return applied(method, before, score, derived._replace(kept=kept), source, model_id=model_id)


def _rated(told: str, points: Mapping[str, float], names: Sequence[str], weigh: Callable[[Floats], Floats]) -> Derived:
    shares = weigh(np.array([points[name] for name in names]))
    return Derived(_by_name(names, shares), {told: {name: points[name] for name in names}}, {})


def _ahp(said: Pairs, names: Sequence[str], random_index: str) -> Derived:
    matrix = np.array([[1.0 if one == other else said.judged(one, other) for other in names] for one in names])
    found = principal_weights(matrix, random_index)
    misfit = None if found.least_consistent is None else _pair(said, names, found.least_consistent)
    consistency = AhpConsistency(
        len(names),
        found.lambda_max,
        found.consistency_index,
        found.consistency_ratio,
        LIMIT,
        found.random_index,
        RANDOM_INDICES[random_index].source,
        misfit,
    )
    warnings = []
    if found.consistency_ratio is None:
        warnings.append(f"no random index is published for {len(names)} inputs, so there is no consistency ratio")
    elif misfit is not None and found.consistency_ratio > LIMIT:
        warnings.append(
            f"the consistency ratio of {found.consistency_ratio:.3f} is above {LIMIT:.2f}; furthest from the others is "
            f"pairs.{misfit.first}.{misfit.second}: {ratio_text(misfit.judged)}, where they imply "
            f"{ratio_text(misfit.fitting)}"
        )
    shares = _by_name(names, found.weights)
    return Derived(shares, {}, {}, consistency, (*warnings, *_beyond_scale(float(matrix.max()))))


def _pair(said: Pairs, names: Sequence[str], misfit: Misfit) -> MisfitPair:
    """A judgement in the direction in which it was written."""
    first, second = names[misfit.row], names[misfit.column]
    if second in said.pairs.get(first, {}):
        return MisfitPair(first, second, said.pairs[first][second], misfit.fitting)
    return MisfitPair(second, first, said.pairs[second][first], 1.0 / misfit.fitting)


def _best_worst(said: BestWorst, names: Sequence[str]) -> Derived:
    best, worst = names.index(said.best), names.index(said.worst)
    scale = said.best_to_others[said.worst]
    to_others = {**said.best_to_others, said.best: 1.0}
    to_worst = {**said.others_to_worst, said.best: scale, said.worst: 1.0}
    found = best_worst_weights(
        np.array([to_others[name] for name in names]), np.array([to_worst[name] for name in names]), best, worst
    )
    least = names[found.least_consistent]
    warnings = []
    if found.threshold is None:
        warnings.append(
            f"no threshold of the consistency ratio is published for {len(names)} inputs, and {scale:g} from best to "
            "worst"
        )
    elif found.consistency_ratio > found.threshold + 1e-9:
        warnings.append(
            f"the consistency ratio of {found.consistency_ratio:.3f} is above the threshold of {found.threshold:.4f}; "
            f"furthest off is {least}: best to it, {to_others[least]:g}, times it to worst, {to_worst[least]:g}, "
            f"should be near best to worst, {scale:g}"
        )
    consistency = BestWorstConsistency(found.xi, found.consistency_ratio, found.threshold, least)
    details = {
        "best to it": {name: to_others[name] for name in names},
        "it to worst": {name: to_worst[name] for name in names},
    }
    return Derived(_by_name(names, found.weights), details, {}, consistency, (*warnings, *_beyond_scale(scale)))


def _beyond_scale(largest: float) -> list[str]:
    if largest <= _SCALE:
        return []
    told = "which consistency is measured by"
    return [f"a judgement of {ratio_text(largest)} is beyond the scale from 1/9 to 9, {told}"]


def _by_name(names: Sequence[str], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))
