"""A situation is entered on the page: its controls, what else is known of it, two states, and a pasted row."""

from axe_playwright_python.sync_playwright import Axe
from browsing import CORE, expected_readings, open_with

import riskmodel

ABOUT = {
    "id": "may",
    "date": "2026-05",
    "description": "First line.\nSecond line.",
    "doubts": ["Is it\nso?", "Or so?"],
    "sources": ["A newspaper"],
}


def focused(page):
    """Return the control that has the focus, and its part."""
    return page.page.evaluate(
        """() => {
            const { activeElement } = document;
            const part = activeElement.className || activeElement.type || activeElement.localName;
            return [activeElement.closest(".field")?.dataset.name ?? null, part];
        }"""
    )


def opened(page):
    """Return the names of the controls that are open."""
    return page.page.evaluate("[...document.querySelectorAll('.field.is-open')].map((field) => field.dataset.name)")


def saved(page):
    """Return the situation file of the page."""
    content = page.page.evaluate(
        """async () => {
            const { situationOf } = await import("./static/about.js");
            const { decode } = await import("./static/address.js");
            return situationOf(decode(location.hash, {}, () => undefined).state.a);
        }"""
    )
    return {key: part for key, part in content.items() if part is not None}


def paste(page, text):
    page.page.evaluate(
        """(text) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const options = { clipboardData, bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
        }""",
        text,
    )
    page.page.wait_for_selector("#paste-answer > *")
    page.settle()


def test_a_cleared_page_says_which_values_would_give_the_scores(visit, default_model):
    page = open_with(visit, **CORE)
    needed = page.page.locator("#needed")
    assert not needed.is_visible()
    page.page.locator("#clear").click()
    page.settle()
    for text, name in (
        ("military activity, communication frequency, espionage and trade disruption: these four are", "espionage"),
        ("military activity, communication frequency and trade disruption: these three are", "military_activity"),
        ("communication frequency and trade disruption: these two are", "communication_frequency"),
    ):
        assert needed.locator("p").text_content() == f"Enter {text} enough for both scores."
        needed.get_by_role("button", name=default_model.spec.indicators[name].title).click()
        assert focused(page)[0] == name
        assert opened(page) == [name]
        page.page.keyboard.press("Home")
        page.settle()
    assert needed.locator("p").text_content().startswith("Enter trade disruption: it is enough for ")
    page.type_in("trade_disruption", 3)
    assert not needed.is_visible()


def test_all_controls_fit_one_screen_beside_the_scores(visit, default_model):
    page = visit()
    page.page.set_viewport_size({"width": 1400, "height": 900})
    fields = page.page.locator(".field")
    assert fields.count() == len(default_model.spec.indicators)
    bottoms = [field.bounding_box()["y"] + field.bounding_box()["height"] for field in fields.all()]
    assert max(bottoms) <= 900
    assert page.page.locator("#scores-a .number").first.bounding_box()["y"] < 900


def test_the_keyboard_goes_from_name_to_slider_to_value_and_opens_one_control_at_a_time(visit):
    page = open_with(visit, **CORE)
    page.field("communication_frequency").locator(".name").focus()
    assert opened(page) == []
    for part in ("range", "text"):
        page.page.keyboard.press("Tab")
        assert focused(page) == ["communication_frequency", part]
        assert opened(page) == ["communication_frequency"]
    page.field("espionage").locator("input[type=range]").focus()
    assert opened(page) == ["espionage"]
    detail = page.field("espionage").locator(".detail")
    assert detail.locator(".meaning").text_content() == (
        "Between one round of expulsions (20) and expulsions answered by expulsions (50)."
    )
    assert "public cases in 12 months; valid: at least 0" in detail.inner_text()
    page.page.keyboard.press("Shift+Tab")
    page.page.keyboard.press("Enter")
    assert opened(page) == []
    assert page.field("espionage").locator(".name").get_attribute("aria-expanded") == "false"


def test_a_control_opens_after_the_click_that_moves_its_slider(visit):
    page = open_with(visit, **CORE)
    page.open("military_activity")
    slider = page.field("trade_disruption").locator("input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    assert opened(page) == ["military_activity"]
    page.page.mouse.up()
    page.until("document.querySelector('.field.is-open')?.dataset.name === 'trade_disruption'")
    assert opened(page) == ["trade_disruption"]
    assert page.numbers("trade_disruption") == [100]


def test_an_open_control_is_accessible_in_both_schemes_and_fits_a_narrow_window(visit):
    page = visit()
    page.give_range("communication_frequency", "quantiles")
    page.page.locator("#situation-about > summary").click()
    for scheme, width in (("light", 1400), ("dark", 390), ("light", 320)):
        page.page.emulate_media(color_scheme=scheme)
        page.page.set_viewport_size({"width": width, "height": 844})
        assert serious_violations(page.page) == []
        assert page.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_an_unknown_value_has_a_hollow_track_with_the_default_marked(visit):
    page = open_with(visit, **CORE)
    field = page.field("peace_years")
    assert not field.locator(".filled").is_visible()
    assert field.locator(".assumed").is_visible()
    text = field.locator("input[type=range]").get_attribute("aria-valuetext")
    assert text == "unknown, the model assumes 5"
    page.type_in("peace_years", 7)
    assert field.locator(".filled").is_visible()
    assert not field.locator(".assumed").is_visible()
    assert (
        field.locator("input[type=range]").get_attribute("aria-valuetext").startswith("7 years since the last dispute")
    )


def test_what_is_known_of_the_situation_is_typed_and_kept(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#situation-about > summary").click()
    for key in ("date", "id", "description"):
        page.page.fill(f"#about-{key}", ABOUT[key])
    page.page.locator("#about-id").press("Tab")
    for key in ("doubts", "sources"):
        for index, text in enumerate(ABOUT[key]):
            page.page.locator(f"#about-{key} textarea").nth(index).fill(text)
    page.open("espionage").get_by_label("Note").fill("Counted twice.")
    page.settle()
    content = saved(page)
    assert {key: content[key] for key in ABOUT} == ABOUT
    assert content["notes"] == {"espionage": "Counted twice."}
    assert "Counted twice." in page.page.inner_text("#outcome-a")
    again = visit("/" + page.hash())
    assert saved(again) == content
    assert again.page.locator("#about-doubts textarea").first.input_value() == ABOUT["doubts"][0]
    page.page.locator("#about-doubts textarea").first.fill("")
    page.settle()
    assert saved(page)["doubts"] == ABOUT["doubts"][1:]
    for _ in range(2):
        page.page.locator("#undo").click()
    page.settle()
    assert "notes" not in saved(page)
    assert saved(page)["doubts"] == ABOUT["doubts"]


def test_a_wrong_date_is_marked_at_its_field(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#situation-about > summary").click()
    page.page.fill("#about-date", "May 2026")
    page.page.press("#about-date", "Enter")
    page.settle()
    fault = page.page.locator("#about-date-fault")
    assert fault.text_content() == "should be a date such as 2022-02-24, 2022-02 or 2022; got 'May 2026'"
    assert page.page.locator("#about-date").get_attribute("aria-invalid") == "true"
    page.page.fill("#about-date", "2026-05")
    page.page.press("#about-date", "Enter")
    page.settle()
    assert not fault.is_visible()


def test_two_states_name_a_situation_without_title(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#situation-about > summary").click()
    page.page.fill("#about-date", "2026-10")
    page.page.fill("#state-first", "usa")
    page.page.fill("#state-second", "Rusia")
    page.page.press("#state-second", "Enter")
    page.page.wait_for_selector("#states-fault:not([hidden])")
    assert "did you mean 'Russia'?" in page.page.locator("#states-fault").text_content()
    page.page.fill("#state-second", "Russia")
    page.page.press("#state-second", "Enter")
    page.until("document.querySelector('#title').value !== ''")
    assert page.page.input_value("#title") == "United States and Russia"
    assert page.page.locator("#states-named").text_content() == "United States (USA) and Russia (RUS)"
    assert not page.page.locator("#states-fault").is_visible()
    assert (saved(page)["id"], saved(page)["date"]) == ("usa_rus_2026_10", "2026-10")
    page.page.fill("#about-date", "2026-11")
    page.page.press("#about-date", "Enter")
    page.until("document.querySelector('#about-id').value === 'usa_rus_2026_11'")
    page.page.fill("#title", "Ours")
    page.page.fill("#state-second", "France")
    page.page.press("#state-second", "Enter")
    page.until("document.querySelector('#about-id').value === 'usa_fra_2026_11'")
    assert page.page.input_value("#title") == "Ours"
    page.page.locator("#clear").click()
    assert page.page.input_value("#state-first") == ""


def test_a_date_stays_that_is_typed_while_the_states_are_looked_up(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#situation-about > summary").click()
    held = []
    # Playwright takes no method of a built-in type.
    page.page.route("**/page/states?*", lambda route: held.extend([route]))
    page.page.fill("#state-first", "India")
    page.page.fill("#state-second", "Pakistan")
    with page.page.expect_request("**/page/states?first=India&second=Pakistan&*"):
        page.page.locator("#about-date").focus()
    page.page.keyboard.type("2027")
    for route in held:
        route.continue_()
    page.until("document.querySelector('#about-id').value === 'ind_pak'")
    page.page.keyboard.type("-03")
    page.page.keyboard.press("Enter")
    page.page.unroute("**/page/states?*")
    page.until("document.querySelector('#about-id').value === 'ind_pak_2027_03'")
    assert page.page.input_value("#about-date") == "2027-03"


def test_a_pasted_row_is_the_situation(visit, default_model):
    page = visit()
    page.page.locator("#clear").focus()
    names = [*CORE, "remark"]
    paste(
        page, "\t".join(["date", "pair", *names]) + "\n" + "\t".join(["2026-10", "USA-RUS", "7", "1", "30", "45", "x"])
    )
    assert page.readings() == expected_readings(default_model.assess(CORE))
    assert page.page.input_value("#title") == "United States and Russia"
    assert saved(page) == {
        "id": "usa_rus_2026_10",
        "title": "United States and Russia",
        "date": "2026-10",
        "values": CORE,
    }
    answer = page.page.locator("#paste-answer")
    assert (
        "Taken: 4 values; title “United States and Russia”; id “usa_rus_2026_10”; date “2026-10”."
        in answer.inner_text()
    )
    assert "10 other values are unknown." in answer.inner_text()
    assert answer.locator("li").all_inner_texts() == ["remark (x): not an indicator"]
    assert serious_violations(page.page) == []
    page.page.locator("#undo").click()
    page.settle()
    (example,) = riskmodel.read_situations("examples/article_case.yaml")
    assert page.readings() == expected_readings(default_model.assess(example))


def test_a_decimal_comma_of_pasted_cells_is_chosen_and_never_guessed(visit, default_model):
    page = open_with(visit, **CORE)
    page.page.locator("#paste > summary").click()
    page.page.fill("#paste-text", "Military activity\t6,5\nEspionage\t3")
    page.page.locator("#paste button").click()
    page.page.wait_for_selector("#paste-answer li")
    reason = "should be a number; got '6,5'; it has a decimal comma; “Decimal mark: comma” reads it"
    assert page.page.locator("#paste-answer li").inner_text() == f"Military activity (6,5): {reason}"
    page.page.select_option("#paste-decimal", ",")
    page.page.locator("#paste button").click()
    page.until("!document.querySelector('#paste-answer li')")
    page.settle()
    assert saved(page)["values"] == {"military_activity": 6.5, "espionage": 3}
    page.page.fill("#paste-text", "1\t2")
    page.page.locator("#paste button").click()
    fault = page.page.wait_for_selector("#paste-answer .fault")
    assert "2 cells without names" in fault.text_content()
    assert saved(page)["values"] == {"military_activity": 6.5, "espionage": 3}


def test_text_pasted_into_a_box_is_no_row(visit):
    page = open_with(visit, **CORE)
    page.page.locator("#title").focus()
    page.page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", "espionage\\t5");
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }"""
    )
    assert page.page.input_value("#paste-text") == ""
    assert saved(page)["values"] == CORE


def serious_violations(page):
    """Return rule and element of each serious accessibility violation."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(item["id"], item["nodes"][0]["html"]) for item in violations if item["impact"] in ("serious", "critical")]
