"""Bands of scores in HTML have the colours of their ramp, and the service's style sheet has those of its model."""

import re

import pytest
from pages import read_page

from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.bands import band_class, band_styles
from riskmodel.report.html.full_report import report_document
from riskmodel.schema.band_colours import band_colours, contrast


def rules(style):
    """Return the two colours of each class in a style sheet of bands, on light and on dark pages."""
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)")
    pattern = r"\.(band-\S+) \{ --band: (#\w{6}); --band-text: (#\w{6}); \}"
    return tuple({name: colours for name, *colours in re.findall(pattern, part)} for part in (light, dark))


@pytest.mark.parametrize("better", ["low", "high", None])
@pytest.mark.parametrize("count", [1, 2, 5, 7])
def test_a_class_has_the_colours_of_its_band(better, count):
    names = [band_class(better, index, count) for index in range(count)]
    light, dark = rules(band_styles(" ".join(names)))
    for name, colour in zip(names, band_colours(count, better), strict=True):
        assert light[name] == [colour.fill, colour.text]
        assert dark[name] == [colour.dark_fill, colour.dark_text]
        assert contrast(colour.fill, colour.text) >= 4.5
        assert contrast(colour.dark_fill, colour.dark_text) >= 4.5


def test_a_text_without_bands_needs_no_rules():
    assert band_styles("<p class='badge band'>a band-new day</p>") == ""


def test_the_badge_of_a_score_has_the_class_of_its_band(default_model):
    assessment = default_model.assess(default_model.scenarios["continued_tensions"])
    page = read_page(fragment(assessment))
    badges = [node.find("span", "badge") for node in page.find_all("div", "gauge")]
    for badge, score in zip(badges, assessment.scores.values(), strict=True):
        index = list(score.bands).index(score.band)
        assert {"band", f"band-{score.better}-{index}-{len(score.bands)}"} <= set(badge.classes)


def test_reports_and_notebooks_have_the_colours_of_their_badges(default_model):
    situation = default_model.scenarios["continued_tensions"]
    assessment = default_model.assess(situation)
    for html in (report_document([(default_model, situation)]), assessment._repr_html_()):
        # The rules of bands follow all others but those of the report's page.
        style = html[html.index(" .band-") : html.index("</style>")]
        light, dark = rules(style.split("body.report")[0])
        for score in assessment.top_scores:
            colour = band_colours(len(score.bands), score.better)[list(score.bands).index(score.band)]
            name = band_class(score.better, list(score.bands).index(score.band), len(score.bands))
            assert light[name] == [colour.fill, colour.text]
            assert dark[name] == [colour.dark_fill, colour.dark_text]
