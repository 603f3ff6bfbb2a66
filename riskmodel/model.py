"""The class `Model`, with which situations are assessed and tables scored."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, overload

from pydantic import PlainSerializer

from riskmodel.assessment import Assessment, ModelIdentity
from riskmodel.documents.derived import model_identity, reweighted
from riskmodel.documents.models import DEFAULT, load
from riskmodel.documents.situations import Situation, from_scenario, from_values, values_for
from riskmodel.engine.compile import CompiledModel, compile_model
from riskmodel.errors import escape_control
from riskmodel.model_analyses import ModelAnalyses
from riskmodel.schema.model import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.engine.assessor import Assessor
    from riskmodel.tables.check import TableCheck
    from riskmodel.tables.columns import Require
    from riskmodel.tables.frames.scoring import Invalid


def load_model(model: str | Path | Mapping[str, Any] = DEFAULT) -> "Model":
    """Load a model.

    Parameters
    ----------
    model
        The path of a model file, the id of a shipped model, or the content of a model file as a mapping.

    Raises
    ------
    ModelError
        With every problem of the file, each with line and column.
    """
    loaded = load(model)
    return Model(loaded.spec, loaded.document.name)


def ensure_model(model: "Model | str | Path | Mapping[str, Any]") -> "Model":
    """Return a model as it is, or load it from a path, an id, or the content of a file."""
    return model if isinstance(model, Model) else load_model(model)


class Model(ModelAnalyses):
    """A model, immutable and safe to share between threads. Its analyses are in `ModelAnalyses`.

    Parameters
    ----------
    spec
        A validated specification; most users call `load_model` instead.
    file
        The name of the file that it was read from; empty where it came from Python.
    """

    def __init__(self, spec: ModelSpec, file: str = "") -> None:
        self._spec, self._file = spec, file

    @property
    def spec(self) -> ModelSpec:
        """The content of the model file."""
        return self._spec

    @property
    def file(self) -> str:
        """The path of the model file; empty for a model from Python."""
        return self._file

    @cached_property
    def compiled(self) -> CompiledModel:
        """The compiled model; ModelError if a scale is not fitted yet."""
        return compile_model(self._spec)

    @cached_property
    def identity(self) -> ModelIdentity:
        """Id, version, title and fingerprint."""
        return model_identity(self._spec)

    @cached_property
    def _assessor(self) -> "Assessor":
        from riskmodel.engine.assessor import Assessor

        return Assessor(self._spec, self.compiled, self.identity)

    @cached_property
    def scenarios(self) -> Mapping[str, Situation]:
        """The scenarios of the model, as situations."""
        return {name: from_scenario(name, scenario) for name, scenario in self._spec.scenarios.items()}

    def assess(
        self,
        situation: Situation | Mapping[str, Any],
        *,
        id: str | None = None,  # noqa: A002  (the situation file's own word)
        title: str | None = None,
    ) -> Assessment:
        """Assess one situation.

        Parameters
        ----------
        situation
            Values by indicator (a number in the indicator's unit, a label, None for missing, or a distribution such
            as `{"low": 2, "high": 5}`, of which the median is scored), or a situation that was read from a file.
            Indicators without a value are missing.
        id, title
            Id and title of a situation that is given by its values.

        Raises
        ------
        SituationError
            With every unknown indicator and every invalid value.
        ModelError
            If the model is not fitted yet.
        """
        if not isinstance(situation, Situation | Mapping):
            given = "a list of situations: assess them one by one" if isinstance(situation, list) else repr(situation)
            raise TypeError(
                f"assess takes values by indicator, or one situation that was read from a file; got {given}"
            )
        if not isinstance(situation, Situation):
            situation = from_values(situation, id=id, title=title)
        return self._assessor.assess(situation, values_for(self._spec, situation))

    @overload
    def score_frame(
        self,
        frame: "pd.DataFrame",
        *,
        columns: Mapping[str, str] = ...,
        keep: Sequence[str] | Literal["all"] = (),
        invalid: "Invalid" = "raise",
        require: "Require" = (),
    ) -> "pd.DataFrame": ...

    @overload
    def score_frame(
        self,
        frame: object,
        *,
        columns: Mapping[str, str] = ...,
        keep: Sequence[str] | Literal["all"] = (),
        invalid: "Invalid" = "raise",
        require: "Require" = (),
    ) -> Any: ...

    def score_frame(
        self,
        frame: object,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        keep: Sequence[str] | Literal["all"] = (),
        invalid: "Invalid" = "raise",
        require: "Require" = (),
    ) -> Any:
        """Score every row of a data frame.

        Parameters
        ----------
        frame
            A pandas or polars DataFrame, a pyarrow Table or RecordBatch, or another frame with Arrow's C stream
            interface; or one that is not in memory: a polars LazyFrame, a DuckDB relation, or a RecordBatchReader.
            Columns named like indicators, or as the model states, are read (numbers or labels; None, NaN, NA and null
            are missing); an indicator without a column is missing in every row. At least one column must be an
            indicator.
        columns
            The column of an indicator, by indicator, where its name is another: `{"espionage": "esp"}`.
        keep
            The columns of the frame that the result has before the scores, such as `["id", "month"]`, or `"all"`.
        invalid
            The treatment of values that are not valid: `"raise"` an error, take them as `"missing"`, or `"reject"`
            (leave out) the rows that have one. `invalid_cells` lists them.
        require
            The names of indicators that must have a column, or `"all"`.

        Returns
        -------
        Any
            A frame of the same library (a pyarrow Table if narwhals does not support it) with the same rows, in pandas
            with the same index. It has for each score S the columns S (reported value), S_band (an ordered categorical
            of pandas, an Enum of polars, a dictionary of pyarrow), S_coverage, S_low and S_high (rounded like the
            value), and S_exact. Missing scores are NaN in pandas and null elsewhere.

            Of a LazyFrame the result is a LazyFrame, of a DuckDB relation or a RecordBatchReader a RecordBatchReader:
            they are scored batch by batch when they are read, and values that are not valid raise an error then.

        Raises
        ------
        SituationError
            If no column is an indicator, a required one is missing, or a value is invalid; rows are named by their
            label in pandas, otherwise by their position from 0.
        TypeError
            For other types.
        """
        from riskmodel.tables.frames.scoring import FrameOptions, score_frame
        from riskmodel.tables.frames.streams import for_rows

        options = FrameOptions(columns, keep, invalid, require)
        return for_rows(score_frame, self._spec, self.compiled, frame, options)

    def account_frame(
        self,
        frame: object,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        keep: Sequence[str] | Literal["all"] = (),
        invalid: "Invalid" = "raise",
        require: "Require" = (),
    ) -> Any:
        """Return the accounts of all rows of a data frame as a long table.

        Parameters
        ----------
        frame, columns, keep, invalid, require
            As for `score_frame`.

        Returns
        -------
        Any
            A frame of the same library with one row for each contribution to a score of a row: `score`, `kind`
            (indicator, rule or clip), `name` and `points`, after the kept columns. In pandas the index has the labels
            of the rows; elsewhere a column `row` has their positions from 0. The points of a row and score sum to its
            exact score; a row without that score has none.

        Raises
        ------
        SituationError, TypeError
            As for `score_frame`.
        """
        from riskmodel.tables.frames.scoring import FrameOptions, account_frame
        from riskmodel.tables.frames.streams import for_rows

        options = FrameOptions(columns, keep, invalid, require)
        return for_rows(account_frame, self._spec, self.compiled, frame, options)

    def invalid_cells(
        self,
        frame: object,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        keep: Sequence[str] | Literal["all"] = (),
    ) -> Any:
        """List the cells of a data frame that are not valid.

        Parameters
        ----------
        frame, columns, keep
            As for `score_frame`.

        Returns
        -------
        Any
            A frame of the same library with one row for each such cell: its `column`, its `value` as text, and the
            `reason`, after the kept columns. In pandas the index has the labels of the rows; elsewhere a column `row`
            has their positions from 0.

        Raises
        ------
        SituationError, TypeError
            As for `score_frame`, except for values that are not valid.
        """
        from riskmodel.tables.frames.scoring import FrameOptions, invalid_cells
        from riskmodel.tables.frames.streams import for_rows

        return for_rows(invalid_cells, self._spec, self.compiled, frame, FrameOptions(columns, keep))

    def check_frame(
        self,
        frame: object,
        *,
        columns: Mapping[str, str] = MappingProxyType({}),
        invalid: "Invalid" = "raise",
        require: "Require" = (),
    ) -> "TableCheck":
        """Find the indicators without a column or values, and the values beyond the ends of their scale.

        Parameters
        ----------
        frame, columns, invalid, require
            As for `score_frame`; the frame must be in memory.

        Raises
        ------
        SituationError, TypeError
            As for `score_frame`.
        """
        from riskmodel.tables.frames.scoring import FrameOptions, check_frame

        return check_frame(self._spec, self.compiled, frame, FrameOptions(columns, (), invalid, require))

    def with_weights(self, weights: Mapping[str, Mapping[str, float]]) -> "Model":
        """Return a new model with other weights.

        Parameters
        ----------
        weights
            By score, the new weights by indicator or sub-score: `{"escalation": {"espionage": 20}}`. Weights that are
            not named stay; an input that the score does not have is added.

        Returns
        -------
        Model
            Its id is followed by `-reweighted`, and its version by `+reweighted` and digits of its fingerprint.

        Raises
        ------
        ModelError
            There is no such score, indicator or sub-score, or a weight is not valid, such as 0.
        """
        return Model(reweighted(self._spec, weights))

    def __repr__(self) -> str:
        spec = self._spec
        version = escape_control(spec.version or "without version")
        return f"<riskmodel.Model {spec.id} {version}: {spec.counts}>"


def identity_of(model: Model) -> ModelIdentity:
    """Return the identity of a model."""
    return model.identity


IdentifiedModel: TypeAlias = Annotated[Model, PlainSerializer(identity_of, return_type=ModelIdentity)]
"""A model within a result; its JSON is its identity."""
