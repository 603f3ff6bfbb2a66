"""Derive indicators of pairs of states by period from the sources that a recipe names."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.cluster import dask_reader
from riskmodel.analysis.indicators.coverage import FileRules
from riskmodel.analysis.indicators.derivations import Derivations, load_derivations
from riskmodel.analysis.indicators.event_files import FileTally, read_events
from riskmodel.analysis.indicators.facts import LOOK_BACK, SourceRecords
from riskmodel.analysis.indicators.gather import Gathered, Progress, Rules, gather
from riskmodel.analysis.indicators.methods.derive import Borders, derive
from riskmodel.analysis.indicators.periods import column_of, period_names
from riskmodel.analysis.results.indicators import (
    DerivedColumn,
    FamilySummary,
    IndicatorSummary,
    IndicatorTable,
    InputFile,
    ScoreNeed,
    SourceSummary,
)
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.recipes import Recipe, load_recipe
from riskmodel.documents.validation import finding_problem
from riskmodel.engine.table import score_table
from riskmodel.errors import SituationError, counted, suggest
from riskmodel.model import Model, ensure_model
from riskmodel.schema.base import Finding
from riskmodel.schema.recipe import STEP_MONTHS, RecipeSpec
from riskmodel.schema.ways import AsGiven
from riskmodel.sources.borders import neighbours, read_borders
from riskmodel.sources.kinds import EVENTS
from riskmodel.sources.records import Levels, Tally
from riskmodel.sources.table import KEYS


def indicators(
    recipe: "str | Path | Mapping[str, Any]",
    *,
    model: Model | str | Path = DEFAULT,
    strict: bool = False,
    skip_bad_files: bool = False,
    engine: Literal["local", "dask"] = "local",
    scheduler: str | None = None,
    on_progress: Progress | None = None,
) -> IndicatorTable:
    """Derive the indicators of pairs of states by period from the sources that a recipe names.

    A value is derived by the first way of the derivations for which the recipe has a source that covers the pair; the
    ways of a pair are the same in all periods. A value that no source covers is blank, never 0.

    Parameters
    ----------
    recipe
        A recipe file, or its content; its paths are relative to the file, or to the current folder.
    model
        The model whose scores are checked for enough values; the derivations do not depend on it.
    strict
        Refuse what would be counted and noted: rows that are repaired, codes in no list, events met twice, months
        with too few files.
    skip_bad_files
        Leave files out that cannot be read or have rows of another layout, instead of stopping at the first.
    engine
        Read files of events in threads on this machine, or on a Dask cluster whose workers can read the same paths.
    scheduler
        The address of a Dask scheduler; without one, a cluster is started on this machine.
    on_progress
        Called with the number of files that are read, and of all.

    Returns
    -------
    IndicatorTable
        One row for each pair and period; `to_frame()` has a column for each indicator, `basis` the basis of each value.

    Raises
    ------
    SituationError
        If the recipe or the derivations are invalid, a pair is unknown, or a file is not there or cannot be read.
    ModelError
        If the model is invalid.
    """
    if scheduler is not None and engine != "dask":
        raise SituationError("--scheduler goes with --engine dask")
    loaded = ensure_model(model)
    document = load_recipe(recipe)
    derivations = derivations_of(document)
    _check_columns(document, derivations)
    gathered = gather(
        document,
        rules_of(derivations),
        skip_bad_files=skip_bad_files,
        read=dask_reader(scheduler) if engine == "dask" else read_events,
        on_progress=on_progress,
    )
    table = table_of(document, derivations, gathered, loaded)
    if strict:
        _refuse(table)
    return table


def derivations_of(recipe: Recipe) -> Derivations:
    """Return the derivations that a recipe names, or the shipped ones."""
    path = recipe.spec.derivations
    return load_derivations(None if path is None else recipe.folder / path)


def _taken(derivations: Derivations, family: str) -> set[str]:
    """Return the columns of sources of a family that indicators take as they are."""
    return {
        way.column or name
        for name, rules in derivations.spec.indicators.items()
        for way in rules.ways
        if isinstance(way, AsGiven) and way.family == family
    }


def _check_columns(recipe: Recipe, derivations: Derivations) -> None:
    """Raise if the recipe maps a column of a table to a name that no indicator takes, which would be lost unseen."""
    known = _taken(derivations, "table")
    problems = [
        finding_problem(
            Finding(
                ("sources", name, "columns", column),
                f"the derivations have no indicator {column!r}{suggest(column, known)}",
                column,
            ),
            recipe.document,
            type(recipe.spec),
        )
        for name, source in recipe.spec.sources.items()
        if source.kind == "table"
        for column in source.columns
        if column not in {*KEYS, *known}
    ]
    if problems:
        raise SituationError(problems)


def rules_of(derivations: Derivations) -> Rules:
    """Return the parts of the derivations that matter when sources are read."""
    events = derivations.spec.events
    files = {kind: FileRules(events.hole_below, events.quarter_hours, events.hole_days(kind)) for kind in EVENTS}
    roles = {kind: frozenset(listed) for kind, listed in events.state_roles}
    return Rules(derivations.third_codes, files, roles)


def borders_of(recipe: Recipe) -> Borders:
    """Return the neighbours of states by the table that a recipe names, or by the shipped one."""
    path = recipe.spec.borders
    borders = read_borders(None if path is None else str(recipe.folder / path))
    return partial(neighbours, borders=borders)


def periods_of(recipe: RecipeSpec) -> list[str]:
    """Return the names of the periods of a recipe."""
    period = recipe.period
    months = period.last_month - period.first_month + 1
    return period_names(period.first_month, months // STEP_MONTHS[period.step], period.step)


def table_of(recipe: Recipe, derivations: Derivations, gathered: Gathered, model: Model) -> IndicatorTable:
    """Derive the table of gathered facts."""
    period = recipe.spec.period
    months = STEP_MONTHS[period.step]
    columns = {
        derived.indicator: column_of(derived, months, derivations.spec.indicators[derived.indicator].period)
        for derived in derive(gathered.facts, derivations.spec, borders_of(recipe))
    }
    names = periods_of(recipe.spec)
    pairs = [pair for pair in gathered.pairs for _ in names]
    return IndicatorTable(
        recipe=recipe.title,
        recipe_sha256=sha256(recipe.document.text.encode()).hexdigest(),
        derivations=_line(derivations),
        step=period.step,
        pairs=tuple(pairs),
        periods=tuple(names * len(gathered.pairs)),
        indicators={name: _summary(column) for name, column in columns.items()},
        sources=_sources(recipe, derivations, gathered),
        families=dict(_families(gathered, derivations.spec.events.usable_days)),
        files=tuple(_file(tally) for tally in gathered.tallies),
        model=model.identity,
        scores=tuple(_needs(model, columns, len(pairs))),
        columns=columns,
    )


def _line(derivations: Derivations) -> str:
    """Return the title and the fingerprint of derivations."""
    content = derivations.spec.model_dump_json(by_alias=True).encode()
    return f"{derivations.spec.title or derivations.document.name}, {sha256(content).hexdigest()[:12]}"


def _summary(column: DerivedColumn) -> IndicatorSummary:
    is_known = ~np.isnan(column.value)
    trust = Counter(column.ways[way][1] for way in column.method[is_known].tolist())
    reasons = Counter(column.reasons[reason] for reason in column.reason[~is_known].tolist())
    known = int(np.count_nonzero(is_known))
    return IndicatorSummary(known, len(column.value) - known, dict(trust), dict(reasons))


def _sources(recipe: Recipe, derivations: Derivations, gathered: Gathered) -> dict[str, SourceSummary]:
    spans = {source.name: source for source in gathered.facts.records}
    summaries = {}
    for name, source in recipe.spec.sources.items():
        of_source = [tally.tally for tally in gathered.tallies if tally.source == name]
        total = Tally.total(of_source)
        span = spans.get(name)
        has_span = span is not None and span.first_month <= span.last_month
        first, last = (
            (period_names(month, 1, "month")[0] for month in (span.first_month, span.last_month))
            if span is not None and has_span
            else (None, None)
        )
        summaries[name] = SourceSummary(
            kind=source.kind,
            files=len(of_source),
            rows=total.rows,
            kept=total.kept,
            dropped=dict(total.dropped),
            mended=dict(total.mended),
            unknown={f"{scheme} {code}": count for (scheme, code), count in total.unknown.items()},
            again=gathered.again[name],
            from_month=first,
            to_month=last,
            unused=_unused(span, derivations),
        )
    return summaries


def _unused(source: SourceRecords | None, derivations: Derivations) -> tuple[str, ...]:
    """Return the columns of a source of levels that no indicator takes."""
    if source is None or not isinstance(source.records, Levels):
        return ()
    taken = _taken(derivations, source.kind)
    return tuple(name for name in source.records.columns if name not in taken)


def _families(gathered: Gathered, needed: int) -> Iterator[tuple[str, FamilySummary]]:
    lengths = gathered.axis.lengths[LOOK_BACK:]
    months = period_names(gathered.axis.first + LOOK_BACK, len(lengths), "month")
    for counts in gathered.facts.events:
        entries = gathered.entries[counts.family]
        usable = counts.usable[:, LOOK_BACK:].max(axis=0, initial=0)  # of the pair that is covered best
        yield (
            counts.family,
            FamilySummary(
                sources=counts.sources,
                events=int(entries.rows.sum()),
                again=gathered.counters[counts.family].again,
                repeats=entries.repeats,
                twins=entries.twins,
                usable_days=int(usable.sum()),
                days=int(lengths.sum()),
                missing=tuple(month for month, days in zip(months, usable.tolist(), strict=True) if days < needed),
            ),
        )


def _file(tally: FileTally) -> InputFile:
    error = None
    if tally.error is not None:
        problem = tally.error.problems[0]
        error = problem.message if problem.line is None else f"line {problem.line}: {problem.message}"
    return InputFile(tally.file.path, tally.file.member, tally.source, tally.tally.rows, error)


def _needs(model: Model, columns: Mapping[str, DerivedColumn], rows: int) -> Iterator[ScoreNeed]:
    """Yield what the table lacks for each main score of a model."""
    values: dict[str, NDArray[np.float64]] = {
        name: columns[name].value if name in columns else np.full(rows, np.nan) for name in model.spec.indicators
    }
    scores = score_table(model.compiled, values, rows)
    for name in model.spec.main_scores:
        score, compiled = scores[name], model.compiled.scores[name]
        is_scored = ~np.isnan(score.value)
        coverage = score.coverage[~is_scored]
        total = sum(part.weight for part in compiled.inputs)
        blank = {
            part.name: part.weight / total
            for part in compiled.inputs
            if not part.is_score and np.isnan(values[part.name]).all()
        }
        yield ScoreNeed(
            name,
            compiled.title or name,
            rows,
            int(np.count_nonzero(is_scored)),
            float(coverage.min()) if coverage.size else 1.0,
            float(coverage.max()) if coverage.size else 1.0,
            compiled.min_coverage,
            dict(sorted(blank.items(), key=lambda entry: -entry[1])),
        )


def _refuse(table: IndicatorTable) -> None:
    """Raise what a strict reader would not pass over, if there is any."""
    met: list[str] = []
    for name, source in table.sources.items():
        met += [f"{name}: {counted(count, 'row')}: {kind}" for kind, count in source.mended.items()]
        met += [f"{name}: {code} is in no list ({counted(count, 'row')})" for code, count in source.unknown.items()]
        if source.again:
            met.append(f"{name}: {counted(source.again, 'record')} there twice")
    for name, family in table.families.items():
        if family.again:
            met.append(f"{name}: {counted(family.again, 'event')} met again by id")
        if family.missing:
            met.append(f"{name}: {counted(len(family.missing), 'month')} with too few files, {family.missing[0]} first")
    met += [f"{file.name}: {file.skipped}" for file in table.files if file.skipped]
    if met:
        raise SituationError(f"--strict: {'; '.join(met)}")
