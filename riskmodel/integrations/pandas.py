"""`import riskmodel.integrations.pandas` gives every pandas frame an accessor: `frame.riskmodel.score()`."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from riskmodel.analysis.situations import ensure_model, table_situations
from riskmodel.assessment import Assessment
from riskmodel.documents.models import DEFAULT
from riskmodel.model import Model
from riskmodel.tables.check import TableCheck
from riskmodel.tables.columns import Require

AnyModel: TypeAlias = Model | str | Path | Mapping[str, Any]
"""A model, or what `riskmodel.load_model` takes."""


@pd.api.extensions.register_dataframe_accessor("riskmodel")
class RiskmodelAccessor:
    """What riskmodel makes of a frame with a situation in each row; the columns named like indicators are read."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def score(self, model: AnyModel = DEFAULT, *, require: Require = ()) -> pd.DataFrame:
        """Score every row; see `riskmodel.Model.score_frame`, which says what comes back and what can be wrong.

        Parameters
        ----------
        model
            A model, or what `riskmodel.load_model` takes.
        require
            The names of indicators that must have a column, or `"all"`.
        """
        return ensure_model(model).score_frame(self._frame, require=require)

    def check(self, model: AnyModel = DEFAULT) -> TableCheck:
        """Check the columns; see `riskmodel.Model.check_frame`.

        Parameters
        ----------
        model
            A model, or what `riskmodel.load_model` takes.
        """
        return ensure_model(model).check_frame(self._frame)

    def assess(self, row: Hashable, model: AnyModel = DEFAULT) -> Assessment:
        """Assess one row; see `riskmodel.Model.assess`.

        Parameters
        ----------
        row
            Its label in the index of the frame.
        model
            A model, or what `riskmodel.load_model` takes.

        Raises
        ------
        KeyError
            Where no row, or more than one, has this label.
        SituationError
            Where no column is an indicator, or a value of the row is not valid.
        """
        index = self._frame.index
        places = index.get_indexer_for(pd.Index([row]))
        if places[0] < 0:
            raise KeyError(f"no row has the label {row!r}")
        if len(places) > 1:
            raise KeyError(f"{len(places)} rows have the label {row!r}; reset_index() gives each row one of its own")
        loaded = ensure_model(model)
        (situation,) = table_situations(loaded.spec, self._frame.iloc[places])
        title = row if row and isinstance(row, str) else f"{index.name or 'row'} {row}"
        return loaded.assess(situation.spec.values, title=title)
