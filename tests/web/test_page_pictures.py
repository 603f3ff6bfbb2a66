"""Pictures that the page hands out: what it shows, with model, sources and address in them."""

import io
import xml.etree.ElementTree as ET
from pathlib import Path

import docx
import pytest
from browsing import CORE, open_with
from matplotlib.image import imread

import riskmodel
from riskmodel.report import print_pdf
from riskmodel.report.card import draw_account, draw_cards
from riskmodel.report.plotting import figure_bytes

EXAMPLES = Path(__file__).parents[2] / "examples"


def downloaded(page, click, path):
    with page.expect_download(timeout=30_000) as download:
        click()
    download.value.save_as(path)
    return download.value.suggested_filename


def choice(page, selector):
    """Unfold the choice of pictures below a figure."""
    part = page.locator(f"{selector} .take").first
    part.locator("summary").click()
    return part


def test_the_card_of_the_menu_is_that_of_the_command_with_the_address(visit, default_model, tmp_path):
    page = open_with(visit, **CORE)
    page.page.fill("#title", "Mine")
    page.settle()
    page.page.locator("#export > button").click()
    button = page.page.locator("ul[aria-labelledby=export-picture] button", has_text="SVG")
    assert downloaded(page.page, button.click, tmp_path / "card.svg") == "mine.svg"
    expected = draw_cards([default_model.assess(CORE, title="Mine")], [f"{page.address}/"])
    assert (tmp_path / "card.svg").read_bytes() == figure_bytes(expected, ".svg")


def test_the_account_of_a_score_is_saved_below_it(visit, default_model, tmp_path):
    page = open_with(visit, **CORE)
    part = choice(page.page, "#a-account-stability")
    downloaded(page.page, part.get_by_text("SVG").click, tmp_path / "account.svg")
    expected = draw_account(default_model.assess(CORE), "stability", [f"{page.address}/"])
    assert (tmp_path / "account.svg").read_bytes() == figure_bytes(expected, ".svg")


def test_analyses_have_pictures_that_name_model_sources_and_address(visit, default_model, tmp_path):
    page = open_with(visit, **CORE)
    page.page.locator("#levers > summary").click()
    page.page.locator("#levers-form button[type=submit]").click()
    page.page.wait_for_selector("#levers-answer .take")
    part = choice(page.page, "#levers-answer")
    downloaded(page.page, part.get_by_text("SVG").click, tmp_path / "levers.svg")
    downloaded(page.page, part.get_by_text("PNG").click, tmp_path / "levers.png")
    drawing = (tmp_path / "levers.svg").read_text()
    ET.fromstring(drawing)  # noqa: S314  (of our own making)
    for words in (*default_model.identity.sources, page.address):
        # Letters are outlines; matplotlib writes each text as a comment.
        assert words.split()[-1] in drawing
    assert imread(tmp_path / "levers.png").shape[1] >= 1000


def test_the_difference_of_two_situations_has_a_picture(visit, default_model, tmp_path):
    page = open_with(visit, **CORE)
    assert not page.page.locator("#explained-difference .take").is_visible()
    page.page.locator("#split").click()
    page.slide("espionage", 0.9)
    part = page.page.locator("#explained-difference > .take")
    part.locator("summary").click()
    downloaded(page.page, part.get_by_text("PNG").click, tmp_path / "difference.png")
    assert imread(tmp_path / "difference.png").shape[1] >= 1000


def test_a_picture_is_copied_or_else_saved(visit, tmp_path):
    page = open_with(visit, **CORE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    part = choice(page.page, "#a-account-escalation")
    part.locator("button").first.click()
    page.until("document.querySelector('#a-account-escalation .take button').textContent === 'Copied'")
    types = page.page.evaluate("navigator.clipboard.read().then((items) => items.flatMap((item) => item.types))")
    assert types in (["image/png"], [])  # a browser without windows may have no clipboard for pictures
    page.page.evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error('no')); }")
    name = downloaded(page.page, part.locator("button").first.click, tmp_path / "account.png")
    assert name.endswith("-escalation.png")
    assert imread(tmp_path / "account.png").shape[1] >= 1000


def test_the_menu_has_a_brief_and_the_report_as_pdf(visit, tmp_path):
    page = open_with(visit, **CORE)
    brief = docx.Document(io.BytesIO(page.exported("brief.docx", tmp_path / "brief.docx").read_bytes()))
    assert brief.tables[0].rows[1].cells[0].text == "Escalation risk"
    if print_pdf.browser() is None:
        pytest.skip("no browser that prints is on the path")
    assert page.exported("report.pdf", tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_download_waits_while_the_service_is_busy_and_a_failure_is_not_shown_in_other_views(visit, tmp_path):
    page = open_with(visit, **CORE)
    busy = [503, 503]

    def answer(route):
        if not busy:
            return route.continue_()
        return route.fulfill(status=busy.pop(), json={"status": 503, "detail": "2 analyses are in progress"})

    page.page.route("**/page/download/report.html", answer)
    page.exported("report.html", tmp_path / "report.html")
    assert not busy
    assert not page.page.locator("#notice").is_visible()
    page.complaints.clear()
    page.page.route(
        "**/page/download/brief.docx", lambda route: route.fulfill(status=422, json={"status": 422, "detail": "No."})
    )
    page.page.locator("#export > button").click()
    page.page.locator("[data-download='brief.docx']").click()
    page.page.wait_for_selector("#notice:not([hidden])")
    assert "No." in page.page.locator("#notice").inner_text()
    page.show("Table")
    assert not page.page.locator("#notice").is_visible()


def test_a_chart_of_a_series_is_saved(visit, tmp_path):
    page = visit()
    page.page.set_input_files("#file", EXAMPLES / "made_up_years.csv")
    page.show("Series")
    page.page.wait_for_selector(".series-charts .take", timeout=20_000)
    part = choice(page.page, ".series-charts")
    downloaded(page.page, part.get_by_text("SVG").click, tmp_path / "series.svg")
    assert riskmodel.load_model().identity.sources[0].split()[-1] in (tmp_path / "series.svg").read_text()
