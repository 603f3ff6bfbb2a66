"""The table view of the page: scored, filtered, sorted, grouped, selected, opened, pasted and downloaded."""

import csv
import io
import random
from statistics import mean

import pandas as pd
import pytest
from browsing import CORE, expected_readings, serious_violations

import riskmodel

GRID = ".grid"
FILTERS = ".filters:not([disabled])"


def table(rows, chance):
    """Return CSV of random rows, some of which are invalid or have no score."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["id", "date", "region", *CORE, "note"])
    for row in range(rows):
        values = [round(chance.uniform(0, 10), 1), round(chance.uniform(0, 20), 1), chance.randint(0, 100), 20]
        if row % 1000 == 7:
            values[0] = 44
        if row % 100 == 3:
            values[:3] = ["", "", ""]
        region = ("Asia", "Europe", "Africa")[row % 3]
        out.writerow([f"dyad-{row:05d}", f"{2000 + row % 20}-01", region, *values, "a, b"])
    return text.getvalue()


class View:
    """The table view, with the rows that it shows."""

    def __init__(self, visit, path):
        self.visit, self.page = visit, visit.page
        self.load(path)

    def load(self, path):
        self.page.set_input_files("#file", path)
        self.page.wait_for_selector(FILTERS, state="attached")

    def counts(self):
        return self.page.locator("#scored .counts").text_content()

    def wait_for(self, counts):
        self.visit.until(f"document.querySelector('#scored .counts').textContent === '{counts}'")

    def heads(self):
        return self.page.locator(f"{GRID} [role=columnheader]").evaluate_all(
            "heads => heads.map(head => head.querySelector('.heading').textContent)"
        )

    def column(self, title):
        """The cells of a column, of the rows that are drawn, from the first on."""
        index = self.heads().index(title) + 1
        cells = self.page.locator(f".grid-body [aria-colindex='{index}']")
        return cells.evaluate_all(
            "cells => cells.map(cell => (cell.querySelector('.number, button') ?? cell).textContent)"
        )

    def bands(self):
        return self.page.locator(".grid-row .score:nth-of-type(3) .band").all_text_contents()

    def sort(self, title):
        self.page.locator(f"{GRID} [role=columnheader]", has_text=title).first.click()


@pytest.fixture
def scored(tmp_path):
    """Return the scored rows of a table by name, and its path."""
    path = tmp_path / "dyads.csv"
    path.write_text(table(10_000, random.Random(1)))
    result = riskmodel.score_file(path, tmp_path / "expected.csv", explain=True)
    with open(tmp_path / "expected.csv", newline="") as file:
        return path, list(csv.DictReader(file)), result


def test_a_table_of_10_000_rows_is_scored_filtered_sorted_and_downloaded(visit, scored, default_model, tmp_path):
    path, expected, result = scored
    view = View(visit(), path)
    page = view.page
    counts = f"dyads.csv: 10,000 rows in, {result.rows_out:,} out, {result.rows_rejected:,} rejected"
    assert page.locator("#scored .headline").text_content() == counts
    with page.expect_download() as download:
        page.get_by_text("Download the scored file").click()
    download.value.save_as(tmp_path / "got.csv")
    assert (tmp_path / "got.csv").read_bytes() == (tmp_path / "expected.csv").read_bytes()
    # Only rows in view and a few more are in the document.
    assert page.locator(".grid-row").count() < 60
    assert page.locator(GRID).get_attribute("aria-rowcount") == f"{len(expected) + 1}"

    page.locator(".filters label:has(select:not([id]))", has_text="Escalation risk").locator("select").select_option(
        "high"
    )
    matching = [row for row in expected if row["escalation_band"] == "high"]
    view.wait_for(f"{len(matching):,} of {len(expected):,} rows")
    assert set(view.bands()) == {"high"}
    view.sort("Stability")
    lowest = sorted(float(row["stability"]) for row in matching if row["stability"])
    shown = [float(cell) for cell in view.column("Stability")]
    assert shown == lowest[: len(shown)]
    assert page.locator("[aria-sort=ascending] .heading").all_text_contents() == ["Stability"]
    page.locator("#filter").fill("DYAD-0001")
    matching = [row for row in matching if "dyad-0001" in row["id"]]
    view.wait_for(f"{len(matching):,} of {len(expected):,} rows")
    assert sorted(view.column("id")) == sorted(row["id"] for row in matching)
    page.locator(".grid-row button").first.click()
    view.visit.settle()
    opened = page.input_value("#title")
    row = next(row for row in expected if f"{row['id']}, {row['date']}" == opened)
    values = {name: float(row[name]) for name in CORE if row[name]}
    assert view.visit.readings() == expected_readings(default_model.assess(values))


def test_conditions_on_columns_are_those_of_the_values(visit, scored):
    path, expected, _ = scored
    view = View(visit(), path)
    page = view.page

    def shown(condition, holds):
        page.locator("#where").fill(condition)
        rows = [row for row in expected if holds(row)]
        assert 0 < len(rows) < len(expected)
        view.wait_for(f"{len(rows):,} of {len(expected):,} rows")

    shown("escalation >= 60", lambda row: row["escalation"] and float(row["escalation"]) >= 60)
    shown(
        "espionage < 10.5 and region = Asia",
        lambda row: row["espionage"] not in ("",) and float(row["espionage"]) < 10.5 and row["region"] == "Asia",
    )
    shown('region != "Asia"', lambda row: row["region"] != "Asia")
    for condition, message in (
        ("escalaton > 3", 'there is no column "escalaton"; did you mean "escalation"?'),
        ("escalation", '"escalation" is no condition'),
        ("region > Asia", '"Asia" is no number'),
    ):
        page.locator("#where").fill(condition)
        page.get_by_text(message).wait_for()


def test_groups_have_counts_and_means(visit, scored):
    path, expected, _ = scored
    view = View(visit(), path)
    page = view.page
    page.select_option("#group", "region")
    view.wait_for(f"{len(expected):,} of {len(expected):,} rows in 3 groups")
    page.locator(".grid-row.of-group button", has_text="Africa").click()
    africa = [row for row in expected if row["region"] == "Africa"]
    first = page.locator(".grid-row").first
    assert first.locator("button").text_content() == "Africa"
    assert first.locator("button").get_attribute("aria-expanded") == "false"
    assert first.locator(".label .quiet").first.text_content() == f"{len(africa):,} rows"
    average = mean(float(row["escalation"]) for row in africa if row["escalation"])
    assert float(first.locator(".number").first.text_content()) == pytest.approx(average, abs=0.0501)
    # The next group follows at once: the first one is closed.
    assert page.locator(".grid-row").nth(1).locator("button").text_content() == "Asia"
    page.select_option("#group", "escalation_band")
    names = {row["escalation_band"] for row in expected}
    view.wait_for(f"{len(expected):,} of {len(expected):,} rows in {len(names)} groups")
    bands = [band for band in ("severe", "high", "elevated") if band in names]
    assert page.locator(".grid-row.of-group button").first.text_content() == bands[0]


def test_two_selected_rows_open_as_two_situations(visit, scored, default_model):
    path, expected, _ = scored
    view = View(visit(), path)
    page = view.page
    for row in (0, 2):
        page.locator(".grid-row").nth(row).locator("input[type=checkbox]").click()
    assert page.locator(".grid-row[aria-selected=true]").count() == 2
    page.get_by_role("button", name="Open as two situations").click()
    view.visit.settle()
    for side, row in (("a", expected[0]), ("b", expected[2])):
        values = {name: float(row[name]) for name in CORE if row[name]}
        assert view.visit.readings(side) == expected_readings(default_model.assess(values))


def test_the_grid_works_with_the_keyboard_alone(visit, scored):
    path, expected, _ = scored
    view = View(visit(), path)
    page = view.page
    grid = page.locator(GRID)
    grid.focus()

    def active():
        return page.evaluate(
            """() => {
                const grid = document.querySelector(".grid");
                const cell = document.getElementById(grid.getAttribute("aria-activedescendant"));
                const row = cell.closest("[role=row]");
                return [row.getAttribute("aria-rowindex"), cell.getAttribute("aria-colindex")].map(Number);
            }"""
        )

    def press(*keys):
        for key in keys:
            page.keyboard.press(key)

    assert active() == [1, 1]
    press("ArrowRight", "ArrowRight", "Enter")
    assert page.locator("[aria-sort=ascending] .heading").all_text_contents() == ["Escalation risk"]
    press("Control+End")
    assert active() == [len(expected) + 1, len(view.heads())]
    press("Control+Home", "ArrowDown")
    assert active() == [3, 1]
    press("PageDown")
    assert active()[0] > 5
    press("Control+Home", " ")
    assert page.locator(".grid-row").first.get_attribute("aria-selected") == "true"
    press("Enter")
    view.visit.settle()
    lowest = min((row for row in expected if row["escalation"]), key=lambda row: float(row["escalation"]))
    assert page.input_value("#title") == f"{lowest['id']}, {lowest['date']}"


def test_the_columns_that_are_chosen_are_remembered(visit, scored):
    path, _, _ = scored
    view = View(visit(), path)
    page = view.page
    assert view.heads()[:4] == ["id", "date", "Escalation risk", "Stability"]
    assert "espionage" not in view.heads()
    page.locator(".column-menu > summary").click()
    page.locator(".column-menu").get_by_label("espionage", exact=True).check()
    page.locator(".column-menu").get_by_label("note", exact=True).uncheck()
    page.reload()
    view.visit.settle()
    view.load(path)
    assert "espionage" in view.heads()
    assert "note" not in view.heads()


def paste(page, text):
    page.evaluate(
        """(text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const options = { clipboardData, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )


def test_cells_pasted_from_a_spreadsheet_are_a_table_in_the_table_view_alone(visit, default_model):
    page = visit()
    cells = "\r\n".join("\t".join(map(str, row)) for row in (["id", *CORE], ["pasted", *CORE.values()]))
    paste(page.page, cells)
    assert not page.page.locator("#scored").is_visible()
    page.page.locator("#views a[href='#table']").click()
    paste(page.page, cells)
    page.page.wait_for_selector(FILTERS)
    assert "pasted table.csv: 1 row in, 1 out" in page.page.locator("#scored .headline").text_content()
    page.page.locator(".grid-row button").click()
    page.settle()
    assert page.readings() == expected_readings(default_model.assess(CORE))


def test_rows_are_cards_in_a_narrow_window(visit, scored):
    path, expected, _ = scored
    page = visit()
    page.page.set_viewport_size({"width": 390, "height": 844})
    view = View(page, path)
    card = page.page.locator(".grid-row").first
    box = card.bounding_box()
    assert box["width"] <= 390
    for text in (
        expected[0]["id"],
        expected[0]["date"],
        "Escalation risk",
        "Stability",
        expected[0]["escalation"],
        expected[0]["stability_band"],
    ):
        part = card.get_by_text(text, exact=True).first.bounding_box()
        assert box["x"] <= part["x"]
        assert part["x"] + part["width"] <= box["x"] + box["width"]
        assert box["y"] <= part["y"]
        assert part["y"] + part["height"] <= box["y"] + box["height"]
    page.page.locator(".choose > summary").click()
    page.page.select_option("#sort", "stability -1")
    highest = max(float(row["stability"]) for row in expected if row["stability"])
    view.visit.until(f"document.querySelectorAll('.grid-row .number')[1].textContent === '{highest}'")


def test_rejected_rows_say_where_and_what_would_be_right(visit, write):
    header = ",".join(["id", *CORE])
    text = f"{header}\nfirst,44,1,30,45\nsecond,7,..,30,45\nthird,7,1,30,45\n"
    page = visit()
    page.page.set_input_files("#file", write("some.csv", text))
    page.page.wait_for_selector("table.rejects")
    rows = [row.locator("td").all_text_contents() for row in page.page.locator("table.rejects tbody tr").all()]
    assert rows == [
        [
            "2",
            "first",
            "military_activity",
            "44",
            "44 is outside the valid range (0 to 10); the nearest valid value is 10",
        ],
        [
            "3",
            "second",
            "communication_frequency",
            "..",
            "should be a number; got '..'; if it stands for a missing value, “Missing is written as: ..” reads it",
        ],
    ]
    page.page.get_by_role("button", name="Read it again with missing is written as: ..").click()
    page.page.get_by_text("some.csv: 3 rows in, 2 out, 1 rejected").wait_for()
    assert page.page.input_value("#missing") == ".."


def test_a_decimal_comma_is_read_after_one_click(visit, write):
    header = ";".join(["id", *CORE])
    page = visit()
    page.page.set_input_files("#file", write("comma.csv", f"{header}\nx;7;1,5;30;45\n"))
    fault = page.page.wait_for_selector("#scored .fault")
    assert "comma.csv, line 2, column communication_frequency: '1,5' has a decimal comma" in fault.text_content()
    assert "--" not in page.page.locator("#scored").inner_text()
    page.page.get_by_role("button", name="Read it again with decimal mark: comma").click()
    page.page.get_by_text("comma.csv: 1 row in, 1 out, 0 rejected").wait_for()


def test_wrong_columns_are_named_without_options_of_commands(visit, write):
    page = visit()
    texts = {
        "Military activity,Espionage\n7,3\n": "columns are named by the ids of indicators, which the Rulebook lists",
        "military_activty,espionage\n7,3\n": "is nearly the indicator 'military_activity', which has none: rename one",
    }
    for number, (text, reason) in enumerate(texts.items()):
        page.page.set_input_files("#file", write(f"wrong{number}.csv", text))
        page.page.locator("#scored .fault", has_text=f"wrong{number}.csv").wait_for()
        words = page.page.locator("#scored .fault").inner_text()
        assert reason in words
        assert "--" not in words


def test_delimiters_and_decimal_marks_of_tables(visit, default_model, tmp_path):
    page = visit()
    for number, (delimiter, decimal) in enumerate(((";", "."), ("\t", "."), (";", ","), ("|", "."))):
        values = {**CORE, "military_activity": 6.5 + number / 4}
        cells = [str(value).replace(".", decimal) for value in values.values()]
        path = tmp_path / f"{number}.csv"
        path.write_text(delimiter.join(["id", *values]) + "\n" + delimiter.join([f"x {number}", *cells]) + "\n")
        page.show("Table")
        page.page.locator("#views a[href='#table']").click()
        page.page.locator("#reading").evaluate("details => (details.open = true)")
        page.page.select_option("#decimal", "" if decimal == "." else decimal)
        page.page.set_input_files("#file", path)
        page.page.wait_for_selector(f".grid-row:has-text('x {number}')")
        assert page.page.locator(".grid [role=columnheader]").first.text_content() == "id"
        page.page.locator(".grid-row button").click()
        page.settle()
        assert page.page.input_value("#title") == f"x {number}"
        assert page.readings() == expected_readings(default_model.assess(values))


def test_rejects_equal_those_of_the_command_and_formulas_are_escaped(visit, tmp_path):
    names = list(CORE)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["id", *names])
    out.writerow(["=cmd|' /C calc'!A0", 7, 1, 30, 45])
    for bad in ("-1", "=1+1", "@x", '"quoted", twice', "-", "+3e1x", "11"):
        out.writerow([f"row of {bad}", bad, 1, 30, 45])
    path = tmp_path / "odd.csv"
    path.write_text(text.getvalue())
    riskmodel.score_file(path, tmp_path / "expected.csv", explain=True)
    page = visit()
    page.page.set_input_files("#file", path)
    page.page.wait_for_selector("table.rejects tbody tr")
    with page.page.expect_download() as download:
        page.page.get_by_text("Download the rejects").click()
    download.value.save_as(tmp_path / "got.csv")
    assert (tmp_path / "got.csv").read_bytes() == (tmp_path / "expected.csv.rejects.csv").read_bytes()
    page.page.locator(".grid-row button").first.click()
    assert page.page.input_value("#title") == "=cmd|' /C calc'!A0"


def test_an_opened_row_is_scrolled_into_view(visit):
    page = visit()
    page.page.set_input_files("#file", "examples/dyad_months.csv")
    page.page.locator(".grid-row button").first.click()
    page.settle()
    assert page.page.evaluate("window.scrollY") == 0
    assert page.page.evaluate("document.activeElement.id") == "title"


def test_a_table_can_be_dropped_and_its_errors_are_shown(visit):
    page = visit()

    def drop(name, text):
        page.page.evaluate(
            """([name, text]) => {
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([text], name));
                for (const kind of ["dragover", "drop"]) {
                    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
                }
            }""",
            [name, text],
        )

    drop("strange.csv", "a,b\n1,2\n")
    fault = page.page.wait_for_selector("#scored .fault")
    assert "no column is an indicator of model 'bilateral-tension'" in fault.text_content()
    drop("good.csv", "id;military_activity;communication_frequency;espionage;trade_disruption\nx;7;1,5;30;45\n")
    page.page.get_by_text("good.csv, line 2, column communication_frequency: '1,5' has a decimal comma").wait_for()


def test_the_scored_table_as_a_workbook_is_that_of_the_command(visit, scored, tmp_path):
    path, _, _ = scored
    riskmodel.score_file(path, tmp_path / "expected.xlsx", explain=True)
    view = View(visit(), path)
    with view.page.expect_download() as download:
        view.page.get_by_role("button", name="Download as a workbook").click()
    download.value.save_as(tmp_path / "got.xlsx")
    assert download.value.suggested_filename == "dyads.scored.xlsx"
    for sheet in (0, 1):
        got, expected = (pd.read_excel(tmp_path / f"{name}.xlsx", sheet_name=sheet) for name in ("got", "expected"))
        pd.testing.assert_frame_equal(got, expected)


def test_the_sheet_of_a_workbook_is_chosen_with_one_click(visit, tmp_path):
    frame = pd.DataFrame([{"id": "a", **CORE}, {"id": "b", **CORE}])
    with pd.ExcelWriter(tmp_path / "two.xlsx") as writer:
        frame[:1].to_excel(writer, sheet_name="North", index=False)
        frame.to_excel(writer, sheet_name="It's South", index=False)
    page = visit()
    page.page.set_input_files("#file", tmp_path / "two.xlsx")
    page.page.get_by_text("the sheets 'North', \"It's South\" have 4 columns of the model each").wait_for()
    assert "--" not in page.page.locator("#scored").inner_text()
    page.page.get_by_role("button", name="Read it again with sheet: It's South").click()
    page.page.get_by_text("two.xlsx: 2 rows in, 2 out, 0 rejected").wait_for()
    page.page.get_by_text('read sheet "It\'s South" of 2').wait_for()


@pytest.mark.slow
def test_the_table_view_is_accessible_at_every_width_in_both_schemes(visit, scored):
    path, _, _ = scored
    view = View(visit(), path)
    page = view.page
    page.select_option("#group", "escalation_band")
    page.locator(".grid-row input[type=checkbox]:visible").first.click()
    page.locator("#reading > summary").click()
    for width in (1400, 800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        if width > 600:
            page.locator(".column-menu > summary").click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert serious_violations(page) == []
        if width > 600:
            page.keyboard.press("Escape")
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_cells_with_quotes_delimiters_and_line_ends_are_those_of_the_file(visit):
    chance = random.Random(3)
    parts = ["", "a", '"', ",", "\n", "Größe", "7.5", "'"]
    rows = [["x", *("".join(chance.choices(parts, k=chance.randint(0, 4))) for _ in range(3))] for _ in range(300)]
    pieces = []
    for start in range(0, 300, 50):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(
            ([["h", "b", "c", "d"]] if not start else []) + rows[start : start + 50]
        )
        pieces.append(text.getvalue())
    page = visit()
    cells, columns, marks = page.page.evaluate(
        """async (pieces) => {
            const { Scored } = await import("/static/scored.js");
            const scored = new Scored({ delimiter: ",", decimal: ".", thousands: null });
            for (const piece of pieces) scored.append(piece);
            const rows = [...Array(scored.count).keys()];
            const columns = [1, 2, 3].map((index) => scored.column(index));
            return [rows.map((row) => scored.cells(row)), columns, [...scored.marked("größe")]];
        }""",
        pieces,
    )
    assert cells == rows
    assert columns == [[row[index] for row in rows] for index in (1, 2, 3)]
    assert marks == [int(any("Größe" in cell for cell in row)) for row in rows]


def test_the_last_of_a_million_rows_can_be_scrolled_to_and_reached_with_a_key(visit):
    page = visit()
    page.page.locator("#views a[href='#table']").click()
    page.page.evaluate(
        """async () => {
            const { Grid } = await import("/static/grid.js");
            const { labelColumn } = await import("/static/cells.js");
            const grid = new Grid("many", {});
            document.getElementById("table").append(grid.element);
            grid.setColumns([labelColumn("row", 0)]);
            grid.setItems(1_000_000, (row) => ({ row, name: `row ${row}`, isSelectable: true, isSelected: false }));
            grid.element.scrollTop = 1e9;
        }"""
    )

    def is_in_view(name):
        page.until(
            "(() => { const grid = document.querySelector('.grid').getBoundingClientRect();"
            f" const found = [...document.querySelectorAll('.grid-row')].find(row => row.textContent === '{name}');"
            " const row = found?.getBoundingClientRect();"
            " return Boolean(row) && row.top >= grid.top && row.bottom <= grid.bottom + 1 })()"
        )

    is_in_view("row 999999")
    page.page.locator(".grid").focus()
    page.page.keyboard.press("Control+Home")
    is_in_view("row 0")
    page.page.keyboard.press("Control+End")
    is_in_view("row 999999")


@pytest.mark.slow
def test_rows_are_named_by_the_column_that_names_units_and_not_by_their_sources(visit):
    view = View(visit("/#.view=table"), "examples/us_russia_years.csv")
    head = view.page.locator(GRID).get_by_role("columnheader").first
    assert head.inner_text() == "pair"
