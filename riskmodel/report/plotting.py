"""Parts that plots share: figures and colours, writing to files and SVG, and fonts for the letters of all scripts."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from textwrap import shorten, wrap
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from warnings import catch_warnings, filterwarnings

from riskmodel.errors import RiskmodelError, escape_control_lines, single_line
from riskmodel.kernels.types import Better

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontEntry
    from matplotlib.text import Text

    from riskmodel.assessment import ModelIdentity

_LOG = logging.getLogger(__name__)
_MAX_LETTERS = 20
_MARGIN = 0.08
"""Inches beside the title and the caption of a figure."""
_LINES = 2
"""Lines of a title or caption that a figure has room for as it is."""
_EM = 100
_LONGEST, _LONGEST_LABEL = 280, 120
_SLACK = 8
"""Letters by which a line may be longer than the average."""
_REGULAR = ("normal", "regular", "book", 400)
FORMATS = (".png", ".svg", ".pdf")
_REPRODUCIBLE = {"svg.hashsalt": "riskmodel", "text.hinting": "no_hinting"}
"""Settings with which files of the same plot are equal, and letters as wide as they are measured."""
_DATES = {"svg": "Date", "pdf": "CreationDate"}
"""The metadata that would make files of the same plot differ."""
WORSE, BETTER = "#b3461c", "#1d6f78"
"""Of changes; they can be distinguished with red-green colour blindness."""
INK, STEEL, MUTED = "#18222c", "#47596b", "#55616d"
"""Of scores, of what is neither better nor worse, and of remarks."""
INTERVAL: dict[str, Any] = {"color": INK, "alpha": 0.24}
INNER: dict[str, Any] = {"color": INK, "alpha": 0.38}
"""Styles of intervals, and of those within them, which differ from zones of any hue by their lightness."""
WIDTH = 8.0
"""Of figures in inches: 768 pixels, so that letters keep their size in a page and on paper."""
SMALL, MIDDLE, LARGE = 9, 11, 12.5
"""Sizes of letters in points; small ones are 12 pixels."""
_SETTINGS = Lock()
"""Held while the global settings of matplotlib and of warnings are changed."""


def check_plot(path: str | Path) -> None:
    """Raise RiskmodelError if the extension is not that of a plot format, or matplotlib is not installed."""
    from riskmodel.extras import require

    if Path(path).suffix.lower() not in FORMATS:
        raise RiskmodelError(f"{path}: a plot ends in {', '.join(FORMATS)}")
    require("plot")


def new_figure(width: float, height: float, layout: Literal["constrained"] | None = "constrained") -> "Figure":
    """Return an empty figure of a size in inches; its parts are placed by the layout, or stay where they are put."""
    # Not by pyplot, which would choose a window toolkit for the program that uses this library.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout=layout)
    if engine := figure.get_layout_engine():
        engine.set(w_pad=_MARGIN, h_pad=0.1)  # type: ignore[call-arg]
    return figure


def label_figure(figure: "Figure", title: str, caption: str) -> None:
    """Write a title above a figure and a caption below it, in lines that fit; the title is that of its file as well.

    Parameters
    ----------
    figure : with a constrained layout, which makes room for both.
    title : of one line, or lines that are kept.
    caption : the model, the source and the like; see `caption`.
    """
    room = figure.get_figwidth() - 2 * _MARGIN
    left = _MARGIN / figure.get_figwidth()
    above, below = wrapped(title, room, LARGE, "bold"), wrapped(caption, room, SMALL)
    figure.suptitle(above, x=left, ha="left", fontsize=LARGE, fontweight="bold")
    figure.supxlabel(below, x=left, ha="left", fontsize=SMALL, color=MUTED)
    figure.set_label(single_line(title))
    _make_room(figure, above, LARGE)
    _make_room(figure, below, SMALL)


def _make_room(figure: "Figure", text: str, size: float) -> None:
    """Make a figure higher by the lines of a text beyond the few that it has room for."""
    lines = max(0, text.count("\n") + 1 - _LINES)
    figure.set_figheight(figure.get_figheight() + lines * 1.25 * size / 72)


def extend_caption(figure: "Figure", lines: Sequence[str]) -> None:
    """Write more lines below the caption of a figure, or below a figure without one."""
    room = figure.get_figwidth() - 2 * _MARGIN
    given = figure.get_supxlabel()
    text = "\n".join(filter(None, (given, *(wrapped(line, room, SMALL) for line in lines))))
    figure.supxlabel(text, x=_MARGIN / figure.get_figwidth(), ha="left", fontsize=SMALL, color=MUTED)


def caption(model: "ModelIdentity", *details: str | None) -> str:
    """Return the line below a figure: the details that there are, such as the source and the draws, and the model."""
    return " | ".join(filter(None, (*details, model.line)))


def wrapped(text: str, inches: float, size: float, weight: str = "normal") -> str:
    """Break a text into the fewest lines, of about the same length, that fit a width; breaks in it are kept.

    Only a line of more than `_LONGEST` letters is cut, which would leave no room for what is drawn.
    """
    if "\n" in text:
        return "\n".join(wrapped(line, inches, size, weight) for line in text.split("\n"))
    text = short_text(text, _LONGEST)
    letters = len(text)
    for count in range(1, letters + 1):
        lines = wrap(text, -(-letters // count) + (0 if count == 1 else _SLACK))
        if len(lines) <= count and max(text_width(line, size, weight) for line in lines) <= inches:
            return "\n".join(lines)
    return text


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of a line of text in inches; letters that the font lacks count as square."""
    return sum(_advance(letter, weight) for letter in text) * size / 72


@cache
def _advance(letter: str, weight: str) -> float:
    """Return the width of a letter in units of its size."""
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    font = get_font(fontManager.findfont(FontProperties(weight=weight)))
    if not font.get_char_index(ord(letter)):
        return 1.0
    font.set_size(_EM, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / _EM


def entitle(axes: "Axes", text: str, inches: float, pad: float = 6) -> None:
    """Write what is seen above a part of a figure, in lines that fit a width; `pad` in points."""
    lines = wrapped(text, inches, MIDDLE, "bold")
    axes.set_title(lines, size=MIDDLE, weight="bold", loc="left", pad=pad)
    _make_room(root_figure(axes), lines, MIDDLE)


def explain(axes: "Axes", text: str, inches: float) -> None:
    """Write what the marks of a part of a figure are below it, in small lines that fit a width."""
    lines = wrapped(text, inches, SMALL)
    axes.set_xlabel(lines, loc="left", fontsize=SMALL, color=MUTED)
    _make_room(root_figure(axes), lines, SMALL)


def row_labels(texts: Iterable[str], inches: float) -> list[str]:
    """Return the labels of rows in small letters, broken into lines that fit a width."""
    return [wrapped(short_text(text, _LONGEST_LABEL), inches, SMALL) for text in texts]


def room_beside(labels: Iterable[str]) -> float:
    """Return the inches of a figure that labels of rows leave."""
    lines = [line for label in labels for line in label.split("\n")]
    return WIDTH - 0.4 - max((text_width(line, SMALL) for line in lines), default=0.0)


def label_rows(axes: "Axes", labels: Sequence[str]) -> None:
    """Let the vertical axis have a row for each label, the first on top."""
    axes.set_yticks(range(len(labels)), labels, fontsize=SMALL)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL, color=MUTED, length=3)
    axes.spines[["top", "right", "left"]].set_visible(False)


def change_colour(change: float, better: Better | None) -> str:
    """Return the colour of a change of a score: warm for the worse, cool for the better, steel where neither end is."""
    if better is None or change == 0.0:
        return STEEL
    return BETTER if (change < 0) == (better == "low") else WORSE


def change_word(change: float, better: Better | None) -> str:
    """Return the word for a change of a score: `better` or `worse`, or `higher` or `lower` where neither end is."""
    if better is None:
        return "higher" if change > 0 else "lower"
    return "better" if (change < 0) == (better == "low") else "worse"


def root_figure(axes: "Axes") -> "Figure":
    """Return the figure of axes, which may be in a part of it."""
    figure: Figure = axes.figure.figure  # `get_figure(root=True)` since matplotlib 3.10
    return figure


def short_text(text: str, width: int = 40) -> str:
    """Shorten a label, at a word boundary if it has one; control characters are escaped."""
    line = single_line(text)
    shorter = shorten(line, width, placeholder="…")
    return f"{line[: width - 1]}…" if shorter == "…" and len(line) > 1 else shorter


def annotate(axes: "Axes", text: str, point: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    """Write a short text beside a point, at an offset in points (1/72 inch)."""
    axes.annotate(short_text(text), point, offset, textcoords="offset points", **style)


def save(figure: "Figure", path: str | Path) -> None:
    """Write a figure as PNG, SVG or PDF, by the extension; RiskmodelError if the file cannot be written.

    The label of the figure becomes the title of the file, for those who do not see it.
    """
    content = figure_bytes(figure, Path(path).suffix, str(path))
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise RiskmodelError(f"{path}: cannot be written: {error.strerror}") from None


def figure_bytes(figure: "Figure", suffix: str, name: str = "plot") -> bytes:
    """Return a figure as a reproducible PNG, SVG or PDF file; see `save`.

    Parameters
    ----------
    suffix : one of `FORMATS`.
    name : of the file, for the log.
    """
    from io import BytesIO

    import matplotlib as mpl

    _make_text_literal(figure)
    _use_fonts(figure, name)
    kind = suffix.lower().removeprefix(".")
    metadata: dict[str, str | None] = {_DATES[kind]: None} if kind in _DATES else {}
    if label := str(figure.get_label()):
        metadata["Title"] = single_line(label)
    out = BytesIO()
    with _SETTINGS, _no_glyph_warnings(), mpl.rc_context(_REPRODUCIBLE):
        figure.savefig(out, format=kind, dpi=150, metadata=metadata)
    return out.getvalue()


def as_svg(figure: "Figure") -> str:
    """Return a figure as reproducible SVG with its text as text, not as outlines."""
    from io import StringIO

    import matplotlib as mpl

    _make_text_literal(figure)
    out = StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "riskmodel"}
    with _SETTINGS, _no_glyph_warnings(), mpl.rc_context(settings):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


@contextmanager
def _no_glyph_warnings() -> Iterator[None]:
    """Suppress the warnings of matplotlib for each letter that a font lacks; `_use_fonts` logs one line."""
    with catch_warnings():
        for beginning in ("Glyph", "Matplotlib currently does not support"):
            filterwarnings("ignore", beginning)
        yield


def _make_text_literal(figure: "Figure") -> None:
    """Escape control characters in the text of a figure, and do not interpret dollar signs as formulas."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
        text.set_text(escape_control_lines(text.get_text()))
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            escaped = list(map(escape_control_lines, labels))
            if escaped != labels:
                axis.set_ticklabels(escaped)


class _Font(NamedTuple):
    """A font file; `family` is None if matplotlib has not loaded it."""

    path: str
    family: str | None


def _use_fonts(figure: "Figure", name: str) -> None:
    """Add fonts to the texts of a figure for the letters they lack; log letters that no installed font has."""
    from matplotlib.text import Text

    texts = figure.findobj(Text)
    lacking = set().union(*(_lacking(text) for text in texts))
    if not lacking:
        return
    families, missing = _families_for(lacking)
    for text in texts:
        text.set_fontfamily([*text.get_fontfamily(), *families])
    if missing:
        letters = "".join(sorted(missing)[:_MAX_LETTERS]) + ("…" if len(missing) > _MAX_LETTERS else "")
        _LOG.warning("%s: no installed font has %s; the plot shows boxes instead", name, letters)


def _lacking(text: "Text") -> set[str]:
    """Return the letters of a text that its font lacks."""
    from matplotlib.font_manager import fontManager, get_font

    letters = {letter for letter in text.get_text() if letter > "\x7f" and letter.isprintable()}
    if not letters:
        return letters
    font = get_font(fontManager.findfont(text.get_fontproperties()))
    return {letter for letter in letters if not font.get_char_index(ord(letter))}


def _families_for(letters: set[str]) -> tuple[list[str], set[str]]:
    """Return families of installed fonts that cover the letters, and the letters that none has."""
    from matplotlib.font_manager import fontManager, get_font

    families: list[str] = []
    missing = set(letters)
    for path, family in _installed():
        try:
            font = get_font(path)
        except (OSError, RuntimeError):
            continue  # not a font that matplotlib can read
        covered = {letter for letter in missing if font.get_char_index(ord(letter))} if font.scalable else set()
        if covered:
            if family is None:
                fontManager.addfont(path)
            families.append(family or fontManager.ttflist[-1].name)
            missing -= covered
        if not missing:
            break
    return families, missing


def _installed() -> Iterator[_Font]:
    """Yield the installed fonts: regular styles first, those that matplotlib has not loaded last."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = sorted(fontManager.ttflist, key=_style_order)
    yield from (_Font(entry.fname, entry.name) for entry in known if "last resort" not in entry.name.lower())
    yield from (_Font(path, None) for path in sorted({*findSystemFonts()} - {entry.fname for entry in known}))


def _style_order(entry: "FontEntry") -> tuple[bool, bool, bool, str]:
    is_regular = entry.style == "normal" and entry.weight in _REGULAR
    return not is_regular, "Sans" not in entry.name, "Mono" in entry.name, entry.fname
