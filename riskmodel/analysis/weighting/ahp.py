"""AHP, the analytic hierarchy process: weights from judgements of how many times as much one input matters as another.

A judgement a_ij says that input i matters a_ij times as much as input j, so a_ji = 1 / a_ij. The weights are the
principal eigenvector of the matrix of all judgements (T. L. Saaty, *A scaling method for priorities in hierarchical
structures*, Journal of Mathematical Psychology 15, 1977; *The Analytic Hierarchy Process*, McGraw-Hill 1980).
"""

from typing import NamedTuple

import numpy as np

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats

LIMIT = 0.10
"""The consistency ratio up to which Saaty holds judgements to be consistent enough."""


class RandomIndex(NamedTuple):
    """The mean consistency index of random judgements on the scale 1/9 to 9.

    Attributes
    ----------
    source : who published it, and when.
    values : for 3 inputs, 4, and so on.
    """

    source: str
    values: tuple[float, ...]

    def of(self, inputs: int) -> float | None:
        """The index for so many inputs; None where none is published, or none is needed (1 or 2)."""
        place = inputs - 3
        return self.values[place] if 0 <= place < len(self.values) else None


RANDOM_INDICES = {
    # Saaty (1980), chapter 1. The value for 12 is below that for 11 there: it comes from few matrices.
    "saaty-1980": RandomIndex(
        "Saaty 1980", (0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
    ),
    # T. L. Saaty, L. T. Tran, On the invalidity of fuzzifying numerical judgments in the Analytic Hierarchy Process,
    # Mathematical and Computer Modelling 46 (2007); up to 10 inputs also in Saaty's papers of 2004 and 2008.
    "saaty-2007": RandomIndex(
        "Saaty and Tran 2007", (0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59)
    ),
}


class AhpResult(NamedTuple):
    """Weights and how consistent the judgements are.

    Attributes
    ----------
    weights : (n,) above 0, with the sum 1.
    lambda_max : the principal eigenvalue; n where judgements are perfectly consistent, and otherwise above.
    consistency_index : (lambda_max - n) / (n - 1).
    random_index : what consistency_index is on average for random judgements; None for n below 3 or above 15.
    consistency_ratio : consistency_index / random_index; 0 for n below 3, None for n above 15.
    least_consistent : the judgement furthest from the ratio of the weights found; None for n below 3.
    """

    weights: Floats
    lambda_max: float
    consistency_index: float
    random_index: float | None
    consistency_ratio: float | None
    least_consistent: "Misfit | None"


class Misfit(NamedTuple):
    """The judgement that fits the others least.

    Attributes
    ----------
    row, column : its place in the matrix, row < column.
    fitting : the ratio that the other judgements imply.
    """

    row: int
    column: int
    fitting: float


def principal_weights(matrix: Floats, random_index: str = "saaty-1980") -> AhpResult:
    """The principal eigenvector of a matrix of pairwise judgements, and its consistency ratio.

    Parameters
    ----------
    matrix : (n, n), n >= 1; entry (i, j) is above 0 and says how many times as much i matters as j.
    random_index : a key of `RANDOM_INDICES`.

    Raises
    ------
    RiskmodelError
        Where the matrix is not square, positive and reciprocal (to 1e-9), or there is no such random index.

    Notes
    -----
    The judgement least consistent is the one for which max(e, 1 / e) is largest, e = a_ij w_j / w_i (T. L. Saaty,
    *Decision-making with the AHP: why is the principal eigenvector necessary*, European Journal of Operational Research
    145, 2003). What the others imply in its place is w_i / w_j of the weights that come of them alone (P. T. Harker,
    *Incomplete pairwise comparisons in the analytic hierarchy process*, Mathematical Modelling 9, 1987).
    """
    if random_index not in RANDOM_INDICES:
        raise RiskmodelError(f"random_index should be {' or '.join(RANDOM_INDICES)}; got {random_index!r}")
    _check(matrix)
    inputs = len(matrix)
    weights, lambda_max = _principal(matrix)
    # Rounding may leave the eigenvalue of perfectly consistent judgements a little below n.
    index = max(0.0, (lambda_max - inputs) / (inputs - 1)) if inputs > 2 else 0.0
    random = RANDOM_INDICES[random_index].of(inputs)
    ratio = 0.0 if inputs <= 2 else None if random is None else index / random
    misfit = _least_consistent(matrix, weights) if inputs > 2 else None
    return AhpResult(weights, lambda_max, index, random, ratio, misfit)


def _principal(matrix: Floats) -> tuple[Floats, float]:
    """The principal eigenvector, with the sum 1, and its eigenvalue."""
    values, vectors = np.linalg.eig(matrix)
    principal = int(np.argmax(values.real))
    weights: Floats = np.abs(vectors[:, principal].real)
    weights /= weights.sum()
    return weights, float(values[principal].real)


def _check(matrix: Floats) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise RiskmodelError(f"a matrix of judgements is square; got the shape {matrix.shape}")
    if not (np.isfinite(matrix) & (matrix > 0.0)).all():
        raise RiskmodelError("every judgement should be a finite number above 0")
    if not np.allclose(matrix * matrix.T, 1.0, rtol=0.0, atol=1e-9):
        row, column = np.unravel_index(np.abs(matrix * matrix.T - 1.0).argmax(), matrix.shape)
        one, other = matrix[row, column], matrix[column, row]
        raise RiskmodelError(
            f"the judgements {one:g} at ({row}, {column}) and {other:g} at ({column}, {row}) are not reciprocal"
        )


def _least_consistent(matrix: Floats, weights: Floats) -> Misfit:
    deviation = np.abs(np.log(matrix * weights / weights[:, np.newaxis]))
    rows, columns = np.triu_indices(len(weights), 1)
    place = int(deviation[rows, columns].argmax())
    row, column = int(rows[place]), int(columns[place])
    # Harker's matrix of incomplete judgements: 0 where one is left out, made up for on the diagonal.
    others = matrix.copy()
    others[row, column] = others[column, row] = 0.0
    others[[row, column], [row, column]] = 2.0
    implied, _ = _principal(others)
    return Misfit(row, column, float(implied[row] / implied[column]))
