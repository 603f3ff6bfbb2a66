"""The geopolitical risk index of Caldara and Iacoviello, by month: levels of the world and of states.

The file is `data_gpr_export`, as .xls, .xlsx or CSV, with a row for each month. `GPR`, `GPRT`, `GPRA` (from
1985), `GPRH` (from 1900) and their like are of the world; `GPRC_RUS` and `GPRHC_RUS` are of a state, and become the
columns `GPRC` and `GPRHC`. All other columns, among them those of the names and labels of variables, are left out.

Caldara and Iacoviello (2022), Measuring Geopolitical Risk, American Economic Review 112(4), 1194-1225.
"""

import re

import pyarrow.compute as pc

from riskmodel.schema.recipe import SourceSpec
from riskmodel.sources import countries
from riskmodel.sources.cell_values import Level, levels
from riskmodel.sources.files import SourceFile
from riskmodel.sources.records import NO_STATE, Levels, Tally
from riskmodel.sources.small_tables import SmallTable
from riskmodel.tables import arrays

_LIKELY = ("month", "GPR", "GPRH")
_STATE = re.compile(r"(GPRH?C)_([A-Z]{3})", re.IGNORECASE)
_WORLD = re.compile(r"GPRH?(?!H?C_)\w*", re.IGNORECASE)


def read(file: SourceFile, source: SourceSpec) -> tuple[Levels, Tally]:
    """Read a file.

    Raises
    ------
    SituationError
        There is no column of months or of the index, or a cell is no month or no number.
    """
    tally = Tally()
    table = SmallTable(file, source, _LIKELY)
    known = countries.codes("iso3")
    wanted: list[Level] = []
    for name in table.names:
        if match := _STATE.fullmatch(name):
            state = known.get(match[2], NO_STATE)
            if state >= 0:
                wanted.append(Level(name, match[1].upper(), state, NO_STATE))
            else:
                tally.mended[f"values of {name} left out, which is of no state"] += 1
        elif _WORLD.fullmatch(name):
            wanted.append(Level(name, name.upper(), NO_STATE, NO_STATE))
    if not wanted:
        raise file.error(
            "has no column such as GPR or GPRC_USA, which are those of the geopolitical risk index", line=1
        )
    columns = table.columns(["month", *(level.name for level in wanted)])
    tally.rows = len(columns.line)
    dated = arrays.mask(pc.not_equal(columns.text["month"], ""))
    kept = tally.keep({"no month": ~dated})
    columns = columns.where(kept)
    return levels(columns, "month", wanted, kept[kept], tally), tally


def show(file: SourceFile, source: SourceSpec, lines: set[int]) -> list[dict[str, str]]:
    """Return the rows that begin at these lines, by the names of the file."""
    return SmallTable(file, source, _LIKELY).rows(lines)
