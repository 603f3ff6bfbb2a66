"""The columns of an output, and the interface of files that are written."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol, Self, TypeAlias, get_args

import pyarrow as pa

from riskmodel.engine.table import ScoreArrays
from riskmodel.errors import SituationError, suggest
from riskmodel.kernels.types import Floats
from riskmodel.tables.rejects import Reject
from riskmodel.tables.rows import Reader, Rows

Kind = Literal["value", "band", "coverage", "low", "high", "exact", "drivers"]
_SUFFIXES: dict[str, str] = {
    "value": "",
    "band": "_band",
    "coverage": "_coverage",
    "low": "_low",
    "high": "_high",
    "exact": "_exact",
    "drivers": "_drivers",
}


class InputColumn(NamedTuple):
    """A column of the input that is kept."""

    name: str
    position: int


class ScoreColumn(NamedTuple):
    """A column of a score that is added."""

    name: str
    score: str
    kind: Kind


class IntensityColumn(NamedTuple):
    """A column with the normalised values of an indicator that is added."""

    name: str
    indicator: str


class FlagColumn(NamedTuple):
    """A column with the flags after the numbers of an indicator that is added."""

    name: str
    indicator: str


Constant: TypeAlias = str | datetime | None
"""The value of a column that is the same in every row."""


class ConstantColumn(NamedTuple):
    """A column with the same value in every row that is added."""

    name: str
    value: Constant


AddedColumn: TypeAlias = ScoreColumn | FlagColumn | IntensityColumn | ConstantColumn
Layout: TypeAlias = Sequence[InputColumn | AddedColumn]
"""The columns of an output, in order."""
NONE: Mapping[str, Floats] = MappingProxyType({})
CONSTANTS = ("model_id", "model_version", "fingerprint", "run_id", "scored_at")
"""The columns with the same value in every row that can be added."""
INTENSITY = "_intensity"
"""The suffix of the columns of intensities."""
FLAG = "_flag"
"""The suffix of the columns of flags."""


def layout(
    names: Sequence[str],
    scores: Iterable[str],
    requested: Sequence[str] | None,
    *,
    explain: bool,
    exact: bool,
    flagged: Iterable[str] = (),
    intensities: Iterable[str] = (),
    constants: Mapping[str, Constant] = MappingProxyType({}),
) -> list[InputColumn | AddedColumn]:
    """Return the columns of the output, in order.

    Parameters
    ----------
    names : the columns of the input.
    scores : the model's scores.
    requested : the columns to write; None for all. A name that the input shares with an added column is the latter's.
    explain, exact : whether there are columns of drivers, and of exact values.
    flagged, intensities : the indicators with a column of flags, and of intensities.
    constants : the columns with the same value in every row.

    Raises
    ------
    SituationError
        A requested column does not exist or is duplicate, or names clash.
    """
    kinds = [kind for kind in get_args(Kind) if {"drivers": explain, "exact": exact}.get(kind, True)]
    added: dict[str, InputColumn | AddedColumn] = {}
    for score in scores:
        for kind in kinds:
            name = score + _SUFFIXES[kind]
            if name in added:
                raise SituationError(f"two scores of the model give the column {name!r}; rename one of them")
            added[name] = ScoreColumn(name, score, kind)
    others: list[AddedColumn] = [FlagColumn(indicator + FLAG, indicator) for indicator in flagged]
    others += [IntensityColumn(indicator + INTENSITY, indicator) for indicator in intensities]
    for column in (*others, *(ConstantColumn(name, value) for name, value in constants.items())):
        if column.name in added:
            raise SituationError(f"the output would have two columns {column.name!r}; rename the score or indicator")
        added[column.name] = column
    kept: dict[str, InputColumn | AddedColumn] = {
        name: InputColumn(name, position) for position, name in enumerate(names)
    }
    if requested is None:
        clashes = [name for name in kept if name in added]
        if clashes:
            raise SituationError(
                f"has a column {clashes[0]!r} already, which the output would add; rename it, or choose with --columns"
            )
        return [*kept.values(), *added.values()]
    known = kept | added
    for position, name in enumerate(requested):
        if name not in known:
            raise SituationError(f"--columns: there is no column {name!r}{_remedy(name, known)}")
        if name in requested[:position]:
            raise SituationError(f"--columns: duplicate {name!r}")
    if not requested:
        raise SituationError("--columns names no column")
    return [known[name] for name in requested]


def _remedy(name: str, known: Mapping[str, object]) -> str:
    """Return the option that adds a column which is not there, or the nearest name."""
    for kind, option in (("drivers", "with --explain"), ("exact", "in Parquet only")):
        if name.endswith(_SUFFIXES[kind]) and name.removesuffix(_SUFFIXES[kind]) in known:
            return f"; it comes {option}"
    if name.endswith(INTENSITY) and name.removesuffix(INTENSITY) in known:
        return "; it comes with --intensities"
    if name.endswith(FLAG) and name.removesuffix(FLAG) in known:
        return "; it comes with --flags"
    if name in CONSTANTS:
        return f"; it comes with --add {name}"
    return suggest(name, known)


class Encoded(NamedTuple):
    """A piece in the form in which it is written."""

    content: Sequence[bytes | memoryview] | pa.RecordBatch
    formulas: int
    """The number of cells escaped with a `'`."""


class Writer(Protocol):
    """A file that is being written."""

    def encode(
        self, rows: Rows, scores: Mapping[str, ScoreArrays], intensities: Mapping[str, Floats] = NONE
    ) -> Encoded:
        """Encode a piece for the file; thread-safe."""

    def write(self, encoded: Encoded) -> None:
        """Write a piece."""

    def reject(self, rejects: Sequence[Reject]) -> None:
        """Write rejected rows, in formats that have a place for them."""

    def continued(self, layout: Layout, reader: Reader) -> Self:
        """Return a writer of the same file for the rows of another input, whose columns have the same names.

        Raises
        ------
        SituationError
            The format or the types of its rows are others.
        """

    def close(self) -> None:
        """Write the rest; the file itself stays open."""

    def abandon(self) -> None:
        """Stop writing; the file is incomplete and will be discarded."""
