"""A scikit-learn transformer that computes the scores of a model."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.analysis.normalise import fit_columns, with_scales
from riskmodel.analysis.requirements import check_score
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.python_values import plain_value
from riskmodel.engine.table import score_table
from riskmodel.errors import RiskmodelError, SituationError, counted, suggest
from riskmodel.extras import require
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.frames.scoring import FrameOptions, Table, added_columns, read_frame

require("evidence")

from sklearn.base import BaseEstimator, TransformerMixin  # noqa: E402
from sklearn.utils.validation import check_is_fitted, validate_data  # noqa: E402

SUFFIXES = {"exact": "_exact", "reported": "", "coverage": "_coverage", "low": "_low", "high": "_high"}
"""The columns of a score, with the suffix that each adds to the score's name."""


class ScoreTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Compute the scores of a risk model as features.

    Columns of a frame (pandas, polars or pyarrow) are matched to indicators by name, those of an array by position, in
    the order of the model's indicators. NaN, None and null are missing; an indicator without a column is missing in
    every row.

    Parameters
    ----------
    model
        A model, or an argument of `riskmodel.load_model`. Scales that are not fitted yet (such as `fit: minmax`) are
        fitted to the rows passed to `fit`, and to no others.
    scores
        The scores to compute, in this order; by default, all of the model.
    columns
        The columns of each score, in this order: `exact` (the score without rounding), `reported` (rounded), `coverage`
        (share of the weight that is present, in [0, 1]), `low` and `high` (bounds of the score over all possible values
        of missing inputs, rounded like the score).
    map
        The column of an indicator, by indicator, where its name in a frame is another: `{"espionage": "esp"}`.

    Attributes
    ----------
    model_
        The model, with all scales fitted.
    n_features_in_, feature_names_in_
        The number of columns passed to `fit`, and their names, if they have any.

    Notes
    -----
    If the data are insufficient for a score, `exact` and `reported` are NaN: give a missing input a `default` in the
    model, or add an imputer as the next step. Invalid values raise an error and are never changed, so numbers outside
    an indicator's `valid` range (such as the random ones of scikit-learn's estimator checks) are errors.
    """

    def __init__(
        self,
        model: str | Path | Mapping[str, Any] | Model = DEFAULT,
        *,
        scores: Sequence[str] | None = None,
        columns: Sequence[str] = ("exact",),
        map: Mapping[str, str] | None = None,  # noqa: A002  (the option's name)
    ) -> None:
        self.model = model
        self.scores = scores
        self.columns = columns
        self.map = map

    def fit(self, X: Any, y: object = None) -> "ScoreTransformer":  # noqa: N803
        """Fit the scales that are not fitted yet, and check the columns.

        Parameters
        ----------
        X
            (n, k) frame or array; n >= 1.
        y
            Ignored.

        Raises
        ------
        RiskmodelError
            (a ValueError) The model cannot be used or has no such score, no column is an indicator, a value is not
            valid, or there is no column or no value to fit a scale to.
        """
        model = ensure_model(self.model)
        spec = model.spec
        names = self._checked_names(spec)
        table = self._table(spec, X, reset=True)
        if spec.unfitted:
            scales = fit_columns(spec, table.columns)
            for fitted in scales:
                if fitted.warning:
                    warnings.warn(f"column {fitted.indicator!r}: {fitted.warning}", UserWarning, stacklevel=2)
            model = Model(with_scales(spec, scales))
        self.model_ = model
        self._names_in, self._names_out = list(table.columns), names
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803
        """Score rows.

        Parameters
        ----------
        X
            (n, k) the same columns as in `fit`.

        Returns
        -------
        NDArray[np.float64]
            (n, m) numbers, with a column for each name of `get_feature_names_out`; a frame if `set_output` is set so.

        Raises
        ------
        SituationError
            (a ValueError) A value is not valid; the message names its column and row.
        """
        check_is_fitted(self)
        compiled = self.model_.compiled
        table = self._table(self.model_.spec, X, reset=False)
        if absent := [name for name in self._names_in if name not in table.columns]:
            raise SituationError(f"there is no column {absent[0]!r}, which fit had")
        added = added_columns(compiled, score_table(compiled, table.columns, table.rows))
        return np.column_stack([np.asarray(added[name]) for name in self._names_out])

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[np.object_]:
        """Return the names of the output columns, as in `Model.score_frame`: `escalation_exact`.

        Parameters
        ----------
        input_features
            The names of the input columns. They have no effect, but must be those of `fit`.
        """
        check_is_fitted(self)
        if input_features is not None:
            if len(input_features) != self.n_features_in_:
                expected = f"{self.n_features_in_}, the number of features of fit; got {len(input_features)}"
                raise ValueError(f"input_features should have length equal to {expected}")
            if not np.array_equal(getattr(self, "feature_names_in_", input_features), input_features):
                raise ValueError("input_features is not equal to feature_names_in_")
        return np.array(self._names_out, dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _checked_names(self, spec: ModelSpec) -> list[str]:
        """Check the parameters, and return the names of the output columns."""
        for parameter, names in (("scores", self.scores), ("columns", self.columns)):
            if isinstance(names, str) or (names is not None and not len(names)):
                raise RiskmodelError(f"{parameter}: should be a list of one or more names; got {names!r}")
        scores = list(spec.scores) if self.scores is None else self.scores
        for score in scores:
            check_score(spec, score)
        for column in self.columns:
            if column not in SUFFIXES:
                raise RiskmodelError(f"columns: there is no {column!r} of a score{suggest(column, SUFFIXES)}")
        return [score + SUFFIXES[column] for score in scores for column in self.columns]

    def _table(self, spec: ModelSpec, X: Any, *, reset: bool) -> Table:  # noqa: N803
        by_name = hasattr(type(X), "columns") or hasattr(X, "__arrow_c_stream__")
        if reset:
            self._by_name = by_name
        if by_name:
            validate_data(self, X, reset=reset, skip_check_array=True)
            return read_frame(spec, X, FrameOptions(self.map or {}).table)
        if isinstance(X, np.ma.MaskedArray | list | tuple) or getattr(X, "dtype", None) == np.dtype(object):
            X = _with_gaps(X)  # noqa: N806
        has_labels = any(indicator.labels is not None for indicator in spec.indicators.values())
        cells = validate_data(self, X, reset=reset, dtype=None if has_labels else np.float64, ensure_all_finite=False)
        names = list(getattr(self, "feature_names_in_", spec.indicators))
        if self._by_name and not hasattr(self, "feature_names_in_"):
            raise SituationError("fit matched columns by name, and an array has no names; pass a frame")
        if cells.shape[1] > len(names):
            raise SituationError(
                f"{counted(cells.shape[1], 'column')}, but model {spec.id!r} has {counted(len(names), 'indicator')}; "
                "in an array the columns are the indicators in the order of the model"
            )
        return read_frame(spec, pd.DataFrame(cells, columns=names[: cells.shape[1]], copy=False))


def _with_gaps(cells: Any) -> NDArray[np.object_]:
    """Return an array of objects, None where a cell is masked or a missing value; NumPy would drop the mask."""
    if isinstance(cells, list | tuple):
        cells = np.array(cells, dtype=object)
    unmasked = np.ma.getdata(cells).astype(object)
    unmasked[np.ma.getmaskarray(cells)] = None
    with np.errstate(invalid="ignore"):  # NaN of other types is allowed
        return np.asarray(np.frompyfunc(plain_value, 1, 1)(unmasked))
