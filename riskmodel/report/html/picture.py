"""A figure of matplotlib as an image in a page, in the colours of the page."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Tree

from riskmodel.errors import single_line
from riskmodel.report.html.images import FONT, image, night_style, paint
from riskmodel.report.html.markup import Html, element
from riskmodel.report.plots import BLUE, ORANGE, as_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_SPACES = {"xmlns": "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink"}
_DROPPED = (f"{_SVG}metadata", f"{_SVG}style")
_NAMES = {BLUE: "bound", ORANGE: "plus", "#ffffff": "paper", "white": "paper", "#000000": "ink", "black": "ink"}
"""Colours that are others where the page is dark."""
_WIDE = 640
"""Pixels across, where no style sheet says otherwise: what a page of paper has room for."""
_FONT = re.compile(r"(?:\S+ )*?(?P<size>[\d.]+px) .*")


def drawn(draw: "Callable[[], Figure]", title: str) -> Html:
    """A figure as `picture` sets it into a page; a line that says so where matplotlib is not there to draw it."""
    if find_spec("matplotlib") is None:
        return element("p", "The picture is left out: it needs matplotlib (pip install matplotlib).", class_="note")
    return picture(draw(), title)


def picture(figure: "Figure", title: str) -> Html:
    """A figure, set into the page, with its title for who cannot see it.

    Parameters
    ----------
    title : what it shows; its numbers stand in tables beside it.
    """
    # The text is matplotlib's own, made a line ago: nothing in it comes from outside but escaped labels.
    root = Tree.fromstring(as_svg(figure))  # noqa: S314
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in _DROPPED]:
            parent.remove(child)
    for part in root.iter():
        _paint(part)
    root.attrib |= _SPACES
    width, height = (float(length) for length in root.attrib["viewBox"].split()[2:])
    content = Tree.tostring(root, encoding="unicode")
    start = content.index(">") + 1
    night = night_style(content)
    drawing = f"{content[:start]}{night}{content[start:]}"
    shown = image(drawing, single_line(title), _WIDE, _WIDE * height / width, "plot")
    return element("figure", shown, class_="riskmodel plot")


def _paint(part: Tree.Element) -> None:
    """Give a part the colours of pages, light and dark, and the fonts of the machine, in place of matplotlib's."""
    declarations = (declaration.partition(":") for declaration in part.attrib.pop("style", "").split(";"))
    declared = {key.strip(): value.strip() for key, colon, value in declarations if colon}
    part.tag = part.tag.removeprefix(_SVG)
    if link := part.attrib.pop(_LINK, None):
        part.set("xlink:href", link)
    if size := _FONT.fullmatch(declared.pop("font", "")):
        declared["font-size"] = size["size"]
    if part.tag == "text":
        declared["font-family"] = FONT
        declared.setdefault("fill", "#000000")
    names = {key: name for key in ("fill", "stroke") if (name := _NAMES.get(declared.get(key, "")))}
    marks = paint(**names)
    rest = "; ".join(f"{key}: {value}" for key, value in declared.items() if key not in names)
    style = ";".join(filter(None, (marks["style"], rest)))
    if style:
        part.set("style", style)
    if marks["class_"]:
        part.set("class", marks["class_"])
