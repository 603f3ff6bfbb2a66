"""Drawings as `<img>` with the drawing in its address: notebooks, word processors and mail programs drop inline SVG."""

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache

from riskmodel.report.html.markup import Content, Html, element, stylesheet, together

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
_COLOUR = re.compile(r"--([a-z]+): (#[0-9a-f]{6});")
_PAINTED = re.compile(r"\b(fill|stroke)-([a-z]+)\b")


@cache
def colours() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The colours of light and of dark pages, by name, as `assessment.css` declares them."""
    light, dark = stylesheet("assessment.css").split("prefers-color-scheme: dark", 1)
    return dict(_COLOUR.findall(light)), dict(_COLOUR.findall(dark))


def paint(kind: str = "", **names: str) -> dict[str, str]:
    """The attributes that paint a part of a drawing: its light colours as style, their names as classes.

    Parameters
    ----------
    kind : a class of its own.
    names : of colours, as `fill` or `stroke`.
    """
    light, _ = colours()
    classes = (f"{key}-{name}" for key, name in names.items())
    return {
        "class_": " ".join(filter(None, (kind, *classes))),
        "style": ";".join(f"{key}:{light[name]}" for key, name in names.items()),
    }


def image(drawing: str, alt: str, width: float, height: float, class_: str) -> Html:
    """A drawing as an image.

    Parameters
    ----------
    drawing : SVG that is complete.
    alt : what it shows, for who cannot see it.
    width, height : in pixels, where no style sheet says otherwise.
    """
    source = f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"
    return element("img", class_=class_, src=source, alt=alt, width=f"{width:g}", height=f"{height:g}")


def drawing(parts: Content, width: float, height: float, margin: float = 0.0, *, stretches: bool = False) -> Html:
    """SVG of parts on paper, in units of pixels.

    Parameters
    ----------
    width, height : of what is drawn.
    margin : room to its left and right, so that lines at its ends are not cut.
    stretches : whether it fills its place; otherwise it keeps its shape.
    """
    whole = width + 2.0 * margin
    ground = element("rect", x=-margin, y=0, width=f"{whole:g}", height=height, **paint(fill="paper"))
    content = together(ground, parts)
    return element(
        "svg",
        night_style(content),
        content,
        xmlns="http://www.w3.org/2000/svg",
        width=f"{whole:g}",
        height=height,
        viewBox=f"{-margin:g} 0 {whole:g} {height:g}",
        preserveAspectRatio="none" if stretches else None,
    )


def night_style(content: str) -> Html:
    """What paints the parts of a drawing anew where pages are dark."""
    _, dark = colours()
    used = sorted({(key, name) for key, name in _PAINTED.findall(content) if name in dark})
    # Programs that know no media queries follow the style of the part itself, which only importance overrides.
    rules = "".join(f".{key}-{name}{{{key}:{dark[name]} !important}}" for key, name in used)
    return element("style", Html(f"@media screen and (prefers-color-scheme: dark){{{rules}}}"))
