"""Scoring one stream of rows: pieces are read, scored and encoded by threads, and written in order."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from riskmodel.batch.pipeline import in_order
from riskmodel.batch.plan import Plan
from riskmodel.batch.rows import Reject, Rows
from riskmodel.batch.sink import Encoded, Sink
from riskmodel.batch.tally import Progress, Tally, counted_bands
from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import keep_memory, score_table
from riskmodel.table_check import ValueCounts, count_values


class Taker(Protocol):
    """What rejected rows are handed to."""

    def write(self, rejects: Sequence[Reject]) -> None:
        """Take rejected rows."""


class Scorer(NamedTuple):
    """What scores pieces."""

    model: CompiledModel
    explain: bool
    threads: int


class Step(NamedTuple):
    """One piece of the input, done.

    Attributes
    ----------
    rejected : its rows that cannot be scored, by their lines in the file.
    encoded : its scored rows as the sink writes them; None where there are none.
    progress : how far the input has been read with it.
    """

    rejected: Sequence[Reject]
    encoded: Encoded | None
    progress: Progress


class _Done(NamedTuple):
    """A piece that has been scored."""

    rows: Rows
    encoded: Encoded | None
    """None where no row of it could be scored."""
    bands: Mapping[str, Counter[str]]
    values: ValueCounts


def score_stream(
    scorer: Scorer,
    work: Plan,
    sink: Sink,
    tally: Tally,
    rejects: Taker,
    on_progress: Callable[[Progress], None] | None = None,
) -> None:
    """Score all rows of an input and write them; the sink is closed, or abandoned if that fails."""
    try:
        for step in steps(scorer, work, sink, tally):
            if step.rejected:
                rejects.write(step.rejected)
            if step.encoded is not None:
                sink.write(step.encoded)
            if on_progress is not None:
                on_progress(step.progress)
        sink.close()
    except BaseException:
        sink.abandon()
        raise


def steps(scorer: Scorer, work: Plan, sink: Sink, tally: Tally) -> Iterator[Step]:
    """Score all rows of an input, piece by piece and in order; nothing is written.

    Threads work ahead of what is taken by a few pieces, and stop when the iterator is closed.
    """
    for done in _scored(scorer, work, sink):
        formulas = done.encoded.formulas if done.encoded else 0
        rejected = tally.add(done.rows, formulas, done.bands, done.values)
        yield Step(rejected, done.encoded, tally.progress(done.rows))


def _scored(scorer: Scorer, work: Plan, sink: Sink) -> Iterator[_Done]:
    def score(piece: Any) -> _Done:
        rows = work.reading.read(piece)
        if rows.count == 0:
            return _Done(rows, None, {}, ValueCounts({}, {}))
        found = score_table(scorer.model, rows.columns, rows.count, threads=1, explain=scorer.explain)
        values = count_values(scorer.model, rows.columns)
        return _Done(rows, sink.encode(rows, found), counted_bands(scorer.model, found), values)

    keep_memory()
    return in_order(score, work.reading.pieces(), scorer.threads)
