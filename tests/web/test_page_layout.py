"""The layout of the page: order, views, menu, the brief of the scores, narrow screens, and use without a mouse."""

import pytest
from browsing import CORE, expected_readings, open_with

import riskmodel
from riskmodel.schema.base import citations

SIZES = ((1400, 900), (800, 900), (390, 844), (320, 640))
_TOO_SMALL = """() => [...document.querySelectorAll("body *")].filter((part) => {
    const hasText = [...part.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    return hasText && part.checkVisibility() && parseFloat(getComputedStyle(part).fontSize) < 12;
}).map((part) => part.outerHTML.slice(0, 120))"""


def top(page, selector):
    return page.page.locator(selector).first.bounding_box()["y"]


def resize(page, width, height):
    page.page.set_viewport_size({"width": width, "height": height})
    page.page.wait_for_timeout(100)


def test_title_scores_explanation_and_analyses_follow_each_other_at_every_width(visit):
    page = visit()
    for width, height in SIZES:
        resize(page, width, height)
        order = ["h1", "#model-line", "#scores-a .number", "#outcome-a .account", "#outcome-a .rules", "#analyses"]
        tops = [top(page, selector) for selector in order]
        assert tops == sorted(tops), (width, tops)
        number = page.page.locator("#scores-a .number").first.bounding_box()
        assert number["y"] + number["height"] <= height, width
        assert page.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, width


def test_the_model_is_named_with_its_documents_and_the_article(visit, default_model):
    page = visit()
    line = page.page.inner_text("#model-line")
    assert default_model.spec.sources["article"].title in line
    links = page.page.locator("#model-line a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert links[:3] == ["docs/method", "docs/rulebook", "docs/evidence"]
    for link in links:
        assert page.page.request.get(f"{page.address}/{link}").ok, link
    page.page.locator("#foot summary").click()
    (rule, *_) = default_model.spec.rules.values()
    assert citations(rule.cites)[0].section in page.page.inner_text("#foot")


def test_views_stand_in_the_address_and_keep_the_situation(visit, default_model):
    page = open_with(visit, **CORE)
    page.slide("espionage", 0.9)
    expected = expected_readings(default_model.assess({**CORE, "espionage": 90}))
    page.show("Table")
    assert not page.page.is_visible("#situation")
    assert page.page.is_visible("#drop")
    assert page.page.locator("#views [aria-current=page]").inner_text() == "Table"
    assert page.hash().endswith("&.view=table")
    again = visit("/" + page.hash())
    assert again.page.is_visible("#table")
    again.show("Situation")
    assert again.readings() == expected
    page.page.go_back()
    page.page.wait_for_selector("#situation")
    page.settle()
    assert page.readings() == expected
    assert ".view" not in page.hash()
    shown = visit("/#series")
    assert shown.page.is_visible("#series-none")


def test_the_export_menu_opens_and_closes_with_the_keyboard(visit):
    page = visit()
    button = page.page.locator("#export > button")
    button.focus()
    page.page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    page.page.keyboard.press("Tab")
    assert page.page.evaluate("document.activeElement.id") == "link"
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("document.activeElement.parentElement.id") == "export"
    assert button.get_attribute("aria-expanded") == "false"
    assert not page.page.is_visible("#export-list")
    button.click()
    page.page.mouse.click(300, 600)
    assert not page.page.is_visible("#export-list")


@pytest.mark.parametrize("size", SIZES)
def test_the_scores_stay_in_sight_below(visit, default_model, size):
    page = open_with(visit, **CORE)
    resize(page, *size)
    glance = page.page.locator("#glance")
    assert not glance.is_visible()
    page.page.evaluate("document.querySelector('#analyses').scrollIntoView()")
    glance.wait_for()
    for title, (number, band) in expected_readings(default_model.assess(CORE)).items():
        assert all(text in glance.inner_text() for text in (title, number, band))
    box = glance.bounding_box()
    assert box["y"] == 0
    assert box["height"] <= 90
    page.show("Table")
    glance.wait_for(state="hidden")


def test_after_clear_the_page_leads_to_the_values_that_give_a_score(visit, default_model):
    page = open_with(visit, **CORE)
    assert not page.page.is_visible("#needed")
    page.page.locator("#clear").click()
    page.settle()
    buttons = page.page.locator("#needed button")
    for title in buttons.all_inner_texts():
        page.page.locator("#needed button", has_text=title).click()
        assert (
            page.page.evaluate("document.activeElement.closest('.field').dataset.name") in default_model.spec.indicators
        )
        page.page.keyboard.press("End")
        page.settle()
    assert not page.page.is_visible("#needed")
    assert all(number is not None for number, _ in page.readings().values())


def test_two_situations_are_explained_where_they_are_opened(visit, default_model):
    page = open_with(visit, **CORE)
    page.page.locator("#split").click()
    page.settle()
    page.slide("military_activity", 0.2)
    assert page.page.locator("#comparison .number").count() == len(default_model.assess(CORE).top_scores)
    page.page.locator("#side-b > summary").click()
    page.page.locator("#outcome-b .account").first.wait_for()
    page.page.locator("#undo").click()
    page.page.locator("#undo").click()
    page.settle()
    assert not page.page.is_visible("#comparison")
    assert page.readings() == expected_readings(default_model.assess(CORE))
    page.page.locator("#redo").click()
    page.settle()
    (difference,) = riskmodel.compare([CORE, CORE]).differences
    assert page.page.locator("#comparison .change").count() == len(difference.accounts)


def test_at_twice_the_size_nothing_is_cut_and_no_text_is_small(visit):
    page = visit()
    for width, height in ((640, 450), (390, 844)):
        resize(page, width, height)
        assert page.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.page.evaluate(_TOO_SMALL) == []


def test_skip_links_lead_to_scores_and_controls(visit):
    page = visit()
    for name, part in (("Skip to the scores", "results"), ("Skip to the controls", "inputs")):
        page.page.get_by_text(name).focus()
        page.page.keyboard.press("Enter")
        assert page.page.evaluate("document.activeElement.id") == part


def test_nothing_moves_for_those_who_want_no_motion(visit):
    page = visit(reduced_motion="reduce")
    moving = """() => document.getAnimations().length + [...document.querySelectorAll("body *")].filter((part) => {
        const style = getComputedStyle(part);
        return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
    }).length"""
    assert page.page.evaluate(moving) == 0
