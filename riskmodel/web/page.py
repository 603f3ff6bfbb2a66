"""The what-if page: its files, and its routes, which answer with markup of reports that is ready to be shown."""

from importlib.resources import files
from pathlib import PurePath
from typing import Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from riskmodel.analysis.comparison.analysis import compare
from riskmodel.analysis.near_misses import near_misses
from riskmodel.analysis.results.levers import Levers
from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import formatting
from riskmodel.report.analyses.comparison import comparison_report
from riskmodel.report.analyses.levers import levers_report
from riskmodel.report.document import as_html
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.markup import render, stylesheet
from riskmodel.web.api import analyse_levers, analyse_uncertainty, assess, json_response
from riskmodel.web.downloads import download as make_download
from riskmodel.web.page_data import controls, first_of, presets, situation_data
from riskmodel.web.problems import HTTPProblem
from riskmodel.web.requests import parse_situation_file, parse_situations, state_of

router = APIRouter(include_in_schema=False, default_response_class=Response)

Side = Literal["a", "b"]
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _read_files() -> dict[str, bytes]:
    """Read the page's files by name, once, so that no request can name any other."""
    own = {file.name: file.read_bytes() for file in files("riskmodel.web").joinpath("static").iterdir()}
    return {**own, "assessment.css": stylesheet("assessment.css").encode()}


_FILES = _read_files()


def _file(name: str) -> Response:
    # The page goes with the service that it came from: another version may have other names for things.
    return Response(_FILES[name], media_type=_TYPES[PurePath(name).suffix], headers={"Cache-Control": "no-cache"})


@router.get("/")
async def index() -> Response:
    """The page."""
    return _file("index.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """What the page is made of."""
    if name not in _FILES:
        raise HTTPProblem(404, "there is no such file")
    return _file(name)


@router.get("/page/model")
def model(request: Request) -> Response:
    """Describe the model to the page: controls, and presets to start from."""
    state = state_of(request)
    starts = presets(state.model, state.settings.situation)
    return json_response({**controls(state.model), "starts": starts, "first": first_of(starts)})


@router.post("/page/score")
async def score(request: Request, side: Side = "a") -> Response:
    """Assess a situation for one of the page's two sides."""
    situation, assessment = await assess(request)
    served = state_of(request).model

    def page() -> str:
        return _glance(assessment, side) + fragment(assessment, near_misses(served, situation), f"{side}-")

    # The fingerprint tells an open page that the model has been changed since.
    headers = {"Riskmodel-Model": served.identity.fingerprint}
    return HTMLResponse(await run_in_threadpool(page), headers=headers)


def _glance(assessment: Assessment, side: Side) -> str:
    """Render the scores in so few words that they stay in sight."""
    return render("glance.html", scores=assessment.top_scores, brief=_brief, side=side)


def _brief(score: ScoreResult) -> str:
    if score.reported is None:
        return "no score"
    return " ".join(filter(None, (formatting.number(score.reported, score.decimals), formatting.band_text(score))))


@router.post("/page/open")
async def open_file(request: Request) -> Response:
    """Read the situations of a file, YAML or JSON."""
    state, body = state_of(request), await request.body()
    # A long YAML takes its time to read.
    situations = await state.jobs.run(request, lambda _: parse_situation_file(body, state, 2))
    return json_response([situation_data(situation) for situation in situations])


@router.post("/page/differences")
async def differences(request: Request) -> Response:
    """Explain the difference between two situations."""
    state = state_of(request)
    situations = parse_situations(await request.body(), state, 2, 2)
    comparison = await state.jobs.run(request, lambda _: compare(situations, model=state.model))
    return HTMLResponse(as_html(comparison_report(comparison)))


@router.post("/page/levers")
async def levers(request: Request) -> Response:
    """Search for what it would take to reach a target; the answer has the new values too."""

    def render(result: Levers) -> dict[str, object]:
        changes = {change.lever: change.rounded for change in result.combined.changes} if result.combined else None
        return {"html": as_html(levers_report(result)), "changes": changes}

    return json_response(await analyse_levers(request, render))


@router.post("/page/uncertainty")
async def uncertainty(request: Request) -> Response:
    """Analyse how sure the scores are, as a picture and its numbers."""
    from riskmodel.report.html.full_report import uncertainty_section

    return HTMLResponse(await analyse_uncertainty(request, uncertainty_section))


@router.post("/page/download/{name}")
async def download(request: Request, name: str) -> Response:
    """Make a file of the situations of the page, or of their results."""
    state = state_of(request)
    situations = parse_situations(await request.body(), state, 2)
    file = await state.jobs.run(request, lambda _: make_download(name, state.model, situations))
    if file is None:
        raise HTTPProblem(404, "there is no such download")
    return Response(file.content, media_type=file.media_type)
