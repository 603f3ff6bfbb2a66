"""Drawings as `<img>` with the drawing in its address: notebooks, word processors and mail programs drop inline SVG."""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Tree

from markupsafe import Markup

from riskmodel.report.html.markup import render, stylesheet
from riskmodel.report.plotting import BLUE, ORANGE, as_svg

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
_COLOUR = re.compile(r"--([a-z]+): (#[0-9a-f]{6});")
_PAINTED = re.compile(r"\b(fill|stroke)-([a-z]+)\b")

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_NAMESPACES = {"xmlns": "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink"}
_DROPPED = (f"{_SVG}metadata", f"{_SVG}style")
_NAMES = {BLUE: "bound", ORANGE: "plus", "#ffffff": "paper", "white": "paper", "#000000": "ink", "black": "ink"}
"""Colours of matplotlib that are others where the page is dark."""
_WIDTH = 640
"""Of a figure in pixels, where no style sheet says otherwise: a page of paper has room for it."""
_FONT = re.compile(r"(?:\S+ )*?(?P<size>[\d.]+px) .*")


@cache
def colours() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Read the colours of light and of dark pages, by name, from `assessment.css`."""
    light, dark = stylesheet("assessment.css").split("prefers-color-scheme: dark", 1)
    return dict(_COLOUR.findall(light)), dict(_COLOUR.findall(dark))


def paint(kind: str = "", **names: str) -> dict[str, str]:
    """Make the attributes that paint a part of a drawing: its light colours as style, their names as classes.

    Parameters
    ----------
    kind : a class of its own.
    names : of colours, as `fill` or `stroke`.
    """
    light, _ = colours()
    classes = (f"{key}-{name}" for key, name in names.items())
    return {
        "class": " ".join(filter(None, (kind, *classes))),
        "style": ";".join(f"{key}:{light[name]}" for key, name in names.items()),
    }


def dark_style(content: str) -> Markup:
    """Make the style that paints the parts of a drawing anew where pages are dark."""
    _, dark = colours()
    used = sorted({(key, name) for key, name in _PAINTED.findall(content) if name in dark})
    # Programs that know no media queries follow the style of the part itself, which only importance overrides.
    rules = "".join(f".{key}-{name}{{{key}:{dark[name]} !important}}" for key, name in used)
    return Markup(f"<style>@media screen and (prefers-color-scheme: dark){{{rules}}}</style>")  # noqa: S704


def image(drawing: str, alt: str, width: float, height: float, kind: str) -> Markup:
    """Make an image of a drawing.

    Parameters
    ----------
    drawing : complete SVG.
    alt : what it shows, for readers who cannot see it.
    width, height : in pixels, where no style sheet says otherwise.
    kind : its class.
    """
    data = b64encode(drawing.encode()).decode()
    return render("image.html", data=data, alt=alt, width=width, height=height, kind=kind)


def figure_image(figure: "Figure", title: str) -> Markup:
    """Make an image of a figure of matplotlib, in the colours of the page.

    Parameters
    ----------
    title : what it shows, for readers who cannot see it; its numbers are in tables beside it.
    """
    # The text is matplotlib's own, just made: nothing in it comes from outside but escaped labels.
    root = Tree.fromstring(as_svg(figure))  # noqa: S314
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in _DROPPED]:
            parent.remove(child)
    for part in root.iter():
        _repaint(part)
    root.attrib |= _NAMESPACES
    width, height = (float(length) for length in root.attrib["viewBox"].split()[2:])
    content = Tree.tostring(root, encoding="unicode")
    start = content.index(">") + 1
    drawing = f"{content[:start]}{dark_style(content)}{content[start:]}"
    return image(drawing, title, _WIDTH, _WIDTH * height / width, "plot")


def _repaint(part: Tree.Element) -> None:
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
    painted = paint(**names)
    rest = "; ".join(f"{key}: {value}" for key, value in declared.items() if key not in names)
    style = ";".join(filter(None, (painted["style"], rest)))
    if style:
        part.set("style", style)
    if painted["class"]:
        part.set("class", painted["class"])
