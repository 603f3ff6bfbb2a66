"""The page writes back the whole content of a situation file, including parts that it does not show."""

import json
import re

import pytest
from browsing import CORE
from hypothesis import example, given, settings
from hypothesis import strategies as st

import riskmodel
from riskmodel.documents.document import from_bytes, from_python
from riskmodel.documents.situations import Situation, situations_in
from riskmodel.schema.situation import SituationSpec
from riskmodel.web.page_data import download

FULL = {
    "id": "march",
    "title": "A tense month: “März” & 三月",
    "date": "2022-03",
    "model": "bilateral-tension",
    "description": "First line.\nSecond line, with a # and a 'quote'.\n",
    "values": {
        "military_activity": 7,
        "communication_frequency": {"low": 0.5, "likely": 1, "high": 3},
        "espionage": None,
        "trade_disruption": {"p10": 20, "p50": 45, "p90": 60.5},
        "regional_instability": {"mean": 5, "sd": 1.25},
        "public_hostility": {"low": 4, "high": 6},
    },
    "notes": {
        "military_activity": "Forces were gathered & counted: 100%.",
        "communication_frequency": "Two calls.",
        "espionage": "Nobody knows.",
        "unresolved_disputes": "Not looked at.",
    },
    "doubts": ["Back channels are not in the count.", "1e3"],
    "sources": ["A newspaper of that month", "https://example.org/a=b&c#d"],
}
PLAIN = {"values": CORE}
DATED = {"id": "april", "date": "2022-04-05", "values": {**CORE, "military_activity": 3}, "doubts": ["Which?"]}


def content(path):
    """Return the content of the situations of a file, without the model."""
    return [situation.spec.model_copy(update={"model": None}) for situation in riskmodel.read_situations(path)]


def spec(given):
    return SituationSpec.model_validate({**given, "model": None})


TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.from_regex(r"[-+]?(0x|0o|\.)?[0-9]{1,4}(\.[0-9]*)?([eE][-+]?[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["no", "on", "~", "null", "true", "-", "- a", "a: b", "# a", "'", '"', ".inf", ".NaN", "<<", "=", "%"]
    ),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(title=TEXT, texts=st.lists(TEXT, max_size=3), note=TEXT)
@example(title="1e3", texts=["0o17", ".5e1", "a\x85b", "a\u2028b\r\n c ", "\ufeff", "\x00"], note="  two\n\n lines \n")
def test_a_saved_file_is_read_unchanged(default_model, title, texts, note):
    given = spec({"id": title, "title": title, "values": CORE, "notes": {"espionage": note}, "doubts": texts})
    for name in ("situation.yaml", "situation.json"):
        saved = download(name, default_model, [Situation(given, from_python({}))])
        (read,), problems = situations_in(from_bytes(saved.content, name))
        assert not problems
        assert read.spec == given.model_copy(update={"model": "bilateral-tension"})


class Files:
    """Open a file on a page and save it again."""

    def __init__(self, visit, folder):
        self.visit, self.folder = visit, folder
        self.page = visit()

    def open(self, *situations):
        path = self.folder / "opened.json"
        path.write_text(json.dumps(situations[0] if len(situations) == 1 else {"situations": situations}))
        self.page.page.set_input_files("#file", path)
        self.page.page.wait_for_selector("#scored", state="hidden")
        self.page.settle()
        return self.page

    def saved(self, page, name="situation.yaml"):
        return page.exported(name, self.folder / name)


@pytest.fixture
def files(visit, tmp_path):
    return Files(visit, tmp_path)


def test_the_whole_content_of_a_file_is_saved(files):
    page = files.open(FULL)
    for name in ("situation.yaml", "situation.json"):
        assert content(files.saved(page, name)) == [spec(FULL)]
    value = page.slide("military_activity", 0.9)
    page.field("espionage").locator(".boxes input").first.fill("12")
    page.settle()
    moved = {**FULL, "values": {**FULL["values"], "military_activity": value, "espionage": 12}}
    assert value != 7
    assert content(files.saved(page)) == [spec(moved)]
    # By its address alone, too.
    again = files.visit("/" + page.hash())
    assert again.hash() == page.hash()
    assert content(files.saved(again)) == [spec(moved)]
    for _ in range(2):
        page.page.locator("#undo").click()
    page.settle()
    assert content(files.saved(page)) == [spec(FULL)]
    (saved,) = json.loads(files.saved(page, "assessment.json").read_text())
    assert (saved["id"], saved["date"], saved["sources"]) == (FULL["id"], FULL["date"], FULL["sources"])


def test_the_note_of_a_changed_value_is_not_assessed(files):
    page = files.open(FULL)
    note = page.field("military_activity").locator("textarea")
    assert note.input_value() == FULL["notes"]["military_activity"]
    assert FULL["notes"]["military_activity"] in page.page.inner_text("#outcome-a")
    page.type_in("military_activity", 9)
    for shown in (page, files.visit("/" + page.hash())):
        field = shown.field("military_activity")
        assert field.locator("textarea").input_value() == FULL["notes"]["military_activity"]
        assert field.locator(".note-of").text_content() == "written for 7, and left out of the assessment"
        outcome = shown.page.inner_text("#outcome-a")
        assert FULL["notes"]["military_activity"] not in outcome
        assert FULL["notes"]["communication_frequency"] in outcome
        assert FULL["doubts"][0] in outcome
        (saved,) = json.loads(files.saved(shown, "assessment.json").read_text())
        assert saved["inputs"]["military_activity"]["note"] is None
    page.type_in("military_activity", 7)
    assert FULL["notes"]["military_activity"] in page.page.inner_text("#outcome-a")


def test_both_situations_of_a_file_are_saved_unchanged(files):
    page = files.open(FULL, DATED)
    assert content(files.saved(page)) == [spec(FULL), spec(DATED)]
    page.page.get_by_label("B", exact=True).check(force=True)
    value = page.slide("espionage", 0.4)
    moved = {**DATED, "values": {**DATED["values"], "espionage": value}}
    assert content(files.saved(page)) == [spec(FULL), spec(moved)]
    again = files.visit("/" + page.hash())
    assert content(files.saved(again)) == [spec(FULL), spec(moved)]
    page.page.locator("#split").click()
    page.settle()
    assert content(files.saved(page)) == [spec(FULL)]


def test_nothing_is_added_to_the_content_of_a_file(files):
    page = files.open(PLAIN)
    assert content(files.saved(page)) == [spec(PLAIN)]
    page.page.locator("#split").click()
    page.settle()
    (first, second) = content(files.saved(page))
    assert first == spec(PLAIN)
    assert second == spec({**PLAIN, "title": "What if (B)"})


def test_undo_restores_the_file_opened_before(files):
    page = files.open(FULL)
    files.open(DATED)
    assert content(files.saved(page)) == [spec(DATED)]
    page.page.locator("#undo").click()
    page.settle()
    assert content(files.saved(page)) == [spec(FULL)]
    page.page.locator("#clear").click()
    page.settle()
    assert content(files.saved(page)) == [spec({"values": {}})]


def test_a_preset_is_saved_completely_and_has_a_short_address(files, default_model):
    page = files.page
    (example_file,) = riskmodel.read_situations("examples/article_case.yaml")
    (saved,) = content(files.saved(page))
    assert saved == example_file.spec.model_copy(update={"model": None})
    value = page.slide("regional_instability", 0.2)
    (moved,) = content(files.saved(page))
    assert moved == saved.model_copy(update={"values": {**saved.values, "regional_instability": value}})
    assert re.search(r"[&#]\.start=", page.hash())
    assert not re.search(r"[&#]\.(note|doubt|source|description)", page.hash())
    (again,) = content(files.saved(files.visit("/" + page.hash())))
    assert again == moved
