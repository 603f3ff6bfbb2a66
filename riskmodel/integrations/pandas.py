"""An accessor for pandas frames, registered when this module is imported: `frame.riskmodel.score()`."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import pandas as pd

from riskmodel.analysis.situations import situation_table
from riskmodel.assessment import Assessment
from riskmodel.documents.models import DEFAULT
from riskmodel.model import Model, ensure_model
from riskmodel.tables.check import TableCheck
from riskmodel.tables.columns import Require
from riskmodel.tables.frames.scoring import FrameOptions, Invalid

AnyModel: TypeAlias = Model | str | Path | Mapping[str, Any]
"""A model, or an argument of `riskmodel.load_model`."""


@pd.api.extensions.register_dataframe_accessor("riskmodel")
class RiskmodelAccessor:
    """Scores and assessments of a frame with a situation in each row; columns with the names of indicators are read."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def score(
        self,
        model: AnyModel = DEFAULT,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        keep: Sequence[str] | Literal["all"] = (),
        invalid: Invalid = "raise",
        require: Require = (),
    ) -> pd.DataFrame:
        """Score every row; see `riskmodel.Model.score_frame` for the result and the errors raised.

        Parameters
        ----------
        model
            A model, or an argument of `riskmodel.load_model`.
        columns, keep, invalid, require
            As for `riskmodel.Model.score_frame`.
        """
        return ensure_model(model).score_frame(
            self._frame, columns=columns, keep=keep, invalid=invalid, require=require
        )

    def account(
        self,
        model: AnyModel = DEFAULT,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        keep: Sequence[str] | Literal["all"] = (),
        invalid: Invalid = "raise",
    ) -> pd.DataFrame:
        """Return the accounts of all rows as a long table; see `riskmodel.Model.account_frame`.

        Parameters
        ----------
        model
            A model, or an argument of `riskmodel.load_model`.
        columns, keep, invalid
            As for `riskmodel.Model.score_frame`.
        """
        accounts: pd.DataFrame = ensure_model(model).account_frame(
            self._frame, columns=columns, keep=keep, invalid=invalid
        )
        return accounts

    def invalid_cells(
        self,
        model: AnyModel = DEFAULT,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        keep: Sequence[str] | Literal["all"] = (),
    ) -> pd.DataFrame:
        """List the cells that are not valid; see `riskmodel.Model.invalid_cells`.

        Parameters
        ----------
        model
            A model, or an argument of `riskmodel.load_model`.
        columns, keep
            As for `riskmodel.Model.score_frame`.
        """
        listed: pd.DataFrame = ensure_model(model).invalid_cells(self._frame, columns=columns, keep=keep)
        return listed

    def check(self, model: AnyModel = DEFAULT, *, columns: Mapping[str, str] = MappingProxyType({})) -> TableCheck:
        """Check the columns; see `riskmodel.Model.check_frame`.

        Parameters
        ----------
        model
            A model, or an argument of `riskmodel.load_model`.
        columns
            As for `riskmodel.Model.score_frame`.
        """
        return ensure_model(model).check_frame(self._frame, columns=columns)

    def assess(
        self, row: Hashable, model: AnyModel = DEFAULT, *, columns: Mapping[str, str] = MappingProxyType({})
    ) -> Assessment:
        """Assess one row; see `riskmodel.Model.assess`.

        Parameters
        ----------
        row
            The label of the row in the index of the frame.
        model
            A model, or an argument of `riskmodel.load_model`.
        columns
            As for `riskmodel.Model.score_frame`.

        Raises
        ------
        KeyError
            No row, or more than one, has this label.
        SituationError
            No column is an indicator, or a value of the row is not valid.
        """
        index = self._frame.index
        positions = index.get_indexer_for(pd.Index([row]))
        if positions[0] < 0:
            raise KeyError(f"no row has the label {row!r}")
        if len(positions) > 1:
            raise KeyError(f"{len(positions)} rows have the label {row!r}; reset_index() makes labels unique")
        loaded = ensure_model(model)
        (situation,) = situation_table(loaded.spec, self._frame.iloc[positions], FrameOptions(columns).table).situations
        title = row if row and isinstance(row, str) else f"{index.name or 'row'} {row}"
        return loaded.assess(situation.spec.values, title=title)
