"""Land neighbours of states, by year: the table of this package, or a file of the user's own."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from riskmodel.errors import Problem, SituationError, suggest_file
from riskmodel.sources.countries import STATES, state_of, table_rows

_COLUMNS = ("state_a", "state_b", "from", "to")


class Border(NamedTuple):
    """A land boundary of two states.

    Attributes
    ----------
    state_a, state_b : positions in `STATES`.
    start, end : first and last year; None without a limit.
    """

    state_a: int
    state_b: int
    start: int | None
    end: int | None


def read_borders(path: str | None = None) -> tuple[Border, ...]:
    """Read a table of land boundaries.

    Parameters
    ----------
    path : a CSV file with the columns `state_a` and `state_b` (ISO 3166-1 alpha-3 codes), and `from` and `to` (first
        and last year) where a boundary changed; the table of this package without. Lines that begin with # are skipped.

    Raises
    ------
    SituationError
        The file cannot be read, lacks a column, has another, or has an unknown state or an invalid year.
    """
    if path is None:
        return _shipped()
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise SituationError([Problem(f"there is no such file{suggest_file(Path(path))}", file=path)]) from None
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SituationError([Problem(message, file=path)]) from None
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    header, *rows = [[cell.strip() for cell in next(csv.reader([line]))] for _, line in numbered] or [[]]
    faults = [f"has no column {name!r}" for name in _COLUMNS[:2] if name not in header]
    faults += [f"unknown column {name!r}" for name in header if name not in _COLUMNS]
    if faults:
        message = f"{faults[0]}; borders have the columns {', '.join(_COLUMNS)}"
        raise SituationError([Problem(message, file=path, line=numbered[0][0] if numbered else None)])
    borders = []
    for (line, _), row in zip(numbered[1:], rows, strict=True):
        try:
            borders.append(_border(dict(zip(header, row, strict=False))))
        except SituationError as error:
            raise SituationError([problem._replace(file=path, line=line) for problem in error.problems]) from None
    return tuple(borders)


@cache
def _shipped() -> tuple[Border, ...]:
    return tuple(_border(row) for row in table_rows("borders.csv"))


def _border(row: dict[str, str]) -> Border:
    state_a, state_b = (state_of(row.get(name, "")) for name in ("state_a", "state_b"))
    if state_a == state_b:
        raise SituationError(f"{STATES[state_a].iso3} is on both sides")
    start, end = (_year(row.get(name, ""), name) for name in ("from", "to"))
    if start and end and end < start:
        raise SituationError(f"to is {end}, before from, {start}")
    return Border(state_a, state_b, start, end)


def _year(text: str, name: str) -> int | None:
    if text and not re.fullmatch(r"[0-9]{4}", text):
        raise SituationError(f"{name} is {text!r}, which is no year such as 1991")
    return int(text) if text else None


def neighbours(position: int, year: int, borders: tuple[Border, ...] | None = None) -> frozenset[int]:
    """Return the states that adjoin a state by land in some part of a year.

    Parameters
    ----------
    position : of the state in `STATES`.
    borders : as `read_borders` returns them; the table of this package without.
    """
    adjoining = set()
    for border in read_borders() if borders is None else borders:
        if position in (border.state_a, border.state_b) and (border.start or year) <= year <= (border.end or year):
            adjoining.add(border.state_b if position == border.state_a else border.state_a)
    return frozenset(adjoining)
