"""The columns of an output, and the interface of files that are written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias, get_args

import pyarrow as pa

from riskmodel.engine.table import ScoreArrays
from riskmodel.errors import SituationError, suggest
from riskmodel.tables.rows import Rows

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


Layout: TypeAlias = Sequence[InputColumn | ScoreColumn]
"""The columns of an output, in order."""


def layout(
    names: Sequence[str], scores: Iterable[str], requested: Sequence[str] | None, *, explain: bool, exact: bool
) -> list[InputColumn | ScoreColumn]:
    """Return the columns of the output, in order.

    Parameters
    ----------
    names : the columns of the input.
    scores : the model's scores.
    requested : the columns to write; None for all. A name that input and scores share is the score's.
    explain, exact : whether there are columns of drivers, and of exact values.

    Raises
    ------
    SituationError
        A requested column does not exist or is duplicate, or names clash.
    """
    kinds = [kind for kind in get_args(Kind) if {"drivers": explain, "exact": exact}.get(kind, True)]
    added: dict[str, InputColumn | ScoreColumn] = {}
    for score in scores:
        for kind in kinds:
            name = score + _SUFFIXES[kind]
            if name in added:
                raise SituationError(f"two scores of the model give the column {name!r}; rename one of them")
            added[name] = ScoreColumn(name, score, kind)
    kept: dict[str, InputColumn | ScoreColumn] = {
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
            hint = suggest(name, known)
            for kind, option in (("drivers", "with --explain"), ("exact", "in Parquet only")):
                if name.endswith(_SUFFIXES[kind]) and name.removesuffix(_SUFFIXES[kind]) in known:
                    hint = f"; it comes {option}"
            raise SituationError(f"--columns: there is no column {name!r}{hint}")
        if name in requested[:position]:
            raise SituationError(f"--columns: duplicate {name!r}")
    if not requested:
        raise SituationError("--columns names no column")
    return [known[name] for name in requested]


class Encoded(NamedTuple):
    """A piece in the form in which it is written."""

    content: Sequence[bytes | memoryview] | pa.RecordBatch
    formulas: int
    """The number of cells escaped with a `'`."""


class Writer(Protocol):
    """A file that is being written."""

    def encode(self, rows: Rows, scores: Mapping[str, ScoreArrays]) -> Encoded:
        """Encode a piece for the file; thread-safe."""

    def write(self, encoded: Encoded) -> None:
        """Write a piece."""

    def close(self) -> None:
        """Write the rest; the file itself stays open."""

    def abandon(self) -> None:
        """Stop writing; the file is incomplete and will be discarded."""
