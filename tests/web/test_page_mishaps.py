"""The page with invalid input, links and tables, late responses, and another model."""

import re

import pytest
from browsing import CORE, expected_readings, open_with, service

import riskmodel

HOSTILE = """
format: 1
id: hostile
title: <img src=x onerror=alert(1)>
indicators:
  constructor:
    title: "<script>alert(1)</script>"
    valid: [0, 10]
    scale: {goalposts: [0, 10]}
    guide: {5: "<b onclick=alert(1)>half"}
  model: {title: "Model & Co", valid: [null, null], scale: {goalposts: [1.2345, 1236.7], curve: log}}
scores:
  risk: {title: "<i>Risk</i>", weights: {constructor: 1, model: 1}, bands: {"<u>low</u>": 0}, min_coverage: 0.1}
"""


def test_a_fault_of_one_situation_is_not_shown_at_the_other(visit, default_model):
    page = open_with(visit, **CORE)
    page.page.locator("#split").click()
    page.settle()
    page.type_in("military_activity", 70)
    fault = page.field("military_activity").locator(".fault")
    assert fault.is_visible()
    assert "70 is outside the valid range" in page.page.locator("#fault-b").text_content()
    assert not page.page.locator("#fault-a").is_visible()
    page.page.get_by_label("A", exact=True).check()
    page.settle()
    assert not fault.is_visible()
    assert page.field("military_activity").locator(".boxes input").input_value() == "7"
    page.slide("espionage", 0.5)
    assert page.readings("a") == expected_readings(default_model.assess({**CORE, "espionage": 50}))
    assert page.page.locator("#outcome-b.stale").count() == 1


def test_the_second_situation_can_be_closed_while_the_first_is_invalid(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#split").click()
    page.settle()
    page.page.get_by_label("A", exact=True).check()
    page.type_in("military_activity", -1)
    page.page.locator("#split").click()
    page.settle()
    assert not page.page.locator("#side-b").is_visible()
    assert page.readings("b") == {}


def test_text_that_is_not_a_number_is_not_scored(visit, default_model):
    page = open_with(visit, **CORE)
    before = page.readings()
    box = page.field("military_activity").locator(".boxes input")
    fault = page.field("military_activity").locator(".fault")
    for text in ("1e", "-", "1,5", "0x1"):
        box.fill(text)
        page.settle()
        hint = "; the decimal mark is a point" if text == "1,5" else ""
        assert fault.text_content() == f"{text} is not a number{hint}"
        assert "The scores shown are the previous ones" in page.page.locator("#fault-a").text_content()
        assert page.readings() == before
    page.open("espionage").get_by_role("button", name="Enter 0").click()
    page.settle()
    # The box shows the value again once another one changes.
    assert not fault.is_visible()
    assert box.input_value() == "7"
    assert page.readings() == expected_readings(default_model.assess({**CORE, "espionage": 0}))


def test_spellings_of_numbers(visit, default_model):
    page = open_with(visit, **CORE)
    for text, number in (("1.", 1), (".5", 0.5), ("+2", 2), ("5e-1", 0.5), (" 3 ", 3)):
        page.type_in("military_activity", text)
        assert page.field("military_activity").locator(".boxes input").input_value() == text
        assert page.readings() == expected_readings(default_model.assess({**CORE, "military_activity": number}))


@pytest.mark.slow
def test_an_unknown_value_can_be_set_with_the_slider(visit, default_model):
    page = open_with(visit, **{name: number for name, number in CORE.items() if name != "military_activity"})
    slider = page.field("military_activity").locator("input[type=range]")
    for key, value in (("Home", 0), ("End", 10), ("ArrowLeft", 4.9)):
        slider.focus()
        page.page.keyboard.press(key)
        page.settle()
        assert page.numbers("military_activity") == [value]
        page.page.locator("#undo").click()
        page.settle()
        assert page.field("military_activity").locator(".boxes input").input_value() == ""
    slider.click()  # its middle, where the thumb stands already
    page.settle()
    assert page.numbers("military_activity") == [5]
    assert page.readings() == expected_readings(default_model.assess({**CORE, "military_activity": 5}))


@pytest.mark.slow
def test_every_kind_of_range_of_every_value_is_valid_and_keeps_its_middle(visit, default_model):
    page = open_with(visit, **CORE)
    for value in (0, 1234567):
        page.type_in("espionage", value)
        for kind in ("uniform", "pert", "normal", "quantiles"):
            page.give_range("espionage", kind)
            page.settle()
            assert not page.field("espionage").locator(".fault").is_visible()
            numbers = page.numbers("espionage")
            assert numbers[0] <= value
            assert kind == "normal" or (numbers == sorted(numbers) and numbers[-1] > value)
            if kind != "uniform":
                assert value in numbers
            page.give_range("espionage", "one")
            page.settle()
            assert page.numbers("espionage")[0] == pytest.approx(value, abs=6)
            page.type_in("espionage", value)


def test_a_range_keeps_its_width_at_the_ends_of_the_slider(visit):
    page = visit("/#espionage=low~20~high~40&military_activity=mean~5~sd~2")
    page.field("espionage").locator("input[type=range]").focus()
    for _ in range(3):
        page.page.keyboard.press("End")
        page.page.keyboard.press("Home")
    page.settle()
    assert page.numbers("espionage") == [0, 20]
    page.slide("military_activity", 1)
    assert page.numbers("military_activity") == [10, 2]


def test_unknown_names_can_be_removed(visit, default_model):
    page = visit("/#nosuch=3&" + "&".join(f"{name}={value}" for name, value in CORE.items()))
    assert "not an indicator" in page.page.locator("#fault-a").text_content()
    page.page.locator("#unknown-names button").click()
    page.settle()
    assert page.readings() == expected_readings(default_model.assess(CORE))
    assert "nosuch" not in page.hash()


def test_a_cleared_page_is_a_link_too(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#clear").click()
    page.settle()
    again = visit("/" + page.hash())
    assert boxes_are_empty(again)


def boxes_are_empty(page):
    return all(box.input_value() == "" for box in page.page.locator(".boxes input").all())


def test_an_invalid_range_in_a_link_is_reported(visit):
    page = open_with(visit, **CORE)
    for odd in ("low~abc~high~5", "min~1~max~2", "low~3", "low~~high~2", "1~2~3~4"):
        page.page.evaluate("(hash) => { location.hash = hash }", f"military_activity=7&espionage={odd}")
        page.until("document.querySelector('#field-espionage-fault').textContent.includes('should be a number')")
        page.page.evaluate("() => { location.hash = 'military_activity=7&espionage=3' }")
        page.until("document.querySelector('#field-espionage-fault').hidden")


def test_a_slow_explanation_delays_no_score_and_is_not_shown_for_a_later_state(visit, default_model):
    page = open_with(visit, **CORE)
    held = []
    page.page.route("**/page/explanation?*", lambda route: route.continue_() if held else held.append(route))
    for share in (0.1, 0.9):
        move = """(slider, share) => {
            slider.value = share * slider.max;
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
        page.field("military_activity").locator("input[type=range]").evaluate(move, share)
        values = {**CORE, "military_activity": 10 * share}
        number, _ = expected_readings(default_model.assess(values))["Escalation risk"]
        page.until(f"document.querySelector('#scores-a .number').textContent === '{number}'")
        page.page.wait_for_timeout(200)
    held[0].continue_()
    page.settle()
    assert f"{number} of 100" in page.page.get_attribute("#outcome-a [data-summary]", "data-summary")


def test_an_answer_is_cleared_when_its_form_changes(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#levers > summary").click()
    page.page.press("#target", "Enter")
    page.page.wait_for_selector("#levers-answer table")
    assert page.page.locator("#levers-apply").is_visible()
    page.page.fill("#target", "escalation <= 60")
    assert not page.page.locator("#levers-apply").is_visible()
    assert page.page.locator("#levers-answer").inner_text() == ""


@pytest.mark.slow
def test_texts_of_models_and_tables_are_escaped(visit, write, tmp_path):
    with service("-m", write("hostile.yaml", HOSTILE)) as url:
        page = visit("/#constructor=4&model=20&.title=<img src=x onerror=alert(2)>", url=url)
        model = riskmodel.load_model(write("hostile.yaml", HOSTILE))
        assert page.readings() == expected_readings(model.assess({"constructor": 4, "model": 20}))
        assert page.slide("model", 0) == 1.2345
        assert page.slide("model", 1) == 1236.7
        path = tmp_path / "<b>table.csv"
        path.write_text("id,constructor\n<img src=x onerror=alert(3)>,5\n<b>,11\n")
        page.page.set_input_files("#file", path)
        page.page.wait_for_selector("table.rejects tbody tr", state="attached")
        strange = 'img:not([src^="data:image/svg+xml;base64,"])'
        assert (
            page.page.locator(
                f"{strange}, main script, main u, main i:not(.track-bounds, .track-mark), td b, h2 b, .cell b"
            ).count()
            == 0
        )


@pytest.mark.slow
def test_another_model_behind_the_same_address_is_noticed(visit, write):
    text = HOSTILE.replace("valid: [0, 10]", "valid: [0, 20]")
    with service("-m", write("one.yaml", HOSTILE)) as url:
        page = visit("/#constructor=4", url=url)
    port = url.rsplit(":", 1)[1]
    page.page.locator(".field input[type=range]").first.focus()
    page.page.keyboard.press("Home")
    page.page.wait_for_selector("#notice button")
    assert "does not respond" in page.page.locator("#notice").text_content()
    with service("-m", write("other.yaml", text), "--port", port):
        page.page.locator("#notice button").click()
        page.page.wait_for_selector("#new-model:not([hidden])")
        assert re.fullmatch(r"[\d.]+", page.readings()["<i>Risk</i>"][0])
    page.complaints[:] = [text for text in page.complaints if "ERR_CONNECTION_REFUSED" not in text]


@pytest.mark.slow
def test_a_saved_situation_can_be_opened(visit, default_model, tmp_path):
    page = visit()
    page.page.locator("#split").click()
    page.settle()
    page.slide("military_activity", 0.9)
    before = (page.readings("a"), page.readings("b"))
    for name in ("situation.yaml", "situation.json"):
        page.exported(name, tmp_path / name)
        again = visit()
        again.page.set_input_files("#file", tmp_path / name)
        again.page.wait_for_selector("#side-b:not([hidden])")
        again.settle()
        assert (again.readings("a"), again.readings("b")) == before
        assert "Why the values are what they are" in again.page.locator("#outcome-a").text_content()
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: x\nvalues: {espionag: 3}\n")
    again.page.set_input_files("#file", broken)
    fault = again.page.wait_for_selector("#scored .fault")
    assert "line 2" in fault.text_content()
    assert "did you mean 'espionage'?" in fault.text_content()


LONG = f"""
format: 1
id: long
version: 1.0.0
title: {"T" * 200}
indicators:
  a: {{title: {"A" * 300}, scale: {{goalposts: [0, 10]}}}}
  b: {{title: {"B" * 300}, scale: {{goalposts: [0, 10]}}}}
scores:
  s:
    title: {"S" * 300}
    weights: {{a: 2, b: 1}}
    out_of: 1000000
    decimals: 9
    bands: {{low: 0, {"high" * 20}: 100}}
"""


def test_long_words_and_long_numbers_stay_in_the_page(visit, write):
    with service("-m", write("long.yaml", LONG)) as url:
        page = visit("/#a=7&b=3", url=url)
        for width in (1400, 800, 390):
            page.page.set_viewport_size({"width": width, "height": 900})
            assert page.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width
        assert page.page.locator("#scores-a .of").first.inner_text() == "of 1000000"
