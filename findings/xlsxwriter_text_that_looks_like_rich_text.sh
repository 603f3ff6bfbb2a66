#!/usr/bin/env bash
# XlsxWriter 3.3.1: `write_string` loses the text of a cell that begins with <r> and ends with </r>.
#
# Guess: `write_string` writes any text as it is and escapes what XML needs; that is why one uses it instead of `write`
# for data of others. Only a text over 32,767 characters is documented to be cut, with the return code -2.
# Seen: a text such as `<r>5</r>` is taken for the XML of a rich text, which `write_rich_string` stores in the same
# table, and goes into the workbook unescaped: the code is 0, python-calamine and openpyxl both read a text of no length.
# `<r><t>5</t></r>` reads back as 5, so an element of a document becomes a number's text. The same with and without
# constant_memory. `write_rich_string` with the text in three fragments keeps it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q XlsxWriter==3.3.1 openpyxl==3.1.5 python-calamine==0.9.1
"$work/venv/bin/python" - <<'PYTHON'
import io

import openpyxl
import python_calamine
import xlsxwriter

assert xlsxwriter.__version__ == "3.3.1"
TEXTS = ["<b>5</b>", "<r>5</r>", "<r><t>5</t></r>"]


def read_back(constant_memory: bool) -> list[tuple[str, str]]:
    """Return each text as openpyxl and as python-calamine read it from a workbook."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"constant_memory": constant_memory}) as book:
        sheet = book.add_worksheet()
        for row, text in enumerate(TEXTS):
            assert sheet.write_string(row, 0, text) == 0
            assert sheet.write_string(row, 1, "x") == 0
        assert sheet.write_rich_string(len(TEXTS), 0, "<", "r>", "5</r>") == 0
    cells = [row[0].value for row in openpyxl.load_workbook(io.BytesIO(content.getvalue())).active.rows]
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content.getvalue()))
    return list(zip(cells, (row[0] for row in book.get_sheet_by_index(0).to_python()), strict=True))


for constant_memory in (False, True):
    seen = read_back(constant_memory)
    for text, (one, other) in zip([*TEXTS, "<r>5</r> in fragments"], seen, strict=True):
        print(f"constant_memory={constant_memory}: {text!r} reads back as {one!r} (openpyxl), {other!r} (python-calamine)")
    assert seen == [("<b>5</b>", "<b>5</b>"), ("", ""), ("5", "5"), ("<r>5</r>", "<r>5</r>")]
PYTHON
