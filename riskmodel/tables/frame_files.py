"""Write data frames as files: one as CSV, several as the sheets of a workbook."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import SituationError, counted, escape_control_lines
from riskmodel.extras import require
from riskmodel.tables import arrays
from riskmodel.tables.csv_escape import escape_formulas, quoted, quoted_column

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from riskmodel.tables.workbook_formats import Formats

ABOUT = "About"
"""The sheet that says what a workbook is."""
MAX_ROWS = 1_048_575
"""Of a sheet, below its headings."""
_MAX_TEXT = 32_767
"""Characters of a cell."""
_MEASURED = 500
"""Rows by which the width of a column is set."""
_MAX_WIDTH = 60
_DECIMALS = 3


def frame_csv(frame: "pd.DataFrame") -> bytes:
    """Return a frame as CSV in UTF-8: cells quoted where they need it, formulas escaped, missing cells empty.

    Parameters
    ----------
    frame : n rows of numbers, booleans, texts and categories; its index is left out.
    """
    header = arrays.texts(["\n" + ",".join(quoted(str(name), ",") for name in frame.columns)])
    lines = [header]
    if len(frame):
        columns = [quoted_column(_texts(frame.iloc[:, number]), ",") for number in range(frame.shape[1])]
        options = {"null_handling": "replace", "null_replacement": ""}
        rows = pc.binary_join_element_wise(*columns, ",", **options)
        lines.append(pc.binary_join_element_wise("\n", rows, ""))
    content = b"".join(bytes(arrays.content(escape_formulas(part, ",")[0])[0]) for part in lines)
    return content[1:] + b"\n"


def _texts(column: "pd.Series[Any]") -> pa.Array:
    """Return a column as (n,) texts; whole numbers of a column of floats have no decimals."""
    if column.dtype == object:
        return pa.array([None if _is_missing(value) else _text(value) for value in column], pa.string())
    array = pa.Array.from_pandas(column)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    return pc.cast(array, pa.string())


def _text(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)


def _is_missing(value: object) -> bool:
    # pandas' NA cannot be compared.
    return value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124


def frames_workbook(about: Sequence[tuple[str, str]], frames: Mapping[str, "pd.DataFrame"]) -> bytes:
    """Return a workbook with a sheet for each frame, and one that says what it is.

    Bands, which are ordered categories, have the colours of their order; numbers are numbers; missing cells are empty.

    Parameters
    ----------
    about : names and texts of the first sheet's rows.
    frames : by the name of the sheet; the first is the one that is shown when the workbook is opened.

    Raises
    ------
    SituationError
        A frame has more rows than a sheet can hold, or a text is too long for a cell.
    RiskmodelError
        XlsxWriter (the extra `excel`) is not installed.
    """
    require("excel")
    import xlsxwriter

    from riskmodel.tables.workbook_formats import Formats

    for name, frame in frames.items():
        if len(frame) > MAX_ROWS:
            rows = counted(len(frame), "row")
            raise SituationError(f"{name}: {rows} do not fit into a sheet of {MAX_ROWS:,}; write a .csv instead")
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        formats = Formats(book)
        first = next(iter(frames))
        for name, frame in frames.items():
            sheet = book.add_worksheet(name)
            _write_frame(sheet, formats, name, frame)
            if name == first:
                sheet.activate()
        _write_about(book.add_worksheet(ABOUT), formats, about)
    return buffer.getvalue()


def _write_about(sheet: "Worksheet", formats: "Formats", rows: Sequence[tuple[str, str]]) -> None:
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 100)
    for number, (name, text) in enumerate(rows):
        sheet.write_string(number, 0, name, formats(bold=True, valign="top"))
        sheet.write_string(number, 1, escape_control_lines(text), formats.text())


def _write_frame(sheet: "Worksheet", formats: "Formats", name: str, frame: "pd.DataFrame") -> None:
    from riskmodel.tables.workbook_formats import band_colours

    last = max(frame.shape[1] - 1, 0)
    columns = [frame.iloc[:, number] for number in range(frame.shape[1])]
    styles: list[Format] = []
    bands: list[dict[str, Format]] = []
    for number, column in enumerate(columns):
        categories = list(getattr(column.dtype, "categories", ())) if getattr(column.dtype, "ordered", False) else []
        colours = [band_colours(position, len(categories)) for position in range(len(categories))]
        bands.append({word: formats(**colour) for word, colour in zip(categories, colours, strict=True)})
        styles.append(formats(_number_format(column)))
        sheet.set_column(number, number, _width(column))
    sheet.set_row(0, 30)
    for number, heading in enumerate(frame.columns):
        sheet.write_string(0, number, escape_control_lines(str(heading)), formats.heading())
    cells = zip(*(column.tolist() for column in columns), strict=True)
    for row, values in enumerate(cells, start=1):
        for number, value in enumerate(values):
            if _is_missing(value):
                continue
            if isinstance(value, bool):
                sheet.write_boolean(row, number, value, styles[number])
            elif isinstance(value, int | float | np.number):
                sheet.write_number(row, number, float(value), styles[number])
            else:
                text = escape_control_lines(str(value))
                if len(text) > _MAX_TEXT:
                    raise SituationError(
                        f"{name}: a text of {len(text):,} characters in column {columns[number].name!r}, row {row}, "
                        f"does not fit into a cell of {_MAX_TEXT:,}; write a .csv instead"
                    )
                sheet.write_string(row, number, text, bands[number].get(text, styles[number]))
    sheet.freeze_panes(1, 0)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), last)


def _number_format(column: "pd.Series[Any]") -> str:
    """Return a format with as many decimals as the column's numbers have, at most three."""
    if column.dtype.kind != "f":
        return "General"
    known = column.to_numpy(np.float64)
    known = known[np.isfinite(known)]
    for decimals in range(_DECIMALS):
        if np.array_equal(np.round(known, decimals), known):
            return f"0.{'0' * decimals}" if decimals else "0"
    return f"0.{'0' * _DECIMALS}"


def _width(column: "pd.Series[Any]") -> int:
    shown = column.head(_MEASURED)
    longest = 8 if column.dtype.kind == "f" else max((len(str(value)) for value in shown), default=0)
    return min(max(longest, len(str(column.name)) * 3 // 4, 6) + 3, _MAX_WIDTH)
