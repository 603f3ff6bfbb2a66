"""Codes of acts: the Conflict and Mediation Event Observations (CAMEO), and PLOVER, which came after it.

A code of CAMEO is text of three or four digits with its zeros: the first two are its root, the first three its base.
A code of PLOVER is a type, alone (`CONSULT`) or with a mode (`ASSAULT/aerial`).

References
----------
Schrodt (2012), CAMEO: Conflict and Mediation Event Observations, Event and Actor Codebook, version 1.1b3. GDELT and
ICEWS write the codes of the versions before it, and 1213. Open Event Data Alliance (2021), PLOVER, draft 0.8.
"""

import re
from functools import cache, lru_cache

from riskmodel.errors import suggest

ROOTS = {
    "01": "public statement",
    "02": "appeal",
    "03": "intent to cooperate",
    "04": "consultation",
    "05": "diplomatic cooperation",
    "06": "material cooperation",
    "07": "aid",
    "08": "concession",
    "09": "investigation",
    "10": "demand",
    "11": "disapproval",
    "12": "rejection",
    "13": "threat",
    "14": "protest",
    "15": "show of force",
    "16": "reduced relations",
    "17": "coercion",
    "18": "assault",
    "19": "fighting",
    "20": "mass violence",
}
"""Titles of the roots."""

TITLES = {
    "010": "statement of no stated kind",
    "028": "appeal for mediation",
    "036": "intent to meet or negotiate",
    "038": "willingness to accept mediation",
    "039": "offer to mediate",
    "040": "talks of no stated kind",
    "041": "talks by telephone",
    "042": "visit made",
    "043": "visit received",
    "044": "meeting in a third place",
    "045": "mediation",
    "046": "negotiation",
    "050": "diplomatic cooperation of no stated kind",
    "054": "diplomatic recognition",
    "057": "formal agreement signed",
    "060": "material cooperation of no stated kind",
    "061": "economic cooperation",
    "062": "military cooperation",
    "063": "judicial cooperation",
    "064": "intelligence shared",
    "085": "sanctions eased",
    "087": "military de-escalation",
    "0871": "ceasefire declared",
    "0872": "blockade eased",
    "0873": "forces demobilised",
    "0874": "military retreat",
    "105": "demand to yield or accept mediation",
    "106": "demand to withdraw",
    "107": "demand for a ceasefire",
    "111": "criticism",
    "112": "accusation",
    "1123": "accusation of aggression",
    "1125": "accusation of espionage",
    "126": "mediation rejected",
    "130": "threat of no stated kind",
    "131": "threat without force",
    "1312": "threat of sanctions",
    "1313": "threat to break relations",
    "134": "threat to halt negotiations",
    "135": "threat to halt mediation",
    "138": "threat of military force",
    "1381": "threat of blockade",
    "1382": "threat of occupation",
    "1384": "threat of attack",
    "1385": "threat of weapons of mass destruction",
    "139": "ultimatum",
    "150": "show of force of no stated kind",
    "151": "police alert raised",
    "152": "military alert raised",
    "153": "police mobilised",
    "154": "armed forces mobilised",
    "155": "cyber forces mobilised",
    "160": "relations reduced in no stated way",
    "161": "diplomatic relations reduced or broken",
    "162": "aid reduced",
    "163": "embargo, boycott or sanctions imposed",
    "164": "negotiations halted",
    "165": "mediation halted",
    "166": "expulsion or withdrawal of missions",
    "171": "property seized or damaged",
    "172": "administrative sanctions",
    "173": "arrest",
    "174": "individuals expelled",
    "176": "cyber attack",
    "180": "unconventional violence of no stated kind",
    "190": "military force of no stated kind",
    "191": "blockade",
    "192": "territory occupied",
    "193": "fighting with small arms",
    "194": "fighting with artillery and tanks",
    "195": "air attack",
    "196": "ceasefire violated",
    "200": "mass violence of no stated kind",
    "204": "weapons of mass destruction used",
    "2042": "nuclear weapon detonated",
}
"""Titles of codes; other codes go by their base or root."""

# Each root and its last base; each base that has codes below it, and the last of these.
_LAST_BASES = """
    01:9 02:8 03:9 04:6 05:7 06:4 07:5 08:7 09:4 10:8 11:6 12:9 13:9 14:5 15:5 16:6 17:6 18:6 19:6 20:4
"""
_LAST_BELOW = """
    021:4 023:4 024:4 025:6 031:4 033:4 034:4 035:6 081:4 083:4 084:2 086:3 087:4 101:4 103:4 104:4 105:6 112:5
    121:3 122:4 123:4 124:6 131:3 132:4 138:5 141:4 142:4 143:4 144:4 145:4 162:3 166:3 171:2 172:4 182:3 183:4
    195:2 204:2
"""

# Modes as in the drafts of the manual from 0.7 to 0.8, whose names changed.
_MODES = {
    "AGREE": "",
    "CONSULT": "visit third-party multilateral phone",
    "SUPPORT": "",
    "CONCEDE": "",
    "COOPERATE": "",
    "AID": "economic military humanitarian asylum",
    "RETREAT": "withdraw release return disarm ceasefire access resign",
    "REQUEST": "assist change yield meet",
    "ACCUSE": "disapprove investigate allege",
    "REJECT": "assist change yield meet",
    "THREATEN": "restrict ban arrest relations expel territory violence",
    "PROTEST": "demo riot strike strike-gen strike-lim strike-hun hunger boycott obstruct",
    "SANCTION": "convict expel withdraw discontinue",
    "MOBILIZE": "troops weapons police militia",
    "COERCE": "seize restrict ban censor curfew martial-law arrest deport withhold misinformation cyber",
    "ASSAULT": (
        "abduct beat torture sexual primitive firearms explosives suicide-attack heavy-weapons aerial drone destroy"
        " crowd-control targeted assassinate massacre cleansing unconventional"
    ),
}


def _numbered(table: str, first: int) -> list[str]:
    """Return the codes that a table of last digits stands for."""
    return [
        f"{start}{digit}"
        for start, last in (entry.split(":") for entry in table.split())
        for digit in range(first, int(last) + 1)
    ]


CODES = tuple(sorted([*_numbered(_LAST_BASES, 0), *_numbered(_LAST_BELOW, 1)]))
"""All codes of CAMEO, sorted; roots alone are no codes of events."""

POSITION = {code: position for position, code in enumerate(CODES)}
"""The position of each code in `CODES`."""

_CAMEO = frozenset([*ROOTS, *CODES])


PLOVER_CODES = frozenset([*_MODES, *(f"{name}/{mode}" for name, modes in _MODES.items() for mode in modes.split())])
"""All codes of PLOVER: types, and types with a mode."""


@lru_cache(4096)
def with_zeros(text: str) -> str:
    """Return a code with the zeros that it lost where it was taken for a number; other text as it is.

    Below 100 a zero is lacking before two digits (12 is 012), and from 205 to 999 before three (256 is 0256), because
    the last root is 20, and its last base code 204. Other numbers lost none.
    """
    number = text.removesuffix(".0")
    if not (number.isascii() and number.isdecimal()):
        return text
    if number.startswith("0"):
        return number
    value = int(number[:5])
    return f"0{number}" if 205 <= value <= 999 else number.zfill(3)


def title(code: str) -> str:
    """Return a title of a code of CAMEO or PLOVER, or of the base or root that it belongs to; else the code itself."""
    if code in PLOVER_CODES:
        return code.lower().replace("/", ", ")
    if code in POSITION:
        return TITLES.get(code) or TITLES.get(code[:3]) or ROOTS[code[:2]]
    return ROOTS.get(code, code)


@cache
def expand(codes: str) -> frozenset[str]:
    """Return the codes that an entry of a derivations file stands for.

    Parameters
    ----------
    codes : a code, root or base of CAMEO with all below it (`04`, `042`, `1125`), two of the same length with all from
        one to the other (`190-196`, `18-20`), a type of PLOVER with its modes (`CONSULT`) or one with a mode.

    Raises
    ------
    ValueError
        The entry names no code; the message gives the nearest.
    """
    if codes in PLOVER_CODES:
        return frozenset(code for code in PLOVER_CODES if code == codes or code.startswith(f"{codes}/"))
    ends = re.fullmatch(r"(\d+)(?:-(\d+))?", codes, re.ASCII)
    low, high = (ends[1], ends[2] or ends[1]) if ends else (codes, codes)
    for end in (low, high):
        if end not in _CAMEO:
            upper = end.upper()
            hint = f"; did you mean {upper!r}?" if upper in PLOVER_CODES else suggest(with_zeros(end), sorted(_CAMEO))
            raise ValueError(f"{end!r} is no code of CAMEO or PLOVER{hint}")
    if len(low) != len(high) or low > high:
        raise ValueError(f"{codes!r} is no range of codes: both are of the same length, and the smaller comes first")
    return frozenset(code for code in CODES if len(code) >= len(low) and low <= code[: len(low)] <= high)
