"""HTML of results in notebooks."""

from itertools import chain
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodel
from riskmodel.report.document import Report, Section, Table, as_html, as_text

EXAMPLES = Path(__file__).parents[2] / "examples"
ARTICLE = EXAMPLES / "article_case.yaml"
MONTHS = EXAMPLES / "dyad_months.csv"
HOSTILE = "<script>alert('&\x1b[2J\")</script>"


@pytest.fixture(scope="module")
def results():
    """Return a result of every analysis, by name."""
    (article,) = riskmodel.read_situations(ARTICLE)
    years = pd.read_csv(EXAMPLES / "made_up_years.csv")
    options = {"outcome": "dispute_next_year", "group": "pair", "time": "year"}
    ranged = {**article.spec.values, "espionage": {"low": 5, "high": 30}}
    return {
        "calibration": riskmodel.calibrate(years, test_from=2007, **options),
        "comparison": riskmodel.compare([article, riskmodel.load_model().scenarios["increased_cooperation"]]),
        "effective weights": riskmodel.effective_weights(MONTHS),
        "levers": riskmodel.levers(article, "escalation <= 40"),
        "ranking": riskmodel.rank([article, riskmodel.load_model().scenarios["increased_cooperation"]], draws=256),
        "sensitivity": riskmodel.sensitivity(ranged, draws=256),
        "uncertainty": riskmodel.uncertainty(ranged, draws=1024),
        "validation": riskmodel.validate(years, **options),
        "weighting": riskmodel.weights_from_data("entropy", MONTHS),
    }


def words(text):
    return " ".join(text.split())


def parsed(html):
    return ET.fromstring(html)  # noqa: S314  (made by this package)


def visible_text(html):
    """Return the text in order, without the style sheet."""
    root = parsed(f"<div>{html}</div>")
    for style in root.findall("style"):
        root.remove(style)
    return words(" ".join(root.itertext()))


def test_html_of_every_result_has_the_words_of_its_text(results):
    for name, result in results.items():
        assert visible_text(result._repr_html_()) == words(str(result)), name


def test_html_of_results_runs_and_loads_nothing(results):
    for name, result in results.items():
        root = parsed(f"<div>{result._repr_html_()}</div>")
        tags = {element.tag for element in root.iter()}
        assert not tags & {"script", "img", "link", "iframe", "a", "svg", "object"}, name
        keys = set(chain.from_iterable(element.attrib for element in root.iter()))
        assert keys <= {"align", "aria-label", "cellpadding", "class", "role", "scope", "style", "tabindex"}, name
        # A notebook that is not trusted keeps only these attributes of style.
        for cell in chain(root.iter("td"), root.iter("th")):
            side = "right" if cell.get("class") == "num" else "left"
            assert (cell.get("align"), cell.get("style")) == (side, f"text-align: {side}")
        assert "url(" not in result._repr_html_(), name
        assert "@import" not in result._repr_html_(), name


def test_ipython_shows_the_html(results, default_model):
    results = {**results, "assessment": default_model.assess({"espionage": 20})}
    formatters = pytest.importorskip("IPython.core.formatters")
    for name, result in results.items():
        formats, _ = formatters.DisplayFormatter().format(result)
        assert formats["text/html"] == result._repr_html_(), name


TEXT = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=20)


@st.composite
def reports(draw):
    def section():
        columns = draw(st.integers(1, 4))
        row = st.lists(TEXT, min_size=columns, max_size=columns)
        align = draw(st.text("lr", min_size=columns, max_size=columns))
        table = Table(draw(row), draw(st.lists(row, max_size=3)), align) if draw(st.booleans()) else None
        return Section(draw(TEXT), draw(st.lists(TEXT, max_size=2)), table, draw(st.lists(TEXT, max_size=2)))

    return Report(draw(TEXT), draw(st.lists(TEXT, max_size=2)), [section() for _ in range(draw(st.integers(0, 3)))])


@given(reports())
def test_html_of_a_report_has_the_words_of_its_text(report):
    html = as_html(report)
    text = " ".join(parsed(html).itertext())
    # They differ in spaces only, which align the columns of text tables.
    assert "".join(text.split()) == "".join(as_text(report).split())
    assert not parsed(html).findall(".//*[@style]")


def test_a_table_is_accessible():
    table = Table(("", "now", "then"), [("First", "1.0", "up"), ("", "2.0", "")], "lrl")
    html = as_html(Report("Title", ["about"], [Section("Heading", ["line"], table, ["remark"])]))
    assert html == (
        '<article class="rm-report"><header><h2>Title</h2><p>about</p></header>'
        "<section><h3>Heading</h3><p>line</p>"
        '<div class="scroll" role="group" tabindex="0" aria-label="Heading"><table cellpadding="4">'
        '<thead><tr><td align="left"></td><th scope="col" class="num" align="right">now</th>'
        '<th scope="col" align="left">then</th></tr></thead>'
        '<tbody><tr><th scope="row" align="left">First</th><td class="num" align="right">1.0</td>'
        '<td align="left">up</td></tr>'
        '<tr><td align="left"></td><td class="num" align="right">2.0</td><td align="left"></td></tr>'
        "</tbody></table></div>"
        "<p>remark</p></section></article>"
    )


def test_text_of_files_is_never_markup():
    table = Table((HOSTILE,), [(HOSTILE,)], "r")
    html = as_html(Report(HOSTILE, [HOSTILE], [Section(HOSTILE, [HOSTILE], table, [HOSTILE])]))
    assert "<script" not in html
    assert "\x1b" not in html
    safe = HOSTILE.replace("\x1b", "\\x1b")
    root = parsed(html)
    assert [text for text in root.itertext() if text] == [safe] * 7
    assert root.find(".//div").get("aria-label") == safe
