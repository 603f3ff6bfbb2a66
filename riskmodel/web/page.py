"""The what-if page: static files, and routes that return HTML made by reports."""

from importlib.resources import files
from pathlib import PurePath
from typing import Any, Literal

from fastapi import APIRouter
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from riskmodel.analysis.near_misses import near_misses
from riskmodel.analysis.results.levers import Levers
from riskmodel.assessment import Assessment
from riskmodel.model import Model
from riskmodel.report.analyses.levers import levers_report
from riskmodel.report.document import as_html
from riskmodel.report.html.assessment import fragment, gauges
from riskmodel.report.html.bands import band_styles, classes_of
from riskmodel.report.html.comparison import comparison_fragment
from riskmodel.report.html.markup import escape_html, stylesheet
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.references import citations_of
from riskmodel.web.api import analyse_differences, analyse_levers, analyse_uncertainty, assess, json_response
from riskmodel.web.documentation import documents
from riskmodel.web.needed import still_needed
from riskmodel.web.page_data import controls, first_of, presets, situation_data
from riskmodel.web.page_data import download as make_download
from riskmodel.web.problems import HTTPProblem
from riskmodel.web.requests import parse_situation_file, parse_situations, state_of

router = APIRouter(include_in_schema=False, default_response_class=Response)

Side = Literal["a", "b"]
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _read_files() -> dict[str, bytes]:
    """Read all files of the page, by name, so that requests cannot name other files."""
    return {file.name: file.read_bytes() for file in files("riskmodel.web").joinpath("static").iterdir()}


_FILES = _read_files()


def _file(name: str) -> Response:
    # Browsers revalidate, so that the files are those of the running version.
    return Response(_FILES[name], media_type=_TYPES[PurePath(name).suffix], headers={"Cache-Control": "no-cache"})


@router.get("/")
async def index() -> Response:
    """Return the page."""
    return _file("index.html")


@router.get("/static/assessment.css")
async def assessment_css(request: Request) -> Response:
    """Return the style sheet of assessments, with the colours of the bands of the model."""
    scores = state_of(request).model.spec.scores.values()
    classes = " ".join(name for score in scores for name in classes_of(score).values())
    style = stylesheet("assessment.css") + band_styles(classes)
    return Response(style, media_type="text/css", headers={"Cache-Control": "no-cache"})


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Return a script, style sheet or image of the page."""
    if name not in _FILES:
        raise HTTPProblem(404, "no such file")
    return _file(name)


@router.get("/page/model")
def model(request: Request) -> Response:
    """Return the controls of the model, its sources and documents, the presets, and the most rows of a series."""
    state = state_of(request)
    starts = presets(state.model, state.settings.situation)
    limits = {"series_rows": state.settings.limits.series_rows}
    about = {"sources": _sources(state.model.spec), "documents": documents(state.model)}
    return json_response({**controls(state.model), **about, "starts": starts, "first": first_of(starts), **limits})


def _sources(spec: ModelSpec) -> list[dict[str, Any]]:
    """Return title and address of each source of a model, and its sections that are cited."""
    cited = [citation for _, citation in citations_of(dict(spec))]
    return [
        {
            "title": source.title,
            "url": source.url,
            "sections": list(dict.fromkeys(each.section for each in cited if each.source == name)),
        }
        for name, source in spec.sources.items()
    ]


@router.post("/page/score")
async def score(request: Request, side: Side = "a") -> Response:
    """Assess a situation for one of the page's two sides, and return its scores."""
    _, assessment = await assess(request)
    served = state_of(request).model

    def markup() -> str:
        return _needed(served, assessment) + gauges(assessment, f"{side}-")

    # An open page compares the fingerprint, to notice that the model has changed.
    headers = {"Riskmodel-Model": served.identity.fingerprint}
    return HTMLResponse(await run_in_threadpool(markup), headers=headers)


@router.post("/page/explanation")
async def explanation(request: Request, side: Side = "a") -> Response:
    """Return what explains the scores of a side, which the page asks for once it shows the scores."""
    situation, assessment = await assess(request)
    served = state_of(request).model

    def markup() -> str:
        return fragment(assessment, near_misses(served, situation), f"{side}-", has_gauges=False)

    return HTMLResponse(await run_in_threadpool(markup))


def _needed(model: Model, assessment: Assessment) -> Markup:
    """Render which values would give every score a value; the page shows this in its own place."""
    needed = still_needed(model, assessment)
    if needed is None:
        return Markup()
    return Markup('<p hidden data-needed="{}">{}</p>').format(" ".join(needed.names), escape_html(needed.text))


@router.post("/page/open")
async def open_file(request: Request) -> Response:
    """Read the situations of a file, YAML or JSON."""
    state, body = state_of(request), await request.body()
    # Parsing long YAML is slow.
    situations = await state.jobs.run(request, lambda _: parse_situation_file(body, state, 2))
    return json_response([situation_data(situation) for situation in situations])


@router.post("/page/comparison")
async def comparison(request: Request) -> Response:
    """Compare two situations: return the differences of their scores, and what explains them."""
    return HTMLResponse(await analyse_differences(request, comparison_fragment, 2))


@router.post("/page/levers")
async def levers(request: Request) -> Response:
    """Find changes that reach a target; the response has the new values too."""

    def render(result: Levers) -> dict[str, object]:
        changes = {change.lever: change.rounded for change in result.combined.changes} if result.combined else None
        return {"html": as_html(levers_report(result)), "changes": changes}

    return json_response(await analyse_levers(request, render))


@router.post("/page/uncertainty")
async def uncertainty(request: Request) -> Response:
    """Analyse the uncertainty of the scores, as a plot and its numbers."""
    from riskmodel.report.html.full_report import uncertainty_section

    return HTMLResponse(await analyse_uncertainty(request, uncertainty_section))


@router.post("/page/download/{name}")
async def download(request: Request, name: str) -> Response:
    """Return a file of the situations of the page, or of their results."""
    state = state_of(request)
    situations = parse_situations(await request.body(), state, 2)
    file = await state.jobs.run(request, lambda _: make_download(name, state.model, situations))
    if file is None:
        raise HTTPProblem(404, "no such download")
    return Response(file.content, media_type=file.media_type)
