"""States, and their codes and names in the schemes of the sources.

ISO 3166 is pycountry's. Tables beside this file hold what no library has right: the states that ended, the numbers of
the Correlates of War and of Gleditsch and Ward, CAMEO, FIPS 10-4, the names of ICEWS and UCDP.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import NamedTuple, get_args

from riskmodel.errors import SituationError, repr_value, suggest
from riskmodel.extras import require
from riskmodel.schema.recipe import CodeScheme
from riskmodel.sources.records import NO_STATE, ORGANISATION


class State(NamedTuple):
    """A member of the international system since 1945, or the Holy See or Palestine.

    Attributes
    ----------
    iso3 : the code of ISO 3166-1, of ISO 3166-3 for Czechoslovakia (CSK), the GDR (DDR) and South Yemen (YMD), of the
        Correlates of War for South Vietnam (RVN) and Zanzibar (ZAN); XKX for Kosovo.
    cow, gw : the latest number by the Correlates of War, and by Gleditsch and Ward.
    start, end : first and last year as a member by the Correlates of War, without interruption; no `end` for those that
        exist.
    """

    iso3: str
    name: str
    cow: int | None
    gw: int | None
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
    kept = [word for word in words if word not in _IDLE] or words
    return " ".join(sorted(_SHORT.get(word) or word.lstrip("0") or word for word in kept))


_IDLE = frozenset(("the", "of", "and", "former", "fmr"))
"""Words that do not tell one name from another."""
_SHORT = {"fed": "federal", "st": "saint", "rep": "republic", "dem": "democratic", "isds": "islands"}
"""Words of names that lists write short."""


def table_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table of this package; lines that begin with # are about it."""
    text = files("riskmodel.sources").joinpath("tables", name).read_text(encoding="utf-8")
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


_STATE_ROWS = table_rows("states.csv")


def _year(text: str) -> int | None:
    return int(text) if text else None


STATES = tuple(
    State(row["iso3"], row["name"], _year(row["cow"]), _year(row["gw"]), _year(row["start"]), _year(row["end"]))
    for row in _STATE_ROWS
)
"""All states, sorted by `iso3`. RUS holds the USSR, SRB Yugoslavia, DEU the Federal Republic, YEM North Yemen."""

_POSITIONS = {state.iso3: position for position, state in enumerate(STATES)} | {"-": NO_STATE, "+": ORGANISATION}

SCHEMES: tuple[CodeScheme, ...] = get_args(CodeScheme)
"""Schemes of codes and of names; `imf` holds the numbers, the names and ISO 3166-1 alpha-3."""

_BASES = {
    "cameo": ("iso3",),
    "imf": ("iso3", "name"),
    "icews": ("name",),
    "ucdp": ("name",),
    "historyatstate": ("name",),
}
"""Schemes whose codes hold in another too, unless it has its own."""


class _Meaning(NamedTuple):
    """A row of the table of codes: the positions that a code may be, in the years from `start` to `end`."""

    code: str
    positions: tuple[int, ...]
    start: int | None
    end: int | None

    @property
    def is_dated(self) -> bool:
        return self.start is not None or self.end is not None

    def holds(self, year: int | None) -> bool:
        """Return whether it holds in a year, or now without a year."""
        if year is None:
            return self.end is None
        return (self.start or year) <= year <= (self.end or year)


@cache
def _meanings() -> dict[str, list[_Meaning]]:
    """Return the table of codes, by scheme."""
    meanings: dict[str, list[_Meaning]] = {scheme: [] for scheme in SCHEMES}
    for row in table_rows("codes.csv"):
        positions = tuple(_POSITIONS[state] for state in row["state"].split("|"))
        meanings[row["scheme"]].append(_Meaning(row["code"], positions, _year(row["from"]), _year(row["to"])))
    return meanings


def codes(scheme: str, year: int | None = None) -> Codes:
    """Return the codes of a scheme; the same object for years in which all mean the same.

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
    dated = (meaning for meaning in _meanings()[scheme] if meaning.is_dated and meaning.holds(year))
    return _codes(scheme, tuple(dated))


@cache
def _codes(scheme: str, dated: tuple[_Meaning, ...]) -> Codes:
    result = Codes()
    for base in (*_BASES.get(scheme, ()), scheme):
        for code, positions in _undated(base):
            result.put(code, positions)
        for meaning in _meanings()[base]:
            if not meaning.is_dated:
                result.put(meaning.code, meaning.positions)
    for meaning in dated:
        result.put(meaning.code, meaning.positions)
    return result


def _undated(scheme: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the codes and names of ISO 3166, then those of the table of states."""
    if scheme in _ISO:
        require("sources")
        import pycountry

        for country in pycountry.countries:
            position = _POSITIONS.get(country.alpha_3, NO_STATE)
            yield from ((text, (position,)) for kind in _ISO[scheme] if (text := getattr(country, kind, None)))
    for position, row in enumerate(_STATE_ROWS):
        if text := row.get(scheme):
            yield text, (position,)


_ISO = {"iso3": ["alpha_3"], "iso2": ["alpha_2"], "name": ["name", "official_name", "common_name"]}
"""Schemes of ISO 3166, with the fields of pycountry."""


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
    position = _position(text, known)
    if position is not None:
        return position
    hint = _elsewhere(text, scheme) or suggest(text, known)
    raise SituationError(f"{repr_value(text)} is no state or place by {_LABELS[scheme]}{hint}")


def _position(text: str, known: Codes) -> int | None:
    """Return the position of a code or name; None if it is unknown. SituationError if it may be one of several."""
    if states := known.unclear.get(_key(text)):
        choices = " or ".join(f"{STATES[state].name} ({STATES[state].iso3})" for state in states)
        raise SituationError(f"{repr_value(text)} may be {choices}")
    return known.get(text)


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
    first, second = (state_of(code) for code in match.groups())
    if first == second:
        raise SituationError(f"{repr_value(text)} has one state twice ({STATES[first].name})")
    return first, second


def state_of(code: str) -> int:
    """Return the position of a state by its ISO 3166-1 alpha-3 code.

    Raises
    ------
    SituationError
        The code is unknown, or is that of a territory.
    """
    position = resolve(code, "iso3")
    if position < 0:
        raise SituationError(f"{code!r} is a place but no state; events, disputes and trade are of states")
    return position


def state_named(text: str) -> int:
    """Return the position of a state by an ISO 3166-1 code, of three letters or of two, or by its name in any language.

    Without pycountry only codes of three letters and the names in `STATES` are known.

    Raises
    ------
    SituationError
        The text is none of these, may be one of several states, or is a territory.
    """
    if find_spec("pycountry") is None:
        position = _names_of_states().get(text)
        if position is None:
            hint = suggest(text, [state.name for state in STATES])
            raise SituationError(f"{repr_value(text)} is no state by its English name or its ISO code{hint}")
        return position
    position = next((known[text] for known in map(codes, _NAMED) if text in known), None)
    if position is None:
        position = _position(text, codes("name"))
    if position is None:
        position = _position(text, _translated_names())
    if position is None:
        position = resolve(text, "name")
    if position < 0:
        raise SituationError(f"{repr_value(text)} is a place but no state")
    return position


_NAMED = ("iso3", "name", "iso2")
"""The schemes in which people name a state."""


@cache
def _names_of_states() -> Codes:
    result = Codes()
    for position, state in enumerate(STATES):
        result.put(state.iso3, (position,))
        result.put(state.name, (position,))
    return result


@cache
def _translated_names() -> Codes:
    """Return the names of ISO 3166 in all languages of pycountry; some are the name of several states."""
    import gettext
    from pathlib import Path

    import pycountry

    positions: dict[str, set[int]] = {}
    for file in Path(pycountry.LOCALES_DIR).glob("*/LC_MESSAGES/iso3166-1.mo"):
        translation = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [file.parts[-3]])
        for country in pycountry.countries:
            for kind in _ISO["name"]:
                if name := getattr(country, kind, None):
                    position = _POSITIONS.get(country.alpha_3, NO_STATE)
                    positions.setdefault(translation.gettext(name), set()).add(position)
    result = Codes()
    for name, places in positions.items():
        result.put(name, tuple(sorted(places - {NO_STATE})) or (NO_STATE,))
    return result


def _two_letters(code: str) -> str:
    """Return how both schemes read a code of two letters."""
    iso, fips = (_reading(codes(scheme).get(code)) for scheme in ("iso2", "fips"))
    return f"{code.upper()} is {iso} (both)" if iso == fips else f"{code.upper()} is {iso} (ISO) or {fips} (FIPS)"


def _reading(position: int | None) -> str:
    if position is None:
        return "no code"
    return "no state" if position < 0 else f"{STATES[position].name}, {STATES[position].iso3}"


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
