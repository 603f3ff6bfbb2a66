"""The colours of bands in workbooks can be told apart without colour, and their text can be read."""

import pytest

from riskmodel.tables.spreadsheet.formats import band_colours


def luminance(colour):
    """Return the relative luminance of WCAG 2.2."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("count", range(1, 12))
def test_bands_get_darker_and_their_text_keeps_the_contrast_of_wcag(count):
    colours = [band_colours(position, count) for position in range(count)]
    backgrounds = [luminance(colour["bg_color"]) for colour in colours]
    assert backgrounds == sorted(set(backgrounds), reverse=True)
    for colour, background in zip(colours, backgrounds, strict=True):
        text = luminance(colour["font_color"])
        light, dark = max(text, background), min(text, background)
        assert (light + 0.05) / (dark + 0.05) >= 4.5
