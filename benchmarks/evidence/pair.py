"""The United States and Russia: the series of meetings, and the thirteen cases."""

from collections.abc import Iterator

import cases as reference_cases
import dyads
import numpy as np
import pandas as pd
from reference import RESAMPLES, Data, with_interval

import riskmodel
from riskmodel.analysis.discrimination import auc_estimate, draw_resamples
from riskmodel.report.markdown import table

PAIR = "USA-RUS"


def meetings(data: Data) -> Iterator[str]:
    """Whether few meetings, or fewer than before, came before a dispute or crisis."""
    path = data.folder / "us_russia" / "us_russia_contacts_per_year.csv"
    pair = _pair(data)
    if not path.is_file() or pair.empty:
        yield "The series of meetings, or the pair of the United States and Russia, is not in the data."
        return
    held = pd.read_csv(path).set_index("year")["total"].astype(float)
    contenders = {
        "few meetings": -held,
        "fewer than in the three years before": held.rolling(3).mean().shift(1) - held,
        "escalation score (no meetings in it)": riskmodel.load_model().score_frame(pair)["escalation_exact"],
    }
    rows = []
    for outcome, told in dyads.OUTCOMES.items():
        happened = pair[outcome].dropna() == 1.0
        for name, series in contenders.items():
            values = series.reindex(happened.index).dropna()
            events = happened[values.index].to_numpy()
            drawn = draw_resamples(np.arange(len(events)), RESAMPLES, 0.95, 0)
            area = with_interval(auc_estimate(events, values.to_numpy(float), drawn))
            span = f"{values.index.min()}-{values.index.max()}"
            rows.append((name, told, span, f"{int(events.sum())} of {len(events)}", area))
    yield from table(("", "Outcome", "Years", "Events", "AUC (95 % interval)"), rows, "lllrr")


def cases(data: Data) -> Iterator[str]:
    """The thirteen cases, each beside its opposite."""
    del data  # they stand in the examples
    listed = reference_cases.cases()
    rows, agreed = [], {"escalation": 0, "stability": 0}
    for case in listed:
        cells = []
        for score in agreed:
            agreed[score] += case.agrees(score)
            own, other = case.found[score], case.opposite[score]
            cells += [f"{own.reported} {own.band}", str(other.reported), "yes" if case.agrees(score) else "no"]
        rows.append((str(case.year), case.found.title or "", case.direction, str(case.opposite_year), *cells))
    headings = ("Year", "Case", "Experts", "Opposite", *("Escalation", "Opposite's", "Agrees"))
    yield from table((*headings, *("Stability", "Opposite's", "Agrees")), rows, "lllrlrllrl")
    yield ""
    told = ", ".join(f"{score} {count} of {len(rows)}" for score, count in agreed.items())
    alone = sum(case.agrees_alone("military_activity") for case in listed)
    yield f"Agree by direction: {told}; military activity alone {alone} of {len(rows)}."


def year_before(data: Data) -> Iterator[str]:
    """The cases by coded data alone, each beside the year before."""
    score = riskmodel.load_model().score_frame(_pair(data))["escalation_exact"]
    rows, agreed = [], 0
    for year, direction in reference_cases.DIRECTIONS.items():
        if not {year, year - 1} <= set(score.dropna().index):
            continue
        agrees = score[year] > score[year - 1] if direction == "up" else score[year] < score[year - 1]
        agreed += bool(agrees)
        told = "yes" if agrees else "no"
        rows.append((str(year), direction, f"{score[year - 1]:.1f}", f"{score[year]:.1f}", told))
    yield from table(("Year", "Experts", "Escalation the year before", "Escalation", "Agrees"), rows, "llrrl")
    yield ""
    yield f"Agree: {agreed} of the {len(rows)} cases whose years the data hold."


def _pair(data: Data) -> pd.DataFrame:
    return data.mapped[data.mapped["dyad"] == PAIR].set_index("year")
