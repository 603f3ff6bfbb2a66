"""The what-if page in a browser shows the results of the engine."""

import csv
import io
import json
import random
from pathlib import Path

import pytest
from browsing import CORE, expected_readings, open_with, serious_violations, service

import riskmodel
from riskmodel.report import formatting
from riskmodel.report.html.full_report import report_document
from riskmodel.schema.breakpoints import indicator_range
from riskmodel.web.page_data import controls

LABELLED = """
format: 1
id: labelled
version: 2.0.0
indicators:
  talks:
    title: Talks
    scale: {levels: {none: 0, some: 0.5, regular: 1}}
    guide: {none: not at all, some: now and then}
  troops:
    title: Troops
    unit: thousands
    valid: [1, null]
    scale: {goalposts: [1, 1000], curve: log}
    guide: {10: few, 100: many}
  mood: {title: Mood, default: 3, valid: [-5, 5], scale: {goalposts: [-5, 5]}}
scores:
  risk: {title: Risk, weights: {talks: -2, troops: 3, mood: -1}, min_coverage: 0.4, bands: {calm: 0, tense: 50}}
  ease: {title: Ease, out_of: 10, weights: {talks: 1, mood: 1}, min_coverage: 0.4}
"""


def test_the_page_begins_with_an_example_and_shows_its_scores(visit, default_model):
    (example,) = riskmodel.read_situations("examples/article_case.yaml")
    page = visit()
    assert page.readings() == expected_readings(default_model.assess(example))
    assert page.page.text_content("h1") == example.spec.title
    assert page.page.text_content("#situation-date") == example.spec.date
    assert (
        page.page.text_content("#model-title")
        == f"{default_model.identity.title}, version {default_model.identity.version}"
    )
    assert page.page.title() == f"{example.spec.title}: {default_model.identity.title}"


@pytest.mark.slow
def test_every_slider_and_box_changes_both_scores_as_in_the_engine(visit, default_model):
    page, values, chance = open_with(visit, **CORE), dict(CORE), random.Random(6)
    assert page.readings() == expected_readings(default_model.assess(values))
    names, steps = list(default_model.spec.indicators), controls(default_model)["indicators"]
    # At once the slider of one indicator and the box of the one before it.
    for name, other in zip(names, [names[-1], *names], strict=False):
        low, high, _ = indicator_range(default_model.spec, other)
        values[other] = chance.choice([low, high, round(chance.uniform(low, high), 3)])
        page.field(other).locator(".boxes input").first.fill(str(values[other]))
        low, high, _ = indicator_range(default_model.spec, name)
        share = chance.random()
        values[name] = page.slide(name, share)
        assert abs(values[name] - (low + share * (high - low))) <= steps[name]["slider"]["step"], name
        readings = page.readings()
        assert readings == expected_readings(default_model.assess(values)), (name, other)
        assert all(number is not None for number, _ in readings.values())


def test_anchors_enter_the_values_of_the_guide(visit, default_model):
    page = open_with(visit, **CORE)
    field = page.open("communication_frequency")
    field.get_by_role("button", name="Enter 8").click()
    page.settle()
    assert field.locator(".boxes input").first.input_value() == "8"
    assert field.locator(".meaning").text_content() == "Weekly, at several levels (8)."
    assert page.readings() == expected_readings(default_model.assess({**CORE, "communication_frequency": 8}))


def test_a_value_is_made_unknown_by_a_click_or_a_key(visit, default_model):
    without = {name: value for name, value in CORE.items() if name != "espionage"}
    page = open_with(visit, **CORE)
    page.forget("espionage")
    assert page.readings() == expected_readings(default_model.assess(without))
    assert page.page.locator(".field.is-open").count() == 0
    page.page.locator("#undo").click()
    page.settle()
    assert page.readings() == expected_readings(default_model.assess(CORE))
    slider = page.field("espionage").locator("input[type=range]")
    for key in ("Delete", "Backspace"):
        slider.press(key)
        page.settle()
        assert page.readings() == expected_readings(default_model.assess(without))
        assert slider.get_attribute("aria-valuetext") == "unknown"
        page.type_in("espionage", 30)
        assert page.readings() == expected_readings(default_model.assess(CORE))
    page.type_in("espionage", "")
    assert page.readings() == expected_readings(default_model.assess(without))


def test_insufficient_data_is_shown_without_a_number(visit):
    page = open_with(visit, military_activity=7)
    nothing = [None, "insufficient data"]
    assert page.readings() == {"Escalation risk": nothing, "Stability": nothing}


def test_a_range_is_scored_by_its_median_and_its_uncertainty_is_plotted(visit, default_model):
    page = open_with(visit, **CORE)
    field = page.field("trade_disruption")
    page.give_range("trade_disruption", "pert")
    for label, value in (("low", 20), ("likely", 30), ("high", 80)):
        field.get_by_label(f"Trade disruption: {label}").fill(str(value))
    page.settle()
    values = {**CORE, "trade_disruption": {"low": 20.0, "likely": 30.0, "high": 80.0}}
    assert page.readings() == expected_readings(default_model.assess(values))
    page.page.locator("#uncertainty > summary").click()
    page.page.wait_for_selector("#uncertainty-answer img")
    result = riskmodel.uncertainty(values)
    median = formatting.number(result["escalation"].median.value, 1)
    answer = page.page.locator("#uncertainty-answer").inner_text()
    assert f"median {median};" in answer
    assert "not drawn (“sample missing inputs” draws them)" in answer
    field.locator("input[type=range]").focus()
    page.page.keyboard.press("ArrowRight")
    page.settle()
    boxes = field.locator(".range input")
    assert field.locator(".range-text").text_content() == "21 to 81, likely 31"
    assert [float(boxes.nth(index).input_value()) for index in range(3)] == [21, 31, 81]
    page.page.keyboard.press("End")
    page.page.keyboard.press("Home")
    page.settle()
    assert [float(boxes.nth(index).input_value()) for index in range(3)] == [0, 10, 60]


def test_a_link_reopened_gives_the_same_page(visit):
    page = open_with(visit, **CORE)
    page.slide("regional_instability", 0.64)
    page.page.fill("#title", "A & B: 50% = größer?")
    page.give_range("espionage", "quantiles")
    page.page.locator("#split").click()
    page.settle()
    page.slide("military_activity", 0.25)
    again = visit("/" + page.hash())
    for part in ("#comparison", "#differences", "#scores-a", "#scores-b"):
        assert again.page.inner_html(part) == page.page.inner_html(part)
    assert again.hash() == page.hash()
    assert again.page.input_value("#title") == "A & B: 50% = größer?"


def test_a_link_of_another_model_is_noticed(visit):
    page = visit("/#military_activity=7&communication_frequency=1&espionage=3&trade_disruption=4&.model=0123456789ab")
    assert page.page.locator("#other-model").is_visible()


def test_invalid_values_in_a_link_are_marked_at_their_fields(visit):
    page = visit("/#military_activity=70&communication_frequency=many&espionage=3&trade_disruption=4")
    fault = page.field("military_activity").locator(".fault")
    assert fault.text_content() == "70 is outside the valid range (0 to 10); the nearest valid value is 10"
    assert "should be a number" in page.field("communication_frequency").locator(".fault").text_content()
    page.type_in("military_activity", 7)
    page.type_in("communication_frequency", 1)
    assert not fault.is_visible()
    assert page.readings()["Escalation risk"][0] is not None


def test_undo_and_redo_single_steps(visit, default_model):
    page = open_with(visit, **CORE)
    first = page.readings()
    page.slide("military_activity", 0.2)
    second = page.readings()
    page.forget("espionage")
    third = page.readings()
    page.page.locator("#undo").click()
    page.settle()
    assert page.readings() == second
    page.page.locator("body").press("Control+z")
    page.settle()
    assert page.readings() == first
    assert page.page.locator("#undo").get_attribute("aria-disabled") == "true"
    for expected in (second, third):
        page.page.locator("#redo").click()
        page.settle()
        assert page.readings() == expected
    assert page.page.locator("#redo").get_attribute("aria-disabled") == "true"


def test_scenarios_and_examples_are_presets(visit, default_model):
    page = visit()
    options = page.page.locator("#start option").all()
    keys = [option.get_attribute("value") for option in options][1:]
    known = {**default_model.scenarios}
    for file in ("case_1962_cuba", "case_2022_invasion", "what_if"):
        suffix = "json" if file == "what_if" else "yaml"
        (situation,) = riskmodel.read_situations(f"examples/{file}.{suffix}")
        known[situation.spec.id] = situation
    assert set(known) <= set(keys)
    for key, situation in known.items():
        page.page.select_option("#start", key)
        page.settle()
        assert page.readings() == expected_readings(default_model.assess(situation)), key


def test_two_situations_side_by_side_and_their_difference(visit, default_model):
    page = open_with(visit, **CORE)
    page.page.locator("#split").click()
    page.settle()
    page.slide("military_activity", 0.2)
    changed = {**CORE, "military_activity": 2}
    assert page.readings("a") == expected_readings(default_model.assess(CORE))
    assert page.readings("b") == expected_readings(default_model.assess(changed))
    assert page.field("military_activity").locator(".other").text_content() == "A: 7"
    check_difference(page, [CORE, changed])
    page.page.get_by_label("A", exact=True).check()
    page.settle()
    page.slide("espionage", 0.9)
    assert page.readings("a") == expected_readings(default_model.assess({**CORE, "espionage": 90}))
    assert page.readings("b") == expected_readings(default_model.assess(changed))


def check_difference(page, situations):
    """Check that the page shows the differences of two situations, large above and as the sums of their accounts."""
    accounts = riskmodel.compare(situations).differences[0].accounts.values()
    expected = [formatting.signed(account.after.reported - account.before.reported, 1) for account in accounts]
    assert page.page.locator("#comparison .change .number").all_inner_texts() == expected
    sums = page.page.locator("#differences table tr:last-child").all_inner_texts()
    assert [text.split() for text in sums if text.startswith("Sum")] == [["Sum", text] for text in expected]


def test_levers_are_searched_and_applied(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#levers > summary").click()
    page.page.fill("#target", "escalation <= 55")
    page.page.press("#target", "Enter")
    page.page.wait_for_selector("#levers-answer table")
    assert "Each lever alone" in page.page.locator("#levers-answer").inner_text()
    page.page.locator("#levers-apply").click()
    page.settle()
    assert float(page.readings()["Escalation risk"][0]) <= 55.0
    page.page.fill("#target", "escalaton <= 5")
    page.page.press("#target", "Enter")
    page.page.wait_for_selector("#levers-answer .fault")
    assert "did you mean 'escalation'?" in page.page.locator("#levers-answer .fault").text_content()


def test_rules_show_reason_and_citation_on_a_click(visit, default_model):
    page = open_with(visit, **CORE)
    # The rules of this model have one source, which is named once, below them.
    source = default_model.identity.sources[0]
    assert page.page.locator("#outcome-a .rules-of").inner_text() == f"The rules are drawn from {source}"
    for rule in default_model.assess(CORE).rules:
        entry = page.page.locator("#outcome-a .rules details", has_text=rule.title).first
        if not entry.is_visible():
            page.page.locator("#outcome-a details.idle > summary").click()
        entry.locator("summary").first.click()
        assert rule.because in entry.inner_text()
        assert rule.citations[0].removeprefix(f"{source}, ") in entry.inner_text()


def test_open_details_stay_open_while_a_slider_moves(visit):
    page = open_with(visit, **CORE)
    rule = page.page.locator("#outcome-a .rules details").first
    rule.locator("summary").click()
    key = rule.get_attribute("data-key")
    page.slide("espionage", 0.31)
    assert page.page.locator(f"#outcome-a details[data-key='{key}']").get_attribute("open") is not None


def test_downloads_equal_the_output_of_commands(visit, default_model, tmp_path):
    page = open_with(visit, **CORE)
    page.page.fill("#title", "Mine")

    def taken(name):
        return page.exported(name, tmp_path / name)

    for name in ("situation.yaml", "situation.json"):
        (read,) = riskmodel.read_situations(taken(name))
        assert (read.spec.title, dict(read.values)) == ("Mine", CORE)
    expected = default_model.assess(CORE, title="Mine")
    assert json.loads(taken("assessment.json").read_text())[0] == json.loads(json.dumps(expected.to_dict()))
    row = next(csv.DictReader(io.StringIO(taken("scored.csv").read_text())))
    assert float(row["escalation"]) == expected["escalation"].reported
    assert row["stability_band"] == expected["stability"].band
    report = taken("report.html").read_text()
    assert "Mine" in report
    assert formatting.headline(expected["escalation"]) in report


def test_labels_logarithms_and_defaults(visit, write):
    with service("-m", write("labelled.yaml", LABELLED)) as url:
        model = riskmodel.load_model(write("labelled.yaml", LABELLED))
        page = visit("/#talks=some&troops=10", url=url)
        assert page.readings() == expected_readings(model.assess({"talks": "some", "troops": 10}))
        page.field("talks").locator("select").select_option("none")
        page.settle()
        assert page.readings() == expected_readings(model.assess({"talks": "none", "troops": 10}))
        assert page.slide("troops", 0) == 1
        assert page.slide("troops", 1) == 1000
        assert page.slide("troops", 133 / 200) == float(f"{1000 ** (133 / 200):.3g}")
        page.open("troops").get_by_role("button", name="Enter 100").click()
        page.settle()
        assert page.readings() == expected_readings(model.assess({"talks": "none", "troops": 100}))
        assert page.field("mood").locator(".meaning").text_content() == "Unknown; the model assumes 3."
        assert page.field("mood").locator(".assumed").is_visible()


@pytest.mark.slow
def test_the_page_is_accessible_in_both_schemes_and_fits_narrow_windows(visit, write):
    page = visit()
    page.page.locator("#split").click()
    page.settle()
    page.slide("military_activity", 0.9)
    page.page.locator("#side-b > summary").click()
    page.page.locator("#levers > summary").click()
    page.page.locator("#levers button[type=submit]").click()
    page.page.wait_for_selector("#levers-answer table")
    page.page.locator("#uncertainty > summary").click()
    page.page.wait_for_selector("#uncertainty-answer img")
    page.type_in("espionage", -3)
    page.page.wait_for_selector("#fault-b:not([hidden])")
    page.page.locator("#export > button").click()
    check_accessibility(page.page)
    rows = Path("examples/dyad_months.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    page.page.set_input_files("#file", write("months.csv", "".join(rows[:5])))
    page.page.wait_for_selector(".grid-row", state="attached")
    check_accessibility(page.page)


def check_accessibility(page):
    """Check that a page breaks no serious rule, and is no wider than its window, in light and dark, wide and narrow."""
    for scheme, width in (("light", 1280), ("dark", 320)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert serious_violations(page) == []
        excess = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert excess <= 0, "the page is wider than the window"


def test_the_page_works_with_the_keyboard_alone(visit, default_model):
    page = open_with(visit, **CORE)
    slider = page.field("military_activity").locator("input[type=range]")
    page.page.locator("#clear").focus()
    for _ in range(60):
        page.page.keyboard.press("Tab")
        if slider.evaluate("slider => slider === document.activeElement"):
            break
    else:
        pytest.fail("the slider cannot be reached with Tab")
    page.page.keyboard.press("ArrowLeft")
    page.settle()
    assert page.readings() == expected_readings(default_model.assess({**CORE, "military_activity": 6.9}))
    page.page.keyboard.press("Home")
    page.settle()
    assert page.readings() == expected_readings(default_model.assess({**CORE, "military_activity": 0}))
    meaning = "training at home only, nothing near the other side (0)"
    assert slider.get_attribute("aria-valuetext") == f"0 0-10 scale, {meaning}"
    number = expected_readings(default_model.assess({**CORE, "military_activity": 0}))["Escalation risk"][0]
    page.until(f"document.querySelector('#status').textContent.startsWith('Escalation risk {number}')")


@pytest.mark.slow
def test_the_report_is_accessible_and_requests_nothing(chrome, tmp_path, default_model):
    path = tmp_path / "report.html"
    cases = [riskmodel.read_situations(f"examples/{name}.yaml")[0] for name in ("article_case", "case_1991_start")]
    path.write_text(report_document([(default_model, case) for case in cases]), encoding="utf-8")
    page = chrome.new_page()
    urls, complaints, serious = [], [], []
    page.on("request", lambda request: urls.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(path.as_uri())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        serious += [(scheme, *violation) for violation in serious_violations(page)]
    page.close()
    assert serious == []
    assert urls == [path.as_uri()]
    assert complaints == []
