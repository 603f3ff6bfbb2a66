"""Places for labels of points in a chart, where they cover neither a line nor each other."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from riskmodel.kernels.types import Floats
from riskmodel.report.plotting import MUTED, root_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DISTANCES = (12, 24, 38, 54, 72, 92, 114, 138)
"""From a point to its label, in points of 1/72 inch; the nearest that is free is taken."""
_SHIFTS = (0.0, -0.5, 0.5, -0.9, 0.9)
"""Of a label to the side, in its widths."""
_GAP = 3
_NEAR, _TOUCH = 7, 2.5
"""Points around the point of a label in which its leader may touch the line, and at which they touch."""
_SAMPLES = np.linspace(0.0, 1.0, 24)


class Label(NamedTuple):
    """A text about a point of the chart."""

    text: str
    x: float
    y: float


class _Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    def holds(self, x: Floats, y: Floats) -> bool:
        inside = (x > self.left) & (x < self.right) & (y > self.bottom) & (y < self.top)
        return bool(inside.any())

    def meets(self, other: "_Box") -> bool:
        beside = self.right < other.left or other.right < self.left
        return not (beside or self.top < other.bottom or other.top < self.bottom)


def label_points(axes: "Axes", labels: Sequence[Label], x: Floats, y: Floats) -> list[Label]:
    """Write labels beside their points, each with a line to its point, and return those for which there is no room.

    Parameters
    ----------
    axes : the chart, complete but for the labels.
    labels : the most important first.
    x, y : (n,) points of the line that labels leave free; NaN where it breaks.
    """
    from matplotlib.text import Text

    figure = root_figure(axes)
    figure.draw_without_rendering()
    scale = figure.dpi / 72
    frame = _Box(*axes.get_window_extent().extents)
    path_x, path_y = _between(*axes.transData.transform(np.column_stack([x, y])).T)
    taken: list[_Box] = []
    left_out = []
    for label in labels:
        text = axes.annotate(
            label.text,
            (label.x, label.y),
            (0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=9,
            linespacing=1.1,
            zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.65, "pad": 1},
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 4},
        )
        text.set_in_layout(False)
        size = Text.get_window_extent(text)
        point = axes.transData.transform((label.x, label.y))
        upwards = point[1] < (frame.bottom + frame.top) / 2
        offsets = list(_offsets(size.width / scale, size.height / scale, upwards))
        # First such as reach the point without crossing the line.
        for offset, may_cross in [*((offset, False) for offset in offsets), *((offset, True) for offset in offsets)]:
            centre = point + np.multiply(offset, scale)
            half_width, half_height = size.width / 2 + _GAP * scale, size.height / 2 + _GAP * scale
            box = _Box(centre[0] - half_width, centre[1] - half_height, centre[0] + half_width, centre[1] + half_height)
            leader = point[:, None] + np.outer(centre - point, _SAMPLES)
            is_within = box.left > frame.left and box.right < frame.right
            is_within &= box.bottom > frame.bottom and box.top < frame.top
            if not is_within or box.holds(path_x, path_y):
                continue
            if not may_cross and _crosses(leader, path_x, path_y, scale):
                continue
            if not any(box.meets(other) or other.holds(*leader) for other in taken):
                text.set_position(offset)
                taken.append(box)
                break
        else:
            text.remove()
            left_out.append(label)
    return left_out


def _crosses(leader: Floats, x: Floats, y: Floats, scale: float) -> bool:
    """Return True if a leader, (2, m) from its point on, touches the line again, away from its point."""
    away = leader[:, np.hypot(*(leader - leader[:, :1])) > _NEAR * scale]
    near = (x > away[0].min() - scale) & (x < away[0].max() + scale) if away.size else np.zeros(len(x), bool)
    distances = np.hypot(x[near, None] - away[0], y[near, None] - away[1])
    return bool((distances < _TOUCH * scale).any())


def _offsets(width: float, height: float, upwards: bool) -> Iterator[tuple[float, float]]:
    """Yield offsets of the middle of a label from its point, in points: near ones first."""
    for distance in _DISTANCES:
        for side in (1, -1) if upwards else (-1, 1):
            for shift in _SHIFTS:
                yield shift * width, side * (distance + height / 2)
        for side in (1, -1):
            yield side * (distance + width / 2), 0.0


def _between(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return points along the lines between neighbouring points; NaN beside a break."""
    return tuple((ends[:-1, None] + np.outer(np.diff(ends), _SAMPLES)).ravel() for ends in (x, y))  # type: ignore[return-value]
