"""Check the columns of a table against a model: what has no column, no value, or values beyond its scale."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pydantic import computed_field

from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import counted
from riskmodel.kernels.scales import Floats
from riskmodel.results import Record, adapter
from riskmodel.tables.columns import as_id

_SIMILAR = 0.6
_MAX_PAIRS = 20_000
"""Pairs of names that are compared at most."""
_LISTED = 20


class ValueCounts(NamedTuple):
    """The rows that have a value, and of these the rows in which it lies beyond the scale; by indicator."""

    present: Mapping[str, int]
    beyond_scale: Mapping[str, int]

    def plus(self, other: "ValueCounts") -> "ValueCounts":
        """The counts of two pieces together."""
        return ValueCounts(_summed([self.present, other.present]), _summed([self.beyond_scale, other.beyond_scale]))


def _summed(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    names = dict.fromkeys(name for count in counts for name in count)
    return {name: sum(count.get(name, 0) for count in counts) for name in names}


def count_values(model: CompiledModel, columns: Mapping[str, Floats]) -> ValueCounts:
    """Count the values of columns as the engine takes them; those of other names than indicators are passed over."""
    read = {name: columns[name] for name in model.indicators if name in columns}
    present = {name: len(column) - int(np.count_nonzero(np.isnan(column))) for name, column in read.items()}
    beyond = {name: int(np.count_nonzero(model.indicators[name].is_beyond(read[name]))) for name in read}
    return ValueCounts(present, beyond)


@dataclass(frozen=True)
class TableCheck(Record):
    """The indicators that a table says little of, or in another unit than the model expects.

    Attributes
    ----------
    rows
        The rows that are scored.
    without_column
        The indicators without a column, which are missing in every row; of several files, in any of them.
    similar_columns
        Columns that no indicator is named like, by the indicator without a column that they are near.
    present
        The rows that have a value, by indicator with a column.
    beyond_scale
        The rows with a value that the scale clamps, because it lies beyond the scale's ends; by indicator with a
        column.
    """

    rows: int
    without_column: tuple[str, ...]
    similar_columns: Mapping[str, str]
    present: Mapping[str, int]
    beyond_scale: Mapping[str, int]

    @property
    def without_value(self) -> tuple[str, ...]:
        """The indicators with a column, but without a value in any row."""
        return tuple(name for name, count in self.present.items() if self.rows and not count)

    @property
    def mostly_beyond(self) -> tuple[str, ...]:
        """The indicators of whose values more than half lie beyond the scale."""
        return tuple(name for name, count in self.beyond_scale.items() if 2 * count > self.present[name])

    @computed_field  # type: ignore[prop-decorator]
    @property
    def remarks(self) -> tuple[str, ...]:
        """All of it in words, a line each; empty where there is nothing to say."""
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
        """The check as plain data, ready for JSON."""
        data: dict[str, Any] = adapter(TableCheck).dump_python(self, mode="json")
        return data

    def __str__(self) -> str:
        return "\n".join(self.remarks) or "every indicator has a column, and every value lies within its scale"


def _listed(texts: Iterable[str]) -> str:
    listed = list(texts)
    more = [f"and {len(listed) - _LISTED:,} more"] if len(listed) > _LISTED else []
    return ", ".join([*listed[:_LISTED], *more])


def table_check(model: CompiledModel, names: Sequence[object], rows: int, counts: ValueCounts) -> TableCheck:
    """Put together the check of one table.

    Parameters
    ----------
    model : the model.
    names : the columns of the table.
    rows : its rows that are scored.
    counts : of its values in these rows.
    """
    read = [name for name in model.indicators if name in names]
    absent = tuple(name for name in model.indicators if name not in names)
    others = [str(name) for name in names if name not in model.indicators]
    return TableCheck(
        rows,
        absent,
        _similar(absent, others),
        {name: counts.present.get(name, 0) for name in read},
        {name: counts.beyond_scale.get(name, 0) for name in read},
    )


def merged(checks: Sequence[TableCheck]) -> TableCheck:
    """The check of several files that are scored as one."""
    return TableCheck(
        sum(check.rows for check in checks),
        tuple(dict.fromkeys(name for check in checks for name in check.without_column)),
        {name: column for check in checks for name, column in check.similar_columns.items()},
        _summed([check.present for check in checks]),
        _summed([check.beyond_scale for check in checks]),
    )


def _similar(absent: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """The nearest of other columns to each indicator without one, where any is near."""
    if len(absent) * len(others) > _MAX_PAIRS:
        return {}
    ids = {as_id(name): name for name in others}
    near = ((name, difflib.get_close_matches(name, ids, n=1, cutoff=_SIMILAR)) for name in absent)
    return {name: ids[found[0]] for name, found in near if found}
