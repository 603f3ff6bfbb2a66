"""Pages to read: the interface, the method, the rulebook of the served model, the evidence, the glossary."""

from functools import cache
from typing import NamedTuple

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from riskmodel.documents.document import shipped_folder
from riskmodel.model import Model, load_model
from riskmodel.report.html.markup import render
from riskmodel.report.model import rulebook
from riskmodel.web.examples import example_requests
from riskmodel.web.interface import interface_page
from riskmodel.web.markdown import MarkdownPage, as_page
from riskmodel.web.problems import HTTPProblem
from riskmodel.web.requests import state_of

router = APIRouter(include_in_schema=False, default_response_class=Response)

_RULEBOOK, _EVIDENCE = "rulebook", "evidence"
_PAGES = {"method": "Method", _RULEBOOK: "Rulebook", _EVIDENCE: "Evidence", "glossary": "Glossary"}
"""Labels of links, by the name of the document."""


class Link(NamedTuple):
    """A link to a page; the page itself has no address."""

    label: str
    href: str | None


def has_evidence(model: Model) -> bool:
    """Return whether the evidence is about a model: it is about the default model."""
    return model.identity.fingerprint == _default().identity.fingerprint


@router.get("/docs")
async def interface(request: Request) -> Response:
    """Return the interface as a page."""
    model, document, url = state_of(request).model, request.app.openapi(), str(request.base_url)

    def html() -> str:
        return _html(model, interface_page(document, example_requests(model), url), "", "")

    return HTMLResponse(await run_in_threadpool(html))


@router.get("/docs/{name}")
async def page(request: Request, name: str) -> Response:
    """Return a document as a page."""
    if name not in _PAGES:
        raise HTTPProblem(404, f"no document {name!r}; there are {', '.join(_PAGES)}")
    model = state_of(request).model

    def html() -> str:
        # A rulebook takes half a second, once.
        return _html(model, _rulebook(model) if name == _RULEBOOK else _shipped(name), name, "../")

    return HTMLResponse(await run_in_threadpool(html))


def _html(model: Model, document: MarkdownPage, name: str, root: str) -> str:
    """Render a document; `name` is empty for the interface, `root` the relative address of the service."""
    notice = None
    if name == _EVIDENCE and not has_evidence(model):
        of = _default().identity
        notice = f"The evidence is for the default model, {of.line}, and says nothing about the model of this service."
    links = _links(model, name, root)
    return render("document.html", document=document, links=links, identity=model.identity, notice=notice, root=root)


def documents(model: Model) -> dict[str, str]:
    """Return the labels of the documents that say something of a model, by their names."""
    return {name: label for name, label in _PAGES.items() if name != _EVIDENCE or has_evidence(model)}


def _links(model: Model, current: str, root: str) -> list[Link]:
    """Return the links to all pages but those that say nothing about the model."""
    shown = (name for name in _PAGES if name == current or name in documents(model))
    return [
        Link("What if", root or "./"),
        Link("Interface", f"{root}docs" if current else None),
        *(Link(_PAGES[name], None if name == current else f"{root}docs/{name}") for name in shown),
    ]


@cache
def _default() -> Model:
    return load_model()


@cache
def _rulebook(model: Model) -> MarkdownPage:
    return as_page(rulebook(model), _PAGES)


@cache
def _shipped(name: str) -> MarkdownPage:
    return as_page((shipped_folder("docs") / f"{name}.md").read_text(encoding="utf-8"), _PAGES)
