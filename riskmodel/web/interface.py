"""The interface as a page: the OpenAPI document in tables, with an example of each request."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup, escape

from riskmodel.report.html.markup import render
from riskmodel.web.examples import Example
from riskmodel.web.markdown import Contents, MarkdownPage, inline

Schema = Mapping[str, Any]

_LIMITS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "above"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "below"),
)
_LENGTHS = (("minItems", "at least"), ("maxItems", "at most"))
_NAMES = {"integer": "whole number", "string": "text", "boolean": "true or false"}
_REFERENCE = "#/components/schemas/"


class Field(NamedTuple):
    """A key of an object, or a query parameter."""

    name: str
    kind: Markup
    required: bool
    description: Markup


class Operation(NamedTuple):
    """A request and its responses."""

    method: str
    path: str
    anchor: str
    summary: str
    description: Markup
    parameters: list[Field]
    body: Markup | None
    """The type of the body."""
    fields: list[Field]
    """The keys of a JSON body."""
    response: Markup
    errors: list[tuple[str, Markup]]
    example: Markup


class Type(NamedTuple):
    """A type of the document."""

    name: str
    anchor: str
    description: Markup
    kind: Markup | None
    """Of a type without fields."""
    fields: list[Field]


def interface_page(document: Schema, examples: Mapping[str, Example], url: str) -> MarkdownPage:
    """Return the page.

    Parameters
    ----------
    document : the OpenAPI document.
    examples : requests by path.
    url : address of the service, for the examples; ends with a slash.
    """
    schemas = document["components"]["schemas"]
    needs_keys = "security" in document
    operations = [
        _operation(method, path, operation, schemas, _command(method, path, examples.get(path), url, needs_keys))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    types = [_type(name, schema) for name, schema in sorted(schemas.items())]
    body = render("interface.html", operations=operations, types=types, needs_keys=needs_keys, about=document["info"])
    contents = [Contents(f"{operation.method} {operation.path}", operation.anchor) for operation in operations]
    return MarkdownPage("The interface", [*contents, Contents("Types", "types")], body)


def _operation(method: str, path: str, operation: Schema, schemas: Schema, example: Markup) -> Operation:
    responses = operation["responses"]
    body = operation.get("requestBody")
    content = next(iter(body["content"].values()))["schema"] if body else {}
    return Operation(
        method.upper(),
        path,
        path.strip("/").replace("/", "-"),
        operation["summary"],
        inline(operation["description"]),
        [
            Field(given["name"], _kind(given["schema"]), given["required"], inline(given["description"]))
            for given in operation.get("parameters", ())
        ],
        (inline(body["description"]) if "description" in body else _kind(content)) if body else None,
        list(_fields(schemas[content["$ref"].removeprefix(_REFERENCE)])) if "$ref" in content else [],
        _kind(next(iter(responses["200"]["content"].values()))["schema"]),
        [
            (status, inline(response["description"]))
            for status, response in sorted(responses.items())
            if status != "200"
        ],
        example,
    )


def _command(method: str, path: str, example: Example | None, url: str, needs_keys: bool) -> Markup:
    """Return the command that sends a request with curl."""
    query = f"?{urlencode(example.query)}" if example and example.query else ""
    command = ["curl"]
    if needs_keys and not path.startswith("/health/"):
        command.append('-H "Authorization: Bearer $KEY"')
    lines = ""
    if example and isinstance(example.body, str):
        lines = f"printf '%s\\n' {' '.join(map(shlex.quote, example.body.splitlines()))} |\n"
        command.append("--data-binary @-")
    elif example:
        command.append(f"-d {shlex.quote(json.dumps(example.body, ensure_ascii=False))}")
    command.append(shlex.quote(f"{url}{path.removeprefix('/')}{query}"))
    return escape(lines + " ".join(command))


def _type(name: str, schema: Schema) -> Type:
    fields = list(_fields(schema))
    kind = None if fields else _kind({key: value for key, value in schema.items() if key != "title"})
    return Type(name, f"type-{name}", inline(schema.get("description", "")), kind, fields)


def _fields(schema: Schema) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield Field(name, _kind(part), name in required, inline(part.get("description", "")))


def _kind(schema: Schema) -> Markup:
    """Return the type of a value in words, with links to named types."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        return Markup('<a href="#type-{0}">{0}</a>').format(name)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return Markup(" or ").join(dict.fromkeys(map(_kind, schema[key])))
    if "const" in schema or "enum" in schema:
        words = [schema["const"]] if "const" in schema else schema["enum"]
        return Markup(" or ").join(Markup("<code>{}</code>").format(json.dumps(word)) for word in words)
    match schema.get("type"):
        case "array" if "items" in schema:
            limits = [f"{words} {schema[key]:,}" for key, words in _LENGTHS if key in schema]
            return Markup("list of {}").format(_kind(schema["items"])) + "".join(f", {limit}" for limit in limits)
        case "array":
            return Markup("list: ") + Markup(", ").join(map(_kind, schema.get("prefixItems", ())))
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return Markup("{} by name").format(_kind(schema["additionalProperties"]))
        case "string" if schema.get("format") == "binary":
            return Markup("bytes")
        case None:
            return Markup("any value")
        case kind:
            limits = [f"{words} {schema[key]:,}" for key, words in _LIMITS if key in schema]
            return escape(", ".join([_NAMES.get(str(kind), str(kind)), *limits]))
