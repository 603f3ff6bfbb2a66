"""The what-if page: its files, and what it asks for beside the JSON interface, as markup that is ready to be shown.

The markup is the report's, so that a number looks the same wherever it is shown.
"""

from collections.abc import Callable
from importlib.resources import files
from pathlib import PurePath
from typing import Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from riskmodel.analysis.comparison.compare import compare
from riskmodel.analysis.levers.levers import levers as find_levers
from riskmodel.analysis.nearly import nearly_fired
from riskmodel.analysis.uncertainty.uncertainty import uncertainty as find_uncertainty
from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.model import Model
from riskmodel.report import figures
from riskmodel.report.comparison import comparison_report
from riskmodel.report.html.assessment import fragment
from riskmodel.report.html.markup import render, stylesheet
from riskmodel.report.levers import levers_report
from riskmodel.report.sections import as_html
from riskmodel.web.api import json_response
from riskmodel.web.bodies import asked_of, situation_of, situations_in_file, situations_of
from riskmodel.web.controls import controls
from riskmodel.web.downloads import download as make_download
from riskmodel.web.problems import RefusedError
from riskmodel.web.schemas import LeversRequest, UncertaintyRequest
from riskmodel.web.starts import first_of, situation_data, starts

router = APIRouter(include_in_schema=False, default_response_class=Response)

Side = Literal["a", "b"]
OnProgress = Callable[[float, str], None]
_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _read_files() -> dict[str, bytes]:
    """The page's files by name. They are read once, so that no request can name any other."""
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
        raise RefusedError(404, "there is no such file")
    return _file(name)


@router.get("/page/model")
def model(request: Request) -> Response:
    """What the page needs to know of the model: controls, and where a what-if can start from."""
    state = request.app.state
    known = starts(state.model, state.situation)
    return json_response({**controls(state.model), "starts": known, "first": first_of(known)})


@router.post("/page/score")
async def score(request: Request, side: Side = "a") -> Response:
    """The assessment of a situation, for one of the page's two sides."""
    situation = situation_of(await request.body(), request.app.state)
    served: Model = request.app.state.model

    def work() -> str:
        found = served.assess(situation)
        return _glance(found, side) + fragment(found, nearly_fired(served, situation), f"{side}-")

    # The page of a model that has been changed since must come to know of it.
    told = {"Riskmodel-Model": served.identity.fingerprint}
    return HTMLResponse(await run_in_threadpool(work), headers=told)


def _glance(found: Assessment, side: Side) -> str:
    """The scores in so few words that they stay in sight."""
    return render("glance.html", scores=found.top_scores, brief=_brief, side=side)


def _brief(score: ScoreResult) -> str:
    if score.reported is None:
        return "no score"
    return " ".join(filter(None, (figures.number(score.reported, score.decimals), figures.band_text(score))))


@router.post("/page/open")
async def open_file(request: Request) -> Response:
    """The situations of a file, YAML or JSON, as the page has them."""
    state, body = request.app.state, await request.body()
    # A long YAML takes its time to read.
    situations = await state.desk.run(request, lambda _: situations_in_file(body, state, 2))
    return json_response([situation_data(situation) for situation in situations])


@router.post("/page/differences")
async def differences(request: Request) -> Response:
    """What explains the difference between two situations."""
    situations = situations_of(await request.body(), request.app.state, 2, 2)
    served = request.app.state.model
    found = await request.app.state.desk.run(request, lambda _: compare(situations, model=served))
    return HTMLResponse(as_html(comparison_report(found)))


@router.post("/page/levers")
async def levers(request: Request) -> Response:
    """What it would take to reach a target, and the values of the answer."""
    state = request.app.state
    asked, situation = asked_of(LeversRequest, await request.body(), state)

    def work(on_progress: OnProgress) -> dict[str, object]:
        found = find_levers(situation, asked.target, model=state.model, on_progress=on_progress)
        changes = {change.lever: change.rounded for change in found.combined.changes} if found.combined else None
        return {"html": as_html(levers_report(found)), "changes": changes}

    return json_response(await state.desk.run(request, work))


@router.post("/page/uncertainty")
async def uncertainty(request: Request) -> Response:
    """How sure the scores are, as a picture and its numbers."""
    from riskmodel.report.html.full_report import how_sure

    state = request.app.state
    asked, situation = asked_of(UncertaintyRequest, await request.body(), state)
    how = asked.model_dump(exclude={"situation"})

    def work(on_progress: OnProgress) -> str:
        return how_sure(find_uncertainty(situation, model=state.model, on_progress=on_progress, **how))

    return HTMLResponse(await state.desk.run(request, work))


@router.post("/page/download/{name}")
async def download(request: Request, name: str) -> Response:
    """The situations of the page as a file, or what was made of them."""
    state = request.app.state
    situations = situations_of(await request.body(), state, 2)
    found = await state.desk.run(request, lambda _: make_download(name, state.model, situations))
    if found is None:
        raise RefusedError(404, "there is no such download")
    return Response(found.content, media_type=found.media_type)
