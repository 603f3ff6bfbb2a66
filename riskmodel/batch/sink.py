"""Writing what was scored: pieces are encoded by any thread, and written in order by one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import pyarrow as pa

from riskmodel.batch.layout import Added, Passed
from riskmodel.batch.rows import Rows
from riskmodel.engine.table import ScoreColumns

Layout = Sequence[Passed | Added]


class Encoded(NamedTuple):
    """A piece as it goes into the file."""

    content: Sequence[bytes | memoryview] | pa.RecordBatch
    formulas: int
    """Cells that got a `'`."""


class Sink(Protocol):
    """A file that is being written."""

    def encode(self, rows: Rows, found: Mapping[str, ScoreColumns]) -> Encoded:
        """A piece as it goes into the file; may be called by several threads."""

    def write(self, encoded: Encoded) -> None:
        """Write a piece."""

    def close(self) -> None:
        """Write what comes last; the file itself stays open."""

    def abandon(self) -> None:
        """Leave the file as it is, to be thrown away."""
