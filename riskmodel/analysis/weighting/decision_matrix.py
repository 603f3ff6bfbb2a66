"""Decision matrix of a score: the directed intensity of each input in each row of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.analysis.derived import derived as derived_model
from riskmodel.analysis.results.weighting import DerivedWeights, Weighting
from riskmodel.analysis.weights import new_weights, weights_of, with_weights
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError, counted
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import match_columns
from riskmodel.tables.input_file import open_input
from riskmodel.tables.options import TableOptions
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rows import Rows

if TYPE_CHECKING:
    import pandas as pd


class DecisionMatrix(NamedTuple):
    """Directed intensities of k inputs in n rows.

    Attributes
    ----------
    source, sha256 : the file, and its SHA-256; None for a frame.
    names : the k inputs of the score.
    values : (n, k) in [0, 1], as the score averages them: v = s for a positive weight, 1 - s for a negative one; NaN if
        the input is missing or assumed.
    """

    source: str
    sha256: str | None
    names: tuple[str, ...]
    values: Floats


def read_table(model: Model, score: str, data: "str | Path | pd.DataFrame", options: TableOptions) -> DecisionMatrix:
    """Read the decision matrix of a score from a CSV or Parquet file, or from a frame.

    Parameters
    ----------
    model, score : the model, and one of its scores; only the columns that the score is built from are read.
    data : a path (`-` is standard input), or a pandas frame.
    options : how the data are read.

    Raises
    ------
    ModelError
        If the model has not been fitted.
    SituationError
        If the data cannot be read, or rows are invalid; the first are listed.
    """
    compiled = replace(model.compiled, rules={})
    reached = compiled.scores[score].leaf_indicators
    spec = model.spec.model_copy(update={"indicators": {name: model.spec.indicators[name] for name in reached}})
    options = options.for_part(model.spec, spec)
    names = tuple(part.name for part in compiled.scores[score].inputs)
    if not isinstance(data, str | Path):
        return DecisionMatrix("the frame", None, names, _of_frame(compiled, score, spec, data, options))
    with open_input(data) as source:
        reader = open_reader(source, spec, options)
        columns = match_columns(spec, reader.names, options)

        def read(rows: Rows) -> Floats:
            return _directed(compiled, score, {name: rows.columns[name] for name in columns}, rows.count)

        parts = list(read_all_or_raise(reader, read))
        digest = source.sha256()
    return DecisionMatrix(source.name, digest, names, np.concatenate([np.empty((0, len(names))), *parts]))


def _of_frame(
    compiled: CompiledModel, score: str, spec: ModelSpec, frame: "pd.DataFrame", options: TableOptions
) -> Floats:
    import pandas as pd

    from riskmodel.tables.frames.scoring import read_columns

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"rows come from a path or a pandas DataFrame; got {type(frame).__name__}")
    return _directed(compiled, score, read_columns(spec, frame, options), len(frame))


def _directed(compiled: CompiledModel, score: str, columns: Mapping[str, Floats], rows: int) -> Floats:
    """Compute (rows, k) directed intensities by the engine, whose coverage leaves out assumed values."""
    if not rows:
        return np.empty((0, len(compiled.scores[score].inputs)))
    parts = score_block(compiled, columns, rows).scores[score].mean_inputs
    return np.column_stack([np.where(part.coverage > 0.0, part.value, np.nan) for part in parts])


MIN_ROWS = 3
CONSTANT = "the same in every row"
"""The reason for which an input that does not vary is left out."""
_SPAN_TOLERANCE = 1e-9
"""Intensities that differ by less differ by rounding error."""


class CompleteRows(NamedTuple):
    """Rows without missing values.

    Attributes
    ----------
    names : the inputs that vary over the rows, two or more.
    values : (n, len(names)) directed intensities.
    excluded : the reasons for leaving out the other inputs.
    """

    names: tuple[str, ...]
    values: Floats
    excluded: Mapping[str, str]


def complete_rows(matrix: DecisionMatrix) -> CompleteRows:
    """Select the rows in which all inputs that can be weighed have a value.

    An input without a value, or with the same in every row, is left out first, so that it costs no rows.

    Raises
    ------
    SituationError
        If fewer than two inputs, or fewer than three rows, remain.
    """
    values, names = matrix.values, matrix.names
    excluded = {
        name: reason for name, column in zip(names, values.T, strict=True) if (reason := _reason_to_exclude(column))
    }
    while True:
        used = [index for index, name in enumerate(names) if name not in excluded]
        _check_inputs(matrix, [names[index] for index in used])
        complete = values[~np.isnan(values[:, used]).any(axis=1)][:, used]
        _check_rows(matrix, used, len(complete))
        constant = {
            names[index]: reason
            for index, column in zip(used, complete.T, strict=True)
            if (reason := _reason_to_exclude(column))
        }
        if not constant:
            return CompleteRows(tuple(names[index] for index in used), complete, excluded)
        excluded |= constant


def _reason_to_exclude(column: Floats) -> str | None:
    known = column[~np.isnan(column)]
    if not len(known):
        return "no value in any row"
    return CONSTANT if np.ptp(known) <= _SPAN_TOLERANCE else None


def _check_inputs(matrix: DecisionMatrix, names: Sequence[str]) -> None:
    if len(names) < 2:
        varying = f"only {names[0]} varies" if names else "no input varies"
        raise SituationError(f"{matrix.source}: {varying} over the rows, so there is nothing to weigh")


def _check_rows(matrix: DecisionMatrix, used: Sequence[int], complete: int) -> None:
    if complete < MIN_ROWS:
        gaps = np.isnan(matrix.values[:, used]).sum(axis=0)
        sparsest = matrix.names[used[int(gaps.argmax())]]
        rows = counted(len(matrix.values), "row")
        raise SituationError(
            f"{matrix.source}: {complete} of {rows} have values of all inputs to weigh, and {MIN_ROWS} are needed; "
            f"{sparsest} is missing most often, in {gaps.max():,}"
        )


def apply_weights(
    method: str,
    model: Model,
    score: str,
    derived: DerivedWeights,
    source: str,
    sha256: str | None = None,
    model_id: str | None = None,
) -> Weighting:
    """Write derived shares into the model.

    The weighed inputs keep their signs and the sum of their weights; the other inputs keep their weights.
    """
    spec = model.spec
    weights = new_weights(weights_of(spec, score), derived.shares)
    return Weighting(
        method=method,
        score=score,
        title=spec.scores[score].title or score,
        source=source,
        sha256=sha256,
        before=model,
        model=derived_model(with_weights(spec, score, weights), method, model_id),
        **derived._asdict(),
    )
