"""The United States and Russia: the series of meetings, and the thirteen cases."""

from collections import Counter
from collections.abc import Iterable, Sequence

import cases as reference_cases
import dyads
import numpy as np
import pandas as pd
from cases import Case
from onsets import clauses
from reference import Data, Section
from resampling import Wins
from wording import brief, listed, span, with_interval

import riskmodel
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate

PAIR = "USA-RUS"
BY_HAND = (
    "These cases were coded by hand and are not rows of the data: no years of them are held out, and no weight was "
    "chosen by them."
)
# What the data lack of the years in which the coded data may go against the experts.
LACKING = {
    1972: "nothing that the Moscow summit changed is in these data",
    1980: "the boycott, the embargo and the end of arms control are not in these data",
}


def meetings(data: Data) -> Section:
    """Show whether few meetings, or fewer than before, came before a dispute or crisis, period by period."""
    pair = _pair(data)
    path = None if data.folder is None else data.folder / "us_russia" / "us_russia_contacts_per_year.csv"
    if path is None or not path.is_file() or pair.empty:
        return Section(["The series of meetings, or the pair of the United States and Russia, is not in the data."])
    held = pd.read_csv(path).set_index("year")["total"].astype(float)
    contenders = {
        "few meetings": -held,
        "fewer than in the three years before": held.rolling(3).mean().shift(1) - held,
        "the escalation score (no meetings in it)": pair["escalation"],
    }
    rows = []
    areas: dict[str, dict[str, dict[str, Estimate | None]]] = {}
    for outcome, title in dyads.OUTCOMES.items():
        for name, series in contenders.items():
            for heading, years in _years(data).items():
                happened = pair.loc[pair.index.isin(years), outcome].dropna() == 1.0
                values = series.reindex(happened.index).dropna()
                events = happened[values.index].to_numpy()
                if not len(values):
                    continue
                area = Wins(events, values.to_numpy(float), np.arange(len(events))).area(data.resamples)
                areas.setdefault(name, {}).setdefault(outcome, {})[heading] = area
                shown = f"{values.index.min()}-{values.index.max()}{heading.removeprefix(span(heading))}"
                rows.append((name, title, shown, f"{int(events.sum())} of {len(events)}", with_interval(area)))
    sentences, short = (
        [
            f"{name[0].upper()}{name[1:]}: {'; '.join(clauses(by_outcome, figure=figure))}."
            for name, by_outcome in areas.items()
        ]
        for figure in (with_interval, brief)
    )
    lines = [
        *markdown_table(("", "Outcome", "Years", "Events", "AUC (95 % interval)"), rows, "lllrr"),
        "",
        *(f"- {sentence}" for sentence in sentences),
    ]
    return Section(lines, [f"**The United States and Russia**, the pair of the article. {' '.join(short)}"])


def cases(data: Data) -> Section:
    """Show the thirteen cases, each beside its opposite."""
    del data  # they are in the examples
    listing = reference_cases.cases()
    rows, agreed = [], Counter({"escalation": 0, "stability": 0})
    for case in listing:
        cells = []
        for score in ("escalation", "stability"):
            agreed[score] += case.agrees(score)
            own, other = case.assessment[score], case.opposite[score]
            cells += [f"{own.reported} {own.band}", str(other.reported), "yes" if case.agrees(score) else "no"]
        rows.append((str(case.year), case.assessment.title or "", case.direction, str(case.opposite_year), *cells))
    headings = ("Year", "Case", "Experts", "Opposite", *("Escalation", "Opposite's", "Agrees"))
    counts = ", ".join(f"{score} {count} of {len(rows)}" for score, count in agreed.items())
    alone = sum(case.agrees_alone("military_activity") for case in listing)
    agreement = f"Agree by direction: {counts}; military activity alone {alone} of {len(rows)}."
    lines = [
        *markdown_table((*headings, *("Stability", "Opposite's", "Agrees")), rows, "lllrlrllrl"),
        "",
        agreement,
        "",
        *(f"- {sentence}" for sentence in [*_mild(listing), _levels(listing), BY_HAND]),
    ]
    return Section(lines, [f"**Thirteen years of this pair, coded by hand.** {agreement} {_levels(listing)}"])


def _mild(listing: Sequence[Case]) -> list[str]:
    """Say how few comparisons the cases are, and how near the nearest is."""
    comparisons = {frozenset((case.year, case.opposite_year)) for case in listing}
    year, lean = Counter(case.opposite_year for case in listing).most_common(1)[0]
    margins = [abs(_value(case.assessment) - _value(case.opposite)) for case in listing]
    nearest = listing[margins.index(min(margins))]
    return [
        f"The {len(listing)} lines are {len(comparisons)} different comparisons; {lean} of them lean on {year}.",
        f"The smallest difference in escalation is that of {nearest.year} and {nearest.opposite_year}, "
        f"{min(margins):.1f} points.",
    ]


def _levels(listing: Sequence[Case]) -> str:
    """Say how many of the cases that went down still lie in the upper bands."""
    bands = riskmodel.load_model().compiled.scores["escalation"].bands
    down = [case for case in listing if case.direction == "down"]
    upper = [case for case in down if case.assessment["escalation"].band in bands[-2:]]
    named = f": {listed(str(case.year) for case in upper)}" if upper else ""
    return f"Of the {len(down)} cases that went down, {len(upper)} still lie in *{bands[-2]}* or *{bands[-1]}*{named}."


def year_before(data: Data) -> Section:
    """Show the cases by coded data alone, each beside the year before."""
    pair = _pair(data)
    score = pair["escalation"].dropna()
    rows, agreed, notes = [], dict.fromkeys(data.periods, (0, 0)), []
    for heading, years in _years(data).items():
        for year, direction in reference_cases.DIRECTIONS.items():
            if year not in years or not {year, year - 1} <= set(score.index):
                continue
            agrees = bool(score[year] > score[year - 1] if direction == "up" else score[year] < score[year - 1])
            agreed[heading] = agreed[heading][0] + agrees, agreed[heading][1] + 1
            cells = (f"{score[year - 1]:.1f}", f"{score[year]:.1f}", "yes" if agrees else "no")
            rows.append((str(year), heading, direction, *cells))
            if not agrees:
                notes.append(f"- {year} ({direction}): {_changes(pair, year)}{_lacking(year)}.")
    counted = [f"{right} of {count} in {span(heading)}" for heading, (right, count) in agreed.items() if count]
    if not counted:
        return Section(["The data hold none of these years of the pair, beside the year before."])
    headings = ("Year", "Years", "Experts", "Escalation the year before", "Escalation", "Agrees")
    against = ["", "Those that do not agree, by what the data code:", "", *notes] if notes else []
    lines = [*markdown_table(headings, rows, "lllrrl"), "", f"Agree: {listed(counted)}.", *against]
    return Section(lines, [f"**By coded data alone**, each beside the year before, agree {listed(counted)}."])


def _changes(pair: pd.DataFrame, year: int) -> str:
    """The indicators that differ from the year before, as coded."""
    before, after = pair.loc[year - 1], pair.loc[year]
    changes = [
        f"`{entry.indicator}` {before[entry.indicator]:.3g} to {after[entry.indicator]:.3g}"
        for entry in dyads.MAPPING
        if pd.notna(after[entry.indicator]) and before[entry.indicator] != after[entry.indicator]
    ]
    return listed(changes) if changes else "nothing differs"


def _lacking(year: int) -> str:
    return f"; {LACKING[year]}" if year in LACKING else ""


def _value(assessment: riskmodel.Assessment) -> float:
    return float(assessment["escalation"].value or 0.0)


def _years(data: Data) -> dict[str, Iterable[int]]:
    return {heading: set(data.mapped["year"][rows]) for heading, rows in data.periods.items()}


def _pair(data: Data) -> pd.DataFrame:
    rows = data.mapped["dyad"] == PAIR
    return data.mapped[rows].assign(escalation=data.escalation[rows]).set_index("year")
