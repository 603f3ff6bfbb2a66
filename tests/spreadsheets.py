"""Recomputation of workbooks by LibreOffice Calc for tests."""

import shutil
import subprocess
from pathlib import Path

import needs
import pytest

VARIABLE = "RISKMODEL_NEEDS_OFFICE"
ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
  <item oor:path="/org.openoffice.Office.Calc/Formula/Load">
    <prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
  </item>
</oor:items>
"""


class CellError(str):
    """An error that a cell shows, such as #DIV/0!."""

    __slots__ = ()


class Calc:
    """LibreOffice Calc with a profile of its own, which recomputes formulas whatever result a file has stored."""

    def __init__(self, folder):
        needs.tools(["localc"], VARIABLE)
        pytest.importorskip("openpyxl")
        self.folder, self._count = folder, 0
        user = folder / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(ALWAYS, encoding="utf-8")

    def __call__(self, *paths):
        """Recompute workbooks in one run of Calc, and return the rows of each, by sheet.

        A cell is a number, a bool, a text, None if it is blank, or a `CellError`. Numbers have the 15 digits that Calc
        writes.
        """
        self._count += 1
        work = self.folder / str(self._count)
        work.mkdir()
        copies = [shutil.copy(path, work / f"{number}.xlsx") for number, path in enumerate(paths)]
        profile = f"-env:UserInstallation={(self.folder / 'profile').as_uri()}"
        command = ["localc", profile, "--headless", "--convert-to", "xlsx", "--outdir", work / "recomputed", *copies]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        made = [work / "recomputed" / Path(copy).name for copy in copies]
        assert all(path.exists() for path in made), done.stdout + done.stderr
        return [_sheets(path) for path in made]


def _sheets(path):
    # Not by python-calamine, which is faster and gives errors as '', as it does texts of no length.
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        return {sheet.title: [[_value(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}
    finally:
        book.close()


def _value(cell):
    if cell.data_type == "e":
        return CellError(cell.value)
    return "" if cell.data_type == "str" and cell.value is None else cell.value
