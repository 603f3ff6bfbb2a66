"""Fonts for what the font of a picture lacks: letters of other scripts, in a font of this machine that has them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from warnings import catch_warnings, filterwarnings

from riskmodel.errors import RiskmodelError, escape_control_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontEntry
    from matplotlib.text import Text


_LOG = logging.getLogger(__name__)
_MAX_NAMED = 20
_REGULAR = ("normal", "regular", "book", 400)


class _Font(NamedTuple):
    """A font file; `family` is None where matplotlib does not know the file yet."""

    path: str
    family: str | None


def use_fonts(figure: "Figure", name: str) -> None:
    """Give the texts of a figure fonts for all their letters; log once which letters no font of this machine has.

    Parameters
    ----------
    name : of the picture, for the log.
    """
    from matplotlib.text import Text

    texts = figure.findobj(Text)
    lacking = set().union(*(_lacking(text) for text in texts))
    if not lacking:
        return
    families, missing = _families_for(lacking)
    for text in texts:
        text.set_fontfamily([*text.get_fontfamily(), *families])
    if missing:
        letters = "".join(sorted(missing)[:_MAX_NAMED]) + ("…" if len(missing) > _MAX_NAMED else "")
        _LOG.warning("%s: no font of this machine has %s; the picture shows boxes in their place", name, letters)


def _lacking(text: "Text") -> set[str]:
    """The letters of a text that its font does not have."""
    from matplotlib.font_manager import fontManager, get_font

    letters = {letter for letter in text.get_text() if letter > "\x7f" and letter.isprintable()}
    if not letters:
        return letters
    font = get_font(fontManager.findfont(text.get_fontproperties()))
    return {letter for letter in letters if not font.get_char_index(ord(letter))}


def _families_for(letters: set[str]) -> tuple[list[str], set[str]]:
    """Families of installed fonts that have the letters between them, and the letters that none has."""
    from matplotlib.font_manager import fontManager, get_font

    families: list[str] = []
    missing = set(letters)
    for path, family in _installed():
        try:
            font = get_font(path)
        except (OSError, RuntimeError):
            continue  # not a font after all, or of a kind that matplotlib cannot read
        has = {letter for letter in missing if font.get_char_index(ord(letter))} if font.scalable else set()
        if has:
            if family is None:
                fontManager.addfont(path)
            families.append(family or fontManager.ttflist[-1].name)
            missing -= has
        if not missing:
            break
    return families, missing


def _installed() -> Iterator[_Font]:
    """The fonts of this machine: plain ones first, those that matplotlib has not seen yet last."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    known = sorted(fontManager.ttflist, key=_plainness)
    yield from (_Font(entry.fname, entry.name) for entry in known if "last resort" not in entry.name.lower())
    yield from (_Font(path, None) for path in sorted({*findSystemFonts()} - {entry.fname for entry in known}))


def _plainness(entry: "FontEntry") -> tuple[bool, bool, bool, str]:
    is_regular = entry.style == "normal" and entry.weight in _REGULAR
    return not is_regular, "Sans" not in entry.name, "Mono" in entry.name, entry.fname


FORMATS = (".png", ".svg", ".pdf")
BLUE, ORANGE, GREY = "#1f5a92", "#c05a1c", "0.55"
"""Colours that stay apart for eyes that do not see red and green apart, and in print without colour."""
_SETTINGS = Lock()
"""How text is written in SVG, and what is warned of, holds for the whole program: one thread at a time changes it."""


def check_plot(path: str | Path) -> None:
    """Check that a plot can be written under a name, before any work is done.

    Raises
    ------
    RiskmodelError
        Where its ending is no format that plots have, or matplotlib is not installed.
    """
    from riskmodel.analysis.requirements import require

    if Path(path).suffix.lower() not in FORMATS:
        raise RiskmodelError(f"{path}: a plot ends in {', '.join(FORMATS)}")
    require("plot")


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches."""
    # The object, and not pyplot: a library must not choose what windows the program has.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: "Figure", path: str | Path) -> None:
    """Write a figure; the ending of the file is the format, PNG, SVG or PDF.

    Raises
    ------
    RiskmodelError
        Where the file cannot be written.
    """
    _take_text_as_it_is(figure)
    use_fonts(figure, str(path))
    metadata = {"Date": None} if Path(path).suffix.lower() == ".svg" else None
    try:
        with _SETTINGS, _quiet_on_letters():
            figure.savefig(path, dpi=150, metadata=metadata)
    except OSError as error:
        raise RiskmodelError(f"{path}: cannot be written: {error.strerror}") from None


def as_svg(figure: "Figure") -> str:
    """A figure as the text of an SVG in which letters are letters, the same whenever it is drawn."""
    from io import StringIO

    import matplotlib as mpl

    _take_text_as_it_is(figure)
    out = StringIO()
    settings = {"svg.fonttype": "none", "svg.hashsalt": "riskmodel"}
    # Letters that matplotlib's own font lacks are drawn by whoever shows the text.
    with _SETTINGS, _quiet_on_letters(), mpl.rc_context(settings):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


@contextmanager
def _quiet_on_letters() -> Iterator[None]:
    """Keep matplotlib from warning of letters that a font lacks; `use_fonts` tells it in one line."""
    with catch_warnings():
        for beginning in ("Glyph", "Matplotlib currently does not support"):
            filterwarnings("ignore", beginning)
        yield


def _take_text_as_it_is(figure: "Figure") -> None:
    """Escape control characters in the text of a figure; dollar signs in it are no formula."""
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
