"""Subjective weighting: weights from judgements, by AHP, direct rating, swing weighting and the best-worst method.

`riskmodel.analysis.weighting.pairwise` has the definitions of AHP.

In the linear best-worst method, the best input B is compared with all inputs, and all inputs with the worst input W
(J. Rezaei, *Best-worst multi-criteria decision-making method: some properties and a linear model*, Omega 64, 2016).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy import optimize

from riskmodel.analysis.requirements import check_score
from riskmodel.analysis.results.weighting import BestWorstConsistency, DerivedWeights, Weighting
from riskmodel.analysis.weighting.decision_matrix import apply_weights
from riskmodel.analysis.weighting.judgements import (
    BestWorst,
    Judgements,
    Pairs,
    Ratings,
    Swings,
    beyond_scale,
    read_judgements,
)
from riskmodel.analysis.weighting.judges import ahp_weights
from riskmodel.analysis.weighting.rating import rated_weights, swing_weights
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import RiskmodelError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model

THRESHOLDS = {
    3: (0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667),
    4: (0.1121, 0.1529, 0.1898, 0.2206, 0.2527, 0.2577, 0.2683),
    5: (0.1354, 0.1994, 0.2306, 0.2546, 0.2716, 0.2844, 0.2960),
    6: (0.1330, 0.1990, 0.2643, 0.3044, 0.3144, 0.3221, 0.3262),
    7: (0.1294, 0.2457, 0.2819, 0.3029, 0.3144, 0.3251, 0.3403),
    8: (0.1309, 0.2521, 0.2958, 0.3154, 0.3408, 0.3620, 0.3657),
    9: (0.1359, 0.2681, 0.3062, 0.3337, 0.3517, 0.3620, 0.3662),
}
"""The largest consistency ratio of judgements that count as consistent, by a_BW, for 3 to 9 inputs.

F. Liang, M. Brunelli, J. Rezaei, *Consistency issues in the best worst method: measurements and thresholds*, Omega 96
(2020), table 3.
"""


class BestWorstResult(NamedTuple):
    """Best-worst weights, and the consistency of the judgements.

    Attributes
    ----------
    weights : (k,) above 0, with the sum 1.
    xi : the largest of |w_B - a_Bj w_j| and |w_j - a_jW w_W|, which the weights minimise; 0 for perfectly consistent
        judgements.
    consistency_ratio : input-based, the largest |a_Bj a_jW - a_BW| / (a_BW^2 - a_BW), in [0, 1]; 0 if a_BW is 1.
    threshold : the largest consistency_ratio that counts as consistent; None if none is published.
    least_consistent : the index of the input with that consistency_ratio.
    """

    weights: Floats
    xi: float
    consistency_ratio: float
    threshold: float | None
    least_consistent: int


def best_worst_weights(best_to_others: Floats, others_to_worst: Floats, best: int, worst: int) -> BestWorstResult:
    """Compute the weights whose ratios are nearest to the judgements, by linear programming.

    Minimise xi subject to |w_B - a_Bj w_j| <= xi and |w_j - a_jW w_W| <= xi for all j, sum w = 1, w >= 0.

    Parameters
    ----------
    best_to_others : (k,) a_Bj, 1 or more; 1 for B itself.
    others_to_worst : (k,) a_jW, 1 or more; 1 for W itself; that of B is the same as best_to_others of W.
    best, worst : the indices of B and W.

    Raises
    ------
    RiskmodelError
        If a judgement is out of range, or the judgements contradict each other so much that an input would weigh 0.
    """
    scale = float(best_to_others[worst])
    if best == worst or best_to_others.shape != others_to_worst.shape:
        raise RiskmodelError("best and worst should be two inputs, and both kinds of judgements about the same inputs")
    if not (
        np.isfinite([best_to_others, others_to_worst]).all() and min(best_to_others.min(), others_to_worst.min()) >= 1
    ):
        raise RiskmodelError("every judgement should be a finite number of 1 or more")
    if best_to_others[best] != 1.0 or others_to_worst[worst] != 1.0 or others_to_worst[best] != scale:
        raise RiskmodelError("an input compared with itself is 1, and best to worst is the same in both kinds")
    weights, xi = _solve(best_to_others, others_to_worst, best, worst)
    if weights.min() < 1e-9:
        raise RiskmodelError("these judgements contradict each other so much that an input would weigh 0")
    gaps = np.abs(best_to_others * others_to_worst - scale)
    ratios = gaps / (scale * scale - scale) if scale > 1.0 else np.zeros(len(gaps))
    least = int(ratios.argmax())
    return BestWorstResult(weights, xi, float(ratios[least]), _threshold(scale, len(weights)), least)


def _solve(best_to_others: Floats, others_to_worst: Floats, best: int, worst: int) -> tuple[Floats, float]:
    count = len(best_to_others)
    from_best, to_worst = -np.diag(best_to_others), np.eye(count)
    from_best[:, best] += 1.0
    to_worst[:, worst] -= others_to_worst
    # The comparisons of an input with itself are left out: they are 0 = 0.
    gaps = np.vstack([np.delete(from_best, best, 0), np.delete(to_worst, worst, 0)])
    bounded = np.vstack([gaps, -gaps])
    result = optimize.linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=np.column_stack([bounded, -np.ones(len(bounded))]),
        b_ub=np.zeros(len(bounded)),
        A_eq=np.append(np.ones(count), 0.0)[np.newaxis],
        b_eq=[1.0],
        method="highs-ds",
    )
    assert result.x is not None  # noqa: S101  (every weight vector is feasible for some xi, and xi >= 0)
    weights: Floats = np.maximum(result.x[:-1], 0.0)
    # The solver satisfies its constraints to 1e-7 only, so xi is computed from the weights.
    weights /= weights.sum()
    return weights, float(np.abs(gaps @ weights).max())


def _threshold(scale: float, count: int) -> float | None:
    """Return the threshold for a_BW and a number of inputs; with 2 inputs, or a_BW of 1 or 2, only 0 is consistent."""
    if count == 2 or scale in (1.0, 2.0):
        return 0.0
    return THRESHOLDS[int(scale)][count - 3] if scale in THRESHOLDS and count <= 9 else None


JudgementsLike: TypeAlias = str | Path | Mapping[str, Any]
"""A judgement file, by its path or content."""


@call_as("weights_from_judgements(method, judgements, model=model)")
def weights_from_judgements(
    method: str,
    judgements: JudgementsLike | Sequence[JudgementsLike],
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    score: str = "escalation",
    random_index: str = "saaty-1980",
    model_id: str | None = None,
) -> Weighting:
    """Derive the weights of a score from judgements of its inputs.

    The judged inputs keep their signs and the sum of their weights; the others keep their weights.

    Parameters
    ----------
    method
        `ahp`, `direct`, `swing` or `best-worst`.
    judgements
        The path of a judgement file, or its content as a mapping; docs/weights.md has the format. For AHP also a list
        of them, each of other judges, whose judgements are combined by their geometric mean.
    model
        A loaded model, or an argument of `riskmodel.load_model`.
    score
        The score, or sub-score, whose inputs are judged.
    random_index
        The random index of AHP's consistency ratio, `saaty-1980` or `saaty-2007`.
    model_id
        The id of the model with the new weights; by default, the old id followed by the method.

    Raises
    ------
    ModelError
        If the model is invalid.
    RiskmodelError
        With all problems of the judgements, each at its line and column; or if the comparisons of AHP do not link all
        inputs.
    """
    kinds: dict[str, tuple[type[Judgements], Callable[[Any, Sequence[str]], DerivedWeights]]] = {
        "ahp": (Pairs, lambda content, names: ahp_weights(content, names, random_index)),
        "direct": (Ratings, lambda content, names: _rated("rating", content.ratings, names, rated_weights)),
        "swing": (Swings, lambda content, names: _rated("swing", content.swings, names, swing_weights)),
        "best-worst": (BestWorst, _best_worst),
    }
    if method not in kinds:
        raise RiskmodelError(f"no method {method!r} works from judgements{suggest(method, kinds)}")
    before = ensure_model(model)
    check_score(before.spec, score)
    kind, derive = kinds[method]
    files = [judgements] if isinstance(judgements, str | Path | Mapping) else list(judgements)
    if not files or (len(files) > 1 and method != "ahp"):
        raise RiskmodelError(f"{method} takes one file of judgements; got {len(files)}")
    contents = [read_judgements(kind, file, before.spec, score) for file in files]
    source = ", ".join(name for _, name in contents)
    judged = {name for content, _ in contents for _, name in content.mentions()}
    inputs = list(before.spec.scores[score].weights)
    try:
        derived = derive(contents if method == "ahp" else contents[0][0], [name for name in inputs if name in judged])
    except RiskmodelError as error:
        raise RiskmodelError(error.with_file(source)) from None
    kept = {name: "not judged" for name in inputs if name not in judged}
    return apply_weights(method, before, score, derived._replace(kept=kept), source, model_id=model_id)


def _rated(
    detail: str, points: Mapping[str, float], names: Sequence[str], weigh: Callable[[Floats], Floats]
) -> DerivedWeights:
    shares = weigh(np.array([points[name] for name in names]))
    return DerivedWeights(_by_name(names, shares), {detail: {name: points[name] for name in names}}, {})


def _best_worst(content: BestWorst, names: Sequence[str]) -> DerivedWeights:
    best, worst = names.index(content.best), names.index(content.worst)
    scale = content.best_to_others[content.worst]
    to_others = {**content.best_to_others, content.best: 1.0}
    to_worst = {**content.others_to_worst, content.best: scale, content.worst: 1.0}
    result = best_worst_weights(
        np.array([to_others[name] for name in names]), np.array([to_worst[name] for name in names]), best, worst
    )
    least = names[result.least_consistent]
    warnings = []
    if result.threshold is None:
        warnings.append(
            f"no threshold of the consistency ratio is published for {len(names)} inputs, and {scale:g} from best to "
            "worst"
        )
    elif result.consistency_ratio > result.threshold + 1e-9:
        warnings.append(
            f"the consistency ratio of {result.consistency_ratio:.3f} is above the threshold of "
            f"{result.threshold:.4f}; furthest off is {least}: best to it, {to_others[least]:g}, times it to worst, "
            f"{to_worst[least]:g}, should be near best to worst, {scale:g}"
        )
    consistency = BestWorstConsistency(result.xi, result.consistency_ratio, result.threshold, least)
    details = {
        "best to it": {name: to_others[name] for name in names},
        "it to worst": {name: to_worst[name] for name in names},
    }
    return DerivedWeights(_by_name(names, result.weights), details, {}, consistency, (*warnings, *beyond_scale(scale)))


def _by_name(names: Sequence[str], values: Floats) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))
