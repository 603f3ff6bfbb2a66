"""Check the columns of a table against a model: indicators without a column or value, values beyond the scale."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pydantic import computed_field

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import counted
from riskmodel.kernels.types import Floats
from riskmodel.results import Record, adapter
from riskmodel.tables.columns import as_id

_SIMILAR = 0.6
_MAX_PAIRS = 20_000
"""Pairs of names above which similar names are not searched."""
_MAX_LISTED = 20


class ValueCounts(NamedTuple):
    """The number of rows with a value, and with a value beyond the scale, by indicator."""

    present: Mapping[str, int]
    beyond_scale: Mapping[str, int]

    def plus(self, other: "ValueCounts") -> "ValueCounts":
        """Return the sum of the counts of two pieces."""
        return ValueCounts(_summed([self.present, other.present]), _summed([self.beyond_scale, other.beyond_scale]))


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for count in counts for name in count)
    return {name: sum(count.get(name, 0) for count in counts) for name in names}


def count_values(model: CompiledModel, columns: Mapping[str, Floats]) -> ValueCounts:
    """Count the values of columns as the engine takes them; columns that are not indicators are ignored."""
    read = {name: columns[name] for name in model.indicators if name in columns}
    present = {name: len(column) - int(np.count_nonzero(np.isnan(column))) for name, column in read.items()}
    beyond = {name: int(np.count_nonzero(model.indicators[name].is_beyond(read[name]))) for name in read}
    return ValueCounts(present, beyond)


@dataclass(frozen=True)
class TableCheck(Record):
    """Indicators for which a table has few values, or values in another unit than the model's.

    Attributes
    ----------
    rows
        The number of rows that are scored.
    without_column
        The indicators without a column, which are missing in every row; of several files, in any of them.
    similar_columns
        The column with the most similar name, by indicator without a column.
    present
        The number of rows with a value, by indicator with a column.
    beyond_scale
        The number of rows with a value that the scale clamps because it lies beyond its ends, by indicator with a
        column.
    """

    rows: int
    without_column: tuple[str, ...]
    similar_columns: Mapping[str, str]
    present: Mapping[str, int]
    beyond_scale: Mapping[str, int]

    @property
    def without_value(self) -> tuple[str, ...]:
        """The indicators that have a column but no value in any row."""
        return tuple(name for name, count in self.present.items() if self.rows and not count)

    @property
    def mostly_beyond(self) -> tuple[str, ...]:
        """The indicators with more than half of their values beyond the scale."""
        return tuple(name for name, count in self.beyond_scale.items() if 2 * count > self.present[name])

    @computed_field  # type: ignore[prop-decorator]
    @property
    def remarks(self) -> tuple[str, ...]:
        """The findings as lines of text."""
        return tuple(self._remarks())

    def _remarks(self) -> Iterator[str]:
        if self.without_column:
            yield f"without a column, and so missing in every row: {_listed(map(self._absent, self.without_column))}"
        if self.without_value:
            yield f"without a value in any row: {_listed(self.without_value)}"
        mostly = self.mostly_beyond
        for name in mostly:
            share = f"{self.beyond_scale[name]:,} of {counted(self.present[name], 'row')} that have it"
            yield f"warning: {name} lies beyond its scale in {share}; is it in the unit of the model?"
        beyond = {name: count for name, count in self.beyond_scale.items() if count and name not in mostly}
        if beyond:
            texts = (f"{name} in {counted(count, 'row')}" for name, count in beyond.items())
            yield f"beyond the scale, and so taken for its end: {_listed(texts)}"

    def _absent(self, name: str) -> str:
        similar = self.similar_columns.get(name)
        return name if similar is None else f"{name} (the column {similar!r} is near)"

    def to_dict(self) -> dict[str, Any]:
        """Return the check as plain data, ready for JSON."""
        data: dict[str, Any] = adapter(TableCheck).dump_python(self, mode="json")
        return data

    def __str__(self) -> str:
        return "\n".join(self.remarks) or "every indicator has a column, and every value lies within its scale"


def _listed(texts: Iterable[str]) -> str:
    listed = list(texts)
    more = [f"and {len(listed) - _MAX_LISTED:,} more"] if len(listed) > _MAX_LISTED else []
    return ", ".join([*listed[:_MAX_LISTED], *more])


def table_check(
    model: CompiledModel, names: Sequence[object], columns: Mapping[str, str], rows: int, counts: ValueCounts
) -> TableCheck:
    """Create the check of one table.

    Parameters
    ----------
    model : the model.
    names : the columns of the table.
    columns : the column of each indicator that has one.
    rows : the number of rows that are scored.
    counts : of the values in these rows.
    """
    read = [name for name in model.indicators if name in columns]
    absent = tuple(name for name in model.indicators if name not in columns)
    others = [str(name) for name in names if name not in columns.values()]
    return TableCheck(
        rows,
        absent,
        _similar(absent, others),
        {name: counts.present.get(name, 0) for name in read},
        {name: counts.beyond_scale.get(name, 0) for name in read},
    )


def merge_checks(checks: Sequence[TableCheck]) -> TableCheck:
    """Combine the checks of several files that are scored as one table."""
    return TableCheck(
        sum(check.rows for check in checks),
        tuple(dict.fromkeys(name for check in checks for name in check.without_column)),
        {name: column for check in checks for name, column in check.similar_columns.items()},
        _summed([check.present for check in checks]),
        _summed([check.beyond_scale for check in checks]),
    )


def _similar(absent: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """Return the most similar of other columns for each indicator without a column, where one is similar enough."""
    if len(absent) * len(others) > _MAX_PAIRS:
        return {}
    ids = {as_id(name): name for name in others}
    similar = ((name, difflib.get_close_matches(name, ids, n=1, cutoff=_SIMILAR)) for name in absent)
    return {name: ids[matches[0]] for name, matches in similar if matches}
