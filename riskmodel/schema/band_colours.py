"""Colours of the bands of a score: one ramp for each meaning, from pale to strong, whose names stand beside them.

The ramp of risk is warm, that of its opposite cool, so that colour says which end of a score is the better one.
Lightness changes in one direction along each ramp, so that bands differ for the colour-blind and in grey. On dark pages
a ramp begins near the page and gets lighter. Zones behind the lines of a chart are lightened.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple, get_args

from riskmodel.kernels.types import Better

_RAMPS: dict[Better | None, tuple[Sequence[str], Sequence[str]]] = {
    "low": (
        ("#fdf1dd", "#fbd3a1", "#f3a065", "#cf5b34", "#8a1f17"),
        ("#3a2618", "#6b3719", "#a95427", "#e08550", "#ffc9a0"),
    ),
    "high": (
        ("#e8f3f1", "#b5dad6", "#70b3b1", "#2f8088", "#0f4855"),
        ("#18302f", "#1f4d4e", "#2f7879", "#5aafab", "#b4e6df"),
    ),
    None: (
        ("#eef1f4", "#ccd5dd", "#a0b0be", "#6a7f92", "#384a5b"),
        ("#242e37", "#3b4956", "#5d7080", "#90a3b3", "#ccd8e2"),
    ),
}
"""Stops of the ramp for light and for dark pages, by the better end of the score."""
_INKS = ("#18222c", "#ffffff", "#000000")
_MIN_CONTRAST = 4.5
"""Of text on a band (WCAG 2.2, level AA); on any colour, black or white has more."""
_SINGLE = 0.5
_PAPERS = ("#ffffff", "#12181e")
"""The colours of light and of dark pages."""
_ZONE = 0.38
"""The share of a band's colour in that of its zone, the rest being paper: lines and intervals stand out before it."""
_MOST = 16
"""Bands of a score up to which a dark colour can be looked up by the light one."""


class BandColour(NamedTuple):
    """The colour of a band, and that of text on it, for light and for dark pages; `#rrggbb`."""

    fill: str
    text: str
    dark_fill: str
    dark_text: str


def band_colours(count: int, better: Better | None) -> list[BandColour]:
    """Return the colours of the bands of a score, the lowest band first.

    Parameters
    ----------
    count : number of bands.
    better : the better end of the score; None where neither is.
    """
    shares = [index / (count - 1) for index in range(count)] if count > 1 else [_SINGLE] * count
    light, dark = _RAMPS[better]
    fills = [(_between(light, share), _between(dark, share)) for share in shares]
    return [BandColour(fill, _ink(fill), dark_fill, _ink(dark_fill)) for fill, dark_fill in fills]


def zone_colours(count: int, better: Better | None) -> list[BandColour]:
    """Return the colours of the zones of a chart: those of the bands, mixed with the paper by one share."""
    mixed = [
        (_mix(_PAPERS[0], colour.fill, _ZONE), _mix(_PAPERS[1], colour.dark_fill, _ZONE))
        for colour in band_colours(count, better)
    ]
    return [BandColour(fill, _ink(fill), dark_fill, _ink(dark_fill)) for fill, dark_fill in mixed]


@cache
def dark_fills() -> Mapping[str, str]:
    """Return the fills of bands and zones on dark pages by those on light pages, for drawings that are repainted."""
    return {
        colour.fill: colour.dark_fill
        for better in (*get_args(Better), None)
        for count in range(1, _MOST + 1)
        for colour in (*band_colours(count, better), *zone_colours(count, better))
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, in [1, 21] (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _ink(fill: str) -> str:
    return next(ink for ink in _INKS if contrast(ink, fill) >= _MIN_CONTRAST)


def _between(stops: Sequence[str], share: float) -> str:
    position = share * (len(stops) - 1)
    index = min(int(position), len(stops) - 2)
    return _mix(stops[index], stops[index + 1], position - index)


def _mix(start: str, end: str, share: float) -> str:
    """Return the colour that lies a share of the way from one colour to another."""
    channels = (round(low + share * (high - low)) for low, high in zip(_channels(start), _channels(end), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _channels(colour: str) -> list[int]:
    return [int(colour[index : index + 2], 16) for index in (1, 3, 5)]


def _luminance(colour: str) -> float:
    shares = (channel / 255 for channel in _channels(colour))
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
