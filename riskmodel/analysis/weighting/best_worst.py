"""The best-worst method: weights from judgements of the most important input against all, and of all against the least.

a_Bj says how many times as much the best input B matters as j, a_jW how many times as much j matters as the worst, W.
This is the linear model of J. Rezaei, *Best-worst multi-criteria decision-making method: some properties and a linear
model*, Omega 64 (2016); the method is from Omega 53 (2015).
"""

from typing import NamedTuple

import numpy as np
from scipy import optimize

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

THRESHOLDS = {
    3: (0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667, 0.1667),
    4: (0.1121, 0.1529, 0.1898, 0.2206, 0.2527, 0.2577, 0.2683),
    5: (0.1354, 0.1994, 0.2306, 0.2546, 0.2716, 0.2844, 0.2960),
    6: (0.1330, 0.1990, 0.2643, 0.3044, 0.3144, 0.3221, 0.3262),
    7: (0.1294, 0.2457, 0.2819, 0.3029, 0.3144, 0.3251, 0.3403),
    8: (0.1309, 0.2521, 0.2958, 0.3154, 0.3408, 0.3620, 0.3657),
    9: (0.1359, 0.2681, 0.3062, 0.3337, 0.3517, 0.3620, 0.3662),
}
"""Up to which consistency ratio judgements are held to be consistent enough: by a_BW, and for 3 to 9 inputs.

F. Liang, M. Brunelli, J. Rezaei, *Consistency issues in the best worst method: measurements and thresholds*, Omega 96
(2020), table 3.
"""


class BestWorstResult(NamedTuple):
    """Weights and how consistent the judgements are.

    Attributes
    ----------
    weights : (k,) above 0, with the sum 1.
    xi : the largest |w_B - a_Bj w_j| and |w_j - a_jW w_W|, which the weights make as small as can be; 0 where
        judgements are perfectly consistent.
    consistency_ratio : input-based, the largest |a_Bj a_jW - a_BW| / (a_BW^2 - a_BW), in [0, 1]; 0 where a_BW is 1.
    threshold : up to which consistency_ratio is held to be consistent enough; None where none is published.
    least_consistent : the position of the input at which consistency_ratio is reached.
    """

    weights: Floats
    xi: float
    consistency_ratio: float
    threshold: float | None
    least_consistent: int


def best_worst_weights(best_to_others: Floats, others_to_worst: Floats, best: int, worst: int) -> BestWorstResult:
    """The weights whose ratios come nearest to the judgements, by linear programming.

    Minimise xi subject to |w_B - a_Bj w_j| <= xi and |w_j - a_jW w_W| <= xi for all j, sum w = 1, w >= 0.

    Parameters
    ----------
    best_to_others : (k,) a_Bj, 1 or more; 1 for B itself.
    others_to_worst : (k,) a_jW, 1 or more; 1 for W itself; that of B is the same as best_to_others of W.
    best, worst : the positions of B and W.

    Raises
    ------
    RiskmodelError
        Where the judgements are not such, or contradict each other so far that an input would weigh nothing.
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
    weights, xi = _solved(best_to_others, others_to_worst, best, worst)
    if weights.min() < 1e-9:
        raise RiskmodelError("these judgements contradict each other so far that an input would weigh nothing")
    gaps = np.abs(best_to_others * others_to_worst - scale)
    ratios = gaps / (scale * scale - scale) if scale > 1.0 else np.zeros(len(gaps))
    least = int(ratios.argmax())
    return BestWorstResult(weights, xi, float(ratios[least]), _threshold(scale, len(weights)), least)


def _solved(best_to_others: Floats, others_to_worst: Floats, best: int, worst: int) -> tuple[Floats, float]:
    count = len(best_to_others)
    from_best, to_worst = -np.diag(best_to_others), np.eye(count)
    from_best[:, best] += 1.0
    to_worst[:, worst] -= others_to_worst
    # The rows about an input and itself say 0 = 0.
    gaps = np.vstack([np.delete(from_best, best, 0), np.delete(to_worst, worst, 0)])
    bounded = np.vstack([gaps, -gaps])
    found = optimize.linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=np.column_stack([bounded, -np.ones(len(bounded))]),
        b_ub=np.zeros(len(bounded)),
        A_eq=np.append(np.ones(count), 0.0)[np.newaxis],
        b_eq=[1.0],
        method="highs-ds",
    )
    assert found.x is not None  # noqa: S101  (any weights will do for some xi, and xi is at least 0)
    weights: Floats = np.maximum(found.x[:-1], 0.0)
    # The solver keeps to its constraints within 1e-7 only; xi is measured on the weights it gave.
    weights /= weights.sum()
    return weights, float(np.abs(gaps @ weights).max())


def _threshold(scale: float, count: int) -> float | None:
    """The threshold for a_BW and a number of inputs; with 2 inputs, or a_BW up to 2, nothing but 0 is consistent."""
    if count == 2 or scale in (1.0, 2.0):
        return 0.0
    return THRESHOLDS[int(scale)][count - 3] if scale in THRESHOLDS and count <= 9 else None
