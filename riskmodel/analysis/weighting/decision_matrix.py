"""Rows to weigh by: what the inputs of a score say in each row of a table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.analysis.derived import derived as derived_model
from riskmodel.analysis.results.weighting import Derived, Weighting
from riskmodel.analysis.weights import new_weights, weights_of, with_weights
from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import SituationError, counted
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import indicator_columns
from riskmodel.tables.csv_reader import CsvOptions
from riskmodel.tables.input_file import open_input
from riskmodel.tables.reader import open_reader, read_all_or_raise
from riskmodel.tables.rows import Rows

if TYPE_CHECKING:
    import pandas as pd


class Table(NamedTuple):
    """Rows of a table.

    Attributes
    ----------
    source, sha256 : the file, and its fingerprint; None of a frame.
    names : the k inputs of the score.
    values : (n, k) directed intensities in [0, 1], what the score really weighs: v = s where the weight is above 0, and
        1 - s where it is below; NaN where an input is missing, or assumed.
    """

    source: str
    sha256: str | None
    names: tuple[str, ...]
    values: Floats


def read_table(model: Model, score: str, data: "str | Path | pd.DataFrame", marks: CsvOptions) -> Table:
    """Read what the inputs of a score say, in a CSV or Parquet file or in a frame.

    Parameters
    ----------
    model, score : the model, and one of its scores; only the columns that the score is built from are looked at.
    data : a path (`-` is standard input), or a pandas frame.
    marks : of CSV.

    Raises
    ------
    ModelError
        Where the model is not fitted yet.
    SituationError
        Where the data cannot be read, or rows cannot be used; the first are named.
    """
    compiled = replace(model.compiled, rules={})
    reached = compiled.scores[score].leaf_indicators
    spec = model.spec.model_copy(update={"indicators": {name: model.spec.indicators[name] for name in reached}})
    names = tuple(part.name for part in compiled.scores[score].inputs)
    if not isinstance(data, str | Path):
        return Table("the frame", None, names, _of_frame(compiled, score, spec, data))
    marks.check()
    with open_input(data) as source:
        found = open_reader(source, spec, marks)
        read = indicator_columns(spec, found.names)

        def take(rows: Rows) -> Floats:
            return _directed(compiled, score, {name: rows.columns[name] for name in read}, rows.count)

        parts = list(read_all_or_raise(found, take))
        digest = source.sha256()
    return Table(source.name, digest, names, np.concatenate([np.empty((0, len(names))), *parts]))


def _of_frame(compiled: CompiledModel, score: str, spec: ModelSpec, frame: "pd.DataFrame") -> Floats:
    import pandas as pd

    from riskmodel.tables.frames import read_columns

    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"rows come from a path or a pandas DataFrame; got {type(frame).__name__}")
    return _directed(compiled, score, read_columns(spec, frame), len(frame))


def _directed(compiled: CompiledModel, score: str, columns: Mapping[str, Floats], rows: int) -> Floats:
    """(rows, k) directed intensities, by the engine; it counts what is assumed as not covered."""
    parts = compiled.scores[score].inputs
    if not rows:
        return np.empty((0, len(parts)))
    found = score_block(compiled, columns, rows).scores[score].mean_inputs
    return np.column_stack(
        [part.value if part.coverage is None else np.where(part.coverage > 0.0, part.value, np.nan) for part in found]
    )


MIN_ROWS = 3
_MIN_SPAN = 1e-9
"""Intensities that differ by less are the same, but for rounding."""


class Complete(NamedTuple):
    """Rows without a gap.

    Attributes
    ----------
    names : the inputs that differ among the rows, two or more.
    values : (n, len(names)) directed intensities.
    left : why the other inputs are left out.
    """

    names: tuple[str, ...]
    values: Floats
    left: Mapping[str, str]


def complete_rows(table: Table) -> Complete:
    """The rows in which every input that can be weighed has a value.

    An input that has no value anywhere, or the same in every row, is left out first, so that it costs no rows.

    Raises
    ------
    SituationError
        Where fewer than two inputs, or three rows, are left.
    """
    values, names = table.values, table.names
    left = {name: why for name, column in zip(names, values.T, strict=True) if (why := _why_left(column)) is not None}
    while True:
        used = [place for place, name in enumerate(names) if name not in left]
        _check_inputs(table, [names[place] for place in used])
        complete = values[~np.isnan(values[:, used]).any(axis=1)][:, used]
        _check_rows(table, used, len(complete))
        flat = {names[place]: why for place, column in zip(used, complete.T, strict=True) if (why := _why_left(column))}
        if not flat:
            return Complete(tuple(names[place] for place in used), complete, left)
        left |= flat


def _why_left(column: Floats) -> str | None:
    known = column[~np.isnan(column)]
    if not len(known):
        return "no value in any row"
    return "the same in every row" if np.ptp(known) <= _MIN_SPAN else None


def _check_inputs(table: Table, names: Sequence[str]) -> None:
    if len(names) < 2:
        told = f"only of {names[0]}" if names else "of none"
        raise SituationError(f"{table.source}: there are values that differ {told}, so there is nothing to weigh")


def _check_rows(table: Table, used: Sequence[int], complete: int) -> None:
    if complete < MIN_ROWS:
        gaps = np.isnan(table.values[:, used]).sum(axis=0)
        most = table.names[used[int(gaps.argmax())]]
        rows = counted(len(table.values), "row")
        raise SituationError(
            f"{table.source}: {complete} of {rows} have a value of every input that has any, and "
            f"{MIN_ROWS} are needed; {most} is missing most often, in {gaps.max():,}"
        )


def applied(
    method: str,
    model: Model,
    score: str,
    derived: Derived,
    source: str,
    sha256: str | None = None,
    model_id: str | None = None,
) -> Weighting:
    """The weighting that comes of derived shares.

    The inputs weighed share what they weighed together; each keeps its sign, and the others keep their weights.
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
