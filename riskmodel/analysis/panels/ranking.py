"""Rank the rows of a table within times and groups, with their changes against the time before."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Unpack

import numpy as np

from riskmodel.analysis.panels.rows import Keys, combined, keys_of, ranks_within
from riskmodel.analysis.requirements import check_score
from riskmodel.analysis.results.panels import RankedRows, RowKeys, TableRanking, rounded_difference
from riskmodel.analysis.situations import Case, columns_of, names_of
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.compile import CompiledModel
from riskmodel.engine.table import ScoreArrays, score_table
from riskmodel.errors import Problem, SituationError, counted
from riskmodel.model import Model, ensure_model
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.frames.output import Bands
from riskmodel.tables.labelled import LabelledTable, read_labelled
from riskmodel.tables.labels import Codes, Labels
from riskmodel.tables.options import TableKeywords, TableOptions
from riskmodel.tables.times import Times

if TYPE_CHECKING:
    import pandas as pd


_MAX_LISTED = 3


@call_as("rank_table(data, model=model)", "model.rank_table(data)")
def rank_table(
    data: "str | Path | pd.DataFrame",
    *,
    model: Model | str | Path = DEFAULT,
    rank_by: str | Sequence[str] = (),
    within: str | Sequence[str] = (),
    ascending: bool = False,
    **table: Unpack[TableKeywords],
) -> TableRanking:
    """Rank the rows of a table of any size by their scores, within each time and group.

    Nothing is drawn: `riskmodel.rank` tells how sure ranks are. Scores that tie, to nine digits of the score's range,
    share the better rank (1 1 3).

    Parameters
    ----------
    data
        A file or frame (of pandas, polars, pyarrow) with a row for each unit, or for each unit and time.
    model
        A model, its path, or its id.
    rank_by
        A score or several; by default every score from which no other is built.
    within
        Columns within whose groups rows are ranked. With the column of times (`time=`), rows are always ranked within
        each time, and compared with the time before. One of these columns that holds dates or years is the column of
        times, if no other is given.
    ascending
        Whether rank 1 is the lowest score.
    **table
        How the data are read, the columns that name units (`id=`) and the column of times (`time=`); see
        `riskmodel.TableKeywords`.

    Raises
    ------
    SituationError
        If the table cannot be read, a label is missing or not a time, or rows have the same unit and time.
    RiskmodelError
        If there is no such score.
    """
    loaded = ensure_model(model)
    scores = ranked_scores(loaded.spec, rank_by)
    read = read_panel(loaded.spec, data, within, TableOptions.of(table))
    arrays = score_table(loaded.compiled, read.table.columns, read.table.rows)
    return TableRanking(
        model=loaded.identity,
        source=read.table.source,
        rows=read.table.rows,
        check=read.table.check(loaded.compiled),
        keys=read.keys,
        ascending=ascending,
        since=read.links.before,
        after_gap=int(np.count_nonzero(read.links.after_gap >= 0)),
        scores={name: ranked_rows(loaded, name, arrays[name], read, ascending) for name in scores},
    )


def ranked_scores(spec: ModelSpec, rank_by: str | Sequence[str]) -> list[str]:
    """Return the names of the scores to rank by, checked."""
    names = [rank_by] if isinstance(rank_by, str) else list(rank_by)
    for name in names:
        check_score(spec, name)
    return names or list(spec.main_scores)


class Panel(NamedTuple):
    """A table with its keys.

    Attributes
    ----------
    keys : the columns by which rows are named and grouped.
    groups : (n,) the group within which each row is ranked.
    links : to the rows of the same unit at other times.
    """

    table: LabelledTable
    keys: RowKeys
    groups: Codes
    links: Keys


def read_panel(
    spec: ModelSpec, data: "str | Path | pd.DataFrame", within: str | Sequence[str], options: TableOptions
) -> Panel:
    """Read a table with the columns by which its rows are named and grouped.

    Raises
    ------
    SituationError
        If the table cannot be read, a label is missing or not a time, or rows have the same unit and time.
    """
    within = [within] if isinstance(within, str) else list(dict.fromkeys(within))
    table = read_labelled(spec, data, options, labels=within)
    time = table.time
    groups = {name: table.labels(name) for name in within if name != time}
    times = None if time is None else table.times(time)
    if time is None:
        dated = [(name, dates) for name in within if (dates := _dates(table, name)) is not None]
        if len(dated) == 1:
            ((time, times),) = dated
            del groups[time]
    ids = {name: table.labels(name) for name in table.ids if name != time}
    columns: dict[str, Labels] = {**ids, **({} if times is None or time is None else {time: times}), **groups}
    in_time = [] if times is None else [times]
    if times is None:
        # Without times the rows of a unit can only be told apart by their group.
        units = combined([*ids.values(), *groups.values()], table.rows) if ids else np.arange(table.rows)
    else:
        units = combined(list(ids.values()), table.rows)
    links = keys_of(units, np.zeros(table.rows, np.intp) if times is None else times.codes)
    _check_distinct(table, links, columns, has_time=time is not None)
    keys = RowKeys(
        columns,
        tuple(ids),
        time,
        tuple(groups),
        str(times.step) if times is not None and times.step else None,
        tuple(times.gaps) if times is not None and times.step else (),
    )
    return Panel(table, keys, combined([*in_time, *groups.values()], table.rows), links)


def panel_of_cases(model: CompiledModel, cases: Sequence[Case], source: str) -> Panel:
    """Return situations as a table whose rows are named by them."""
    count = len(cases)
    columns = columns_of(model, cases)
    table = LabelledTable(
        source,
        count,
        list(columns),
        {name: name for name in columns},
        columns,
        {},
        {},
        (),
        None,
        lambda row, column, message: Problem(message, f"column {column}, situation {row + 1}", source),
        lambda row: f"situation {row + 1}",
    )
    names = tuple(names_of(cases))
    keys = RowKeys({"situation": Labels(np.arange(count), names)}, ("situation",), None, (), None, ())
    return Panel(table, keys, np.zeros(count, np.intp), keys_of(np.arange(count), np.zeros(count, np.intp)))


def _dates(table: LabelledTable, name: str) -> Times | None:
    """Return a column as times if it holds dates or years."""
    try:
        times = table.times(name)
    except SituationError:
        return None
    return None if times.kind == "number" else times


def _check_distinct(table: LabelledTable, links: Keys, columns: Mapping[str, Labels], *, has_time: bool) -> None:
    if not links.repeated:
        return
    problems = []
    for rows in links.repeated[:_MAX_LISTED]:
        key = ", ".join(f"{name} {labels.label(rows[0])!r}" for name, labels in columns.items())
        places = [table.place(row) for row in rows[:_MAX_LISTED]]
        more = f", and {len(rows) - len(places):,} more rows" if len(rows) > len(places) else ""
        problems.append(f"{key}: {', '.join(places[:-1])} and {places[-1]}{more}")
    count = len(links.repeated)
    listed = "; ".join(problems) + (f"; and {count - _MAX_LISTED:,} more" if count > _MAX_LISTED else "")
    key_text = "unit and time" if has_time else "unit"
    plural = "units and times" if has_time else "units"
    remedy = "; --id COLUMN,... names units, --time COLUMN their times"
    raise SituationError(
        [Problem(f"{counted(count, key_text, plural)} in several rows: {listed}{remedy}", file=table.source)]
    )


def ranked_rows(model: Model, name: str, scores: ScoreArrays, panel: Panel, ascending: bool) -> RankedRows:
    """Rank the rows of a panel by one score."""
    compiled, before = model.compiled.scores[name], panel.links.before
    ranks = ranks_within(scores.value, panel.groups, compiled.out_of, ascending)
    has_before = before >= 0
    return RankedRows(
        name,
        model.spec.scores[name].title or name,
        compiled.decimals,
        scores.value,
        scores.reported,
        Bands(scores.band, compiled.bands, compiled.better),
        ranks,
        rounded_difference(scores.reported, np.where(has_before, scores.reported[before], np.nan), compiled.decimals),
        np.where(has_before, ranks[before], 0),
    )
