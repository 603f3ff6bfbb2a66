"""Report and tables of indicators that are derived from sources."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from riskmodel.analysis.results.indicators import (
    DerivedColumn,
    FamilySummary,
    IndicatorRows,
    IndicatorSummary,
    IndicatorTable,
    ScoreNeed,
    SourceSummary,
)
from riskmodel.errors import counted
from riskmodel.report.document import ALL_ROWS, MAX_ROWS, Report, Section, Table

if TYPE_CHECKING:
    import pandas as pd

_BASIS_COLUMNS = ("trust", "days", "rows", "usable_share")
_MAX_LISTED = 6
"""Codes, reasons or months that a line lists."""


def indicators_report(result: IndicatorTable) -> Report:
    """Return the report of indicators: what was met in the sources, what is known of each indicator, and the table."""
    return Report(
        f"Indicators of {counted(len(set(result.pairs)), 'pair')}, {result.periods[0]} to {result.periods[-1]}",
        [f"{result.recipe} | derivations {result.derivations}"],
        [*_sections(result), _table(result)],
    )


def summary_lines(result: IndicatorTable) -> list[str]:
    """Return what was met in the sources, and what the table lacks for a score, in lines."""
    lines = []
    for section in _sections(result):
        lines += [section.heading, *(f"  {line}" for line in section.lines)]
        lines += [f"  {'  ' if number else ''}{line}" for item in section.items for number, line in enumerate(item)]
    return lines


def _sections(result: IndicatorTable) -> Iterator[Section]:
    yield Section("Sources", items=[_source(name, source) for name, source in result.sources.items()])
    if result.families:
        yield Section("Events", items=[_family(name, family) for name, family in result.families.items()])
    skipped = [[f"{file.name}: {file.skipped}"] for file in result.files if file.skipped]
    if skipped:
        yield Section(f"{counted(len(skipped), 'file')} skipped", items=skipped)
    known = {name: part for name, part in result.indicators.items() if part.values}
    yield Section("Indicators", items=[_indicator(name, part) for name, part in known.items()])
    blank = [name for name in result.indicators if name not in known]
    if blank:
        yield Section("Blank throughout", items=[_blank(name, result.indicators[name]) for name in blank])
    yield Section(f"Scores by {result.model.line}", items=[_need(need) for need in result.scores])


def _source(name: str, source: SourceSummary) -> list[str]:
    lines = [
        f"{name} ({source.kind}): {counted(source.files, 'file')}, {counted(source.rows, 'row')} read, "
        f"{source.kept:,} kept{_span(source)}"
    ]
    if source.dropped:
        lines.append(f"dropped: {_counts(source.dropped)}")
    if source.mended:
        lines.append(f"mended or odd: {_counts(source.mended)}")
    if source.unknown:
        lines.append(f"codes in no list: {_counts(source.unknown)}")
    if source.again:
        lines.append(f"there twice, counted once: {source.again:,}")
    if source.unused:
        more = f" and {len(source.unused) - _MAX_LISTED:,} more" if len(source.unused) > _MAX_LISTED else ""
        lines.append(
            f"columns that no indicator of the derivations takes: {', '.join(source.unused[:_MAX_LISTED])}{more}"
        )
    return lines


def _span(source: SourceSummary) -> str:
    return f"; covers {source.from_month} to {source.to_month}" if source.from_month else ""


def _family(name: str, family: FamilySummary) -> list[str]:
    lines = [
        f"{name} ({', '.join(family.sources)}): {counted(family.events, 'event')}; {family.again:,} met again by id; "
        f"{counted(family.repeats, 'repeat')} and {counted(family.twins, 'twin')} folded",
        f"days with a usable file: {family.usable_days:,} of {family.days:,}",
    ]
    if family.missing:
        more = f" and {len(family.missing) - _MAX_LISTED:,} more" if len(family.missing) > _MAX_LISTED else ""
        lines.append(f"months with too few of them: {', '.join(family.missing[:_MAX_LISTED])}{more}")
    return lines


def _indicator(name: str, part: IndicatorSummary) -> list[str]:
    trust = ", ".join(f"{count:,} {trust}" for trust, count in part.trust.items())
    lines = [f"{name}: {counted(part.values, 'value')} ({trust}), {part.blanks:,} blank"]
    return [*lines, *_each(part.blank_because)]


def _blank(name: str, part: IndicatorSummary) -> list[str]:
    if len(part.blank_because) > 1:
        return [f"{name}:", *_each(part.blank_because)]
    return [f"{name}: {next(iter(part.blank_because), 'no rows')}"]


def _need(need: ScoreNeed) -> list[str]:
    head = f"{need.title}: {need.scored:,} of {counted(need.rows, 'row')} can be scored"
    if need.scored == need.rows:
        return [head]
    known = (
        f"{need.coverage:.0%}"
        if need.coverage == need.top_coverage
        else f"{need.coverage:.0%} to {need.top_coverage:.0%}"
    )
    unscored = "the others" if need.scored else "they"
    lines = [f"{head}; {unscored} know {known} of the weights, and {need.needed:.0%} are needed"]
    if need.blank:
        shares = [f"{name} ({share:.0%})" for name, share in need.blank.items()]
        more = [f"and {len(shares) - _MAX_LISTED} more"] if len(shares) > _MAX_LISTED else []
        lines.append(f"blank throughout, with their weights: {', '.join([*shares[:_MAX_LISTED], *more])}")
    return lines


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in _largest(counts))


def _each(reasons: Mapping[str, int]) -> list[str]:
    """Return a line for each reason of blanks: reasons have commas of their own."""
    return [f"{count:,} blank: {reason}" for reason, count in _largest(reasons)]


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda entry: -entry[1])
    more = sum(count for _, count in ordered[_MAX_LISTED:])
    return [*ordered[:_MAX_LISTED], *([("others", more)] if more else [])]


def _table(result: IndicatorTable) -> Section:
    shown = [name for name, part in result.indicators.items() if part.values]
    rows = [
        [result.pairs[row], result.periods[row], *(_cell(result.columns[name].value[row]) for name in shown)]
        for row in range(min(len(result.pairs), MAX_ROWS))
    ]
    left = len(result.pairs) - len(rows)
    return Section(
        "Values",
        table=Table(["pair", "period", *shown], rows, "ll" + "r" * len(shown)),
        remarks=[f"and {counted(left, 'more row')}; {ALL_ROWS}"] if left else [],
    )


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def indicator_frames(result: IndicatorTable) -> "Mapping[str, pd.DataFrame]":
    """Return the table, the basis of each value, and the files."""
    import numpy as np
    import pandas as pd

    keys = {"pair": list(result.pairs), "period": list(result.periods)}
    basis = [pd.DataFrame({**keys, "indicator": name, **_basis(column)}) for name, column in result.columns.items()]
    order = np.arange(len(result.pairs) * len(basis)).reshape(len(basis), -1).T.ravel()
    values = {name: column.value for name, column in result.columns.items()}
    table = pd.DataFrame({**keys, **values})
    if result.has_basis_columns:
        of_each = [(name, frame) for name, frame in zip(values, basis, strict=True) if result.indicators[name].values]
        parts = {f"{name}_{part}": frame[part] for name, frame in of_each for part in _BASIS_COLUMNS}
        table = pd.concat([table, pd.DataFrame(parts)], axis=1)
    return {
        "indicators": table,
        "basis": pd.concat(basis, ignore_index=True).iloc[order].reset_index(drop=True),
        "files": pd.DataFrame(
            [(file.source, file.path, file.rows, file.skipped) for file in result.files],
            columns=["source", "path", "rows", "skipped"],
        ),
    }


def _basis(column: DerivedColumn) -> "dict[str, object]":
    import pandas as pd

    ways = [("", "", ()), *column.ways]
    chosen = (column.method + 1).tolist()
    return {
        "value": column.value,
        "trust": [ways[way][1] or None for way in chosen],
        "days": pd.array([None if days < 0 else days for days in column.days.tolist()], "Int64"),
        "rows": column.rows,
        "usable_share": column.usable,
        "sources": [", ".join(ways[way][2]) or None for way in chosen],
        "way": [ways[way][0] or None for way in chosen],
        "note": [column.reasons[reason] or None for reason in column.reason.tolist()],
    }


def rows_report(result: IndicatorRows) -> Report:
    """Return the report of the rows behind a value."""
    value = result.derived
    lead = "blank" if value.value is None else f"{value.value:.6g}"
    about = [result.recipe]
    if value.way:
        about.append(f"{value.way} | trust: {value.trust} | sources: {', '.join(value.sources)}")
    if value.note:
        about.append(value.note)
    if value.days is not None:
        about.append(f"{counted(value.days, 'day')} with such an act, {counted(value.rows, 'row')}")
    items = [
        [f"{row.file}:{row.line}", "; ".join(f"{name} {text}" for name, text in row.columns.items() if text)]
        for row in result.rows[:MAX_ROWS]
    ]
    left = len(result.rows) - len(items)
    remarks = [f"and {counted(left, 'more row')}; {ALL_ROWS}"] if left else []
    section = Section(f"{counted(len(result.rows), 'row')} of the sources", items=items, remarks=remarks)
    return Report(f"{result.indicator} of {result.pair} in {result.period}: {lead}", about, [section])


def rows_frames(result: IndicatorRows) -> "Mapping[str, pd.DataFrame]":
    """Return the rows behind a value."""
    import pandas as pd

    rows = [{"source": row.source, "file": row.file, "line": row.line, **row.columns} for row in result.rows]
    return {"rows": pd.DataFrame(rows, columns=None if rows else ["source", "file", "line"])}
