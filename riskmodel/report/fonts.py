"""Fonts for what the font of a picture lacks: letters of other scripts, in a font of this machine that has them."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontEntry
    from matplotlib.text import Text

_LOG = logging.getLogger(__name__)
_MOST_NAMED = 20
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
        letters = "".join(sorted(missing)[:_MOST_NAMED]) + ("…" if len(missing) > _MOST_NAMED else "")
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
