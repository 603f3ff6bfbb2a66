"""The bands of a score as zones of a chart whose vertical axis is the score."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.kernels.types import Better
from riskmodel.report.plotting import MUTED, SMALL, root_figure, short_text
from riskmodel.schema.band_colours import zone_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MIN_TICKS, _MAX_TICKS, _MAX_TICKS_OF_SCALE = 4, 7, 12
_MAX_LETTERS = 18
_NAME_HEIGHT = 11


def draw_zones(axes: "Axes", starts: Sequence[float], out_of: float, better: Better | None) -> None:
    """Draw a zone for each band in its colour, lightened; `starts` ascend, and the last band ends at `out_of`."""
    colours = zone_colours(len(starts), better)
    for colour, (start, end) in zip(colours, pairwise([*starts, out_of]), strict=True):
        axes.axhspan(start, end, color=colour.fill, linewidth=0, zorder=0)


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
