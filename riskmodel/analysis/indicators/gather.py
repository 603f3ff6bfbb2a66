"""Gather the facts of a recipe from its sources."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.counts import ActCounter, ActEntries, Axis, PairCounts, Wanted
from riskmodel.analysis.indicators.coverage import FileRules, covered_records, sides, usable_by_pair
from riskmodel.analysis.indicators.event_files import EventFile, FileTally, ReadEvents, read_events
from riskmodel.analysis.indicators.facts import LOOK_BACK, Facts, SmallRecords
from riskmodel.documents.recipes import Recipe
from riskmodel.errors import Problem, SituationError, counted
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries
from riskmodel.sources.files import SourceFile, source_files
from riskmodel.sources.kinds import EVENTS, RECORDS
from riskmodel.sources.records import Tally

Progress = Callable[[int, int], None]
"""Called with the number of files that are read, and of all."""


class Rules(NamedTuple):
    """The parts of the derivations that matter when sources are read.

    Attributes
    ----------
    third_codes : codes of acts of third actors that count.
    files : what makes a day usable, by family of events.
    state_roles : the roles of actors who act for their state, by kind of source.
    """

    third_codes: frozenset[str]
    files: Mapping[str, FileRules]
    state_roles: Mapping[str, frozenset[str]]


@dataclass
class Gathered:
    """Facts, and the counts that tell how they came about.

    Attributes
    ----------
    entries, counters : of each family of events.
    tallies : of all files, in the order of the recipe.
    again : by source, records that are there twice.
    """

    facts: Facts
    axis: Axis
    pairs: tuple[str, ...]
    entries: Mapping[str, ActEntries]
    counters: Mapping[str, ActCounter]
    tallies: Sequence[FileTally]
    again: Counter[str] = field(default_factory=Counter)


def gather(
    recipe: Recipe, rules: Rules, *, skip_bad_files: bool, on_progress: Progress | None, read: ReadEvents = read_events
) -> Gathered:
    """Read the sources of a recipe.

    Parameters
    ----------
    recipe : the recipe.
    rules : of the derivations.
    skip_bad_files : leave files with an error out, instead of raising it.
    on_progress : called after each file.
    read : reads the files of events.

    Raises
    ------
    SituationError
        A pair or a file is not there, or a file cannot be read.
    """
    spec = recipe.spec
    axis = Axis(spec.period.first_month - LOOK_BACK, spec.period.last_month - spec.period.first_month + 1 + LOOK_BACK)
    files = {name: source_files(source.path, recipe.folder) for name, source in spec.sources.items()}
    n_files = sum(map(len, files.values()))
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, n_files)

    named = None if spec.pairs == "all" else pairs_of(recipe)
    small: dict[str, tuple[SmallRecords, Tally]] = {}
    tallies: list[FileTally] = []
    again = Counter[str]()
    for name, source in spec.sources.items():
        if source.kind not in EVENTS:
            records, of_files = _read_small(name, source, files[name], skip_bad_files, step)
            distinct = records.distinct()
            again[name] += len(records) - len(distinct)
            small[name] = distinct, Tally.total(tally.tally for tally in of_files)
            tallies += of_files
    event_files = _event_files(spec.sources, files, rules.state_roles)
    families = dict.fromkeys(file.family for file in event_files)
    n_states = len(countries.STATES)
    counters = {family: ActCounter(axis, n_states) for family in families}
    tallies += read(
        event_files,
        _wanted(axis, named, rules.third_codes, n_states),
        counters,
        skip_bad_files=skip_bad_files,
        on_file=lambda _: step(),
    )
    entries = {family: counter.entries() for family, counter in counters.items()}
    pairs = named
    if pairs is None:
        pairs = _pairs_seen([*entries.values()], [records for records, _ in small.values()], n_states)
    events = []
    for family in families:
        names = tuple(dict.fromkeys(file.source for file in event_files if file.family == family))
        of_family = [tally.tally for tally in tallies if tally.source in names]
        stated = {name: spec.sources[name].covers for name in names}
        usable = usable_by_pair(axis, of_family, stated, counters[family].pairs, pairs, rules.files[family], n_states)
        events.append(PairCounts(family, names, entries[family], pairs, axis, usable, n_states))
    facts = Facts(
        pairs,
        axis.first,
        axis.months,
        tuple(events),
        tuple(
            covered_records(name, spec.sources[name], records, tally, pairs) for name, (records, tally) in small.items()
        ),
    )
    names_of_pairs = tuple(countries.pair_name(a, b) for a, b in pairs.tolist())
    return Gathered(facts, axis, names_of_pairs, entries, counters, tallies, again)


def pairs_of(recipe: Recipe) -> NDArray[np.int16]:
    """Return (pairs, 2) the states of the pairs that a recipe names.

    Raises
    ------
    SituationError
        A pair is unknown, or there twice.
    """
    pairs: dict[frozenset[int], tuple[int, int]] = {}
    problems = []
    for number, text in enumerate(recipe.spec.pairs):
        try:
            pair = countries.pair(text)
        except SituationError as error:
            problems += [_placed(recipe, number, problem.message) for problem in error.problems]
            continue
        if frozenset(pair) in pairs:
            problems.append(_placed(recipe, number, f"{text!r} is there twice"))
        pairs[frozenset(pair)] = pair
    if problems:
        raise SituationError(problems)
    return np.array([*pairs.values()], np.int16).reshape(-1, 2)


def _placed(recipe: Recipe, number: int, message: str) -> Problem:
    from riskmodel.documents.validation import finding_problem
    from riskmodel.schema.base import Finding

    return finding_problem(
        Finding(("pairs", number), message, recipe.spec.pairs[number]), recipe.document, type(recipe.spec)
    )


def _event_files(
    sources: Mapping[str, SourceSpec],
    files: Mapping[str, Sequence[SourceFile]],
    state_roles: Mapping[str, frozenset[str]],
) -> list[EventFile]:
    listed = []
    for name, source in sources.items():
        if source.kind in EVENTS:
            family, roles = EVENTS[source.kind].FAMILY, state_roles[source.kind]
            listed += [(name, family, file, source, roles) for file in files[name]]
    return [EventFile(number, *parts) for number, parts in enumerate(listed)]


def _wanted(axis: Axis, pairs: NDArray[np.int16] | None, third_codes: frozenset[str], n_states: int) -> Wanted:
    if pairs is None:
        between = ~np.eye(n_states + 1, dtype=bool)
        between[-1, :] = between[:, -1] = False
        return Wanted(axis, between, third_codes, np.append(np.ones(n_states, bool), False))
    between = np.zeros((n_states + 1, n_states + 1), bool)
    between[pairs[:, 0], pairs[:, 1]] = between[pairs[:, 1], pairs[:, 0]] = True
    return Wanted(axis, between, third_codes, np.isin(np.arange(n_states + 1), pairs))


def _pairs_seen(entries: Sequence[ActEntries], records: Sequence[SmallRecords], n_states: int) -> NDArray[np.int16]:
    """Return (pairs, 2) all pairs of states that any source has, sorted."""
    seen = [np.empty(0, np.int64)]
    for low, high in [
        *((part.low, part.high) for part in entries),
        *((np.minimum(*sides(part)).astype(np.int64), np.maximum(*sides(part)).astype(np.int64)) for part in records),
    ]:
        are_states = (low >= 0) & (high < n_states) & (low != high)
        seen.append(np.unique(low[are_states] * n_states + high[are_states]))
    keys = np.unique(np.concatenate(seen))
    return np.stack(np.divmod(keys, n_states), axis=1).astype(np.int16)


def _read_small(
    name: str, source: SourceSpec, files: Sequence[SourceFile], skip_bad_files: bool, step: Callable[[], None]
) -> tuple[SmallRecords, list[FileTally]]:
    """Return the records of all files of a source, and the counts of each."""
    parts: list[Any] = []  # all of one type
    tallies = []
    for file in files:
        try:
            records, tally = RECORDS[source.kind].read(file, source)
            _check_codes(file, tally)
        except SituationError as error:
            if not skip_bad_files:
                raise
            tallies.append(FileTally(file, name, error=error))
        else:
            parts.append(records)
            tallies.append(FileTally(file, name, tally))
        step()
    if not parts:
        errors = [tally.error.problems[0] for tally in tallies if tally.error is not None]
        raise SituationError([Problem(f"source {name!r}: all of its files are left out"), *errors])
    joined: SmallRecords = type(parts[0]).joined(parts)
    return joined, tallies


def _check_codes(file: SourceFile, tally: Tally) -> None:
    """Refuse a file in which no country is known, because its codes are of another scheme."""
    if tally.unknown and not tally.kept:
        (scheme, code), _ = tally.unknown.most_common(1)[0]
        raise file.error(
            f"none of its {counted(tally.rows, 'row')} has two known countries: {code!r} is in no list of {scheme}; "
            "`codes:` in the recipe names the scheme of its countries"
        )
