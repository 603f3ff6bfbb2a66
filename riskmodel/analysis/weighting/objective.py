"""Objective weighting: weights from the variation of inputs over the rows of a table.

- Entropy: an input weighs more the more unevenly it is spread over the rows.
- CRITIC (criteria importance through intercriteria correlation): an input weighs more the more it varies, and the less
  it correlates with the others (D. Diakoulaki, G. Mavrotas, L. Papayannakis, *Determining objective weights in multiple
  criteria problems: the CRITIC method*, Computers & Operations Research 22, 1995).
- Equal contribution: every input contributes equally to the variance of the score (S. Maillard, T. Roncalli,
  J. Teïletche, *The properties of equally weighted risk contribution portfolios*, Journal of Portfolio Management 36,
  2010), found by Newton's method (F. Spinu, *An algorithm for computing risk parity weights*, 2013).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from scipy import optimize, special

from riskmodel.analysis.requirements import check_score
from riskmodel.analysis.results.weighting import METHODS, DerivedWeights, RowCounts, Weighting
from riskmodel.analysis.weighting.decision_matrix import CONSTANT, apply_weights, complete_rows, read_table
from riskmodel.analysis.weights import weights_of
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import ModelError, RiskmodelError, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.options import FormatKeywords, TableOptions

if TYPE_CHECKING:
    import pandas as pd

_SERIES_LIMIT, _SERIES_TERMS = 0.1, 18
"""Deviations below the limit use a series, whose last term is below rounding error there."""


class EntropyResult(NamedTuple):
    """Entropy weights.

    Attributes
    ----------
    weights : (k,) above 0, with the sum 1.
    divergence : (k,) in (0, 1]: 1 less the entropy of the input.
    """

    weights: Floats
    divergence: Floats


def entropy_weights(matrix: Floats) -> EntropyResult:
    """Compute entropy weights, w_j ~ 1 - e_j, where e_j = -sum_i p_ij ln p_ij / ln n and p_ij = x_ij / sum_i x_ij.

    Parameters
    ----------
    matrix : (n, k) values, n >= 2, each 0 or more; no column is constant. 0 ln 0 counts as 0.

    Raises
    ------
    RiskmodelError
        If a value is negative or not finite, or a column is constant.

    Notes
    -----
    With d_ij = n p_ij - 1, the deviation from equal shares, 1 - e_j is the mean over i of
    (1 + d_ij) ln(1 + d_ij) - d_ij, over ln n. A series for small d avoids cancellation for inputs that hardly vary.
    """
    if not (np.isfinite(matrix) & (matrix >= 0.0)).all():
        raise RiskmodelError("entropy weights need finite values of 0 or more")
    if len(matrix) < 2 or (np.ptp(matrix, axis=0) == 0.0).any():
        raise RiskmodelError("entropy weights need values that differ in every column")
    divergence: Floats = _information(_deviations(matrix)).mean(axis=0) / np.log(len(matrix))
    return EntropyResult(divergence / divergence.sum(), divergence)


def _deviations(matrix: Floats) -> Floats:
    """Compute (n, k) relative deviations of each value from the mean of its column.

    The difference of two nearby floats is exact, so it is taken before anything is summed.
    """
    largest: Floats = matrix.max(axis=0)
    differences = matrix - largest
    centre = differences.mean(axis=0)
    deviations: Floats = (differences - centre) / (largest + centre)
    return deviations


def _information(deviation: Floats) -> Floats:
    """Compute (1 + d) ln(1 + d) - d for d >= -1; its series is the sum over m >= 2 of (-d)^m / (m (m - 1))."""
    small = np.where(np.abs(deviation) < _SERIES_LIMIT, deviation, 0.0)
    series = np.zeros_like(small)
    for order in range(_SERIES_TERMS, 1, -1):
        series = 1.0 / (order * (order - 1)) - small * series
    return np.where(small == 0.0, special.xlog1py(1.0 + deviation, deviation) - deviation, small**2 * series)


_CONFLICT_TOLERANCE = 1e-9
"""A smaller conflict is rounding error of correlations of 1."""


class CriticResult(NamedTuple):
    """CRITIC weights.

    Attributes
    ----------
    weights : (k,) 0 or more, with the sum 1.
    deviation : (k,) standard deviation of each input, rescaled to [0, 1].
    conflict : (k,) sum over the others of 1 less the correlation, in [0, 2 (k - 1)].
    """

    weights: Floats
    deviation: Floats
    conflict: Floats


def critic_weights(matrix: Floats) -> CriticResult:
    """Compute CRITIC weights: in proportion to sd_j sum_k (1 - r_jk), with each column rescaled to [0, 1].

    Parameters
    ----------
    matrix : (n, k) values, n >= 2, k >= 2; the higher, the higher the score. No column is constant.

    Raises
    ------
    RiskmodelError
        If a value is not finite, a column is constant, or all columns correlate perfectly, so that all weights are 0.

    Notes
    -----
    The correlations r_jk are Pearson's. Standard deviations divide by n; weights are the same with n - 1.
    """
    if not np.isfinite(matrix).all():
        raise RiskmodelError("CRITIC weights need finite values")
    span = np.ptp(matrix, axis=0)
    if len(matrix) < 2 or (span == 0.0).any():
        raise RiskmodelError("CRITIC weights need values that differ in every column")
    rescaled = (matrix - matrix.min(axis=0)) / span
    deviation: Floats = rescaled.std(axis=0)
    conflict = _conflict(rescaled)
    if conflict.max() < _CONFLICT_TOLERANCE:
        raise RiskmodelError("the inputs correlate perfectly, so CRITIC cannot weigh them against each other")
    weight = deviation * conflict
    return CriticResult(weight / weight.sum(), deviation, conflict)


def _conflict(matrix: Floats) -> Floats:
    """Compute (k,) sums over the others of 1 - r.

    For columns with mean 0 and length 1, 1 - r is half the squared distance, which is accurate for r near 1.
    """
    centred = matrix - matrix.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=0)
    return np.array([np.sum((unit - column[:, np.newaxis]) ** 2) / 2.0 for column in unit.T])


_VARIANCE_TOLERANCE = 1e-9
"""A weighted mean of inputs of variance 1 is constant, but for rounding error, if its variance is below this."""
_MAX_STEPS = 1000
_FULL_STEP = 0.36
"""Newton decrement below which a full step is safe: Spinu's 0.95 x (3 - sqrt(5)) / 2."""


def effective_weights(weights: Floats, covariance: Floats) -> Floats:
    """Compute effective weights, w_i (C w)_i / w' C w, which sum to 1.

    Parameters
    ----------
    weights : (k,) nominal weights.
    covariance : (k, k) covariances C of the inputs; the composite must vary.
    """
    contributions = weights * (covariance @ weights)
    effective: Floats = contributions / contributions.sum()
    return effective


def equal_contribution_weights(covariance: Floats, names: Sequence[str] = ()) -> Floats:
    """Compute the positive weights whose effective weights are all 1 / k.

    Parameters
    ----------
    covariance : (k, k) symmetric and positive semidefinite; variances above 0.
    names : of the inputs, for errors.

    Returns
    -------
    (k,) weights above 0, with the sum 1.

    Raises
    ------
    RiskmodelError
        If a variance is 0, or no such weights exist because some positively weighted sum of inputs is constant.
    """
    variances = np.diag(covariance)
    if not np.isfinite(covariance).all() or (variances <= 0.0).any():
        raise RiskmodelError("equal effective weights need inputs that vary")
    deviations: Floats = np.sqrt(variances)
    correlation: Floats = covariance / np.outer(deviations, deviations)
    _check_variance(correlation, names or [str(index) for index in range(len(variances))])
    weights: Floats = _balanced(correlation) / deviations
    weights /= weights.sum()
    return weights


def _balanced(correlation: Floats) -> Floats:
    """Solve x_i (R x)_i = 1 for x > 0."""
    x: Floats = np.ones(len(correlation))
    for _ in range(_MAX_STEPS):
        gradient = correlation @ x - 1.0 / x
        step = np.linalg.solve(correlation + np.diag(1.0 / x**2), gradient)
        decrement = max(0.0, float(gradient @ step)) ** 0.5
        x -= step if decrement < _FULL_STEP else step / (1.0 + decrement)
        if decrement < 1e-13:
            break
    return x


def _check_variance(correlation: Floats, names: Sequence[str]) -> None:
    """Check that no weighted mean of the inputs is constant.

    Non-negative least squares gives the smallest variance m of such a mean: with R = L'L, the minimum of
    |L x|^2 + (sum x - 1)^2 over x >= 0 is m / (1 + m).
    """
    values, vectors = np.linalg.eigh(correlation)
    root = (vectors * np.sqrt(values.clip(0.0))).T
    x, residual = optimize.nnls(np.vstack([root, np.ones(len(names))]), np.append(np.zeros(len(names)), 1.0))
    if residual**2 < _VARIANCE_TOLERANCE:
        parts = [name for name, part in zip(names, x, strict=True) if part > 1e-6]
        raise RiskmodelError(
            f"{', '.join(parts)} cancel out: a weighted sum of them is the same in every row, so no weights make all "
            "contributions equal"
        )


@call_as("weights_from_data(method, data, model=model)")
def weights_from_data(
    method: str,
    data: "str | Path | pd.DataFrame",
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    score: str = "escalation",
    model_id: str | None = None,
    **table: Unpack[FormatKeywords],
) -> Weighting:
    """Derive the weights of a score from the variation of its inputs over the rows of a table, without outcomes.

    The weighed inputs keep their signs and the sum of their weights. An input without a value, or with the same value
    in every row, keeps its weight.

    Parameters
    ----------
    method
        `entropy`, `critic` or `equal-contribution`.
    data
        The path of a CSV or Parquet file with columns named like indicators, or a pandas frame. Rows in which a weighed
        input is missing are left out.
    model
        A loaded model, or an argument of `riskmodel.load_model`.
    score
        The score, or sub-score, whose inputs are weighed.
    model_id
        The id of the model with the new weights; by default, the old id followed by the method.
    **table
        How the data are read; see `riskmodel.FormatKeywords`.

    Raises
    ------
    ModelError
        If the model is invalid; for `equal-contribution`, if the score is not an arithmetic mean.
    SituationError
        If the data cannot be read, a row is invalid, or fewer than two inputs or three rows remain.
    """
    if method not in _DERIVE:
        raise RiskmodelError(f"no method {method!r} works from data{suggest(method, _DERIVE)}")
    before = ensure_model(model)
    check_score(before.spec, score)
    if method == "equal-contribution":
        _check_mean(before.spec, score)
    matrix = read_table(before, score, data, TableOptions.of(table))
    rows = complete_rows(matrix)
    nominal = np.array([abs(before.spec.scores[score].weight(name)) for name in rows.names])
    try:
        shares, details = _DERIVE[method](rows.values, nominal, rows.names)
    except RiskmodelError as error:
        raise SituationError(error.with_file(matrix.source)) from None
    order = [name for name in before.spec.scores[score].weights if name in rows.names]

    def by_name(values: Floats) -> dict[str, float]:
        values_by_name = dict(zip(rows.names, values.tolist(), strict=True))
        return {name: values_by_name[name] for name in order}

    derived = DerivedWeights(
        by_name(shares),
        {detail: by_name(values) for detail, values in details.items()},
        rows.excluded,
        warnings=tuple(_constants(method, rows.excluded, weights_of(before.spec, score))),
        rows=RowCounts(len(matrix.values), len(rows.values)),
    )
    return apply_weights(method, before, score, derived, matrix.source, matrix.sha256, model_id)


def _constants(method: str, excluded: Mapping[str, str], weights: Mapping[str, float]) -> Iterator[str]:
    """Yield a warning on inputs that do not vary, to which the methods themselves give no weight."""
    if names := [name for name in weights if excluded.get(name) == CONSTANT]:
        share = sum(abs(weights[name]) for name in names) / sum(map(abs, weights.values()))
        alone = "gives no weights" if method == "equal-contribution" else "gives 0"
        yield (
            f"inputs that do not vary in these rows keep their old weights, {share:.1%} of the total, where "
            f"{METHODS[method]} alone {alone}: {', '.join(names)}"
        )


_SharesAndDetails = tuple[Floats, Mapping[str, Floats]]


def _entropy(values: Floats, nominal: Floats, names: Sequence[str]) -> _SharesAndDetails:
    result = entropy_weights(values)
    return result.weights, {"1 - entropy": result.divergence}


def _critic(values: Floats, nominal: Floats, names: Sequence[str]) -> _SharesAndDetails:
    result = critic_weights(values)
    return result.weights, {"deviation": result.deviation, "conflict": result.conflict}


def _equal_contribution(values: Floats, nominal: Floats, names: Sequence[str]) -> _SharesAndDetails:
    # Differences of nearby floats are exact, so that their products lose no digits.
    covariance = np.cov(values - values[0], rowvar=False)
    weights = equal_contribution_weights(covariance, names)
    return weights, {"effective before": effective_weights(nominal, covariance)}


_DERIVE: dict[str, Callable[[Floats, Floats, Sequence[str]], _SharesAndDetails]] = {
    "entropy": _entropy,
    "critic": _critic,
    "equal-contribution": _equal_contribution,
}


def _check_mean(spec: ModelSpec, score: str) -> None:
    if (power := spec.scores[score].power) != 1.0:
        raise ModelError(
            f"model {spec.id!r}, scores.{score}.mean: effective weights are of an arithmetic mean; got a power mean of "
            f"exponent {power:g}"
        )
