"""The colours of bands differ without colour, text on them can be read, and lines stand out before their zones."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

import riskmodel
from riskmodel.schema.band_colours import band_colours, contrast, dark_fills, zone_colours

ENDS = ("low", "high", None)
STYLE = Path(riskmodel.__file__).parent / "report" / "html" / "assessment.css"
LEAST = 4.5
"""Contrast ratio of WCAG 2.2 for text."""


def lightness(colour):
    """Return a number that grows with the luminance of a colour."""
    return contrast(colour, "#000000")


def saturation(colour):
    red, _, blue = (int(colour[index : index + 2], 16) for index in (1, 3, 5))
    return red - blue


def page_colours(name):
    """Return a colour of light and of dark pages."""
    return re.findall(rf"--{name}: (#[0-9a-f]{{6}});", STYLE.read_text())


@pytest.mark.parametrize("better", ENDS)
@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize("colours", [band_colours, zone_colours])
def test_bands_get_darker_on_light_pages_and_lighter_on_dark_ones_and_their_text_can_be_read(colours, count, better):
    ramp = colours(count, better)
    assert len(ramp) == count
    light, dark = ([lightness(colour) for colour in fills] for fills in zip(*(c[::2] for c in ramp), strict=True))
    assert light == sorted(set(light), reverse=True)
    assert dark == sorted(set(dark))
    for colour in ramp:
        assert contrast(colour.fill, colour.text) >= LEAST
        assert contrast(colour.dark_fill, colour.dark_text) >= LEAST


def test_a_score_without_bands_has_no_colours():
    assert band_colours(0, "low") == zone_colours(0, None) == []


def test_risk_is_warm_and_its_opposite_cool():
    for warm, cool, neutral in zip(*(band_colours(5, better) for better in ENDS), strict=True):
        for page in (0, 2):
            assert saturation(warm[page]) > 0 > saturation(cool[page])
            assert abs(saturation(neutral[page])) < abs(saturation(warm[page]))


@pytest.mark.parametrize("better", ENDS)
def test_lines_of_the_colour_of_text_stand_out_before_every_zone(better):
    inks = page_colours("ink")
    for colour in zone_colours(8, better):
        for ink, fill in zip(inks, (colour.fill, colour.dark_fill), strict=True):
            assert contrast(ink, fill) >= LEAST


@pytest.mark.parametrize("better", ENDS)
def test_a_zone_lies_between_its_band_and_the_paper(better):
    for band, zone in zip(band_colours(5, better), zone_colours(5, better), strict=True):
        for paper, fill, mixed in zip(page_colours("paper"), band[::2], zone[::2], strict=True):
            for index in (1, 3, 5):
                low, high = sorted(int(colour[index : index + 2], 16) for colour in (paper, fill))
                assert low <= int(mixed[index : index + 2], 16) <= high


def test_the_dark_colour_of_every_band_and_zone_can_be_looked_up():
    dark = dark_fills()
    for better in ENDS:
        for colour in (*band_colours(5, better), *zone_colours(7, better)):
            assert abs(lightness(dark[colour.fill]) - lightness(colour.dark_fill)) < 0.1
    assert not dark.keys() & {"#ffffff", "#000000"}


def test_neighbours_of_a_score_with_five_bands_differ_for_the_eye():
    for better in ENDS:
        for lower, upper in pairwise(band_colours(5, better)):
            assert contrast(lower.fill, upper.fill) > 1.15
            assert contrast(lower.dark_fill, upper.dark_fill) > 1.15
