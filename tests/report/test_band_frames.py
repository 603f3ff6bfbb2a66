"""The colours of bands go with the frames of results, so that workbooks can show them."""

import numpy as np

from riskmodel.report.band_frames import band_frame, colours_by_name
from riskmodel.schema.band_colours import band_colours
from riskmodel.tables.frames.output import Bands

NAMES = ("low", "middle", "high")


def test_bands_are_ordered_categories_with_the_colours_of_their_score():
    codes = np.array([2, -1, 0], np.int8)
    frame = band_frame({"s": [90.0, np.nan, 1.0], "s_band": Bands(codes, NAMES, "high")})
    assert list(frame["s_band"].cat.categories) == list(NAMES)
    assert frame["s_band"].cat.ordered
    assert frame["s_band"].tolist()[::2] == ["high", "low"]
    assert frame.attrs["bands"] == {"s_band": dict(zip(NAMES, band_colours(3, "high"), strict=True))}


def test_a_name_that_has_another_colour_in_another_score_has_none():
    colours = colours_by_name([(NAMES, "low"), (("weak", "middle", "strong"), "high")])
    assert colours.keys() == {"low", "high", "weak", "strong"}
    assert colours["high"] == band_colours(3, "low")[2]
    assert colours["strong"] == band_colours(3, "high")[2]
    assert colours_by_name([(NAMES, None), (NAMES, None)]).keys() == set(NAMES)
