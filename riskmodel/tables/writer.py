"""Write scored rows: which columns the output has, and what a file of any format does with them."""

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
    """A column of the input."""

    name: str
    position: int


class ScoreColumn(NamedTuple):
    """A column about a score."""

    name: str
    score: str
    kind: Kind


Layout: TypeAlias = Sequence[InputColumn | ScoreColumn]
"""The columns of an output, in order."""


def layout(
    names: Sequence[str], scores: Iterable[str], wanted: Sequence[str] | None, *, explain: bool, exact: bool
) -> list[InputColumn | ScoreColumn]:
    """The columns of the output, in order.

    Parameters
    ----------
    names : the columns of the input.
    scores : the model's scores.
    wanted : the columns asked for; None for all. A name that both have is the score's.
    explain, exact : whether there are columns of drivers, and of exact values.

    Raises
    ------
    SituationError
        Where a wanted column does not exist or is named twice, or names clash.
    """
    kinds = [kind for kind in get_args(Kind) if {"drivers": explain, "exact": exact}.get(kind, True)]
    added: dict[str, InputColumn | ScoreColumn] = {}
    for score in scores:
        for kind in kinds:
            name = score + _SUFFIXES[kind]
            if name in added:
                raise SituationError(f"two scores of the model give the column {name!r}; rename one of them")
            added[name] = ScoreColumn(name, score, kind)
    passed: dict[str, InputColumn | ScoreColumn] = {
        name: InputColumn(name, position) for position, name in enumerate(names)
    }
    if wanted is None:
        clashes = [name for name in passed if name in added]
        if clashes:
            raise SituationError(
                f"has a column {clashes[0]!r} already, which the output would add; rename it, or choose with --columns"
            )
        return [*passed.values(), *added.values()]
    known = passed | added
    for position, name in enumerate(wanted):
        if name not in known:
            hint = suggest(name, known)
            for kind, option in (("drivers", "with --explain"), ("exact", "in Parquet only")):
                if name.endswith(_SUFFIXES[kind]) and name.removesuffix(_SUFFIXES[kind]) in known:
                    hint = f"; it comes {option}"
            raise SituationError(f"--columns: there is no column {name!r}{hint}")
        if name in wanted[:position]:
            raise SituationError(f"--columns: {name!r} is named twice")
    if not wanted:
        raise SituationError("--columns names no column")
    return [known[name] for name in wanted]


class Encoded(NamedTuple):
    """A piece as it goes into the file."""

    content: Sequence[bytes | memoryview] | pa.RecordBatch
    formulas: int
    """Cells that got a `'`."""


class Writer(Protocol):
    """A file that is being written."""

    def encode(self, rows: Rows, found: Mapping[str, ScoreArrays]) -> Encoded:
        """A piece as it goes into the file; may be called by several threads."""

    def write(self, encoded: Encoded) -> None:
        """Write a piece."""

    def close(self) -> None:
        """Write what comes last; the file itself stays open."""

    def abandon(self) -> None:
        """Leave the file as it is, to be thrown away."""
