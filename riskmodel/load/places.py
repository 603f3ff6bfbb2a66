"""Places: from the path of a value in a document to the line and column where it stands."""

from collections.abc import Iterable
from typing import NamedTuple

from riskmodel.load.nodes import Node, Span


class Found(NamedTuple):
    """What a path leads to: the node (the last one on the way that exists), its field name, and its place."""

    node: Node
    field: str
    span: Span | None


def locate(root: Node, path: Iterable[str | int], at_key: bool = False) -> Found:
    """Follow a path as far as it leads.

    Parameters
    ----------
    root : the tree to look in.
    path : keys and positions; tags such as `<points>` are no steps, and a final `[key]` means the key itself.
    at_key : whether the key is meant rather than the value, as it always is for mappings and lists (their values begin
        on a later line, or at a bracket).
    """
    node, steps, key = root, list[str](), None
    for step in path:
        if step == "[key]":
            at_key = True
            break
        if isinstance(step, str) and step.startswith("<"):
            continue
        steps.append(str(step))
        if isinstance(node.value, dict) and str(step) in node.value:
            key, node = node.keys.get(str(step)), node.value[str(step)]
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            key, node = None, node.value[step]
        else:
            break
    at_key = at_key or isinstance(node.value, dict | list)
    return Found(node, ".".join(steps), key if at_key and key else node.span)


def inside(text: str, span: Span, value: str, offset: int) -> tuple[int, int]:
    """Line and column of a character of a scalar's value; of the scalar itself where its writing hides the place.

    Quotes, block markers and folded lines stand in the text but not in the value, so the two are walked side by side
    over everything that is not white space.
    """
    at = span.start
    if text[at : at + 1] in ("|", ">"):
        at = text.find("\n", at) + 1
    elif text[at : at + 1] in ("'", '"'):
        at += 1
    for index, mark in enumerate(value):
        if mark.isspace():
            continue
        while at < span.end and text[at].isspace():
            at += 1
        if at >= span.end or text[at] != mark:
            return span.line, span.column
        if index >= offset:
            break
        at += 1
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1
