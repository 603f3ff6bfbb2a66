"""Pictures of what the page shows, as files: drawn as by `--plot`, with model, sources and address in the picture."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.model import Model
from riskmodel.report import card, formatting
from riskmodel.report.plotting import extend_caption, figure_bytes
from riskmodel.report.presenters import drawing
from riskmodel.results import Result
from riskmodel.web.api import analyse_differences, analyse_levers, analyse_uncertainty
from riskmodel.web.requests import parse_situations, state_of
from riskmodel.web.schemas import PageAddress, PictureKind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

router = APIRouter(include_in_schema=False, default_response_class=Response)

_TYPES = {"png": "image/png", "svg": "image/svg+xml"}
_MAX_SITUATIONS = 2


@router.post("/page/picture/card.{kind}")
async def picture_of_card(request: Request, kind: PictureKind, address: PageAddress = None) -> Response:
    """Draw the cards of one or two situations."""
    state = state_of(request)
    situations = parse_situations(await request.body(), state, _MAX_SITUATIONS)

    def draw() -> bytes:
        assessments = [state.model.assess(situation) for situation in situations]
        return figure_bytes(card.draw_cards(assessments, _address_lines(address)), f".{kind}")

    return picture_response(await state.jobs.run(request, lambda _: draw()), kind)


@router.post("/page/picture/account.{kind}")
async def picture_of_account(request: Request, kind: PictureKind, score: str, address: PageAddress = None) -> Response:
    """Draw the account of a score of a situation."""
    state = state_of(request)
    (situation,) = parse_situations(await request.body(), state, 1)

    def draw() -> bytes:
        figure = card.draw_account(state.model.assess(situation), score, _address_lines(address))
        return figure_bytes(figure, f".{kind}")

    return picture_response(await state.jobs.run(request, lambda _: draw()), kind)


@router.post("/page/picture/differences.{kind}")
async def picture_of_differences(request: Request, kind: PictureKind, address: PageAddress = None) -> Response:
    """Draw the account of the difference between two situations."""
    return await _of_analysis(request, kind, address, lambda draw: analyse_differences(request, draw, _MAX_SITUATIONS))


@router.post("/page/picture/levers.{kind}")
async def picture_of_levers(request: Request, kind: PictureKind, address: PageAddress = None) -> Response:
    """Draw the changes that reach a target."""
    return await _of_analysis(request, kind, address, lambda draw: analyse_levers(request, draw))


@router.post("/page/picture/uncertainty.{kind}")
async def picture_of_uncertainty(request: Request, kind: PictureKind, address: PageAddress = None) -> Response:
    """Draw the uncertainty of the scores."""
    return await _of_analysis(request, kind, address, lambda draw: analyse_uncertainty(request, draw))


async def _of_analysis(
    request: Request, kind: PictureKind, address: str | None, analyse: Callable[[Callable[[Result], bytes]], Any]
) -> Response:
    """Run an analysis of the page, and draw its result."""
    model, dates = state_of(request).model, _dates(await request.body())

    def draw(result: Result) -> bytes:
        figure = drawing(result)
        assert figure is not None  # noqa: S101  (these analyses have plots)
        return signed(figure(), kind, model, address, dates)

    return picture_response(await analyse(draw), kind)


def signed(figure: "Figure", kind: PictureKind, model: Model, address: str | None, dates: Sequence[str] = ()) -> bytes:
    """Return a picture as a file, with dates, model, its sources and the address of the page below it."""
    from matplotlib.text import Text

    identity = model.identity
    is_named = any(identity.short_fingerprint in text.get_text() for text in figure.findobj(Text))
    lines = (
        f"As of {' and '.join(dates)}" if dates else "",
        "" if is_named else identity.line,
        formatting.sources_line([identity]),
        address or "",
    )
    extend_caption(figure, list(filter(None, lines)))
    return figure_bytes(figure, f".{kind}")


def _dates(body: bytes) -> list[str]:
    """Return the dates of the situations in the body of an analysis, which may be invalid."""
    try:
        content = from_json(body)
        situations = content.get("situations") or [content.get("situation")]
        dates = [situation["date"] for situation in situations if isinstance(situation.get("date"), str)]
        return list(dict.fromkeys(dates))
    except (ValueError, AttributeError, TypeError):
        return []  # the analysis rejects it


def _address_lines(address: str | None) -> list[str]:
    return [address] if address else []


def picture_response(content: bytes, kind: PictureKind) -> Response:
    """Return a picture as a response."""
    return Response(content, media_type=_TYPES[kind])
