"""Colours of the bands of a score: one ramp for each meaning, from pale to strong, whose names stand beside them.

The ramp of risk is warm, that of its opposite cool, so that colour says which end of a score is the better one.
Lightness changes in one direction along each ramp, so that bands differ for the colour-blind and in grey. On dark pages
a ramp begins near the page and gets lighter.
"""

from collections.abc import Sequence
from typing import NamedTuple

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


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, in [1, 21] (WCAG 2.2, definition of contrast ratio)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _ink(fill: str) -> str:
    return next(ink for ink in _INKS if contrast(ink, fill) >= _MIN_CONTRAST)


def _between(stops: Sequence[str], share: float) -> str:
    position = share * (len(stops) - 1)
    index = min(int(position), len(stops) - 2)
    rest = position - index
    channels = (
        round(start + rest * (end - start))
        for start, end in zip(_channels(stops[index]), _channels(stops[index + 1]), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _channels(colour: str) -> list[int]:
    return [int(colour[index : index + 2], 16) for index in (1, 3, 5)]


def _luminance(colour: str) -> float:
    shares = (channel / 255 for channel in _channels(colour))
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
