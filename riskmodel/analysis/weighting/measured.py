"""Weights from data: entropy, CRITIC, equal effective weights."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.analysis.needs import check_score
from riskmodel.analysis.weighting.apply import applied
from riskmodel.analysis.weighting.critic import critic_weights
from riskmodel.analysis.weighting.entropy import entropy_weights
from riskmodel.analysis.weighting.equal_effect import effective_weights, equal_effect_weights
from riskmodel.analysis.weighting.result import Derived, RowCounts, Weighting
from riskmodel.analysis.weighting.rows import complete_rows, read_table
from riskmodel.batch.csv_source import CsvOptions
from riskmodel.calls import call_as
from riskmodel.errors import ModelError, RiskmodelError, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model, load_model
from riskmodel.spec.model import ModelSpec

if TYPE_CHECKING:
    import pandas as pd


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
    method : `entropy`, `critic` or `equal-effect`.
    data : the path of a CSV or Parquet file with columns named like indicators, or a pandas frame. Rows with a gap
        among the inputs that are weighed are left out.
    model : a loaded model, or whatever `riskmodel.load_model` takes.
    score : the score, or sub-score, whose inputs are weighed.
    delimiter, decimal, thousands : of CSV; found in the header, `.`, and nothing between thousands, without them.
    model_id : the id of the model with the new weights; the old one followed by the method without it.

    Raises
    ------
    ModelError
        Where the model cannot be used; for equal effective weights, where the score is no arithmetic mean.
    SituationError
        Where the data cannot be read, a row cannot be used, or too little is left to weigh by.
    """
    if method not in _DERIVE:
        raise RiskmodelError(f"no method {method!r} works from data{nearest(method, _DERIVE)}")
    before = model if isinstance(model, Model) else load_model(model)
    check_score(before.spec, score)
    if method == "equal-effect":
        _check_mean(before.spec, score)
    table = read_table(before, score, data, CsvOptions(delimiter, decimal, thousands))
    rows = complete_rows(table)
    nominal = np.array([abs(before.spec.scores[score].weight(name)) for name in rows.names])
    try:
        shares, details = _DERIVE[method](rows.values, nominal, rows.names)
    except RiskmodelError as error:
        raise SituationError(error.told_of(table.source)) from None
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


def _equal_effect(values: Floats, nominal: Floats, names: Sequence[str]) -> _Found:
    # Differences of floats that are near each other are exact, and sums of them keep their digits.
    covariance = np.cov(values - values[0], rowvar=False)
    weights = equal_effect_weights(covariance, names)
    return weights, {"effective before": effective_weights(nominal, covariance)}


_DERIVE: dict[str, Callable[[Floats, Floats, Sequence[str]], _Found]] = {
    "entropy": _entropy,
    "critic": _critic,
    "equal-effect": _equal_effect,
}


def _check_mean(spec: ModelSpec, score: str) -> None:
    if (power := spec.scores[score].power) != 1.0:
        raise ModelError(
            f"model {spec.id!r}, scores.{score}.mean: effective weights are of an arithmetic mean; got a power mean of "
            f"exponent {power:g}"
        )
