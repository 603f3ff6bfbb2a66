"""Markdown documents as HTML that a strict Content-Security-Policy allows."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_LINK = re.compile(r"(?P<name>[\w-]+)\.md(?P<fragment>#[\w-]*)?")
_TABLE = '<div class="scroll" role="region" aria-label="Table {}" tabindex="0">'


class Contents(NamedTuple):
    """A heading of the second level, and its anchor."""

    title: str
    anchor: str


class MarkdownPage(NamedTuple):
    """A document as HTML: its first heading as text, the headings below it, and everything but the first heading."""

    title: str
    contents: Sequence[Contents]
    body: Markup


def as_page(text: str, pages: Collection[str]) -> MarkdownPage:
    """Convert a document.

    Markup in the text is shown as text, apart from comments, which are left out.

    Parameters
    ----------
    text : Markdown with tables, whose first line is a heading.
    pages : the names of the documents that links may lead to, without `.md`. Other relative links become plain text.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(_COMMENT.sub("", text))
    title = _plain(tokens[1])
    tokens = tokens[3:]
    contents = list(_anchored(tokens))
    for index, token in enumerate(tokens):
        if token.type == "th_open" and not tokens[index + 1].content:
            token.tag = tokens[index + 2].tag = "td"  # a heading without text misleads readers of tables
        style = token.attrs.pop("style", None)  # of the cells of a column, which the policy does not allow
        if style == "text-align:right":
            token.attrSet("class", "number")
        if token.children:
            token.children = list(_followed(token.children, pages))
    return MarkdownPage(title, contents, Markup(_rendered(parser, tokens)))  # noqa: S704  (the renderer escapes)


def inline(text: str) -> Markup:
    """Convert a text without headings, lists or tables."""
    return Markup(MarkdownIt("commonmark", {"html": False}).renderInline(text))  # noqa: S704  (the renderer escapes)


def _rendered(parser: MarkdownIt, tokens: Sequence[Token]) -> str:
    """Render tokens; wide tables and code scroll, by the keyboard too."""
    numbers = iter(range(1, len(tokens)))

    def table(renderer: object, *given: object) -> str:
        return f"{_TABLE.format(next(numbers))}<table>\n"

    def end(renderer: object, *given: object) -> str:
        return "</table></div>\n"

    def code(renderer: object, tokens: Sequence[Token], index: int, *given: object) -> str:
        return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'

    rules: dict[str, Callable[..., str]] = {"table_open": table, "table_close": end, "fence": code}
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return str(parser.renderer.render(tokens, parser.options, {}))


def _anchored(tokens: Sequence[Token]) -> Iterator[Contents]:
    """Give each heading an anchor, and yield those of the second level."""
    used: set[str] = set()
    for token, inline in pairwise(tokens):
        if token.type != "heading_open":
            continue
        title = _plain(inline)
        anchor = base = re.sub(r"[^\w]+", "-", title.lower()).strip("-") or "part"
        number = 1
        while anchor in used:
            number += 1
            anchor = f"{base}-{number}"
        used.add(anchor)
        token.attrSet("id", anchor)
        if token.tag == "h2":
            yield Contents(title, anchor)


def _followed(tokens: Sequence[Token], pages: Collection[str]) -> Iterator[Token]:
    """Lead links to the pages that are served, and drop others, but for their text."""
    drops = False
    for token in tokens:
        if token.type == "link_open":
            href = str(token.attrGet("href"))
            link = _LINK.fullmatch(href)
            drops = not (href.startswith(("#", "https://", "http://")) or (link and link["name"] in pages))
            if link:
                token.attrSet("href", f"{link['name']}{link['fragment'] or ''}")
        if not (drops and token.type in ("link_open", "link_close")):
            yield token


def _plain(inline: Token) -> str:
    return "".join(token.content for token in inline.children or () if token.type in ("text", "code_inline"))
