"""Read Stata data files (.dta) in pieces."""

import io
import struct
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa

from riskmodel.errors import SituationError, counted
from riskmodel.tables import arrays
from riskmodel.tables.arrow.reader import Batch
from riskmodel.tables.columns import check_distinct
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.spreadsheet.cells import cell_text

if TYPE_CHECKING:
    import pandas as pd

_MAX_TEXT = 200


class StataContent:
    """The rows of a Stata data file; see `riskmodel.tables.arrow.reader.ArrowContent`.

    Numbers are float64, labelled values the text of their label (a value without one is its number), dates and times
    text as in ISO 8601, a month or quarter its first day. Missing values, `.a` to `.z` too, are null.

    Parameters
    ----------
    source : the opened file.
    numbers : the columns that are read as numbers, whatever labels their values have.

    Attributes
    ----------
    remarks : what a reader of the result should know, once all rows have been read.

    Raises
    ------
    SituationError
        The file is damaged, or a variable has the same label for two values.
    """

    rows_before = 0

    def __init__(self, source: InputFile, numbers: Collection[str]) -> None:
        self._source, self.name, self._file = source, source.name, source.seekable()
        self._reasons: Counter[str] = Counter()
        self.remarks: list[str] = []
        with self._damage_named():
            from pandas.api.types import is_numeric_dtype

            frame = next(self._frames(1, convert_categoricals=False), None)
            # Without rows there is nothing to read in pieces.
            frame = self._open(iterator=False) if frame is None else frame
            self._names = list(map(str, frame.columns))
            check_distinct(self._names, source.name)
            numeric = [name for name in self._names if is_numeric_dtype(frame[name])]
            labelled = next(self._frames(1), frame)
            self._numbers = [name for name in numeric if name in numbers or is_numeric_dtype(labelled[name])]
            self._texts = [name for name in self._names if name not in self._numbers]
        kinds = [pa.float64() if name in self._numbers else pa.string() for name in self._names]
        self.schema = pa.schema(list(zip(self._names, kinds, strict=True)))

    def _open(self, **options: Any) -> Any:
        import pandas as pd

        # Each reader has its own position in the file.
        return pd.read_stata(io.BufferedReader(_View(self._file)), **options)

    def _frames(self, size: int, columns: Sequence[str] | None = None, **options: bool) -> Iterator["pd.DataFrame"]:
        """Yield some columns of the rows, `size` at a time."""
        reader = self._open(iterator=True, **options)
        while True:
            try:
                yield reader.read(size, columns=columns)
            except StopIteration:
                return

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows in batches, in order."""
        with self._damage_named():
            numbers = self._frames(size, self._numbers, convert_categoricals=False, convert_missing=True)
            texts = self._frames(size, self._texts)
            for frames in zip_longest(numbers if self._numbers else (), texts if self._texts else ()):
                parts = [frame for frame in frames if frame is not None]
                columns = {name: self._column(frame[name]) for frame in parts for name in frame.columns}
                content = pa.RecordBatch.from_arrays([columns[name] for name in self._names], schema=self.schema)
                yield Batch(content, self._file.tell())
        for name, count in (+self._reasons).items():
            self.remarks.append(f"{name} is missing for a reason (.a to .z) in {counted(count, 'row')}")

    def _column(self, column: "pd.Series[Any]") -> pa.Array:
        """Convert a column to numbers, or to text."""
        import pandas as pd
        from pandas.io.stata import StataMissingValue  # type: ignore[attr-defined]

        if column.name in self._texts:
            values = [None if cell is None or pd.isna(cell) else _text(cell) for cell in column.astype(object)]
            return pa.array([value or None for value in values], pa.string())
        if column.dtype == object:
            # pandas gives missing values as objects that tell . from .a, among numbers.
            kinds = [cell.string for cell in column if isinstance(cell, StataMissingValue)]
            self._reasons[str(column.name)] += sum(kind != "." for kind in kinds)
            column = pd.to_numeric(column, errors="coerce")
        return arrays.from_floats(column.to_numpy(np.float64))

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        """Name the file in errors of what is read from it; its warnings are about encodings and partial labels."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except SituationError:
            raise
        except ValueError as error:
            if "not unique" in str(error):
                text = " ".join(str(error).split())
                raise self._source.error(f"has the same label for two values: {text[:_MAX_TEXT]}") from None
            raise self._damaged(error) from None
        except (OSError, EOFError, KeyError, LookupError, struct.error, OverflowError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> SituationError:
        return self._source.error(f"is cut off, damaged, or no Stata data: {str(error)[:_MAX_TEXT]}")


def _text(cell: Any) -> str:
    """Return the text of a value: a label, a number without one, or a time, midnight as the date alone."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    return cell_text(float(cell)) if isinstance(cell, int | float) else str(cell)


class _View(io.RawIOBase):
    """A file with a position of its own, so that more than one reader can read it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._position = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = (0, self._position, self._file.seek(0, io.SEEK_END))[whence]
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._position)
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
