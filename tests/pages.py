"""A strict HTML parser, for tests."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

EMPTY = frozenset(("br", "img", "meta", "source"))
SVG = "data:image/svg+xml;base64,"


class Node:
    """An element with tag, attributes and children; `text` is its normalised text."""

    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent, self.children = tag, attributes, parent, []

    def __getitem__(self, name):
        return self.attributes[name]

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    @property
    def text(self):
        return " ".join("".join(self._texts()).split())

    def _texts(self):
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()

    def find_all(self, tag=None, class_=None):
        """Yield the descendants with a tag and a class, in document order."""
        for child in self.children:
            if isinstance(child, Node):
                if tag in (None, child.tag) and (class_ is None or class_ in child.classes):
                    yield child
                yield from child.find_all(tag, class_)

    def find(self, tag=None, class_=None):
        (node,) = self.find_all(tag, class_)
        return node

    def ancestors(self):
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = self.node = Node("#root", {}, None)

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), f"<{tag}> has an attribute twice: {attrs}"
        node = Node(tag, dict(attrs), self.node)
        self.node.children.append(node)
        if tag not in EMPTY:
            self.node = node

    def handle_endtag(self, tag):
        assert self.node.tag == tag, f"</{tag}> ends <{self.node.tag}>"
        self.node = self.node.parent

    def handle_data(self, data):
        self.node.children.append(data)


def read_page(html):
    """Parse HTML; AssertionError if tags are not balanced."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.node is reader.root, f"<{reader.node.tag}> is not ended"
    return reader.root


def drawing(image):
    """Parse the SVG in the data URL of an `<img>`."""
    assert image["src"].startswith(SVG)
    return read_drawing(b64decode(image["src"].removeprefix(SVG), validate=True).decode())


def read_drawing(svg):
    """Parse an SVG; ParseError if it is not well-formed XML."""
    ET.fromstring(svg)  # noqa: S314  (of our own making)
    return read_page(re.sub(r"<([\w:]+)([^>]*)/>", r"<\1\2></\1>", "<svg" + svg.partition("<svg")[2])).find("svg")
