"""Workbooks recomputed by Calc equal the engine, and follow what is changed in them."""

import copy
import random
import zipfile

import pytest
from openpyxl import load_workbook
from random_models import random_model, random_values
from recomputed import HEAD, assert_equals_engine, differences, rows_of, stored

import riskmodel
from riskmodel.plan import steps
from riskmodel.schema.scales import NumericScale
from riskmodel.workbook.layout import depth

EVERYTHING = {
    "format": 1,
    "id": "everything",
    "version": "1",
    "sources": {"book": {"title": "A book", "claims": {"c1": {"section": "Two", "says": "It is so."}}}},
    "indicators": {
        "straight": {
            "title": "Straight",
            "valid": [0, 10],
            "scale": {"goalposts": [0, 10]},
            "guide": {0: "none", 10: "all"},
        },
        "falling": {"scale": {"goalposts": [8, 2]}, "terms": {"low": {"below": 3}, "mid": {"between": [2, 4, 4, 6]}}},
        "grown": {
            "unit": "million",
            "valid": [0, None],
            "scale": {"goalposts": [1, 1000], "curve": "log"},
            "default": 10,
        },
        "bent": {
            "scale": {"points": [[0, 0], [1, 0.4], [5, 0.4], [6, 1]]},
            "default": {"low": 0, "high": 6},
            "terms": {"high": {"above": [1, 5]}, "over": {"above": 5}},
        },
        "curved": {"scale": {"logistic": {"midpoint": 3, "slope": -30}}},
        "named": {"scale": {"levels": {"calm": 0, "Tense": 0.6, "7": 1}}, "guide": {"calm": "no news"}},
        "assumed": {"scale": {"levels": {"no": 0.1, "yes": 0.9}}, "default": "yes"},
        "bare": {"terms": {"big": {"above": [10, 20]}}, "default": 12},
    },
    "scores": {
        "sum": {"weights": {"straight": 2, "falling": -1, "named": 1, "squared": 2}, "bands": {"low": 0, "high": 50}},
        "squared": {"weights": {"grown": 1, "bent": 2}, "mean": {"power": 2}, "min_coverage": 0},
        "rooted": {
            "weights": {"curved": 1, "assumed": 2, "straight": 1},
            "mean": "geometric",
            "out_of": 10,
            "decimals": 3,
        },
        "inverse": {"weights": {"bent": 1, "straight": 2, "falling": 3}, "mean": "harmonic", "min_coverage": 0.6},
        "least": {"weights": {"bent": 1, "straight": -1}, "mean": "minimum"},
        "most": {"weights": {"bent": 1, "grown": 1, "named": 2}, "mean": "maximum", "decimals": 0},
    },
    "rules": {
        "fired": {
            "when": "named is Tense and not (falling is low or bare is big)",
            "then": {"sum": {"add": 5}, "inverse": {"add": -7}, "rooted": {"at_most": 4}},
            "because": "So it was.",
            "cites": {"source": "book", "section": "One", "claims": ["c1"]},
        },
        "compared": {"when": "straight / (bent - 1) > 2 or squared >= 40", "then": {"sum": {"at_least": 60}}},
        "chained": {
            "when": "2 < straight <= 8 and grown * 2 - bare != 8",
            "then": {"sum": {"at_least": 55}, "least": {"add": 1}},
        },
        "mean": {"when": "falling is mid and bent is over", "then": {"most": {"at_most": 20}, "sum": {"at_most": 90}}},
    },
}
SITUATIONS = [
    {},
    {"straight": 0, "falling": 8, "grown": 0, "bent": 0, "curved": 3, "named": "calm", "assumed": "no", "bare": 0},
    {
        "straight": 10,
        "falling": 2,
        "grown": 1000,
        "bent": 6,
        "curved": -1000,
        "named": "7",
        "assumed": "yes",
        "bare": 50,
    },
    {"straight": 3.3, "falling": 4, "grown": 10, "bent": 1, "curved": 3.01, "named": "Tense", "bare": 12},
    {"straight": 7.5, "falling": 3, "bent": 5.5, "named": "Tense"},
    {"straight": 2, "bent": 0.5, "curved": 1000, "grown": 40},
    {"falling": 3.5, "bent": 5.1, "named": "7", "grown": 1e-300},
    {"named": "calm", "bare": 15},
]
ADDED = HEAD + len(SITUATIONS) + 15
"""The row of a workbook into which a test types a situation."""
INVALID = [
    ("Straight", 10.5),
    ("Straight", -1e-9),
    ("Straight", "'5"),
    ("Straight", " "),
    ("Straight", "=NA()"),
    ("Straight", True),
    ("named", "tense"),
    ("named", "c*"),
    ("named", 8),
    ("bare", "many"),
]
"""Entries by the title of their column."""


@pytest.fixture(scope="module")
def model():
    return riskmodel.load_model(EVERYTHING)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="module")
def path(folder, model):
    riskmodel.write_workbook(folder / "everything.xlsx", SITUATIONS, model=model)
    return folder / "everything.xlsx"


@pytest.fixture(scope="module")
def other():
    """A model of the structure of EVERYTHING with other numbers."""
    return riskmodel.load_model(moved(EVERYTHING))


@pytest.fixture(scope="module")
def recomputed(calc, folder, path, other):
    """The sheets of several workbooks by name, recomputed in one run: Calc takes long to start."""
    paths = {"everything": path}
    riskmodel.write_workbook(folder / "other.xlsx", SITUATIONS, model=other)
    for name, edit in (("numbers", change_numbers), ("values", change_values)):
        book, paths[name] = load_workbook(path), folder / f"{name}.xlsx"
        edit(book, folder)
        book.save(paths[name])
    return dict(zip(paths, calc(*paths.values()), strict=True))


def situations_of(model):
    """Return the scenarios of a shipped model, and situations with gaps."""
    rng = random.Random(1)
    scales = {
        name: {"scale": {"goalposts": [0, 10]}, "valid": part.valid} for name, part in model.spec.indicators.items()
    }
    return [*model.scenarios.values(), *(random_values(rng, {"indicators": scales}) for _ in range(4))]


def change_numbers(book, folder):
    """Write the numbers of the other model into the cells of a workbook."""
    target, changed = load_workbook(folder / "other.xlsx"), 0
    for name in ("Rules", "Weights", "Scales"):
        for row in target[name].iter_rows(min_row=HEAD + 1):
            for cell in row:
                if isinstance(cell.value, int | float):
                    changed += book[name][cell.coordinate].value != cell.value
                    book[name][cell.coordinate].value = cell.value
    assert changed > 60


def entry_columns(sheet):
    """Return the columns to type in by title."""
    return {cell.value: cell.column for cell in sheet[HEAD - 1]}


def change_values(book, folder):
    """Change a value, take one away, add a situation, and type invalid entries, each beside a valid one."""
    sheet = book["Situations"]
    columns = entry_columns(sheet)
    sheet.cell(HEAD + 2, columns["Straight"]).value = 5
    sheet.cell(HEAD + 3, columns["named"]).value = None
    for name, value in (("Straight", 9), ("named", 7), ("grown", 5)):
        sheet.cell(ADDED, columns[name]).value = value
    for row, (heading, entry) in enumerate(INVALID, start=HEAD + len(SITUATIONS) + 1):
        sheet.cell(row, columns["falling"]).value = 4
        sheet.cell(row, columns[heading]).value = entry


class TestRecomputed:
    def test_a_model_of_everything_equals_the_engine(self, recomputed, model):
        assert_equals_engine(recomputed["everything"], model, [model.assess(values) for values in SITUATIONS])

    def test_the_results_that_are_stored_are_those_of_the_formulas(self, recomputed, path):
        assert differences(stored(path), recomputed["everything"]) == []

    def test_empty_rows_are_empty(self, recomputed):
        for name in ("Scores", "Points", "Degrees", "Steps", "Values"):
            rows = recomputed["everything"][name][HEAD + len(SITUATIONS) :]
            assert len(rows) == 20
            assert {value or None for row in rows for value in row} == {None}

    def test_a_situation_without_values_has_no_score_but_bounds(self, recomputed):
        row = rows_of(recomputed["everything"], "Scores")[0]
        of_sum = {title: value for (section, title), value in row.items() if section.startswith("sum")}
        assert (of_sum["Score"], of_sum["Status"], of_sum["Lowest"]) == ("", "insufficient data", 0)


@pytest.mark.slow
def test_shipped_and_random_models_equal_the_engine(calc, folder):
    books = []
    for name in ("bilateral-tension", "core-four"):
        model = riskmodel.load_model(name)
        riskmodel.write_workbook(folder / f"{name}.xlsx", situations_of(model), model=model)
        books.append((folder / f"{name}.xlsx", model, situations_of(model)))
    for seed in range(12):
        rng = random.Random(seed)
        content = random_model(rng)
        situations = [random_values(rng, content) for _ in range(6)]
        model = riskmodel.load_model(content)
        riskmodel.write_workbook(folder / f"random{seed}.xlsx", situations, model=model)
        books.append((folder / f"random{seed}.xlsx", model, situations))
    for (book, model, situations), sheets in zip(books, calc(*(book for book, _, _ in books)), strict=True):
        assert_equals_engine(sheets, model, [model.assess(values) for values in situations])
        assert differences(stored(book), sheets) == []


class TestChanges:
    def test_every_number_of_the_model_is_read_from_its_cell(self, recomputed, other):
        assert_equals_engine(recomputed["numbers"], other, [other.assess(values) for values in SITUATIONS])

    def test_values_can_be_changed_added_and_taken_away(self, recomputed, model):
        sheets = dict(recomputed["values"])
        situations = copy.deepcopy(SITUATIONS)
        situations[1]["straight"] = 5
        del situations[2]["named"]
        assert_equals_engine(sheets, model, [model.assess(values) for values in situations])
        for name in ("Scores", "Points", "Degrees"):
            sheets[name] = [*sheets[name][:HEAD], sheets[name][ADDED - 1]]
        assert_equals_engine(sheets, model, [model.assess({"straight": 9, "named": "7", "grown": 5})])
        assert sheets["Scores"][HEAD][0] == f"row {ADDED}"

    @pytest.mark.parametrize("number", range(len(INVALID)))
    def test_an_invalid_entry_is_named_and_its_row_has_no_numbers(self, recomputed, number):
        sheets, row = recomputed["values"], HEAD + len(SITUATIONS) + number
        assert sheets["Situations"][row][0] == f"check {INVALID[number][0]}"
        for name in ("Scores", "Points", "Degrees", "Steps"):
            assert {value or None for value in sheets[name][row]} == {None}


def moved(content):
    """Return a model of the same structure in which every number is another."""
    other = copy.deepcopy(content)
    for number, part in enumerate(other["indicators"].values()):
        if "valid" in part:
            part["valid"] = [None if end is None else end - 1 if end == 0 else end + 1 for end in part["valid"]]
        scale = part.get("scale", {})
        if "goalposts" in scale:
            scale["goalposts"] = [1.25 * end + 0.5 for end in scale["goalposts"]]
        if "points" in scale:
            scale["points"] = [[1.1 * raw + 0.1, 0.9 * height + 0.03] for raw, height in scale["points"]]
        if "logistic" in scale:
            scale["logistic"] = {"midpoint": 3.02, "slope": -20}
        if "levels" in scale:
            scale["levels"] = {label: 0.8 * value + 0.01 * number for label, value in scale["levels"].items()}
        for term in part.get("terms", {}).values():
            for kind, bounds in term.items():
                term[kind] = [0.9 * end for end in bounds] if isinstance(bounds, list) else 0.9 * bounds
        if isinstance(part.get("default"), dict):
            part["default"] = {key: end + 0.25 for key, end in part["default"].items()}
        elif isinstance(part.get("default"), int):
            part["default"] += 3
    for score in other["scores"].values():
        score["weights"] = {name: 1.5 * weight - 0.1 for name, weight in score["weights"].items()}
        if score.get("bands"):
            score["bands"] = {"low": 0, "high": 61}
        if score.get("min_coverage", 0.5) > 0:
            score["min_coverage"] = 0.3
    for rule in other["rules"].values():
        for effect in rule["then"].values():
            for kind in effect:
                effect[kind] *= 0.7
    return other


class Squared(NumericScale):
    """A scale of a kind that the package does not have."""

    squared: float

    def expression(self, x):
        ramp = steps.Ramp(x, 0.0, self.squared)
        return steps.Product(ramp, ramp)

    def breakpoints(self):
        return {0.0, self.squared}

    def ends(self):
        return 0.0, self.squared

    def describe(self):
        return "squared"


class TestStructure:
    def test_nothing_is_hidden_linked_or_run(self, path):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]
        book = load_workbook(path)
        assert {sheet.sheet_state for sheet in book.worksheets} == {"visible"}
        assert book.sheetnames == [
            "About", "Situations", "Scores", "Points", "Rules", "Degrees", "Weights", "Scales", "Values", "Steps",
        ]  # fmt: skip
        assert all(sheet.freeze_panes for sheet in book.worksheets[1:])

    def test_the_first_sheet_says_which_model_it_is(self, path, model):
        sheet = load_workbook(path)["About"]
        about = {row[0].value: row[1].value for row in sheet.iter_rows(min_row=3)}
        assert (about["Model"], about["Version"]) == ("everything", "1")
        assert about["Fingerprint"].startswith(model.identity.fingerprint)

    def test_rules_have_their_reasons_and_sources(self, path):
        rows = [[cell.value for cell in row] for row in load_workbook(path)["Rules"].iter_rows(min_row=HEAD + 1)]
        (row,) = (row for row in rows if row[0] == "fired")
        assert row[5:] == ["So it was.", "A book, One\nc1: It is so."]

    def test_entries_are_checked_and_explained(self, path):
        sheet = load_workbook(path)["Situations"]
        columns = {cell.value: cell.column_letter for cell in sheet[HEAD - 1]}
        checks = {str(check.sqref).rstrip("0123456789")[0]: check for check in sheet.data_validations.dataValidation}
        straight, named = checks[columns["Straight"]], checks[columns["named"]]
        assert (straight.type, straight.operator) == ("decimal", None)  # between, by default
        assert straight.formula1.startswith("Scales!$C$")
        assert (named.type, named.formula1.count("Scales!")) == ("list", 1)
        notes = {cell.value: cell.comment.text for cell in sheet[HEAD - 1] if cell.comment}
        assert "10: all" in notes["Straight"]
        assert "Assumed where missing: 10" in notes["grown"]

    def test_no_colour_depends_on_another_sheet(self, path):
        rules = [
            formula
            for sheet in load_workbook(path).worksheets
            for ranges in sheet.conditional_formatting
            for rule in ranges.rules
            for formula in rule.formula
        ]
        assert len(rules) == 4
        assert not [formula for formula in rules if "!" in formula]

    def test_a_kind_of_scale_that_sheets_do_not_know_has_its_numbers_in_the_formulas(self, folder):
        content = {"format": 1, "id": "own", "indicators": {"a": {"scale": {"goalposts": [0, 10]}}}}
        spec = riskmodel.load_model(content | {"scores": {"s": {"weights": {"a": 1}}}}).spec
        own = spec.indicators["a"].model_copy(update={"scale": Squared(squared=10.0)})
        model = riskmodel.Model(spec.model_copy(update={"indicators": {"a": own}}))
        with pytest.warns(UserWarning, match="serialized value"):  # the union of scales does not know it
            riskmodel.write_workbook(folder / "own.xlsx", [{"a": 5}], model=model)
        sheets = stored(folder / "own.xlsx")
        assert rows_of(sheets, "Scores")[0]["s (0 to 100)", "Score"] == 25
        assert sheets["Scales"][HEAD][:2] + sheets["Scales"][HEAD][4:5] == ["a", "scale", "in the model: squared"]

    def test_long_formulas_are_divided(self, folder):
        names = [f"i{number}" for number in range(50)]
        means = ("arithmetic", "geometric", "minimum")
        content = {
            "format": 1,
            "id": "wide",
            "indicators": {
                name: {"scale": {"goalposts": [0, 10]}, "terms": {"high": {"above": [4, 8]}}} for name in names
            },
            "scores": {mean: {"weights": dict.fromkeys(names, 1), "mean": mean} for mean in means},
            "rules": {
                "all": {"when": " or ".join(f"{name} is high" for name in names[:30]), "then": {"minimum": {"add": 5}}}
            },
        }
        model = riskmodel.load_model(content)
        rng = random.Random(0)
        situation = {name: rng.uniform(0, 10) for name in names if rng.random() < 0.8}
        riskmodel.write_workbook(folder / "wide.xlsx", [situation], model=model)
        texts = [
            cell.value
            for sheet in load_workbook(folder / "wide.xlsx").worksheets
            for row in sheet.iter_rows(max_row=HEAD + 1)
            for cell in row
            if isinstance(cell.value, str) and cell.value.startswith("=")
        ]
        assert max(map(len, texts)) <= 8192
        assert max(map(depth, texts)) < 64
        assert_equals_engine(stored(folder / "wide.xlsx"), model, [model.assess(situation)])


class TestErrors:
    def test_more_than_a_thousand_situations_are_too_many(self, tmp_path, model):
        with pytest.raises(riskmodel.SituationError, match=r"1,001 situations are too many .* `riskmodel batch`"):
            riskmodel.write_workbook(tmp_path / "a.xlsx", [{}] * 1001, model=model)
        assert list(tmp_path.iterdir()) == []

    def test_the_name_ends_in_xlsx(self, tmp_path):
        with pytest.raises(riskmodel.SituationError, match=r"a\.xls: should end in \.xlsx"):
            riskmodel.write_workbook(tmp_path / "a.xls")

    def test_a_folder_that_does_not_exist_is_named(self, tmp_path):
        with pytest.raises(riskmodel.SituationError, match="there is no folder"):
            riskmodel.write_workbook(tmp_path / "none" / "a.xlsx")

    def test_an_invalid_situation_leaves_no_file(self, tmp_path, model):
        with pytest.raises(riskmodel.SituationError, match="outside the valid range"):
            riskmodel.write_workbook(tmp_path / "a.xlsx", [{"straight": 11}], model=model)
        assert list(tmp_path.iterdir()) == []

    def test_without_xlsxwriter_the_extra_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setattr("riskmodel.extras.find_spec", lambda name: None)
        with pytest.raises(riskmodel.RiskmodelError, match=r"pip install .*XlsxWriter.* \(the extras \[excel\]"):
            riskmodel.write_workbook(tmp_path / "a.xlsx")
