"""SVG drawings as `<img>` elements, because notebooks, word processors and mail programs drop inline SVG."""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from xml.etree import ElementTree as Tree

from markupsafe import Markup

from riskmodel.report.html.markup import escape_html, render, stylesheet
from riskmodel.report.plotting import BETTER, INK, MUTED, STEEL, WORSE, as_svg
from riskmodel.schema.band_colours import dark_fills

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
LETTERS = 12
"""Size of letters in pixels."""
Anchor: TypeAlias = Literal["start", "middle", "end"]
_NARROW = "@media screen and (max-width: 130px){.between{display:none}}"
_COLOUR = re.compile(r"--([a-z]+): (#[0-9a-f]{6});")
_PAINTED = re.compile(r"\b(fill|stroke)-([a-z]+|-[0-9a-f]{6})\b")

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_NAMESPACES = {"xmlns": "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink"}
_DROPPED = (f"{_SVG}metadata", f"{_SVG}style")
_NAMES = {INK: "ink", BETTER: "better", WORSE: "worse", STEEL: "steel", MUTED: "muted"} | {
    code: name for name, codes in {"paper": ("#ffffff", "white"), "ink": ("#000000", "black")}.items() for code in codes
}
"""Colours of matplotlib that have a dark variant."""
_WIDTH = 640
"""Of a figure in pixels, without a style sheet; it fits a page of paper."""
_FONT = re.compile(r"(?:\S+ )*?(?P<size>[\d.]+px) .*")


@cache
def colours() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the colours of light and of dark pages by name, from `assessment.css`."""
    light, dark = stylesheet("assessment.css").split("prefers-color-scheme: dark", 1)
    return dict(_COLOUR.findall(light)), dict(_COLOUR.findall(dark))


@cache
def _dark() -> Mapping[str, str]:
    """Return the dark variants of colours, by their names in classes."""
    return {**colours()[1], **{light.replace("#", "-"): colour for light, colour in dark_fills().items()}}


def paint(kind: str = "", **names: str) -> dict[str, str]:
    """Return the attributes of a part of a drawing: its light colours as style, their names as classes.

    Parameters
    ----------
    kind : another class of the part.
    names : names of colours, or colours of bands on light pages, with the keys `fill` and `stroke`.
    """
    light, _ = colours()
    classes = (f"{key}-{name.replace('#', '-')}" for key, name in names.items())
    return {
        "class": " ".join(filter(None, (kind, *classes))),
        "style": ";".join(f"{key}:{light.get(name, name)}" for key, name in names.items()),
    }


def dark_style(content: str) -> Markup:
    """Return the style element with the dark colours of the parts of a drawing."""
    dark = _dark()
    used = sorted({(key, name) for key, name in _PAINTED.findall(content) if name in dark})
    # Programs without media queries use the style attributes of the parts; only `!important` overrides these.
    rules = "".join(f".{key}-{name}{{{key}:{dark[name]} !important}}" for key, name in used)
    return Markup(f"<style>@media screen and (prefers-color-scheme: dark){{{rules}}}</style>")  # noqa: S704


class Shape(NamedTuple):
    """A part of a drawing: its tag, attributes and text."""

    tag: str
    attributes: Mapping[str, object]
    text: str = ""


def shape(tag: str, kind: str, attributes: Mapping[str, object], text: str = "", **names: str) -> Shape:
    """Return a part of a drawing in colours of `paint`."""
    return Shape(tag, {**attributes, **paint(kind, **names)}, text)


def line(kind: str, colour: str, across: tuple[float, float], down: tuple[float, float], width: float) -> Shape:
    """Return a line: `across` in percent of the width of the drawing, `down` and its own width in pixels."""
    ends = {"x1": percent(across[0]), "x2": percent(across[1]), "y1": f"{down[0]:g}", "y2": f"{down[1]:g}"}
    return shape("line", kind, {**ends, "stroke-width": f"{width:g}"}, stroke=colour)


def letters(
    text: str,
    x: float,
    y: float,
    anchor: Anchor,
    colour: str,
    *,
    kind: str = "",
    shift: float = 0,
    is_bold: bool = False,
) -> Shape:
    """Return a text of 12 pixels: `x` in percent of the width, `y` (its base) and a shift to the right in pixels.

    Those of the kind `between` are left out where a browser has no room for them.
    """
    place = {"x": percent(x), "y": f"{y:g}", "text-anchor": anchor}
    style = {**({"dx": f"{shift:g}"} if shift else {}), **({"font-weight": "bold"} if is_bold else {})}
    return shape("text", kind or ("here" if is_bold else "name"), {**place, **style}, text, fill=colour)


def percent(share: float) -> str:
    """Format a position or a length in percent of the width of a drawing."""
    return f"{share:.7g}%"


def responsive_image(
    shapes: Sequence[Shape], alt: str, width: float, height: float, kind: str, *, fills: bool = False
) -> Markup:
    """Return an image with a drawing that is laid out for the width at which it is shown, so that letters keep theirs.

    Browsers take the drawing without a width of its own. Word processors and mail programs take the one of `width`.

    Parameters
    ----------
    shapes : parts, with positions across in percent.
    alt : alternative text.
    width, height : in pixels.
    kind : class of the image.
    fills : whether it is stretched to the width of its table cell where the drawing has a width of its own.
    """
    fixed, fluid = (drawing(shapes, own, height) for own in (f"{width:g}", "100%"))
    fallback = image(fixed, alt, "100%" if fills else width, height, kind)
    return render("picture.html", fluid=_encoded(fluid), image=fallback)


def drawing(shapes: Sequence[Shape], width: str, height: float, view: tuple[float, float] | None = None) -> str:
    """Return a complete SVG of shapes on paper.

    Parameters
    ----------
    width, height : in pixels; the width may also be a share.
    view : the left end and the width of the drawing in the units of the shapes, if it is stretched to its place.
    """
    left, across = ("0", "100%") if view is None else (f"{view[0]:g}", f"{view[1]:.7g}")
    paper = shape("rect", "", {"x": left, "y": 0, "width": across, "height": height}, fill="paper")
    content = "".join(map(_element, (paper, *shapes)))
    stretched = f' viewBox="{left} 0 {across} {height:g}" preserveAspectRatio="none"' if view else ""
    styles = dark_style(content)
    if 'class="between' in content:
        styles += Markup(f"<style>{_NARROW}</style>")  # noqa: S704  (our own)
    font = f'font-size="{LETTERS}" font-family="{FONT}"'
    start = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}"{stretched}>'
    return f"{start}{styles}<g {font}>{content}</g></svg>"


def _element(part: Shape) -> str:
    attributes = "".join(f' {key}="{value}"' for key, value in part.attributes.items())
    return f"<{part.tag}{attributes}>{escape_html(part.text)}</{part.tag}>"


def _length(length: float | str) -> str:
    return length if isinstance(length, str) else f"{length:g}"


def _encoded(drawing: str) -> str:
    return b64encode(drawing.encode()).decode()


def image(drawing: str, alt: str, width: float | str, height: float, kind: str) -> Markup:
    """Return an image element with a complete SVG drawing.

    Width and height are in pixels, and apply without a style sheet; the width may also be a share, such as `62.5%`.
    """
    return render(
        "image.html", data=_encoded(drawing), alt=alt, width=_length(width), height=_length(height), kind=kind
    )


def figure_image(figure: "Figure", title: str) -> Markup:
    """Return an image element with a matplotlib figure in the colours of the page; `title` is its alternative text."""
    # The XML is made by matplotlib; only escaped labels come from files.
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
    """Replace the colours of matplotlib by those of light and dark pages, and its fonts by those of the page."""
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
    names = {key: name for key in ("fill", "stroke") if (name := _name(declared.get(key, "")))}
    painted = paint(**names)
    rest = "; ".join(f"{key}: {value}" for key, value in declared.items() if key not in names)
    style = ";".join(filter(None, (painted["style"], rest)))
    if style:
        part.set("style", style)
    if painted["class"]:
        part.set("class", painted["class"])


def _name(colour: str) -> str | None:
    """Return what `paint` calls a colour of matplotlib; None without a dark variant."""
    return colour if colour in dark_fills() else _NAMES.get(colour)
