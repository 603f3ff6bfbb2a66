"""A picture of text, lines and boxes that is as tall as its content: positions in points from the top left corner."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from riskmodel.errors import RiskmodelError, single_line
from riskmodel.report import plotting
from riskmodel.report.plotting import new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, MUTED, LINE, PAPER = "#18222c", "#55616d", "#d3dae1", "#ffffff"
"""Of text, of what stands behind it, of rules, and of the ground."""
LEADING = 1.32
"""Distance of lines of text, in units of the size of their letters."""
_POINTS = 72
"""To an inch."""
MAX_HEIGHT = 30_000
"""Matplotlib has no pictures of more than 65,535 pixels in height."""


class Style(NamedTuple):
    """Size in points, colour and weight of a text."""

    size: float
    colour: str = INK
    bold: bool = False

    @property
    def leading(self) -> float:
        """The distance of lines in points."""
        return self.size * LEADING


class Sheet:
    """A picture that is drawn from the top, and cut off below its content.

    Parameters
    ----------
    width : in points.
    """

    def __init__(self, width: float) -> None:
        self.width = width
        self._figure = new_figure(width / _POINTS, 1, layout=None)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set_xlim(0, width)

    def write(self, x: float, y: float, text: str, style: Style, align: str = "left") -> None:
        """Write one line of text; `y` is its base line."""
        self._axes.text(
            x,
            y,
            single_line(text),
            fontsize=style.size,
            color=style.colour,
            fontweight="bold" if style.bold else "normal",
            ha=align,
            va="baseline",
        )

    def flow(self, x: float, top: float, width: float, *parts: tuple[str, Style]) -> float:
        """Write texts one after the other in lines of a width; return the end of the last line, which is below `top`.

        All have the leading of the first.
        """
        leading, size = parts[0][1].leading, parts[0][1].size
        y = top
        for line in wrapped(width, parts):
            left = x
            for style, words in groupby(line, key=lambda word: word.style):
                run = list(words)
                self.write(left, y + size, " ".join(word.text for word in run), style)
                left += sum(word.width for word in run)
            y += leading
        return y

    def box(self, x: float, y: float, width: float, height: float, fill: str, **style: Any) -> None:
        """Draw a rectangle; other arguments are those of matplotlib's patches."""
        from matplotlib.patches import Rectangle

        options = {"linewidth": 0, **style}
        self._axes.add_patch(Rectangle((x, y), width, height, facecolor=fill, **options))

    def pill(self, x: float, y: float, width: float, height: float, fill: str, edge: str) -> None:
        """Draw a rectangle with round corners."""
        from matplotlib.patches import FancyBboxPatch

        shape = f"round,pad=0,rounding_size={height / 2}"
        patch = FancyBboxPatch((x, y), width, height, shape, facecolor=fill, edgecolor=edge, linewidth=0.8)
        self._axes.add_patch(patch)

    def triangle(self, x: float, y: float, half: float, height: float, fill: str) -> None:
        """Draw a triangle that stands on its tip at a point; `half` is half of its width."""
        from matplotlib.patches import Polygon

        corners = ((x, y), (x - half, y - height), (x + half, y - height))
        self._axes.add_patch(Polygon(corners, facecolor=fill, linewidth=0, zorder=3))

    def line(self, xs: Sequence[float], ys: Sequence[float], width: float, colour: str) -> None:
        """Draw a line through points."""
        self._axes.plot(xs, ys, color=colour, linewidth=width, solid_capstyle="butt")

    def check(self, height: float) -> None:
        """Raise RiskmodelError if a picture of a height in points would be too tall for a file."""
        if height > MAX_HEIGHT:
            inches = MAX_HEIGHT / _POINTS
            raise RiskmodelError(
                f"the picture would be taller than {inches:,.0f} inches; draw fewer situations at once"
            )

    def cut(self, height: float, label: str) -> "Figure":
        """Return the picture with a height in points; its label is the title of the file.

        Raises
        ------
        RiskmodelError
            It is too tall.
        """
        self.check(height)
        self._figure.set_size_inches(self.width / _POINTS, height / _POINTS)
        self._axes.set_ylim(height, 0)
        self._figure.set_label(label)
        return self._figure


class _Word(NamedTuple):
    """A word with the space after it, and its width with that space."""

    text: str
    style: Style
    width: float


def wrapped(width: float, parts: Sequence[tuple[str, Style]]) -> list[list[_Word]]:
    """Break texts into lines of a width; only a word that is wider than a line is divided."""
    lines: list[list[_Word]] = [[]]
    used = 0.0
    for text, style in parts:
        space = text_width(" ", style)
        for word in _words(single_line(text), width, style):
            size = text_width(word, style)
            if lines[-1] and used + size > width:
                lines.append([])
                used = 0.0
            lines[-1].append(_Word(word, style, size + space))
            used += size + space
    return lines


def _words(text: str, width: float, style: Style) -> Iterator[str]:
    for word in text.split():
        if text_width(word, style) <= width:
            yield word
            continue
        piece = ""
        for letter in word:
            if piece and text_width(piece + letter, style) > width:
                yield piece
                piece = ""
            piece += letter
        yield piece


def text_width(text: str, style: Style) -> float:
    """Return the width of a text in points."""
    return _POINTS * plotting.text_width(text, style.size, "bold" if style.bold else "normal")
