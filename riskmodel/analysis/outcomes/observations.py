"""Observations: rows of indicators with outcomes, groups and times, from a file or a frame."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.errors import Problem, SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.columns import Require, known_names
from riskmodel.tables.labelled import read_labelled
from riskmodel.tables.labels import Labels
from riskmodel.tables.options import AS_IT_COMES, TableOptions
from riskmodel.tables.times import Times

if TYPE_CHECKING:
    import pandas as pd


class OutcomeColumns(NamedTuple):
    """Names of the columns of outcomes, groups and times."""

    outcome: str
    group: str | None = None
    time: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The columns of labels."""
        return tuple(name for name in (self.group, self.time) if name is not None)


@dataclass(frozen=True)
class Observations:
    """n rows, in memory.

    Attributes
    ----------
    source : the name of the file, or a description of another source.
    names : of all columns.
    matched : the column of each indicator that has one.
    columns : (n,) raw values by indicator, encoded for the engine; indicators without a column are left out.
    outcome : (n,) outcomes, NaN if unknown.
    group, time : labels; None if no column was named.
    """

    source: str
    names: tuple[str, ...]
    matched: Mapping[str, str]
    columns: Mapping[str, Floats]
    outcome: Floats
    group: Labels | None
    time: Times | None


def read_observations(
    spec: ModelSpec,
    data: "str | Path | pd.DataFrame",
    columns: OutcomeColumns,
    options: TableOptions = AS_IT_COMES,
    require: Require = (),
) -> Observations:
    """Read observations from a CSV or Parquet file, or from a frame.

    Parameters
    ----------
    spec : the model whose indicators are read.
    data : a path (`-` is standard input), or a pandas frame.
    columns : names of the outcome, group and time. Outcomes are numbers, or booleans in Parquet and frames; groups are
        any labels; times are written as in `riskmodel.tables.times`.
    options : how the data are read.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        If the file cannot be read, a column is missing, or a row is invalid.
    """
    try:
        table = read_labelled(
            spec,
            data,
            options,
            columns.labels,
            [columns.outcome],
            require,
            lambda names: _check_columns(spec, names, columns, options),
        )
    except SituationError as error:
        raise SituationError(_merge_outcome_problems(error.problems, columns.outcome)) from None
    return Observations(
        table.source,
        tuple(map(str, table.names)),
        table.matched,
        table.columns,
        table.numbers[columns.outcome],
        None if columns.group is None else table.labels(columns.group),
        None if columns.time is None else table.times(columns.time),
    )


def _merge_outcome_problems(problems: Sequence[Problem], outcome: str) -> list[Problem]:
    """Report outcomes that are not numbers once, with advice, rather than for each row."""
    field = f"column {outcome}"
    not_numbers = [
        problem for problem in problems if problem.field.endswith(field) and "should be a number" in problem.message
    ]
    if not not_numbers:
        return list(problems)
    first, *others = not_numbers
    advice = first._replace(message=f"{first.message}; code outcomes as 0 and 1, or as numbers")
    return [advice if problem is first else problem for problem in problems if problem not in others]


def _check_columns(spec: ModelSpec, names: Sequence[object], columns: OutcomeColumns, options: TableOptions) -> None:
    """Check the columns of outcomes, groups and times.

    Raises
    ------
    SituationError
        If one is missing, an indicator, or named for two purposes.
    """
    for kind, name in zip(OutcomeColumns._fields, columns, strict=True):
        if name is None:
            continue
        if name not in names:
            others = [str(column) for column in names if column not in spec.indicators]
            near = suggest(name, others)
            raise SituationError(f"there is no column {name!r} for the {kind}{near}")
        if name in known_names(spec, options):
            raise SituationError(f"the {kind} cannot be {name!r}: that is an indicator of model {spec.id!r}")
        if list(columns).count(name) > 1:
            raise SituationError(f"the column {name!r} cannot be the {kind} and something else too")
