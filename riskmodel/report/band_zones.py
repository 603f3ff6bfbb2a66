"""The bands of a score as zones of a chart whose vertical axis is the score."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.report.formatting import band_opacity
from riskmodel.report.plotting import MUTED, STEEL, root_figure, short_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SMALL = 9
"""Size of small letters: 12 pixels, where 96 are an inch."""
_SHARE = 0.7
"""Of the opacity that bands have elsewhere, so that an interval stands out before a zone."""
_MIN_TICKS, _MAX_TICKS, _MAX_TICKS_OF_SCALE = 4, 7, 12
_MAX_LETTERS = 18
_NAME_HEIGHT = 11


def opacity(index: int, count: int) -> float:
    """Return the opacity of the zone of a band."""
    return _SHARE * band_opacity(index, count)


def draw_zones(axes: "Axes", starts: Sequence[float], out_of: float) -> None:
    """Draw a zone for each band, from pale to dark; `starts` ascend, and the last band ends at `out_of`."""
    for index, (start, end) in enumerate(pairwise([*starts, out_of])):
        axes.axhspan(start, end, color=STEEL, alpha=opacity(index, len(starts)), linewidth=0, zorder=0)


def set_scale(axes: "Axes", starts: Sequence[float], out_of: float) -> None:
    """Let the vertical axis run over the whole scale, with ticks where bands begin, if these are few and apart."""
    ends = [*starts, out_of]
    axes.set_ylim(0, out_of)
    if _MIN_TICKS <= len(ends) <= _MAX_TICKS and np.diff(ends).min() >= out_of / _MAX_TICKS_OF_SCALE:
        axes.set_yticks(ends)


def name_zones(axes: "Axes", names: Sequence[str], starts: Sequence[float], out_of: float) -> None:
    """Write the names of bands at the right edge; of bands too narrow for letters, only those that have room."""
    height = axes.get_position().height * root_figure(axes).get_figheight() * 72
    lowest = -math.inf
    for name, (start, end) in zip(names, pairwise([*starts, out_of]), strict=True):
        middle = (start + end) / 2
        if (middle - lowest) / out_of * height >= _NAME_HEIGHT:
            axes.annotate(
                short_name(name),
                (1, middle),
                (5, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                va="center",
                fontsize=SMALL,
                color=MUTED,
            )
            lowest = middle


def short_name(name: str) -> str:
    """Shorten the name of a band."""
    return short_text(name, _MAX_LETTERS)
