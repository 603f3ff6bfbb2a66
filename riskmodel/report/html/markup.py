"""Writing HTML in which nothing that comes from a file can be markup."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import TypeAlias

from riskmodel.errors import single_line

_EMPTY = frozenset(("br", "img", "meta"))


class Html(str):
    """Text that is HTML already; any other text is escaped when it becomes a part of HTML."""

    __slots__ = ()


Content: TypeAlias = str | Iterable[str]
"""Text, HTML, or several of either."""


def element(tag: str, *content: Content, **attributes: str | float | bool | None) -> Html:
    """An element.

    Parameters
    ----------
    content : what is inside, text or HTML.
    attributes : None and False leave one out, True gives it no value; `class_` is class, `data_key` is data-key.
    """
    marks = "".join(map(_attribute, attributes.items()))
    return Html(f"<{tag}{marks}>" if tag in _EMPTY else f"<{tag}{marks}>{together(*content)}</{tag}>")


def together(*content: Content) -> Html:
    """Texts and HTML, one after the other."""
    parts = (part for some in content for part in ((some,) if isinstance(some, str) else some))
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts))


def text(said: str) -> Html:
    """Text as it stands in HTML: nothing in it is markup, and control characters stand as escapes."""
    return Html(escape(single_line(said)))


def stylesheet(name: str) -> str:
    """The text of a style sheet that lies beside this module, such as `assessment.css`."""
    return files("riskmodel.report.html").joinpath(name).read_text(encoding="utf-8")


def _attribute(named: tuple[str, str | float | bool | None]) -> str:
    name, value = named[0].rstrip("_").replace("_", "-"), named[1]
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'
