"""Bars of accounts: each row of a table has a bar on one axis, and its number beside the end of the bar."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from markupsafe import Markup

from riskmodel.report.html.svg import Shape, drawing, image, letters, line, responsive_image, shape

_WIDTH, _HEIGHT, _MARGIN = 240, 24, 1
"""Of a track in pixels where there is no style sheet; the margin is added at both ends, so that no line is cut."""
_TICKS, _AXIS_HEIGHT = 12, 18
"""The base of the numbers of an axis, and its height, in pixels."""
_MIN_LENGTH = 1e-3
_EDGE = 1.75
"""Width of an outline."""
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MAX_INTERVALS = 4

Look: TypeAlias = Literal["filled", "outlined"]


class Bar(NamedTuple):
    """A bar from one value to another.

    Attributes
    ----------
    kind : its class.
    colour : of `paint`.
    look : an outlined bar differs from a filled one in more than its colour.
    thickness : in pixels.
    """

    kind: str
    colour: str
    start: float
    end: float
    look: Look = "filled"
    thickness: int = 12


class Link(NamedTuple):
    """An upright line at a value, in the upper or lower half of a row, or in both: a step of a running sum."""

    value: float
    top: float
    bottom: float


class Axis(NamedTuple):
    """An axis from `low` to `high`, with its ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> "Axis":
        """Return an axis that has 0 and all values: its ends and its ticks are round numbers, at most five."""
        known = [0.0, *values]
        low, high = min(known), max(known)
        span = high - low or 1.0
        power = 10.0 ** math.floor(math.log10(span / _MAX_INTERVALS))
        for step in (factor * power for factor in (*_STEPS, *(10 * factor for factor in _STEPS))):
            first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
            if last - first <= _MAX_INTERVALS:
                break
        last = max(last, first + 1)
        return cls(first * step, last * step, tuple(count * step for count in range(first, last + 1)))

    def across(self, value: float) -> float:
        """Return the position of a value in pixels of the track, without the margin."""
        return _WIDTH * (value - self.low) / (self.high - self.low)

    def share(self, value: float) -> float:
        """Return the position of a value in percent of the track with its margins."""
        return 100 * (self.across(value) + _MARGIN) / (_WIDTH + 2 * _MARGIN)

    def image(self) -> Markup:
        """Draw the ticks with their numbers."""
        shapes = []
        for tick in self.ticks:
            x = self.share(tick)
            anchor: Literal["start", "middle", "end"] = "middle"
            if tick == self.low:
                anchor = "start"
            elif tick == self.high:
                anchor = "end"
            # Between the ends and 0, numbers are shown where the axis has room.
            kind = "" if tick in (self.low, self.high, 0.0) else "between"
            shapes.append(letters(_number(tick), x, _TICKS, anchor, "muted", kind=kind))
            shapes.append(line("tick", "steel", (x, x), (_AXIS_HEIGHT - 4, _AXIS_HEIGHT), 1))
        alt = f"{_number(self.low)} to {_number(self.high)}"
        return responsive_image(shapes, alt, _WIDTH + 2 * _MARGIN, _AXIS_HEIGHT, "axis", fills=True)

    def bar(self, parts: Sequence[Bar | Link], alt: str) -> Markup:
        """Draw a row from the low end of the axis to the end of its last part, so that a number can stand beside it."""
        zero = self.across(0.0)
        lines = [_upright("zero", "steel", zero, 0, _HEIGHT)]
        end = zero
        for part in parts:
            if isinstance(part, Link):
                x = self.across(part.value)
                lines.append(_upright("link", "base", x, part.top * _HEIGHT, part.bottom * _HEIGHT))
                end = max(end, x)
            else:
                ends = sorted((self.across(part.start), self.across(part.end)))
                lines += _bar(part, ends[0], ends[1])
                end = max(end, ends[1])
        width = end + 2 * _MARGIN
        content = drawing(lines, f"{width:.7g}", _HEIGHT, (-_MARGIN, width))
        return image(content, alt, f"{100 * width / (_WIDTH + 2 * _MARGIN):.6g}%", _HEIGHT, "running")


def _number(value: float) -> str:
    return f"{value:.10g}"


def _bar(bar: Bar, start: float, end: float) -> Iterator[Shape]:
    if end - start < _MIN_LENGTH:
        return
    middle = _HEIGHT / 2
    yield _line(bar.kind, bar.colour, (start, end), (middle, middle), bar.thickness)
    if bar.look == "outlined" and end - start > 2 * _EDGE:
        yield _line("inside", "paper", (start + _EDGE, end - _EDGE), (middle, middle), bar.thickness - 2 * _EDGE)


def _upright(kind: str, colour: str, x: float, top: float, bottom: float) -> Shape:
    return _line(kind, colour, (x, x), (top, bottom), 1)


def _line(kind: str, colour: str, across: tuple[float, float], down: tuple[float, float], width: float) -> Shape:
    x1, x2, y1, y2 = (f"{end:.7g}" for end in (*across, *down))
    ends = {"x1": x1, "x2": x2, "y1": y1, "y2": y2, "stroke-width": f"{width:g}"}
    # Drawings are stretched to their track, but lines keep their width.
    return shape("line", kind, {**ends, "vector-effect": "non-scaling-stroke"}, stroke=colour)
