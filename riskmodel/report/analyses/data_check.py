"""Report of the check of a table."""

from collections.abc import Iterator

from riskmodel.analysis.results.data_check import DataCheck, IndicatorColumn
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section, Table

_BY = {"map": "--map", "model": "the model", "id": "its id", "proposal": "proposed"}
_MAX_UNREAD = 20


def data_check_report(result: DataCheck) -> Report:
    """Return the report of the check of a table."""
    read = [item for item in result.columns if item.column is not None]
    rejected = f", {result.rejected:,} of them cannot be scored" if result.rejected else ""
    about = [
        result.model.line,
        f"{counted(result.rows, 'row')}{rejected}; {len(read)} of {len(result.columns)} indicators have a column",
    ]
    sections = [Section("Indicators with a column", (), _table(read))] if read else []
    if remarks := list(_remarks(result)):
        sections.append(Section("Remarks", remarks))
    if absent := [item for item in result.columns if item.column is None]:
        sections.append(Section("Without a column, and so missing in every row", list(map(_absent, absent))))
    if result.unread:
        more = [f"and {len(result.unread) - _MAX_UNREAD:,} more"] if len(result.unread) > _MAX_UNREAD else []
        sections.append(
            Section("Columns that are not read", (", ".join([*map(_name, result.unread[:_MAX_UNREAD]), *more]),))
        )
    return Report(f"Columns of {result.source}", about, sections)


def _table(items: list[IndicatorColumn]) -> Table:
    headings = ("indicator", "column", "by", "values", "missing", "beyond scale", "rejected", "from", "to")
    rows = [
        (
            item.indicator,
            item.column or "",
            _BY[item.by] + (f" ({item.similarity:.2f})" if item.similarity is not None else ""),
            *(f"{count:,}" for count in (item.values, item.missing, item.beyond_scale, item.rejected)),
            *("" if end is None else f"{end:.6g}" for end in (item.low, item.high)),
        )
        for item in items
    ]
    return Table(headings, rows, "lllrrrrrr")


def _remarks(result: DataCheck) -> Iterator[str]:
    for item in result.columns:
        if item.remark and item.column is not None:
            unit = f" ({item.unit})" if item.unit else ""
            yield f"{item.column}{unit}: {item.remark}"
        if item.reason:
            rejected = f"{counted(item.rejected, 'row')} rejected"
            yield f"{item.column}: {rejected}, the first ({item.rejected_at}) because it {_clause(item.reason)}"
    if result.rejected_whole:
        yield result.rejected_whole


def _name(column: str) -> str:
    """Return the name of a column, in quotes where its ends would not be seen in a list."""
    return column if column and column == column.strip() and "," not in column else repr(column)


def _clause(reason: str) -> str:
    return reason if reason.startswith(("should", "is", "has", "not")) else f"is not valid: {reason}"


def _absent(item: IndicatorColumn) -> str:
    unit = f", {item.unit}" if item.unit else ""
    candidates = f"; perhaps {' or '.join(map(repr, item.candidates))}" if item.candidates else ""
    remark = f", but {item.remark}" if item.candidates and item.remark else ""
    return f"{item.indicator} ({item.title}{unit}){candidates}{remark}"
