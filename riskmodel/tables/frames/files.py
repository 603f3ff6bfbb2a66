"""Write data frames as files: one as CSV, several as the sheets of a workbook."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import SituationError
from riskmodel.tables import arrays
from riskmodel.tables.csv.escape import escape_formulas, quoted, quoted_column

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.schema.band_colours import BandColour
    from riskmodel.tables.spreadsheet.formats import Formats
    from riskmodel.tables.spreadsheet.sheet_writer import About, SheetColumn

BANDS = "bands"
"""The key of the colours of bands in the `attrs` of a frame."""
_DECIMALS = 3
"""Of numbers in a sheet."""


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


def frames_workbook(about: "About", frames: Mapping[str, "pd.DataFrame"]) -> bytes:
    """Return a workbook with a sheet for each frame, and one that says what it is.

    Numbers are numbers; missing cells are empty. Bands have colours, if `attrs` of a frame have them under
    `BANDS`: by column, the colours of its bands by name.

    Parameters
    ----------
    about : the content of the last sheet.
    frames : by the name of the sheet; the first is the one that is shown when the workbook is opened.

    Raises
    ------
    SituationError
        A frame has more rows than a sheet can hold, or a text is too long for a cell.
    """
    import xlsxwriter

    from riskmodel.tables.spreadsheet.formats import Formats
    from riskmodel.tables.spreadsheet.sheet_writer import ABOUT, MAX_ROWS, Sheet, write_about

    frames = dict(frames)
    for name, frame in frames.items():
        if len(frame) > MAX_ROWS:  # before the others are written, which takes minutes
            message = f"the sheet {name} would have {len(frame):,} rows, and a workbook has room for {MAX_ROWS:,}"
            raise SituationError(f"{message}; write .csv")
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        formats = Formats(book)
        for name, frame in frames.items():
            columns = [frame.iloc[:, number] for number in range(frame.shape[1])]
            sheet = Sheet(book, name, formats, _sheet_columns(formats, frame, columns), "write .csv")
            sheet.write(len(frame), zip(*map(_cells, columns), strict=True))
            sheet.close()
        write_about(book.add_worksheet(ABOUT), formats, about)
    return buffer.getvalue()


def _sheet_columns(
    formats: "Formats", frame: "pd.DataFrame", columns: "Sequence[pd.Series[Any]]"
) -> "list[SheetColumn]":
    from riskmodel.tables.spreadsheet.formats import band_properties
    from riskmodel.tables.spreadsheet.sheet_writer import SheetColumn

    coloured: Mapping[str, Mapping[str, BandColour]] = frame.attrs.get(BANDS, {})
    return [
        SheetColumn(
            str(column.name),
            formats(_number_format(column)),
            {
                band: formats(indent=1, **band_properties(colour))
                for band, colour in coloured.get(str(column.name), {}).items()
            },
        )
        for column in columns
    ]


def _cells(column: "pd.Series[Any]") -> list[Any]:
    """Return the cells of a column as a sheet holds them; None where missing."""
    from riskmodel.tables.spreadsheet.sheet_writer import sheet_values

    if column.dtype == object:
        return [None if _is_missing(value) else value for value in column]
    array = pa.Array.from_pandas(column)
    return sheet_values(str(column.name), array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array)


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
