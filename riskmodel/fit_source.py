"""Where fitting takes its values from: the pieces of a file, by the readers of `riskmodel batch`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from riskmodel.batch.inputs import Input
from riskmodel.batch.pipeline import in_order
from riskmodel.batch.reading import CsvMarks, reading
from riskmodel.batch.rows import Reject, first_told
from riskmodel.errors import Problem, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec

_THREADS = 2
"""How many pieces of the file are read at a time; more would outrun the one who takes the values."""


def check_columns(spec: ModelSpec, columns: Collection[object]) -> None:
    """Check that every indicator has a column.

    Raises
    ------
    SituationError
        Where one has none; the nearest column is named.
    """
    names = [str(column) for column in columns]
    absent = [name for name in spec.indicators if name not in columns]
    if absent:
        told = (
            f"there is no column {name!r} to fit its scale to{nearest(name, names, short=False)}" for name in absent
        )
        raise SituationError([Problem(message) for message in told])


def known(values: Floats) -> Floats:
    """Those of (n,) values that are not missing."""
    return values[~np.isnan(values)]


class _Piece(NamedTuple):
    """What matters of a piece of the file once it has been read."""

    columns: Mapping[str, Floats]
    """The values of each indicator that are not missing."""
    rejected: list[Reject]
    lines: int


def pieces(
    source: Input, spec: ModelSpec, delimiter: str | None, decimal: str | None
) -> Iterator[Mapping[str, Floats]]:
    """The values of each piece of a file, none missing, by indicator.

    Raises
    ------
    SituationError
        Where the file cannot be used, or rows of it cannot; the first are named.
    """
    found = reading(source, spec, CsvMarks(delimiter, decimal))
    check_columns(spec, found.names)

    def read(piece: Any) -> _Piece:
        rows = found.read(piece)
        return _Piece({name: known(rows.columns[name]) for name in spec.indicators}, list(rows.rejected), rows.lines)

    before = found.before
    for piece in in_order(read, found.pieces(), _THREADS):
        if piece.rejected:
            rejected = [reject._replace(line=before + reject.line) for reject in piece.rejected]
            problems = first_told(rejected, "", found.place)
            if len(rejected) > len(problems):
                more = len(rejected) - len(problems)
                message = f"and {more:,} more rows that cannot be used; the rest of the file was not looked at"
                problems.append(Problem(message))
            raise SituationError(problems)
        before += piece.lines
        yield piece.columns
