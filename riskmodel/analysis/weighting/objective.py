"""CRITIC: an input weighs more the more it varies over the rows, and the less it repeats what others say.

*Criteria importance through intercriteria correlation*: D. Diakoulaki, G. Mavrotas, L. Papayannakis, *Determining
objective weights in multiple criteria problems: the CRITIC method*, Computers & Operations Research 22 (1995).
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import optimize, special

from riskmodel.analysis.requirements import check_score
from riskmodel.analysis.results.weighting import Derived, RowCounts, Weighting
from riskmodel.analysis.weighting.decision_matrix import applied, complete_rows, read_table
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.errors import ModelError, RiskmodelError, SituationError, suggest
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, load_model
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.csv_reader import CsvOptions

if TYPE_CHECKING:
    import pandas as pd


_MIN_CONFLICT = 1e-9
"""Below it correlations differ from 1 by rounding alone."""


class CriticResult(NamedTuple):
    """Weights, and what they come from.

    Attributes
    ----------
    weights : (k,) 0 or more, with the sum 1.
    deviation : (k,) standard deviation of each input, stretched to [0, 1].
    conflict : (k,) sum over the others of 1 less the correlation, in [0, 2 (k - 1)].
    """

    weights: Floats
    deviation: Floats
    conflict: Floats


def critic_weights(matrix: Floats) -> CriticResult:
    """Weights in proportion to sd_j sum_k (1 - r_jk), after each column was stretched to [0, 1].

    Parameters
    ----------
    matrix : (n, k) values, n >= 2, k >= 2; the higher, the more of what the score says. No column is constant.

    Raises
    ------
    RiskmodelError
        Where a value is no number, a column is constant, or all columns rise and fall together, so that none would
        weigh anything.

    Notes
    -----
    The correlations r_jk are Pearson's. Standard deviations are those of a population; with n - 1 in place of n weights
    are the same.
    """
    if not np.isfinite(matrix).all():
        raise RiskmodelError("CRITIC weights need finite values")
    span = np.ptp(matrix, axis=0)
    if len(matrix) < 2 or (span == 0.0).any():
        raise RiskmodelError("CRITIC weights need values that differ in every column")
    stretched = (matrix - matrix.min(axis=0)) / span
    deviation: Floats = stretched.std(axis=0)
    conflict = _conflict(stretched)
    if conflict.max() < _MIN_CONFLICT:
        raise RiskmodelError("the inputs rise and fall together in every row, so CRITIC can weigh none against another")
    weight = deviation * conflict
    return CriticResult(weight / weight.sum(), deviation, conflict)


def _conflict(matrix: Floats) -> Floats:
    """(k,) the sum over the others of 1 - r.

    Of columns with mean 0 and length 1 it is half the squared distance, which keeps its digits where r is nearly 1.
    """
    centred = matrix - matrix.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=0)
    return np.array([np.sum((unit - column[:, np.newaxis]) ** 2) / 2.0 for column in unit.T])


_NEAR, _TERMS = 0.1, 18
"""Deviations below which the series is taken, and its last term, which is beyond the last digit there."""


class EntropyResult(NamedTuple):
    """Weights, and what they come from.

    Attributes
    ----------
    weights : (k,) above 0, with the sum 1.
    divergence : (k,) in (0, 1]: 1 less the entropy of the input.
    """

    weights: Floats
    divergence: Floats


def entropy_weights(matrix: Floats) -> EntropyResult:
    """Weights in proportion to 1 - e_j, with the entropy e_j = -sum_i p_ij ln p_ij / ln n and p_ij = x_ij / sum_i x_ij.

    Parameters
    ----------
    matrix : (n, k) values, n >= 2, each 0 or more; no column is constant. 0 ln 0 counts as 0.

    Raises
    ------
    RiskmodelError
        Where a value is below 0 or no number, or a column is constant.

    Notes
    -----
    With d_ij = n p_ij - 1, how far a share lies from the equal one, 1 - e_j is the mean over i of
    (1 + d_ij) ln(1 + d_ij) - d_ij, over ln n. For small d this is taken by its series, so that no digits are lost where
    an input hardly differs.
    """
    if not (np.isfinite(matrix) & (matrix >= 0.0)).all():
        raise RiskmodelError("entropy weights need finite values of 0 or more")
    if len(matrix) < 2 or (np.ptp(matrix, axis=0) == 0.0).any():
        raise RiskmodelError("entropy weights need values that differ in every column")
    divergence: Floats = _information(_deviations(matrix)).mean(axis=0) / np.log(len(matrix))
    return EntropyResult(divergence / divergence.sum(), divergence)


def _deviations(matrix: Floats) -> Floats:
    """(n, k) how far each value lies from the mean of its column, over that mean.

    The difference of two floats that are near each other is exact, so it is taken before anything is summed.
    """
    largest: Floats = matrix.max(axis=0)
    apart = matrix - largest
    centre = apart.mean(axis=0)
    found: Floats = (apart - centre) / (largest + centre)
    return found


def _information(deviation: Floats) -> Floats:
    """(1 + d) ln(1 + d) - d for d from -1, which is the sum over m >= 2 of (-d)^m / (m (m - 1))."""
    near = np.where(np.abs(deviation) < _NEAR, deviation, 0.0)
    series = np.zeros_like(near)
    for order in range(_TERMS, 1, -1):
        series = 1.0 / (order * (order - 1)) - near * series
    return np.where(near == 0.0, special.xlog1py(1.0 + deviation, deviation) - deviation, near**2 * series)


_MIN_VARIANCE = 1e-9
"""Of a weighted mean of inputs with variance 1: below it they cancel out, but for rounding."""
_STEPS = 1000
_FULL_STEP = 0.36
"""Newton decrement below which a full step is safe: Spinu's 0.95 x (3 - sqrt(5)) / 2."""


def effective_weights(weights: Floats, covariance: Floats) -> Floats:
    """w_i (C w)_i / w' C w, which sum to 1.

    Parameters
    ----------
    weights : (k,) nominal weights.
    covariance : (k, k) covariances C of the inputs; the composite must vary.
    """
    product = weights * (covariance @ weights)
    found: Floats = product / product.sum()
    return found


def equal_contribution_weights(covariance: Floats, names: Sequence[str] = ()) -> Floats:
    """The positive weights under which the effective weight of each of k inputs is 1 / k.

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
        Where a variance is 0, or there are no such weights because some inputs cancel out: a weighted sum of them, with
        weights above 0, does not vary at all.
    """
    variances = np.diag(covariance)
    if not np.isfinite(covariance).all() or (variances <= 0.0).any():
        raise RiskmodelError("equal effective weights need inputs that vary")
    deviations: Floats = np.sqrt(variances)
    correlation: Floats = covariance / np.outer(deviations, deviations)
    _check_variance(correlation, names or [str(place) for place in range(len(variances))])
    weights: Floats = _balanced(correlation) / deviations
    weights /= weights.sum()
    return weights


def _balanced(correlation: Floats) -> Floats:
    """The x above 0 with x_i (R x)_i = 1 for all i."""
    x: Floats = np.ones(len(correlation))
    for _ in range(_STEPS):
        gradient = correlation @ x - 1.0 / x
        step = np.linalg.solve(correlation + np.diag(1.0 / x**2), gradient)
        decrement = max(0.0, float(gradient @ step)) ** 0.5
        x -= step if decrement < _FULL_STEP else step / (1.0 + decrement)
        if decrement < 1e-13:
            break
    return x


def _check_variance(correlation: Floats, names: Sequence[str]) -> None:
    """Check that no weighted mean of the inputs is constant.

    The least variance m of such a mean is found by non-negative least squares: with R = L'L, the least value of
    |L x|^2 + (sum x - 1)^2 over x >= 0 is m / (1 + m).
    """
    values, vectors = np.linalg.eigh(correlation)
    root = (vectors * np.sqrt(values.clip(0.0))).T
    x, residual = optimize.nnls(np.vstack([root, np.ones(len(names))]), np.append(np.zeros(len(names)), 1.0))
    if residual**2 < _MIN_VARIANCE:
        parts = [name for name, part in zip(names, x, strict=True) if part > 1e-6]
        raise RiskmodelError(
            f"{', '.join(parts)} cancel out: a weighted sum of them is the same in every row, so no weights give each "
            "input the same effect"
        )


@call_as("weights_from_data(method, data, model=model)")
def weights_from_data(
    method: str,
    data: "str | Path | pd.DataFrame",
    model: Model | str | Path | Mapping[str, Any] = DEFAULT,
    *,
    score: str = "escalation",
    delimiter: str | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    model_id: str | None = None,
) -> Weighting:
    """Derive the weights of a score from how its inputs vary over the rows of a table; outcomes play no part.

    The inputs that can be weighed share what they weighed together, and keep their signs. An input without a value, or
    with the same in every row, keeps its weight.

    Parameters
    ----------
    method
        `entropy`, `critic` or `equal-contribution`.
    data
        The path of a CSV or Parquet file with columns named like indicators, or a pandas frame. Rows with a gap
        among the inputs that are weighed are left out.
    model
        A loaded model, or whatever `riskmodel.load_model` takes.
    score
        The score, or sub-score, whose inputs are weighed.
    delimiter, decimal, thousands
        Of CSV; found in the header, `.`, and nothing between thousands, without them.
    model_id
        The id of the model with the new weights; the old one followed by the method without it.

    Raises
    ------
    ModelError
        Where the model cannot be used; for equal effective weights, where the score is no arithmetic mean.
    SituationError
        Where the data cannot be read, a row cannot be used, or too little is left to weigh by.
    """
    if method not in _DERIVE:
        raise RiskmodelError(f"no method {method!r} works from data{suggest(method, _DERIVE)}")
    before = model if isinstance(model, Model) else load_model(model)
    check_score(before.spec, score)
    if method == "equal-contribution":
        _check_mean(before.spec, score)
    table = read_table(before, score, data, CsvOptions(delimiter, decimal, thousands))
    rows = complete_rows(table)
    nominal = np.array([abs(before.spec.scores[score].weight(name)) for name in rows.names])
    try:
        shares, details = _DERIVE[method](rows.values, nominal, rows.names)
    except RiskmodelError as error:
        raise SituationError(error.with_file(table.source)) from None
    order = [name for name in before.spec.scores[score].weights if name in rows.names]

    def by_name(values: Floats) -> dict[str, float]:
        found = dict(zip(rows.names, values.tolist(), strict=True))
        return {name: found[name] for name in order}

    derived = Derived(
        by_name(shares),
        {told: by_name(values) for told, values in details.items()},
        rows.left,
        rows=RowCounts(len(table.values), len(rows.values)),
    )
    return applied(method, before, score, derived, table.source, table.sha256, model_id)


_Found = tuple[Floats, Mapping[str, Floats]]


def _entropy(values: Floats, nominal: Floats, names: Sequence[str]) -> _Found:
    found = entropy_weights(values)
    return found.weights, {"1 - entropy": found.divergence}


def _critic(values: Floats, nominal: Floats, names: Sequence[str]) -> _Found:
    found = critic_weights(values)
    return found.weights, {"deviation": found.deviation, "conflict": found.conflict}


def _equal_contribution(values: Floats, nominal: Floats, names: Sequence[str]) -> _Found:
    # Differences of floats that are near each other are exact, and sums of them keep their digits.
    covariance = np.cov(values - values[0], rowvar=False)
    weights = equal_contribution_weights(covariance, names)
    return weights, {"effective before": effective_weights(nominal, covariance)}


_DERIVE: dict[str, Callable[[Floats, Floats, Sequence[str]], _Found]] = {
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
