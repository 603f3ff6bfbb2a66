"""List the rows of the sources behind a value."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.analysis import borders_of, derivations_of, periods_of, rules_of, table_of
from riskmodel.analysis.indicators.coverage import sides
from riskmodel.analysis.indicators.event_files import FileTally
from riskmodel.analysis.indicators.facts import LOOK_BACK, Selection, SmallRecords
from riskmodel.analysis.indicators.gather import Rules, gather, pairs_of
from riskmodel.analysis.indicators.methods.derive import selection
from riskmodel.analysis.results.indicators import IndicatorRows, SourceRow
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.recipes import Recipe, load_recipe
from riskmodel.errors import SituationError, suggest
from riskmodel.model import ensure_model
from riskmodel.schema.recipe import STEP_MONTHS, RecipeSpec
from riskmodel.sources import countries
from riskmodel.sources.kinds import EVENTS, RECORDS
from riskmodel.sources.records import Acts, Flows, Levels, Violence, first_day


def explain_indicator(
    recipe: "str | Path | Mapping[str, Any]", *, pair: str, period: str, indicator: str, skip_bad_files: bool = False
) -> IndicatorRows:
    """List the rows of the sources behind one value of the table of a recipe.

    Parameters
    ----------
    recipe
        A recipe file, or its content.
    pair
        The pair, such as `USA-RUS`, in either order.
    period
        The period as the table writes it: `2018-03`, `2018-Q1` or `2018`.
    indicator
        The indicator.
    skip_bad_files
        Leave files out that cannot be read, as for the table.

    Returns
    -------
    IndicatorRows
        The value with its basis, and the rows with their files and lines. Rows of the same event are all listed.

    Raises
    ------
    SituationError
        If the table has no such pair, period or indicator, or it cannot be derived.
    """
    document = load_recipe(recipe)
    two = _pair_of(document, pair)
    only = document._replace(spec=document.spec.model_copy(update={"pairs": (countries.pair_name(*two),)}))
    derivations = derivations_of(document)
    if indicator not in derivations.spec.indicators:
        raise SituationError(f"no indicator {indicator!r}{suggest(indicator, derivations.spec.indicators)}")
    periods = periods_of(document.spec)
    if period not in periods:
        raise SituationError(f"no period {period!r}; the table has {periods[0]} to {periods[-1]}")
    row = periods.index(period)
    rules = rules_of(derivations)
    gathered = gather(only, rules, skip_bad_files=skip_bad_files, on_progress=None)
    table = table_of(only, derivations, gathered, ensure_model(DEFAULT))
    length = STEP_MONTHS[document.spec.period.step]
    months = range(LOOK_BACK + row * length, LOOK_BACK + (row + 1) * length)
    if derivations.spec.indicators[indicator].period == "last":
        months = months[-1:]
    borders = borders_of(document)
    chosen = [selection(gathered.facts, derivations.spec, indicator, 0, month, borders) for month in months]
    rows = list(_rows(document.spec, rules, _joined(chosen), two, gathered.tallies))
    return IndicatorRows(
        document.title, table.pairs[row], period, indicator, table.columns[indicator].at(row), tuple(rows)
    )


def _pair_of(recipe: Recipe, text: str) -> tuple[int, int]:
    """Return the two states of a pair in the order of the recipe."""
    a, b = countries.pair(text)
    if recipe.spec.pairs == "all":
        return min(a, b), max(a, b)
    named = [(int(first), int(second)) for first, second in pairs_of(recipe)]
    for pair in named:
        if {*pair} == {a, b}:
            return pair
    names = [countries.pair_name(*pair) for pair in named]
    raise SituationError(f"the recipe has no pair {countries.pair_name(a, b)!r}{suggest(text, names)}")


def _joined(selections: "list[Selection]") -> Selection:
    """Return one selection for the months of a period."""
    first, *others = [chosen for chosen in selections if chosen.sources] or selections[:1]
    for other in others:
        first = first._replace(
            sources=tuple(dict.fromkeys((*first.sources, *other.sources))),
            first_day=min(first.first_day, other.first_day),
            last_day=max(first.last_day, other.last_day),
        )
    return first


def _rows(
    recipe: RecipeSpec, rules: Rules, chosen: Selection, pair: tuple[int, int], tallies: Sequence[FileTally]
) -> Iterator[SourceRow]:
    """Yield the rows of a selection from all files but those that are skipped."""
    for name in chosen.sources:
        source = recipe.sources[name]
        for file in [tally.file for tally in tallies if tally.source == name and tally.error is None]:
            if source.kind in EVENTS:
                reader = EVENTS[source.kind].open_events(file, source, rules.state_roles[source.kind])
                for piece in reader.pieces():
                    acts, _ = reader.parse(piece)
                    lines = acts.line[_is_chosen_act(acts, chosen, pair)]
                    shown = reader.show(piece, set(lines.tolist())) if lines.size else []
                    yield from _source_rows(name, file.name, lines, shown)
            else:
                kind = RECORDS[source.kind]
                records, _ = kind.read(file, source)
                lines = records.line[_is_chosen(records, chosen, pair)]
                shown = kind.show(file, source, set(lines.tolist())) if lines.size else []
                yield from _source_rows(name, file.name, lines, shown)


def _source_rows(name: str, file: str, lines: NDArray[np.int64], shown: "list[dict[str, str]]") -> Iterator[SourceRow]:
    for line, columns in zip(np.unique(lines).tolist(), shown, strict=True):
        yield SourceRow(name, file, line, columns)


def _is_pair(a: NDArray[np.int16], b: NDArray[np.int16], pair: tuple[int, int]) -> NDArray[np.bool_]:
    is_pair: NDArray[np.bool_] = ((a == pair[0]) & (b == pair[1])) | ((a == pair[1]) & (b == pair[0]))
    return is_pair


def _is_chosen_act(acts: Acts, chosen: Selection, pair: tuple[int, int]) -> NDArray[np.bool_]:
    def has_code(codes: frozenset[str] | None) -> NDArray[np.bool_]:
        has: NDArray[np.bool_] = np.array([code in (codes or ()) for code in acts.codes] or [False])[acts.code]
        return has

    is_pair = _is_pair(acts.source, acts.target, pair)
    is_third = np.isin(acts.target, pair) & ~np.isin(acts.source, pair) & has_code(chosen.third_codes)
    in_time = (acts.day >= chosen.first_day) & (acts.day <= chosen.last_day)
    return ((is_pair & has_code(chosen.codes)) | is_third) & in_time


def _is_chosen(records: SmallRecords, chosen: Selection, pair: tuple[int, int]) -> NDArray[np.bool_]:
    a, b = sides(records)
    is_it: NDArray[np.bool_] = _is_pair(a, b, pair)
    if isinstance(records, Violence) and chosen.places:
        is_it |= np.isin(records.place, list(chosen.places))
    if isinstance(records, Levels):
        # A level of one of the two, or of the world, is a level of the pair too.
        is_it |= (b < 0) & (np.isin(a, pair) | (a < 0))
        is_it &= np.array([column in chosen.columns for column in records.columns] or [False])[records.column]
    if isinstance(records, Flows | Levels):
        starts, ends = first_day(records.month), first_day(records.month + records.months) - 1
    else:
        starts, ends = records.start.astype(np.int64), records.end.astype(np.int64)
    counted_from = starts if chosen.begun else ends
    in_time: NDArray[np.bool_] = (starts <= chosen.last_day) & (counted_from >= chosen.first_day)
    return is_it & in_time
