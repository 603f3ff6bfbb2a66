"""States, their codes and names in the schemes of the sources, and their land neighbours.

ISO 3166 is pycountry's. Tables beside this file hold what no library has right: the states that ended, the numbers of
the Correlates of War and of Gleditsch and Ward, CAMEO, FIPS 10-4, the names of ICEWS and UCDP, and boundaries by year.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from riskmodel.errors import Problem, SituationError, repr_value, suggest
from riskmodel.extras import require
from riskmodel.sources.records import NO_STATE, ORGANISATION


class State(NamedTuple):
    """A member of the international system since 1945, or the Holy See or Palestine.

    Attributes
    ----------
    iso3 : the code of ISO 3166-1, of ISO 3166-3 for Czechoslovakia (CSK), the GDR (DDR) and South Yemen (YMD), of the
        Correlates of War for South Vietnam (RVN) and Zanzibar (ZAN); XKX for Kosovo.
    cow, gw : the latest number by the Correlates of War, and by Gleditsch and Ward.
    start, end : first and last year as a member by the Correlates of War; no `end` for those that exist.
    """

    iso3: str
    name: str
    cow: int | None
    gw: int | None
    start: int | None
    end: int | None


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


class Codes(Mapping[str, int]):
    """The codes or names of a scheme, with the position of each in `STATES`, `NO_STATE` or `ORGANISATION`.

    Case, accents, punctuation, the order of words, and leading zeros do not count: `Korea, South` is `South Korea`. A
    code that is not in the mapping is unknown, or may be one of several states: `unclear` has those.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, int]] = {}
        self.unclear: dict[str, tuple[int, ...]] = {}

    def put(self, code: str, positions: tuple[int, ...]) -> None:
        """Set the meaning of a code, which may have had another."""
        key = _key(code)
        self._known.pop(key, None)
        self.unclear.pop(key, None)
        if len(positions) == 1:
            self._known[key] = (code, positions[0])
        else:
            self.unclear[key] = positions

    def copy(self) -> "Codes":
        """Return a copy."""
        other = Codes()
        other._known, other.unclear = dict(self._known), dict(self.unclear)
        return other

    def __getitem__(self, code: str) -> int:
        return self._known[_key(code)][1]

    def __iter__(self) -> Iterator[str]:
        return (code for code, _ in self._known.values())

    def __len__(self) -> int:
        return len(self._known)


def _key(text: str) -> str:
    """Return the form in which codes and names are compared."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    words = re.findall(r"\w+", re.sub(r"[.'’`]", "", plain.casefold().replace("_", " ")))
    kept = [word for word in words if word not in ("the", "of", "and")] or words
    return " ".join(sorted("saint" if word == "st" else word.lstrip("0") or word for word in kept))


def _rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of this package; lines that begin with # are about it."""
    text = files("riskmodel.sources").joinpath("tables", name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


_STATE_ROWS = _rows("states.csv")


def _year(text: str) -> int | None:
    return int(text) if text else None


STATES = tuple(
    State(row["iso3"], row["name"], _year(row["cow"]), _year(row["gw"]), _year(row["start"]), _year(row["end"]))
    for row in _STATE_ROWS
)
"""All states, sorted by `iso3`. RUS holds the USSR, SRB Yugoslavia, DEU the Federal Republic, YEM North Yemen."""

_POSITIONS = {state.iso3: position for position, state in enumerate(STATES)} | {"-": NO_STATE, "+": ORGANISATION}

SCHEMES = ("iso3", "iso2", "cow", "gw", "cameo", "fips", "imf", "name", "icews", "ucdp", "historyatstate")
"""Schemes of codes and of names; `imf` holds the numbers, the names and ISO 3166."""

_BASES = {
    "cameo": ("iso3",),
    "imf": ("iso3", "name"),
    "icews": ("name",),
    "ucdp": ("name",),
    "historyatstate": ("name",),
}
"""Schemes whose codes hold in another too, unless it has its own."""


@cache
def codes(scheme: str, year: int | None = None) -> Codes:
    """Return the codes of a scheme.

    Parameters
    ----------
    scheme : one of `SCHEMES`.
    year : of the data, for codes that have had several meanings; the latest without.

    Raises
    ------
    SituationError
        The scheme is unknown.
    RiskmodelError
        pycountry is not installed.
    """
    if scheme not in SCHEMES:
        raise SituationError(f"{repr_value(scheme)} is no scheme of codes{suggest(scheme, SCHEMES)}")
    result = Codes()
    for base in _BASES.get(scheme, ()):
        for code, positions in _entries(base, year):
            result.put(code, positions)
    for code, positions in _entries(scheme, year):
        result.put(code, positions)
    return result


def _entries(scheme: str, year: int | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the codes of a scheme alone; later ones replace earlier ones."""
    if scheme in ("iso3", "iso2", "name"):
        require("sources")
        import pycountry

        for country in pycountry.countries:
            position = _POSITIONS.get(country.alpha_3, NO_STATE)
            kinds = {"iso3": ["alpha_3"], "iso2": ["alpha_2"]}.get(scheme, ["name", "official_name", "common_name"])
            yield from ((getattr(country, kind), (position,)) for kind in kinds if hasattr(country, kind))
    column = {"iso3": "iso3", "name": "name", "cow": "cow", "gw": "gw", "fips": "fips", "imf": "imf"}.get(scheme)
    if column:
        yield from ((row[column], (position,)) for position, row in enumerate(_STATE_ROWS) if row[column])
    dated: dict[str, tuple[int, ...]] = {}
    for row in _rows("codes.csv"):
        start, end = _year(row["from"]), _year(row["to"])
        if row["scheme"] != scheme:
            continue
        if end is None if year is None else (start or year) <= year <= (end or year):
            dated.setdefault(row["code"], tuple(_POSITIONS[state] for state in row["state"].split("|")))
    yield from dated.items()


def resolve(text: str, scheme: str, year: int | None = None) -> int:
    """Return the position of a state in `STATES`, `NO_STATE` or `ORGANISATION`.

    Parameters
    ----------
    text : a code or name.
    scheme : one of `SCHEMES`.
    year : of the data, for codes that have had several meanings; the latest without.

    Raises
    ------
    SituationError
        The code is unknown, or may be one of several states.
    """
    known = codes(scheme, year)
    if text in known:
        return known[text]
    if states := known.unclear.get(_key(text)):
        choices = " or ".join(f"{STATES[state].name} ({STATES[state].iso3})" for state in states)
        raise SituationError(f"{repr_value(text)} may be {choices}")
    hint = _elsewhere(text, scheme) or suggest(text, known)
    raise SituationError(f"{repr_value(text)} is no state or place by {_LABELS[scheme]}{hint}")


_LABELS = {
    "iso3": "ISO 3166-1 alpha-3",
    "iso2": "ISO 3166-1 alpha-2",
    "cow": "the numbers of the Correlates of War",
    "gw": "the numbers of Gleditsch and Ward",
    "cameo": "CAMEO",
    "fips": "FIPS 10-4",
    "imf": "the IMF",
    "name": "its English name",
    "icews": "the names of ICEWS",
    "ucdp": "the names of UCDP",
    "historyatstate": "the names of the Office of the Historian",
}


def _elsewhere(text: str, scheme: str) -> str:
    """Return which states a code is in other schemes."""
    readings: dict[int, list[str]] = {}
    for other in ("name", "iso3", "cameo", "iso2", "fips"):
        position = codes(other).get(text, NO_STATE)
        if other != scheme and position >= 0:
            readings.setdefault(position, []).append(_LABELS[other])
    parts = [f"{STATES[state].name} ({STATES[state].iso3}) by {labels[0]}" for state, labels in readings.items()]
    return f"; it is {', and '.join(parts)}" if parts else ""


_PAIR = re.compile(r"\s*([^\W\d_]{2,3})\s*[-\u2010-\u2015/:, ]\s*([^\W\d_]{2,3})\s*")


def pair(text: str) -> tuple[int, int]:
    """Return the two states of a pair in the order of the text.

    Parameters
    ----------
    text : two ISO 3166-1 alpha-3 codes, as `USA-RUS` or `USA RUS`.

    Raises
    ------
    SituationError
        The text is no pair of states, or of two-letter codes, which differ between ISO 3166 and FIPS 10-4.
    """
    match = _PAIR.fullmatch(text)
    if not match:
        raise SituationError(
            f"{repr_value(text)} is no pair of ISO 3166-1 alpha-3 codes such as USA-RUS{_named_pair(text)}"
        )
    if len(match[1]) == 2 and len(match[2]) == 2:
        raise SituationError(
            f"{repr_value(text)} has two-letter codes, which ISO 3166 and FIPS 10-4 read differently: "
            f"{_two_letters(match[1])}; {_two_letters(match[2])}; a pair is two codes of three letters, such as USA-RUS"
        )
    first, second = (_state(code) for code in match.groups())
    if first == second:
        raise SituationError(f"{repr_value(text)} has one state twice ({STATES[first].name})")
    return first, second


def _state(code: str) -> int:
    position = resolve(code, "iso3")
    if position < 0:
        raise SituationError(f"{code!r} is a place but no state; events, disputes and trade are of states")
    return position


def _two_letters(code: str) -> str:
    """Return how both schemes read a code of two letters."""
    readings = []
    for scheme, label in (("iso2", "ISO"), ("fips", "FIPS")):
        position = codes(scheme).get(code)
        if position is None:
            name = "no code"
        else:
            name = "no state" if position < 0 else f"{STATES[position].name}, {STATES[position].iso3}"
        readings.append(f"{name} ({label})")
    return f"{code.upper()} is {' or '.join(readings)}"


def _named_pair(text: str) -> str:
    """Suggest the pair that two names are."""
    names = codes("name")
    for separator in re.finditer(r"[-\u2010-\u2015/:,|]|\band\b|\bv(?:s\b|\b)\.?", text):
        states = [names.get(part, NO_STATE) for part in (text[: separator.start()], text[separator.end() :])]
        if min(states) >= 0:
            return f"; did you mean {pair_name(*states)!r}?"
    return ""


def pair_name(state_a: int, state_b: int) -> str:
    """Return the name of a pair, such as `USA-RUS`, in the given order."""
    return f"{STATES[state_a].iso3}-{STATES[state_b].iso3}"


@cache
def read_borders(path: str | None = None) -> tuple[Border, ...]:
    """Read a table of land boundaries.

    Parameters
    ----------
    path : a CSV file with the columns `state_a` and `state_b` (ISO 3166-1 alpha-3 codes), and `from` and `to` (first
        and last year) where a boundary changed; the table of this package without. Lines that begin with # are skipped.

    Raises
    ------
    SituationError
        The file cannot be read, lacks a column, or has an unknown state or an invalid year.
    """
    if path is None:
        return tuple(
            Border(_POSITIONS[row["state_a"]], _POSITIONS[row["state_b"]], _year(row["from"]), _year(row["to"]))
            for row in _rows("borders.csv")
        )
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SituationError([Problem(message, file=path)]) from None
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    rows = csv.reader(line for _, line in numbered)
    header = [name.strip() for name in next(rows, [])]
    for name in ("state_a", "state_b"):
        if name not in header:
            message = f"has no column {name!r}; borders have the columns state_a, state_b, from, to"
            raise SituationError([Problem(message, file=path, line=numbered[0][0] if numbered else None)])
    return tuple(
        _border({name: cell.strip() for name, cell in zip(header, row, strict=False)}, path, number)
        for (number, _), row in zip(numbered[1:], rows, strict=True)
    )


def _border(row: dict[str, str], path: str, line: int) -> Border:
    try:
        state_a, state_b = (_state(row.get(name, "")) for name in ("state_a", "state_b"))
        if state_a == state_b:
            raise SituationError(f"{STATES[state_a].iso3} is on both sides")
        years = []
        for name in ("from", "to"):
            text = row.get(name, "")
            if text and not re.fullmatch(r"\d{4}", text):
                raise SituationError(f"{name} is {text!r}, which is no year such as 1991")
            years.append(_year(text))
    except SituationError as error:
        raise SituationError([problem._replace(file=path, line=line) for problem in error.problems]) from None
    return Border(state_a, state_b, years[0], years[1])


def neighbours(position: int, year: int, borders: tuple[Border, ...] | None = None) -> frozenset[int]:
    """Return the states that adjoin a state by land in some part of a year.

    Parameters
    ----------
    position : of the state in `STATES`.
    borders : as `read_borders` returns them; the table of this package without.
    """
    adjoining = set()
    for border in read_borders() if borders is None else borders:
        if position in border[:2] and (border.start or year) <= year <= (border.end or year):
            adjoining.add(border.state_b if position == border.state_a else border.state_a)
    return frozenset(adjoining)
