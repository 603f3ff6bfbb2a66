"""Build frames of the library of the frame that was read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import narwhals.stable.v2 as nw  # in v1 an Enum has no categories
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from riskmodel.errors import SituationError, suggest
from riskmodel.kernels.types import Better, Floats
from riskmodel.tables import arrays

if TYPE_CHECKING:
    import pandas as pd

Positions: TypeAlias = NDArray[np.intp]


class Bands(NamedTuple):
    """The bands of n rows: (n,) positions among the names, which are in ascending order; -1 where there is no score.

    `better` is the better end of the score.
    """

    codes: NDArray[np.int8]
    names: tuple[str, ...]
    better: Better | None = None


class Words(NamedTuple):
    """Words of n rows, in no order: (n,) positions among the names."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]


Added: TypeAlias = Floats | Positions | Bands | Words | Sequence[str]
"""A column of n rows that is added; numbers are NaN where there is none."""


class Source(NamedTuple):
    """The frame that was read.

    Attributes
    ----------
    frame : the frame, of a supported library.
    names : of its columns.
    library : its library.
    index : its index, in libraries that have one.
    batch : whether it was one record batch.
    """

    frame: Any
    names: Sequence[object]
    library: nw.Implementation
    index: Any
    batch: bool

    def numbered(self, rows: Positions) -> dict[str, Added]:
        """Return a column with the positions of rows, where rows have no labels."""
        return {ROW: rows} if self.index is None else {}

    def with_columns(self, added: Mapping[str, Added], keep: Sequence[str], rows: Positions | None) -> Any:
        """Return a frame of the same library with kept and added columns.

        Parameters
        ----------
        added : the columns, by name.
        keep : the columns of the frame that come before them.
        rows : (n,) the position in the frame of each row of the result; None if they are the same rows.

        Raises
        ------
        SituationError
            A kept column has the name of an added one.
        """
        if clash := [name for name in keep if name in added]:
            raise SituationError(f"keep: the column {clash[0]!r} has the name of one that is added; rename it")
        index = self.index if self.index is None or rows is None else self.index[rows]
        if self.library.is_pandas():
            return _as_pandas(self._kept_pandas(keep, rows), added, index)
        columns = {name: _as_arrow(column) for name, column in added.items()}
        if self.library.is_pyarrow():
            kept = {name: self._kept_arrow(name, rows) for name in keep}
            table = pa.Table.from_pydict({**kept, **columns})
            return _one_batch(table) if self.batch else table
        table = pa.Table.from_pydict(columns)
        result = nw.DataFrame.from_arrow(table, backend=self.library.to_native_namespace())
        if self.library.is_polars():  # polars reads a dictionary as Categorical
            words = {name: nw.Enum(column.names) for name, column in added.items() if isinstance(column, Bands | Words)}
            result = result.with_columns(nw.col(name).cast(kind) for name, kind in words.items())
        native: Any = result.to_native()
        if index is not None:
            native.index = index  # not by narwhals, which rebuilds the labels of a MultiIndex or of tuples
        if not keep:
            return native
        kept_frame: Any = nw.from_native(self.frame[list(keep)], eager_only=True)
        if rows is not None:
            kept_frame = kept_frame[rows.tolist()]
        return nw.concat([kept_frame, nw.from_native(native, eager_only=True)], how="horizontal").to_native()

    def _kept_pandas(self, keep: Sequence[str], rows: Positions | None) -> dict[str, Any]:
        columns = {name: self.frame[name].array for name in keep}
        return columns if rows is None else {name: column.take(rows) for name, column in columns.items()}

    def _kept_arrow(self, name: str, rows: Positions | None) -> pa.ChunkedArray:
        column = self.frame[name]
        return column if rows is None else arrays.taken(column, rows)


ROW = "row"


def kept_columns(names: Sequence[object], keep: Sequence[str]) -> list[str]:
    """Return the names of the columns to keep; all for `"all"`.

    Raises
    ------
    SituationError
        There is no such column, or there are several of that name.
    """
    kept: list[Any] = list(names) if isinstance(keep, str) else list(keep)
    for position, name in enumerate(kept):
        if name not in names:
            raise SituationError(f"keep: there is no column {name!r}{suggest(str(name), list(map(str, names)))}")
        if name in kept[:position] or list(names).count(name) > 1:
            raise SituationError(f"keep: duplicate column {name!r}")
    return kept


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table as one batch."""
    columns = [
        pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type) for column in table.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def _as_pandas(kept: Mapping[str, Any], added: Mapping[str, Added], index: "pd.Index[Any]") -> "pd.DataFrame":
    """Return columns as a frame, without the copies that a conversion from Arrow makes."""
    import pandas as pd

    columns = {
        name: pd.Categorical.from_codes(
            column.codes, pd.Index(column.names, dtype=str), ordered=isinstance(column, Bands)
        )
        if isinstance(column, Bands | Words)
        else column
        if isinstance(column, np.ndarray)
        else pd.array(column, dtype="str")
        for name, column in added.items()
    }
    return pd.DataFrame({**kept, **columns}, index=index, copy=False)


def _as_arrow(column: Added) -> pa.Array:
    """Convert a column to Arrow: bands and words to a dictionary, NaN to null."""
    if isinstance(column, Bands | Words):
        codes, names = arrays.from_integers(column.codes), arrays.texts(column.names)
        return pa.DictionaryArray.from_arrays(codes, names, ordered=isinstance(column, Bands))
    if not isinstance(column, np.ndarray):
        return pa.array(column, pa.string())
    if column.dtype == np.float64:
        return arrays.from_floats(np.asarray(column, np.float64))
    return pa.Array.from_buffers(pa.int64(), len(column), [None, pa.py_buffer(np.ascontiguousarray(column))])
