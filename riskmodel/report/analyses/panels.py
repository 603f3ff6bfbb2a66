"""Reports about the rows of tables: ranks and changes, two models, and means by group."""

from collections.abc import Iterator, Sequence

import numpy as np

from riskmodel.analysis.results.movers import MovedScore, RowComparison
from riskmodel.analysis.results.panels import (
    Aggregation,
    GroupMeans,
    RankedRows,
    RowKeys,
    TableRanking,
)
from riskmodel.errors import counted
from riskmodel.report.document import ALL_ROWS, MAX_ROWS, Report, Section, Table
from riskmodel.report.formatting import number, signed


def ranking_report(result: TableRanking) -> Report:
    """Return the report of a ranking of a table: of the last time, where there are times."""
    scores = [_ranked_section(result, score) for score in result.scores.values()]
    return Report(f"Ranking of {counted(result.rows, 'row')}", list(_about(result)), scores)


def _about(result: TableRanking) -> Iterator[str]:
    yield f"{result.source} | {result.model.line}"
    best = "lowest" if result.ascending else "highest"
    yield f"rank 1 is the {best} score{_within(result.keys)}; rows that tie share the better rank"
    yield from result.check.remarks
    yield from _times(result.keys)
    if result.keys.time is not None and (result.since >= 0).any():
        yield "changes are against the time before; rank changes below 0 are towards rank 1"
    elif result.keys.time is not None and result.rows > 1:
        yield "no changes: no unit has rows at two neighbouring times (--id names the columns of units)"
    if result.after_gap:
        rows = counted(result.after_gap, "row")
        yield f"gaps: {rows} without a row of the same unit at the time before, but at an earlier one; no change there"


def _within(keys: RowKeys) -> str:
    parts = [name for name in (keys.time, *keys.within) if name is not None]
    return f" within each {' and '.join(parts)}" if parts else ""


def _times(keys: RowKeys) -> Iterator[str]:
    """Describe the times and the gaps that no unit fills."""
    if keys.time is None:
        return
    names = keys.columns[keys.time].names
    step = f", step {keys.step}" if keys.step else ", irregular" if len(names) > 2 else ""
    yield f"{keys.time}: {counted(len(names), 'time')} from {names[0]} to {names[-1]}{step}"
    if keys.gaps:
        shown = ", ".join(f"{before} and {after}" for before, after in keys.gaps[:3])
        more = f" and {len(keys.gaps) - 3:,} more" if len(keys.gaps) > 3 else ""
        yield f"no row at all between {shown}{more}: the time before is then the last that there is"


def _ranked_section(result: TableRanking, score: RankedRows) -> Section:
    keys = result.keys
    rows = _last_rows(keys, score.rank)
    order = rows[np.lexsort((rows, score.rank[rows], *_group_codes(keys, rows)))]
    has_change = keys.time is not None and bool((result.since >= 0).any())
    groups = [name for name in (keys.time, *keys.within) if name is not None]
    headings = [*groups, "rank", *(keys.id or ("row",)), "score", "band"]
    if has_change:
        headings += ["change", "rank before", "rank change"]
    lines = []
    for row in order[:MAX_ROWS].tolist():
        names = [keys.columns[name].label(row) for name in keys.id] or [f"{row + 1:,}"]
        code = int(score.bands.codes[row])
        line = [*(keys.columns[name].label(row) for name in groups), str(score.rank[row]), *names]
        line += [number(float(score.reported[row]), score.decimals), score.bands.names[code] if code >= 0 else ""]
        if has_change:
            before = int(score.rank_before[row])
            line += [_signed(float(score.change[row]), score.decimals), str(before) if before else ""]
            line.append(_signed(float(score.rank_change[row]), 0))
        lines.append(line)
    align = "l" * len(groups) + "r" + "l" * (len(keys.id) or 1) + "rl" + "rrr" * has_change
    table = Table(headings, lines, align) if lines else None
    return Section(score.title, table=table, remarks=list(_ranked_remarks(result, score, len(order))))


def _last_rows(
    keys: RowKeys, rank: "np.ndarray[tuple[int], np.dtype[np.int64]]"
) -> "np.ndarray[tuple[int], np.dtype[np.intp]]":
    """Return the rows with a rank, of the last time only."""
    ranked = rank > 0
    if keys.time is not None:
        times = keys.columns[keys.time]
        ranked &= times.codes == len(times.names) - 1
    return np.flatnonzero(ranked)


def _group_codes(
    keys: RowKeys, rows: "np.ndarray[tuple[int], np.dtype[np.intp]]"
) -> list["np.ndarray[tuple[int], np.dtype[np.intp]]"]:
    """Return the codes of the groups of rows, the first group last, as `lexsort` sorts."""
    return [keys.columns[name].codes[rows] for name in reversed(keys.within)]


def _signed(value: float, decimals: int) -> str:
    return "" if np.isnan(value) else signed(value, decimals)


def _ranked_remarks(result: TableRanking, score: RankedRows, ranked: int) -> Iterator[str]:
    if ranked > MAX_ROWS:
        yield f"and {counted(ranked - MAX_ROWS, 'more row')}; {ALL_ROWS}"
    time = result.keys.time
    if time is not None and (earlier := len(result.keys.columns[time].names) - 1):
        yield f"{counted(earlier, 'earlier time')} not shown; {ALL_ROWS}"
    if lacking := int(np.count_nonzero(score.rank == 0)):
        yield f"not ranked, insufficient data: {counted(lacking, 'row')}"


def comparison_report(result: RowComparison) -> Report:
    """Return the report of two models over the rows of a table."""
    about = [
        result.source,
        f"before: {result.before.line}",
        f"after: {result.after.line}",
        f"rank 1 is the highest score{_within(result.keys)}; rows that tie share the better rank",
        *_times(result.keys),
    ]
    title = f"Two models over {counted(result.rows, 'row')}"
    return Report(title, about, [_moved_section(score) for score in result.scores.values()])


def _moved_section(score: MovedScore) -> Section:
    lines = [f"{counted(score.compared, 'row')} with a score by both; {score.moved:,} change rank"]
    if score.other_band is not None:
        lines[0] += f", {score.other_band:,} change band"
    if score.rank_correlation is not None:
        lines.append(
            f"rank correlation (Spearman) {score.rank_correlation:.3f}, "
            f"mean change of rank {score.mean_rank_change:.1f}"
        )
    if not score.movers:
        return Section(score.title, [*lines, "no score differs"] if score.compared else lines)
    rows = []
    for mover in score.movers:
        decimals = score.after.decimals
        values = [number(value, decimals) for value in (mover.before, mover.after)]
        why = "; ".join(f"{driver.title} {signed(driver.points, decimals)}" for driver in mover.drivers[:2])
        why = why or "no account: a mixture of the models has no value"
        ranks = [str(mover.rank_before), str(mover.rank_after)]
        rows.append((mover.name, *values, signed(mover.change, decimals), *ranks, why))
    headings = ("largest movers", "before", "after", "change", "rank", "rank after", "mainly because of")
    return Section(score.title, lines, Table(headings, rows, "lrrrrrl"))


def aggregation_report(result: Aggregation) -> Report:
    """Return the report of means by group."""
    by = " and ".join(result.by)
    weight = f"weighted by {result.weight}" if result.weight else "every row counts the same"
    unit = "weight" if result.weight else "rows"
    about = [
        f"{result.source} | {result.model.line}",
        f"means of the scores of the rows, {weight}",
        f"no mean where less than {result.min_coverage:.0%} of the {unit} has a score",
        *result.check.remarks,
    ]
    title = f"Means of {counted(result.rows, 'row')} by {by}"
    return Report(title, about, [_means_section(result, score) for score in result.scores.values()])


def _means_section(result: Aggregation, score: GroupMeans) -> Section:
    rows = []
    for group in range(min(len(result.counts), MAX_ROWS)):
        code = int(score.bands.codes[group])
        has_mean = not np.isnan(score.reported[group])
        mean = number(float(score.reported[group]), score.decimals) if has_mean else "insufficient data"
        band = score.bands.names[code] if code >= 0 else ""
        weight = [f"{result.weights[group]:,.6g}"] if result.weight else []
        names = [labels.label(group) for labels in result.keys.values()]
        rows.append([*names, f"{result.counts[group]:,}", *weight, mean, band, f"{score.coverage[group]:.0%}"])
    headings: Sequence[str] = [
        *result.by,
        "rows",
        *([result.weight] if result.weight else []),
        "mean",
        "band",
        "coverage",
    ]
    align = "l" * len(result.by) + "r" * (2 if result.weight else 1) + "rlr"
    more = len(result.counts) - MAX_ROWS
    return Section(
        score.title,
        table=Table(headings, rows, align),
        remarks=[f"and {counted(more, 'more group')}; {ALL_ROWS}"] if more > 0 else [],
    )
