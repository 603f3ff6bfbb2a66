"""The bands of a score as zones of a chart, of which one axis is the score."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.kernels.types import Better
from riskmodel.report.plotting import MUTED, SMALL, root_figure, short_text, text_width
from riskmodel.schema.band_colours import zone_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

_MIN_TICKS, _MAX_TICKS, _MAX_TICKS_OF_SCALE = 4, 7, 12
_MAX_LETTERS = 18
_GAP = 0.08
"""Inches between names."""
_ROOM, _LEAST = 0.05, 0.1
"""Beside the values that an axis shows, as a share of their range; and the least part of the scale that is shown."""
_NAME_HEIGHT = 11


def draw_zones(axes: "Axes", starts: Sequence[float], out_of: float, better: Better | None) -> None:
    """Draw a zone for each band in its colour, lightened; `starts` ascend, and the last band ends at `out_of`."""
    colours = zone_colours(len(starts), better)
    for colour, (start, end) in zip(colours, pairwise([*starts, out_of]), strict=True):
        axes.axhspan(start, end, color=colour.fill, linewidth=0, zorder=0)


def zone_patches(count: int, better: Better | None) -> "list[Patch]":
    """Return what stands for the zones of bands in a legend, the lowest first."""
    from matplotlib.patches import Patch

    return [Patch(facecolor=colour.fill, edgecolor=MUTED, linewidth=0.5) for colour in zone_colours(count, better)]


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


def draw_upright_zones(
    axes: "Axes", bands: Mapping[str, float], out_of: float, better: Better | None, shown: tuple[float, float]
) -> None:
    """Draw the bands as zones of a chart whose horizontal axis is the score, with their names above.

    Parameters
    ----------
    bands : where each begins, by the name that is written, in one line or more.
    shown : the part of the scale that the axis shows.
    """
    axes.set_xlim(*shown)
    inches = axes.get_position().width * root_figure(axes).get_figwidth()
    scale = inches / (shown[1] - shown[0])
    end_of_names = -math.inf
    spans = pairwise([*bands.values(), out_of])
    for name, colour, (start, end) in zip(bands, zone_colours(len(bands), better), spans, strict=True):
        low, high = max(start, shown[0]), min(end, shown[1])
        if low >= high:
            continue
        axes.axvspan(low, high, color=colour.fill, linewidth=0, zorder=0)
        # A name wider than its zone may reach into its neighbours', but not into their names.
        half = max(text_width(line, SMALL) for line in name.split("\n")) / scale / 2
        middle = min(max((low + high) / 2, shown[0] + half), shown[1] - half)
        if middle - half < end_of_names + _GAP / scale:
            continue
        end_of_names = middle + half
        axes.annotate(
            name,
            (middle, 1),
            (0, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="baseline",
            fontsize=SMALL,
            color=MUTED,
            linespacing=1.1,
            annotation_clip=False,
        ).set_in_layout(False)


def fitted(values: Iterable[float], out_of: float) -> tuple[float, float]:
    """Return the part of the scale from 0 to `out_of` that shows values with room beside them."""
    known = list(values)
    low, high = min(known), max(known)
    room = max(_ROOM * (high - low), (_LEAST * out_of - (high - low)) / 2)
    return max(low - room, 0.0), min(high + room, out_of)
