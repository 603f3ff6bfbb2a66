"""Read the files of sources of events in parallel, piece by piece, in the order of the recipe."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, Protocol

from riskmodel.analysis.indicators.counts import ActCounter, Wanted
from riskmodel.errors import SituationError
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.files import Piece, SourceFile
from riskmodel.sources.kinds import EVENTS, EventReader
from riskmodel.sources.records import Acts, Tally
from riskmodel.tables.parallel import cores, in_order

OTHER_PAIRS, OTHER_TIMES = "of other pairs", "of other times"


class EventFile(NamedTuple):
    """A file of a source of events: its number among all, its source, family, and the roles that act for states."""

    number: int
    source: str
    family: str
    file: SourceFile
    spec: SourceSpec
    state_roles: frozenset[str]

    def open(self) -> EventReader:
        """Return a reader.

        Raises
        ------
        SituationError
            The file cannot be read, or has another layout.
        """
        return EVENTS[self.spec.kind].open_events(self.file, self.spec, self.state_roles)


class Part(NamedTuple):
    """The acts and counts of a piece of a file, or the error of the file."""

    file: EventFile
    result: tuple[Acts, Tally] | SituationError


@dataclass
class FileTally:
    """Counts of a file.

    Attributes
    ----------
    tally : of its rows.
    error : why it was left out; empty if it was not.
    """

    file: SourceFile
    source: str
    tally: Tally = field(default_factory=Tally)
    error: SituationError | None = None


class _Task(NamedTuple):
    """A piece to parse with the reader of its file, or the error of the file."""

    file: EventFile
    work: tuple[EventReader, Piece] | SituationError


class ReadEvents(Protocol):
    """Reads files of events as `read_events` does, here or elsewhere."""

    def __call__(
        self,
        files: Sequence[EventFile],
        wanted: Wanted,
        counters: "dict[str, ActCounter]",
        *,
        skip_bad_files: bool,
        on_file: Callable[[int], None],
    ) -> list[FileTally]:
        """Add the acts of files to the counters, in the order of the files."""


def read_events(
    files: Sequence[EventFile],
    wanted: Wanted,
    counters: "dict[str, ActCounter]",
    *,
    skip_bad_files: bool,
    on_file: Callable[[int], None],
) -> list[FileTally]:
    """Add the acts of files to the counters of their families, in the order of the files.

    Parameters
    ----------
    files : of all sources of events.
    wanted : the acts that count.
    counters : by family.
    skip_bad_files : leave files with an error out, instead of raising it; nothing of them is counted.
    on_file : called with the number of files that are read.

    Raises
    ------
    SituationError
        A file cannot be read, or has a row that is not of its layout.
    """
    # Closed here, so that threads end with an error, and not when it is forgotten.
    with closing(in_order(lambda task: _part(task, wanted), _tasks(files), cores())) as parts:
        return collect(parts, files, counters, skip_bad_files=skip_bad_files, on_file=on_file)


def collect(
    parts: Iterable[Part],
    files: Sequence[EventFile],
    counters: "dict[str, ActCounter]",
    *,
    skip_bad_files: bool,
    on_file: Callable[[int], None],
) -> list[FileTally]:
    """Add parts of files, which come in the order of the files, to the counters; parameters as in `read_events`."""
    tallies = [FileTally(file.file, file.source) for file in files]
    for number, of_file in groupby(parts, key=lambda part: part.file.number):
        on_file(number)
        _add_file(of_file, tallies[number], counters[files[number].family], skip_if_bad=skip_bad_files)
    return tallies


def _add_file(parts: Iterable[Part], tally: FileTally, counter: ActCounter, *, skip_if_bad: bool) -> None:
    # The acts of a file that may turn out bad wait for its end.
    waiting: list[Acts] = []
    for part in parts:
        if isinstance(part.result, SituationError):
            if not skip_if_bad:
                raise part.result
            tally.tally, tally.error = Tally(), part.result
            return
        acts, counts = part.result
        tally.tally.add(counts)
        if skip_if_bad:
            waiting.append(acts)
        else:
            counter.add(acts, tally.source)
    for acts in waiting:
        counter.add(acts, tally.source)


def read_file(file: EventFile, wanted: Wanted) -> list[Part]:
    """Return the parts of one file, read by one thread."""
    return [_part(task, wanted) for task in _tasks([file])]


def _tasks(files: Iterable[EventFile]) -> Iterator[_Task]:
    for file in files:
        try:
            reader = file.open()
            for piece in reader.pieces():
                yield _Task(file, (reader, piece))
        except SituationError as error:
            yield _Task(file, error)


def _part(task: _Task, wanted: Wanted) -> Part:
    if isinstance(task.work, SituationError):
        return Part(task.file, task.work)
    reader, piece = task.work
    try:
        acts, tally = reader.parse(piece)
    except SituationError as error:
        return Part(task.file, error)
    selected, others, other_times = wanted.select(acts)
    for reason, count in ((OTHER_PAIRS, others), (OTHER_TIMES, other_times)):
        if count:
            tally.dropped[reason] += count
    return Part(task.file, (selected, tally))
