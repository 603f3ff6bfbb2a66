"""Colours of bands: legible, ordered from pale to strong, and apart in grey; lines stand out before their zones."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import riskmodel
from riskmodel.schema.band_colours import band_colours, contrast, dark_fills, zone_colours

BETTER = ("low", "high", None)
STYLE = Path(riskmodel.__file__).parent / "report" / "html" / "assessment.css"


def grey(colour):
    """The lightness of a colour as a share of that of white, in linear light (the contrast ratio with black)."""
    return contrast(colour, "#000000")


def test_contrast_has_the_published_ends():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    # The lightest grey that meets 4.5 on white, by WCAG's own page on minimum contrast.
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#ffffff", "#767676") == contrast("#767676", "#ffffff")


@given(st.integers(1, 100), st.sampled_from(BETTER))
def test_text_on_every_band_is_legible(count, better):
    colours = band_colours(count, better)
    assert len(colours) == count
    for colour in colours:
        assert contrast(colour.fill, colour.text) >= 4.5
        assert contrast(colour.dark_fill, colour.dark_text) >= 4.5


@given(st.integers(2, 100), st.sampled_from(BETTER))
def test_bands_get_stronger_in_grey_too(count, better):
    colours = band_colours(count, better)
    light, dark = [grey(colour.fill) for colour in colours], [grey(colour.dark_fill) for colour in colours]
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)


@pytest.mark.parametrize("better", BETTER)
def test_neighbours_of_five_bands_differ_in_grey(better):
    colours = band_colours(5, better)
    for one, other in pairwise(colours):
        assert contrast(one.fill, other.fill) >= 1.25
        assert contrast(one.dark_fill, other.dark_fill) >= 1.25


def test_risk_is_warm_and_its_opposite_cool():
    for count in range(1, 9):
        for warm, cool in zip(band_colours(count, "low"), band_colours(count, "high"), strict=True):
            for one, other in ((warm.fill, cool.fill), (warm.dark_fill, cool.dark_fill)):
                assert int(one[1:3], 16) > int(one[5:7], 16)
                assert int(other[1:3], 16) < int(other[5:7], 16)


def page_colours(name):
    """Return a colour of light and of dark pages."""
    return re.findall(rf"--{name}: (#[0-9a-f]{{6}});", STYLE.read_text())


def test_a_score_without_bands_has_no_colours():
    assert band_colours(0, "low") == zone_colours(0, None) == []


@pytest.mark.parametrize("better", BETTER)
def test_lines_of_the_colour_of_text_stand_out_before_every_zone(better):
    inks = page_colours("ink")
    for colour in zone_colours(8, better):
        for ink, fill in zip(inks, (colour.fill, colour.dark_fill), strict=True):
            assert contrast(ink, fill) >= 4.5


@pytest.mark.parametrize("better", BETTER)
def test_a_zone_lies_between_its_band_and_the_paper(better):
    for band, zone in zip(band_colours(5, better), zone_colours(5, better), strict=True):
        for paper, fill, mixed in zip(page_colours("paper"), band[::2], zone[::2], strict=True):
            for index in (1, 3, 5):
                low, high = sorted(int(colour[index : index + 2], 16) for colour in (paper, fill))
                assert low <= int(mixed[index : index + 2], 16) <= high


def test_the_dark_colour_of_every_band_and_zone_can_be_looked_up():
    dark = dark_fills()
    for better in BETTER:
        for colour in (*band_colours(5, better), *zone_colours(7, better)):
            assert abs(grey(dark[colour.fill]) - grey(colour.dark_fill)) < 0.1
    assert not dark.keys() & {"#ffffff", "#000000"}


@given(st.integers(2, 20), st.sampled_from(BETTER))
def test_zones_get_stronger_in_grey_too(count, better):
    zones = zone_colours(count, better)
    light, dark = [grey(colour.fill) for colour in zones], [grey(colour.dark_fill) for colour in zones]
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)
