"""Comparison of recomputed workbooks with what the engine says."""

import math
from collections import Counter

from openpyxl import load_workbook

HEAD = 5
"""Rows above the content of a sheet."""
SECTION, TITLE, DETAIL = 2, 3, 4


def stored(path):
    """Return the results that are stored in a workbook, by sheet, row and column."""
    book = load_workbook(path, data_only=True)
    return {sheet.title: [[_value(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def _value(cell):
    return "" if cell.data_type == "str" and cell.value is None else cell.value


def differences(expected, sheets):
    """List the cells in which two workbooks differ by more than rounding."""
    wrong = []
    for name, rows in expected.items():
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                other = _at(sheets[name], number, column)
                if not _same(value, other):
                    wrong.append((name, number + 1, column, value, other))
    return wrong


def _at(rows, number, column):
    return rows[number][column] if number < len(rows) and column < len(rows[number]) else None


def _same(value, other):
    if isinstance(value, int | float) and not isinstance(value, bool):
        return isinstance(other, int | float) and math.isclose(value, other, rel_tol=1e-9, abs_tol=1e-9)
    return (value or None) == (other or None)


def rows_of(sheets, name):
    """Return the rows of a sheet as mappings by section and title; of several columns of one title, the first."""
    rows = sheets[name]
    keys, section = [], ""
    for column, title in enumerate(rows[TITLE]):
        section = rows[SECTION][column] or section
        keys.append((section, title))
    return [
        {key: _at(row, 0, column) for column, key in reversed(list(enumerate(keys)))}
        for row in ([row] for row in rows[HEAD:])
    ]


def assert_equals_engine(sheets, model, assessments):
    """Hold the scores, points and degrees of a workbook against assessments of its situations."""
    titles = {kind: _titles(getattr(model.spec, kind)) for kind in ("indicators", "scores", "rules")}
    scores, points = rows_of(sheets, "Scores"), rows_of(sheets, "Points")
    degrees = rows_of(sheets, "Degrees") if "Degrees" in sheets else [{}] * len(scores)
    for number, assessment in enumerate(assessments):
        for name, score in assessment.scores.items():
            title = titles["scores"][name]
            shown = {key[1]: value for key, value in scores[number].items() if key[0].startswith(f"{title} (0 to ")}
            expected = {
                "Score": score.reported,
                "Band": score.band,
                "Status": "provisional" if score.provisional else score.status,
                "Coverage": score.coverage,
                "Lowest": score.reported_low,
                "Highest": score.reported_high,
                "Exact": score.value,
            }
            if not score.bands:
                del expected["Band"]
            assert set(shown) == set(expected)
            for heading, value in expected.items():
                assert _same(value, shown[heading]), (number, name, heading, value, shown[heading])
            for entry in score.account:
                kinds = {"indicator": "indicators", "rule": "rules"}
                heading = (
                    titles[kinds[entry.kind]][entry.name]
                    if entry.kind in kinds
                    else f"kept within 0 and {score.out_of:g}"
                )
                assert _same(entry.points, points[number][title, heading]), (number, name, heading)
            if score.value is not None:
                assert _same(score.value, points[number][title, "Sum of the points"])
        for rule in assessment.rules:
            assert _same(rule.degree, degrees[number]["Rules", titles["rules"][rule.name]]), (number, rule.name)


def _titles(parts):
    """Return the headings of parts: titles, followed by the name where several have the same."""
    titles = {name: part.title or name for name, part in parts.items()}
    counts = Counter(titles.values())
    return {name: f"{title} ({name})" if counts[title] > 1 else title for name, title in titles.items()}
