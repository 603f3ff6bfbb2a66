"""Weights from pairwise comparisons (AHP), complete or not, of one judge or several.

Input i is judged a_ij times as important as input j, with a_ji = 1 / a_ij. The weights are the principal eigenvector of
the matrix of judgements (T. L. Saaty, *A scaling method for priorities in hierarchical structures*, Journal of
Mathematical Psychology 15, 1977; *The Analytic Hierarchy Process*, McGraw-Hill 1980).

Pairs that were not judged are filled by the weights themselves, a_ij = w_i / w_j, which is the eigenvector of a matrix
with 0 for each such pair and 1 + the number of them in its row on the diagonal (P. T. Harker, *Incomplete pairwise
comparisons in the analytic hierarchy process*, Mathematical Modelling 9, 1987).

Judgements of several judges are combined by their geometric mean, the only mean of ratios that keeps them reciprocal
(J. Aczél, T. L. Saaty, *Procedures for synthesizing ratio judgements*, Journal of Mathematical Psychology 27, 1983).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse.csgraph import connected_components

from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats

MAX_CONSISTENCY_RATIO = 0.10
"""Judgements with a larger consistency ratio are inconsistent, by Saaty's rule."""


class RandomIndex(NamedTuple):
    """The mean consistency index of random judgements on the scale 1/9 to 9.

    Attributes
    ----------
    source : author and year.
    values : for 3 inputs, 4, and so on.
    """

    source: str
    values: tuple[float, ...]

    def of(self, inputs: int, missing: int = 0) -> float | None:
        """Return the index for a number of inputs; None for 1 or 2, and beyond the published table.

        Parameters
        ----------
        inputs : n.
        missing : m, the number of pairs that were not judged. The index is nearly linear in it, 1 - 2 m / ((n - 1)
            (n - 2)) of that of complete judgements: 0 where what is left cannot contradict itself (K. C. Ágoston,
            L. Csató, *Inconsistency thresholds for incomplete pairwise comparison matrices*, Omega 108, 2022).
        """
        index = inputs - 3
        if not 0 <= index < len(self.values):
            return None
        return self.values[index] * (1.0 - 2.0 * missing / ((inputs - 1) * (inputs - 2)))


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
    """AHP weights, and the consistency of the judgements.

    Attributes
    ----------
    weights : (n,) above 0, with the sum 1.
    lambda_max : the principal eigenvalue; n for perfectly consistent judgements, larger otherwise.
    consistency_index : (lambda_max - n) / (n - 1).
    random_index : the mean consistency_index of random judgements of as many pairs; None for n below 3 or above 15.
    consistency_ratio : consistency_index / random_index; 0 where no judgements could contradict each other, None for n
        above 15.
    least_consistent : the judgement furthest from the ratio of the weights; None if it could not contradict others.
    """

    weights: Floats
    lambda_max: float
    consistency_index: float
    random_index: float | None
    consistency_ratio: float | None
    least_consistent: "InconsistentEntry | None"


class InconsistentEntry(NamedTuple):
    """The entry of a matrix of judgements that agrees least with the others.

    Attributes
    ----------
    row, column : its indices, row < column.
    fitting : the ratio that the other judgements imply.
    """

    row: int
    column: int
    fitting: float


def principal_weights(matrix: Floats, random_index: str = "saaty-1980") -> AhpResult:
    """Compute the principal eigenvector of a matrix of pairwise judgements, and its consistency ratio.

    Parameters
    ----------
    matrix : (n, n), n >= 1; entry (i, j), above 0, is the importance of i over that of j, and NaN if the pair was not
        judged.
    random_index : a key of `RANDOM_INDICES`.

    Raises
    ------
    RiskmodelError
        If the matrix is not square, positive and reciprocal (to 1e-9), its judgements do not link all inputs, or there
        is no such random index.

    Notes
    -----
    The least consistent judgement has the largest max(e, 1 / e), e = a_ij w_j / w_i, of those that others contradict
    (T. L. Saaty, *Decision-making with the AHP: why is the principal eigenvector necessary*, European Journal of
    Operational Research 145, 2003). The others imply w_i / w_j in its place, with weights from them alone.
    """
    if random_index not in RANDOM_INDICES:
        raise RiskmodelError(f"random_index should be {' or '.join(RANDOM_INDICES)}; got {random_index!r}")
    _check(matrix)
    inputs = len(matrix)
    missing = int(np.isnan(matrix).sum()) // 2
    weights, lambda_max = _principal(matrix)
    random = RANDOM_INDICES[random_index].of(inputs, missing)
    # As many judgements as link the inputs, and no more, cannot contradict each other.
    if missing >= (inputs - 1) * (inputs - 2) // 2:
        return AhpResult(weights, float(inputs), 0.0, random, 0.0, None)
    # By rounding error, the eigenvalue of perfectly consistent judgements may be slightly below n.
    index = max(0.0, (lambda_max - inputs) / (inputs - 1))
    ratio = None if random is None else index / random
    return AhpResult(weights, lambda_max, index, random, ratio, _least_consistent(matrix, weights))


def geometric_mean(matrices: Sequence[Floats]) -> Floats:
    """Combine the judgements of several judges: the geometric mean of those who judged a pair.

    Parameters
    ----------
    matrices : (n, n) each; NaN if the judge did not judge the pair.

    Returns
    -------
    (n, n), NaN where nobody judged.
    """
    logs = np.log(np.array(matrices))
    judges = np.count_nonzero(~np.isnan(logs), axis=0)
    totals = np.nansum(logs, axis=0)
    mean: Floats = np.exp(np.divide(totals, judges, out=np.full(judges.shape, np.nan), where=judges > 0))
    return mean


def linked_parts(matrix: Floats) -> list[list[int]]:
    """Return the parts of the inputs that judgements link, directly or through others; one if all are linked."""
    count, part = connected_components(~np.isnan(matrix), directed=False)
    return [np.flatnonzero(part == index).tolist() for index in range(count)]


def _principal(matrix: Floats) -> tuple[Floats, float]:
    """Compute the principal eigenvector of Harker's matrix, with the sum 1, and its eigenvalue."""
    missing = np.isnan(matrix)
    filled = np.where(missing, 0.0, matrix) + np.diag(missing.sum(axis=1))
    values, vectors = np.linalg.eig(filled)
    principal = int(np.argmax(values.real))
    weights: Floats = np.abs(vectors[:, principal].real)
    weights /= weights.sum()
    return weights, float(values[principal].real)


def _check(matrix: Floats) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise RiskmodelError(f"a matrix of judgements should be square; got the shape {matrix.shape}")
    known = np.where(np.isnan(matrix) & np.isnan(matrix.T), 1.0, matrix)
    if not (np.isfinite(known) & (known > 0.0)).all() or np.isnan(np.diag(matrix)).any():
        raise RiskmodelError("every judgement should be a finite number above 0, or NaN in both directions")
    if not np.allclose(known * known.T, 1.0, rtol=0.0, atol=1e-9):
        row, column = np.unravel_index(np.abs(known * known.T - 1.0).argmax(), matrix.shape)
        raise RiskmodelError(
            f"the judgements {matrix[row, column]:g} at ({row}, {column}) and {matrix[column, row]:g} at "
            f"({column}, {row}) are not reciprocal"
        )
    if len(parts := linked_parts(matrix)) > 1:
        raise RiskmodelError(f"no judgement links the inputs {parts[0]} with the inputs {parts[1]}")


def _least_consistent(matrix: Floats, weights: Floats) -> InconsistentEntry | None:
    deviation = np.abs(np.log(matrix * weights / weights[:, np.newaxis]))
    rows, columns = np.nonzero(np.triu(~np.isnan(matrix), 1))
    for index in np.argsort(-deviation[rows, columns], kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        others = matrix.copy()
        others[row, column] = others[column, row] = np.nan
        if len(linked_parts(others)) == 1:
            implied, _ = _principal(others)
            return InconsistentEntry(row, column, float(implied[row] / implied[column]))
    return None
