"""Reading a whole file for those who can do nothing with a part of it: the first rows that cannot be used end it."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from riskmodel.batch.pipeline import in_order
from riskmodel.batch.reading import Reading, doubtful_number
from riskmodel.batch.rows import Reject, Rows, first_told
from riskmodel.errors import Problem, SituationError, counted

_THREADS = 2
"""How many pieces of the file are read at a time; more would outrun the one who takes the values."""

Taken = TypeVar("Taken")


class _Piece(NamedTuple):
    """What is taken of a piece, and what is at fault in it."""

    taken: Any
    rejected: list[Reject]
    lines: int


def strictly(found: Reading, take: Callable[[Rows], Taken]) -> Iterator[Taken]:
    """What `take` makes of the rows of each piece, in order.

    Parameters
    ----------
    found : the file that is being read.
    take : called with the rows of each piece, by several threads.

    Raises
    ------
    SituationError
        Where rows cannot be used; the first are named.
    """

    def read(piece: Any) -> _Piece:
        rows = found.read(piece)
        return _Piece(take(rows), list(rows.rejected), rows.lines)

    before = found.before
    for piece in in_order(read, found.pieces(), _THREADS):
        if piece.rejected:
            rejected = [reject._replace(line=before + reject.line) for reject in piece.rejected]
            if comma := doubtful_number(found, rejected, ""):
                raise SituationError([comma])
            problems, more = first_told(rejected, "", found.place)
            if more:
                message = f"and {counted(more, 'more row')} that cannot be used; the rest of the file was not looked at"
                problems.append(Problem(message))
            raise SituationError(problems)
        before += piece.lines
        yield piece.taken
