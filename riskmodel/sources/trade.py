"""Trade of two states: the dyadic trade of the Correlates of War, exports of the IMF, and plain tables of flows.

The form of a file is detected by its header. Values stay in the unit of the source, which must be one in a file.

| form | columns | values |
| --- | --- | --- |
| Correlates of War, Trade 4.0 | `ccode1`, `ccode2`, `year`, `flow1`, `flow2` | imports of the first from the second, and of the second from the first, in millions of current US dollars; -9 is missing |
| IMF, IMTS (data.imf.org) | `COUNTRY`, `INDICATOR`, `COUNTERPART_COUNTRY`, each with `.ID` or in a `SERIES_CODE`; `TIME_PERIOD` and `OBS_VALUE`, or a column for each period | US dollars, in the `SCALE` of the file |
| IMF, DOTS (to 2025) | `Country Code`, `Counterpart Country Code`; `Indicator Code` and a column for each period, or `Time Period` and a column for each indicator | US dollars |
| plain | `reporter`, `partner`, `flow` (imports, exports or both), or `importer` and `exporter`; `period` (or `date`, `month`, `year`), `value`; `unit` | as the unit says |

Barbieri, Keshk and Pollins (2009), Trading Data, Conflict Management and Peace Science 26(5); IMF, International Trade
in Goods (by partner country). States of a plain table are ISO 3166-1 alpha-3, or of the scheme `codes` of the recipe.
"""  # noqa: E501  (a table has no line breaks)

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from riskmodel.errors import SituationError, suggest
from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources.cell_values import (
    between_states,
    each,
    numbers,
    period,
    period_names,
    periods,
    stated,
    states,
    with_period,
)
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import BOTH, EXPORTS, IMPORTS, Flows, Tally
from riskmodel.sources.small_tables import Columns, SmallTable
from riskmodel.tables import arrays

_NO_FLOW, _WITHOUT_FREIGHT = -1, -2
_COW = ("ccode1", "ccode2", "year", "flow1", "flow2")
_INDICATORS = {
    "TXG_FOB_USD": EXPORTS,
    "XG_FOB_USD": EXPORTS,
    "TMG_CIF_USD": IMPORTS,
    "MG_CIF_USD": IMPORTS,
    "TMG_FOB_USD": _WITHOUT_FREIGHT,
    "MG_FOB_USD": _WITHOUT_FREIGHT,
}
"""Indicators of DOTS and IMTS. Imports by their value free on board are read where none include freight."""
_WORDS = {
    **dict.fromkeys(("import", "imports", "m"), IMPORTS),
    **dict.fromkeys(("export", "exports", "x"), EXPORTS),
    **dict.fromkeys(("both", "total"), BOTH),
}
"""The flows of a plain table."""
_PERIOD = re.compile(r"[12]\d{3}(?:-?(?:Q[1-4]|M(?:0?[1-9]|1[0-2]))|-(?:0[1-9]|1[0-2]))?", re.ASCII)
_PANEL = re.compile(rf".*\(({'|'.join(_INDICATORS)})\)")
"""The heading of a column of DOTS for an indicator, which ends with its code."""


class _Form(NamedTuple):
    """The columns of a form of the IMF: two states, the indicator, and the period and value of a row for each value.

    Attributes
    ----------
    series : the column where codes of the first state, the indicator and the second are joined by points, which is
        read instead where it is there; the others may hold names.
    """

    reporter: str
    partner: str
    indicator: str
    period: str
    value: str
    series: str = ""


_FORMS = (
    _Form("COUNTRY.ID", "COUNTERPART_COUNTRY.ID", "INDICATOR.ID", "TIME_PERIOD", "OBS_VALUE"),
    _Form("COUNTRY", "COUNTERPART_COUNTRY", "INDICATOR", "TIME_PERIOD", "OBS_VALUE", "SERIES_CODE"),
    _Form("Country Code", "Counterpart Country Code", "Indicator Code", "Time Period", "Value"),
)
_SCALES = ("SCALE.ID", "SCALE", "unit")
"""Columns that say in which unit values are."""


class _Rows(NamedTuple):
    """The rows of a table: their columns, two states and direction, and True for those that are flows."""

    columns: Columns
    reporter: NDArray[np.int16]
    partner: NDArray[np.int16]
    direction: NDArray[np.int8]
    kept: NDArray[np.bool_]


class _Cells(NamedTuple):
    """Values of a column, with a period for all rows or for each; `swapped` if the partner is who reports."""

    value: NDArray[np.float64]
    month: NDArray[np.int32] | int
    months: NDArray[np.int8] | int
    direction: int | None = None
    swapped: bool = False


def read(file: SourceFile, source: SourceSpec) -> tuple[Flows, Tally]:
    """Read a file.

    Raises
    ------
    SituationError
        The file has none of the forms; a row of a plain table has no valid state or flow; a period or a number is
        invalid; or values are in several units.
    """
    tally = Tally()
    table = _open(file, source)
    form = next((form for form in _FORMS if table.has(form.reporter, form.partner)), None)
    if table.has(*_COW):
        rows, cells = _cow(table, tally)
    elif form is not None:
        rows, cells = _imf(table, form, tally)
    else:
        rows, cells = _plain(table, source, tally)
    tally.rows += len(rows.columns.line)
    return _flows(rows, cells, tally), tally


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return the rows that begin at these lines, by the names of the file."""
    return _open(file, source).rows(lines)


def _open(file: SourceFile, source: SourceSpec) -> SmallTable:
    likely = {name for form in _FORMS for name in form if name}
    return SmallTable(file, source, (*_COW, *likely, "importer", "exporter", "period", "flow"))


def _flows(rows: _Rows, cells: Sequence[_Cells], tally: Tally) -> Flows:
    """Return the values of all columns, in the order of the rows; count rows without any."""
    count = len(rows.kept)
    value = np.stack([part.value for part in cells], axis=1)
    filled = rows.kept[:, np.newaxis] & ~np.isnan(value)
    tally.drop(rows.kept, np.count_nonzero(filled, axis=1) == 0, "no value")
    row, column = np.nonzero(filled)
    swapped = np.array([part.swapped for part in cells])[column]
    directions = [rows.direction if part.direction is None else np.full(count, part.direction) for part in cells]
    return Flows(
        rows.columns.line[row],
        np.where(swapped, rows.partner[row], rows.reporter[row]),
        np.where(swapped, rows.reporter[row], rows.partner[row]),
        np.stack(directions, axis=1)[filled].astype(np.int8),
        np.stack([np.broadcast_to(part.month, count) for part in cells], axis=1)[filled].astype(np.int32),
        np.stack([np.broadcast_to(part.months, count) for part in cells], axis=1)[filled].astype(np.int8),
        value[filled],
    )


def _cow(table: SmallTable, tally: Tally) -> tuple[_Rows, list[_Cells]]:
    columns = table.columns(_COW)
    reporter, partner = (states(columns, name, "cow", tally) for name in ("ccode1", "ccode2"))
    month, months = periods(columns, "year")
    kept = between_states(reporter, partner, tally)
    rows = _Rows(columns, reporter, partner, np.full(len(kept), IMPORTS, np.int8), kept)
    return rows, [
        _Cells(_without_negatives(columns, name), month, months, swapped=name == "flow2") for name in ("flow1", "flow2")
    ]


def _without_negatives(columns: Columns, name: str) -> NDArray[np.float64]:
    """Return the values of a column, NaN for -9 (-999 in the set of 1998); no trade is below 0."""
    values = numbers(columns, name)
    values = np.where(np.isin(values, (-9, -999)), np.nan, values)
    if (negative := values < 0).any():
        raise columns.error(int(np.argmax(negative)), name, "is below 0, and is not -9, which is a missing value")
    return values


def _imf(table: SmallTable, form: _Form, tally: Tally) -> tuple[_Rows, list[_Cells]]:
    panel = {name: match[1] for name in table.names if (match := _PANEL.fullmatch(name))}
    headings = [name for name in table.names if _PERIOD.fullmatch(name)]
    is_long = table.has(form.period, form.value)
    if not (is_long or headings or (panel and table.has(form.period))):
        message = f"has neither the columns {form.period!r} and {form.value!r}, nor a column for each period"
        raise table.file.error(f"{message}, such as 2018 or 2018-M03")
    by_series = bool(form.series) and table.has(form.series)
    names = [form.series] if by_series else [form.reporter, form.partner]
    if not by_series and not panel:
        names.append(form.indicator)
    names += [form.period, form.value] if is_long else [form.period, *panel] if panel else headings
    columns = _values_alone(table.columns(names, (*_SCALES, "Attribute")), tally)
    _check_unit(columns)
    if by_series:
        columns = _split(columns, form)
    reporter, partner = (states(columns, name, "imf", tally) for name in (form.reporter, form.partner))
    kept = between_states(reporter, partner, tally)
    if panel:
        month, months = periods(columns, form.period)
        directions = _directions(list(panel.values()))
        cells = [
            _Cells(numbers(columns, name), month, months, directions[code])
            for name, code in panel.items()
            if directions[code] >= 0
        ]
        return _Rows(columns, reporter, partner, np.zeros(len(kept), np.int8), kept), cells
    indicators = columns.text[form.indicator].unique().to_pylist()
    if (directions := _directions(indicators)).keys() and max(directions.values()) < 0:
        hint = "; the export with codes beside names has them" if not by_series else ""
        raise columns.error(
            0, form.indicator, f"is no flow: no row has an indicator such as {', '.join(_INDICATORS)}{hint}"
        )
    values, codes = each(columns, form.indicator, directions.__getitem__)
    direction = np.array(values, np.int8)[codes]
    reasons = {_NO_FLOW: "an indicator that is no flow", _WITHOUT_FREIGHT: "imports again, without freight"}
    for code, reason in reasons.items():
        kept = tally.drop(kept, direction == code, reason)
    rows = _Rows(columns, reporter, partner, direction, kept)
    if is_long:
        return rows, [_Cells(numbers(columns, form.value), *periods(columns, form.period))]
    return rows, [_Cells(numbers(columns, name), *period(name)) for name in headings]


def _values_alone(columns: Columns, tally: Tally) -> Columns:
    """Return the columns without the rows of DOTS that hold letters for the status of values, and count these."""
    if "Attribute" not in columns.text:
        return columns
    is_value = arrays.mask(pc.equal(columns.text["Attribute"], "Value"))
    if count := int(np.count_nonzero(~is_value)):
        tally.rows += count
        tally.dropped["a status, not a value"] += count
    return columns.where(is_value)


def _directions(indicators: Sequence[str]) -> dict[str, int]:
    """Return the direction of each indicator of a file, negative for those that are not read."""
    directions = {code: _INDICATORS.get(code, _NO_FLOW) for code in indicators}
    if IMPORTS in directions.values():
        return directions
    return {code: IMPORTS if direction == _WITHOUT_FREIGHT else direction for code, direction in directions.items()}


def _split(columns: Columns, form: _Form) -> Columns:
    """Return the columns with those of the two states and the indicator, taken from that of the series."""
    names = (form.reporter, form.indicator, form.partner)
    parts = pc.split_pattern(columns.text[form.series], ".")
    short = arrays.mask(pc.less(pc.list_value_length(parts), len(names)))
    if short.any():
        message = "is no series such as USA.XG_FOB_USD.RUS.A"
        raise columns.error(int(np.argmax(short)), form.series, message)
    text = {name: pc.list_element(parts, place) for place, name in enumerate(names)}
    own_names = dict.fromkeys(names, columns.own_names[form.series])
    return columns._replace(text={**columns.text, **text}, own_names={**columns.own_names, **own_names})


def _check_unit(columns: Columns) -> None:
    """Refuse values in several units."""
    for name in _SCALES:
        if name not in columns.text:
            continue
        units = [unit for unit in columns.text[name].unique().to_pylist() if unit]
        if len(units) > 1:
            row = columns.text[name].index(units[1]).as_py()
            raise columns.error(
                row, name, f"is another unit: rows before are in {units[0]!r}; give each unit a file of its own"
            )


def _plain(table: SmallTable, source: SourceSpec, tally: Tally) -> tuple[_Rows, list[_Cells]]:
    by_sides = table.has("importer", "exporter")
    if not by_sides and not table.has("reporter") and not source.columns:
        forms = "ccode1, ccode2, year, flow1, flow2 (Correlates of War); COUNTRY, COUNTERPART_COUNTRY (IMF's IMTS)"
        more = "Country Code, Counterpart Country Code (DOTS); reporter, partner, flow, period, value"
        listed = ", ".join(map(repr, table.names[:12]))
        message = f"has the header {listed}, which is of no known form of trade: {forms}; {more}"
        hint = "; `path` in the recipe can end with the name of a file in the archive" if table.file.member else ""
        raise table.file.error(f"{message}; `columns` in the recipe names others{hint}", line=1)
    names = ["importer", "exporter"] if by_sides else ["reporter", "partner"]
    time = period_names(table)
    columns = with_period(table.columns([*names, *time, "value", *(() if by_sides else ("flow",))], ("unit",)), time)
    _check_unit(columns)
    reporter, partner = (stated(columns, name, source.codes, tally) for name in names)
    kept = between_states(reporter, partner, tally)
    direction = np.full(len(kept), IMPORTS, np.int8)
    if not by_sides:
        values, codes = each(columns, "flow", _flow)
        direction = np.array(values, np.int8)[codes]
    return _Rows(columns, reporter, partner, direction, kept), [
        _Cells(numbers(columns, "value"), *periods(columns, "period"))
    ]


def _flow(word: str) -> int:
    """Return the direction of a word."""
    if word.casefold() not in _WORDS:
        raise SituationError(f"is no flow{suggest(word, ('imports', 'exports', 'both'))}")
    return _WORDS[word.casefold()]
