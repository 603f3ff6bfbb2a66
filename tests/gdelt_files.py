"""Invented rows of GDELT files, and what is read from them."""

import re
from datetime import date

from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import gdelt
from riskmodel.sources.countries import STATES
from riskmodel.sources.files import SourceFile
from riskmodel.sources.gdelt_layout import PUBLISHED
from riskmodel.sources.records import ORGANISATION, Tally

STATE_ROLES = frozenset({"GOV", "MIL", "SPY", "LEG", "JUD", "COP"})


def row(width=61, key=1000, day="20180301", source="USA", target="RUS", event="042", **columns):
    """Return the cells of a row; of actors such as `USAGOV` the country and the first role are taken from the code."""
    cells = {"GLOBALEVENTID": str(key), "SQLDATE": day, "EventCode": event, "DATEADDED": "20180301103000", **columns}
    if width < 61:
        cells["DATEADDED"] = cells["DATEADDED"][:8]
    for number, code in ((1, source), (2, target)):
        has_country = not code.startswith("IGO")
        cells[f"Actor{number}Code"] = code
        cells.setdefault(f"Actor{number}CountryCode", code[:3] if has_country else "")
        cells.setdefault(f"Actor{number}Type1Code", code[3:6] if has_country else code[:3])
    return [cells.get(name, "") for name in PUBLISHED[width]]


def text(*rows, delimiter="\t", end="\n"):
    """Return rows as text."""
    return "".join(delimiter.join(cells) + end for cells in rows)


def reader(path, **source):
    """Return the reader of a file."""
    return gdelt.open_events(SourceFile(str(path)), SourceSpec(kind="gdelt", path=(str(path),), **source), STATE_ROLES)


def read(path, **source):
    """Return the acts of a file as (line, key, day, source, target, code), and the counts."""
    events, acts, total = reader(path, **source), [], Tally()
    for piece in events.pieces():
        part, tally = events.parse(piece)
        total.add(tally)
        acts += [
            (line, key, str(date.fromordinal(date(1970, 1, 1).toordinal() + day)), name(a), name(b), part.codes[code])
            for line, key, day, a, b, code in zip(
                *(getattr(part, field).tolist() for field in ("line", "key", "day", "source", "target", "code")),
                strict=True,
            )
        ]
    assert len(acts) == total.kept
    return acts, total


def name(state):
    """Return the code of a state, or a plus for an organisation."""
    return "+" if state == ORGANISATION else STATES[state].iso3


def days(tally):
    """Return the rows by the day of the file, as dates."""
    start = date(1970, 1, 1).toordinal()
    return {str(date.fromordinal(start + day)): count for day, count in sorted(tally.days.items())}


def in_message(*parts):
    """Return a pattern that finds these parts in this order."""
    return "(?s)" + ".*".join(map(re.escape, parts))
