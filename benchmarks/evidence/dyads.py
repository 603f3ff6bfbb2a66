"""Dyad-years as situations: which column of the data is which indicator, and why.

The data (see docs/evidence.md for their makers) have a row for each pair of states and year: what was the case in year
t, and whether a dispute or crisis began in t + 1. A column is mapped only where it measures what the indicator's
description says, in a unit that can be turned into the indicator's; everything else is missing, as it would be for an
analyst who has no figure.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

OUTCOMES = {"y_mid_onset": "dispute onset", "y_icb_onset": "crisis onset"}
PEACE = "crit_peace_scale"
KEYS = ["dyad", "year"]

# Hostility 0 to 5 of the Militarized Interstate Disputes data: no dispute, dispute without militarised action, threat,
# display, use of force, war; each at the guide's nearest anchor.
HOSTILITY = [2.0, 2.0, 4.0, 6.0, 8.0, 10.0]
CRISIS = 8.0


class Mapped(NamedTuple):
    """An indicator and the columns that it is made of."""

    indicator: str
    columns: str
    how: str
    why: str


MAPPING = [
    Mapped(
        "military_activity",
        "mid_host_t, icb_crisis_t",
        "hostility 0-1: 2, threat 4, display 6, use 8, war 10; at least 8 in a crisis",
        "The guide's anchors are the same ladder: usual patrols, exercises close by, raised readiness, forces "
        "gathered, fire exchanged. Without a dispute no threat or display was coded, which is the guide's 2, between "
        "friends too. The description asks for a month; this is the highest level that the dispute reached.",
    ),
    Mapped(
        "dispute_history",
        "mid_onsets_5y, icb_onsets_5y",
        "sum",
        "The description says disputes and crises that began in five years. A crisis that is also coded as a dispute "
        "counts twice.",
    ),
    Mapped(
        "peace_years", "peace_years", "as it is", "Years since the last year with a dispute, which is the description."
    ),
    Mapped(
        "standing_rivalry",
        "rivalry, rivalry_last10",
        "10 for a strategic rivalry, 5 where one ended within ten years, else 0",
        "The guide's anchors. Historians code rivalries looking back, so figures are also given without it; which "
        "pairs are in the data at all goes by the same coding.",
    ),
    Mapped(
        "regional_instability",
        "other_mids_t",
        "0 disputes with third states: 0, one 3, four 6, ten or more 10; straight between",
        "Disputes of either state with others. Weak: for a great power they need not be in the neighbourhood.",
    ),
    Mapped(
        "alliance_realignment",
        "alliance_shift_max",
        "times 10",
        "How far the set of a state's defence partners differs from three years before (Jaccard distance, 0 to 1). "
        "Weak: a small state that changes its only partner reaches 1 as well as blocs formed anew.",
    ),
    Mapped(
        "trade_disruption",
        "trade_drop",
        "times 100",
        "Per cent below the mean of the three years before, as in the description. Its makers smoothed the series.",
    ),
]

# What the mapping, the outcomes and the sections of the page read.
READ = [
    "ccode1", "ccode2", "year", "dyad", "pop_primary",
    "mid_host_t", "icb_crisis_t", "mid_onsets_5y", "icb_onsets_5y", "peace_years", "rivalry", "rivalry_last10",
    "other_mids_t", "alliance_shift_max", "trade_drop", *OUTCOMES, PEACE,
]  # fmt: skip

NOT_MAPPED = {
    "communication_frequency": "For pairs with the United States the data count visits of presidents and secretaries, "
    "a few a year; the indicator counts contacts at all levels, per month. Shared organisations are no contacts.",
    "espionage": "Cyber operations since 2000 are coded by their start, not by becoming public; no other case is.",
    "public_hostility": "No polls. Distance in UN votes is between governments.",
    "third_party_mediation": "Not in the data.",
    "arms_control_engagement": "Not in the data.",
    "joint_initiatives": "Shared organisations are memberships, not programmes of the two.",
    "unresolved_disputes": "Not in the data.",
}


def files(folder: Path) -> list[Path]:
    """The files of dyad-years in a folder of reference data, or the one file that it is."""
    return [folder] if folder.is_file() else sorted((folder / "dyads").glob("dyad_year*.csv"))


def read(paths: list[Path]) -> pd.DataFrame:
    """All dyad-years of the primary population (major powers, and rivals of now or the past ten years)."""
    table = pd.concat([_read(path) for path in paths], ignore_index=True)
    table = table[table["pop_primary"] == 1]
    return table.drop_duplicates(["ccode1", "ccode2", "year"]).sort_values(
        ["ccode1", "ccode2", "year"], ignore_index=True
    )


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path}: cannot be read as CSV: {error}") from None
    absent = [name for name in READ if name not in table]
    if absent:
        raise SystemExit(f"{path}: these are no dyad-years; there is no column {', '.join(map(repr, absent))}")
    return table


def situations(table: pd.DataFrame) -> pd.DataFrame:
    """The dyad-years as situations: the mapped indicators beside the keys and outcomes."""
    frame = table[[*KEYS, *OUTCOMES, PEACE]].copy()
    hostility = table["mid_host_t"].map(dict(enumerate(HOSTILITY)))
    frame["military_activity"] = hostility.mask(table["icb_crisis_t"] == 1, np.maximum(hostility, CRISIS))
    frame["dispute_history"] = table["mid_onsets_5y"] + table["icb_onsets_5y"]
    frame["peace_years"] = table["peace_years"]
    rivalry = np.fmax(10.0 * table["rivalry"], 5.0 * table["rivalry_last10"])
    frame["standing_rivalry"] = rivalry.mask(table["rivalry"].isna())
    others = table["other_mids_t"]
    frame["regional_instability"] = np.interp(others, [0, 1, 4, 10], [0, 3, 6, 10])
    frame["alliance_realignment"] = 10.0 * table["alliance_shift_max"]
    frame["trade_disruption"] = 100.0 * table["trade_drop"]
    return frame
