"""Routes of the page by which a situation is entered: cells pasted from a spreadsheet, and the names of two states."""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from riskmodel.errors import SituationError
from riskmodel.sources.countries import STATES, pair, state_named
from riskmodel.tables.pasted import LeftOut, PastedRow, read_pasted
from riskmodel.web.api import json_response
from riskmodel.web.problems import HTTPProblem
from riskmodel.web.requests import parse_query, state_of, table_options
from riskmodel.web.schemas import TableQuery

router = APIRouter(include_in_schema=False, default_response_class=Response)


@router.post("/page/row")
async def row(request: Request) -> Response:
    """Read the cells of one situation; the response has what was taken and what was left out."""
    query = parse_query(TableQuery, request.query_params)
    options = table_options(query)
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError:
        raise HTTPProblem(400, "the cells should be text in UTF-8") from None
    state = state_of(request)
    pasted = await state.jobs.run(request, lambda _: read_pasted(state.model.spec, text, options))
    return json_response(
        {
            "values": pasted.values,
            "about": _about(pasted),
            "left_out": [_fault(cell) for cell in pasted.left_out],
            "has_names": pasted.has_names,
        }
    )


def _about(pasted: PastedRow) -> dict[str, str]:
    """Return id, title and date of a pasted situation; those of a pair of states are made from their names."""
    about = dict(pasted.about)
    unit = about.pop("pair", None)
    if unit is not None:
        try:
            made = _pair_about(pair(unit), about.get("date", ""))
        except SituationError:
            made = {"title": unit}
        about = {**made, **about}
    return about


def _fault(cell: LeftOut) -> dict[str, str]:
    """Return a cell that was left out as plain data, without hints to options that single cells do not have."""
    return {**cell._asdict(), "reason": re.sub(r"; if [^;]*--(missing|flags)[^;]*", "", cell.reason)}


@router.get("/page/states")
def states(first: str = "", second: str = "", date: str = "") -> Response:
    """Resolve the names or codes of two states, and return title and id of their situation."""
    resolved = [_state(text) for text in (first, second)]
    positions = [position for position, _ in resolved if position is not None]
    faults = [fault for _, fault in resolved]
    if len(positions) == 2 and positions[0] == positions[1]:
        faults[1] = f"{STATES[positions[1]].name} is the first state already"
    is_pair = len(positions) == 2 and not any(faults)
    return json_response(
        {
            "names": [None if position is None else _label(position) for position, _ in resolved],
            "faults": faults,
            "about": _pair_about(positions, date) if is_pair else None,
        }
    )


@router.get("/page/state-names")
async def state_names() -> Response:
    """Return the English names of the states that exist."""
    return json_response([state.name for state in STATES if state.end is None])


def _state(text: str) -> tuple[int | None, str | None]:
    """Return the position of a state, or the reason why there is none; neither without text."""
    if not text.strip():
        return None, None
    try:
        return state_named(text), None
    except SituationError as error:
        return None, error.problems[0].message


def _label(position: int) -> str:
    return f"{STATES[position].name} ({STATES[position].iso3})"


def _pair_about(positions: Sequence[int], date: str) -> dict[str, str]:
    """Return title and id of a situation of two states: `United States and Russia`, `usa_rus_2026_10`."""
    first, second = (STATES[position] for position in positions)
    words = [first.iso3.lower(), second.iso3.lower(), *re.findall(r"\d+", date)]
    return {"title": f"{first.name} and {second.name}", "id": "_".join(filter(None, words))}
