"""A figure of matplotlib as a part of a page: its own text and colours follow the page, and no style is inline."""

import re
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Tree

from riskmodel.errors import single_line
from riskmodel.report.html.markup import Html, element
from riskmodel.report.plots import BLUE, ORANGE, as_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_DROPPED = (f"{_SVG}metadata", f"{_SVG}style")
_HUES = {BLUE: "blue", ORANGE: "orange", "#ffffff": "paper", "white": "paper"}
"""Colours that the style sheet turns lighter, or darker, where the page is dark."""
_FONT = re.compile(r"(?:\S+ )*?(?P<size>[\d.]+px) .*")


def drawn(draw: "Callable[[], Figure]", title: str, prefix: str) -> Html:
    """A figure as `picture` sets it into a page; a line that says so where matplotlib is not there to draw it."""
    if find_spec("matplotlib") is None:
        return element("p", "The picture is left out: it needs matplotlib (pip install matplotlib).", class_="note")
    return picture(draw(), title, prefix)


def picture(figure: "Figure", title: str, prefix: str) -> Html:
    """A figure, set into the page, with its title for who cannot see it.

    Parameters
    ----------
    title : what it shows; its numbers stand in tables beside it.
    prefix : of ids, different for each picture of a page.
    """
    # The text is matplotlib's own, made a line ago: nothing in it comes from outside but escaped labels.
    root = Tree.fromstring(as_svg(figure))  # noqa: S314
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in _DROPPED]:
            parent.remove(child)
    for part in root.iter():
        _plain(part, prefix)
    for key in ("width", "height"):
        root.attrib.pop(key, None)
    root.attrib |= {"class": "plot", "role": "img", "aria-label": single_line(title)}
    drawn = Tree.tostring(root, encoding="unicode", short_empty_elements=False)
    return element("figure", Html(drawn), class_="riskmodel plot")


def _plain(part: Tree.Element, prefix: str) -> None:
    """Style as attributes, colours as classes, ids that no other picture has, and names as HTML has them."""
    part.tag = part.tag.removeprefix(_SVG)
    said = (declaration.partition(":") for declaration in part.attrib.pop("style", "").split(";"))
    declared = {key.strip(): value.strip() for key, colon, value in said if colon}
    if size := _FONT.fullmatch(declared.pop("font", "")):
        declared["font-size"] = size["size"]
    declared.pop("font-family", None)
    marks = [f"rm-{_HUES[value]}-{key}" for key in ("fill", "stroke") if (value := declared.get(key)) in _HUES]
    for key in ("fill", "stroke"):
        if declared.get(key) in ("#000000", "black"):
            declared[key] = "currentColor"
    if part.tag == "text":
        declared.setdefault("fill", "currentColor")
    part.attrib |= declared
    if marks:
        part.set("class", " ".join(marks))
    if link := part.attrib.pop(_LINK, None):
        part.set("href", f"#{prefix}{link.removeprefix('#')}")
    for key, value in part.attrib.items():
        if key == "id":
            part.set(key, prefix + value)
        elif value.startswith("url(#"):
            part.set(key, f"url(#{prefix}{value.removeprefix('url(#')}")
