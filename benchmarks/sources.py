"""Hold indicators that are derived from events against lists of official contacts and of disputes.

    RISKMODEL_REFERENCE_DATA=FOLDER python benchmarks/sources.py [--write docs/sources.md]

The events are those of the Kansas Event Data System on the Levant, 1979 to 2011, in CAMEO. Their actors and codes are
read by the rules for GDELT, and the indicators derived by the shipped derivations. Held against them are the trips of
the US President and the Secretary of State and the visits to them, month by month, and the militarised disputes of the
dyad-years to 1989, year by year.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskmodel.analysis.indicators.counts import ActCounter, Axis, PairCounts
from riskmodel.analysis.indicators.derivations import expanded
from riskmodel.analysis.indicators.facts import LOOK_BACK, Derived, Facts, day_count
from riskmodel.analysis.indicators.methods.derive import derive
from riskmodel.analysis.outcomes.metrics import auc
from riskmodel.documents.derivations import load_derivations
from riskmodel.schema.derivations import DaysOfActs, DerivationsSpec, Ladder
from riskmodel.sources import cameo, countries
from riskmodel.sources.gdelt import STATE_ROLES
from riskmodel.sources.records import Acts

FIRST, LAST = "1979-05", "2011-11"
"""The first and the last whole month of the events."""
EVENTS = Path("events/keds/levant_pairs_converted.csv")
CONTACTS = Path("events/contacts/us_trips_and_visits_converted.csv")
DYADS = Path("dyads/dyad_year_1946_1989.csv")
PARTNERS = ("ISR", "EGY", "JOR", "SYR", "LBN")
"""States whose contacts with the United States are held against events."""
OF_FORCE = 8
"""The value of military activity from which its acts are of force."""
Floats = NDArray[np.float64]


class Months(NamedTuple):
    """What the events give, by pair and month.

    Attributes
    ----------
    pairs : names of the pairs.
    months : of the columns of the arrays.
    talk, force : (pairs, months) days with an act that counts for communication or as force.
    events : (pairs, months) all events of the pair.
    military : (pairs, months) the derived military activity; NaN where it is blank.
    blank : (pairs, months) True where communication is left blank.
    times : contacts that a day of talk stands for.
    rows : rows read, and rows of two states by actors who act for them.
    """

    pairs: tuple[str, ...]
    months: pd.PeriodIndex
    talk: Floats
    force: Floats
    events: Floats
    military: Floats
    blank: NDArray[np.bool_]
    times: float
    rows: tuple[int, int]

    def of(self, part: Floats, pair: str) -> Floats:
        """Return one row of an array."""
        return part[self.pairs.index(pair)]


def main() -> None:
    """Print or write figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures between the markers of a page")
    options = parser.parse_args()
    folder = os.environ.get("RISKMODEL_REFERENCE_DATA")
    if not folder:
        parser.error("name the data: RISKMODEL_REFERENCE_DATA")
    figures = sections(Path(folder))
    if options.write:
        sys.path.insert(0, str(Path(__file__).parent / "evidence"))
        from page import filled

        options.write.write_text(filled(options.write.read_text(encoding="utf-8"), figures), encoding="utf-8")
        return
    print("\n".join(line for lines in figures.values() for line in lines))


def sections(folder: Path) -> dict[str, list[str]]:
    """Return the figures by the names of their places on the page, as lines of Markdown."""
    months = by_month(pd.read_csv(folder / EVENTS, dtype=str))
    contacts, dyads = pd.read_csv(folder / CONTACTS), pd.read_csv(folder / DYADS)
    return {"talk": list(talk(months, contacts)), "force": list(force(months, dyads))}


# ---- from events to indicators


def by_month(rows: pd.DataFrame) -> Months:
    """Count events, and derive the indicators by the shipped derivations."""
    start, end = (int(pd.Period(month, "M").ordinal) for month in (FIRST, LAST))
    axis = Axis(start - LOOK_BACK, end - start + 1 + LOOK_BACK)
    acts = acts_of(rows)
    pairs = np.unique(np.sort(np.stack([acts.source, acts.target], axis=1), axis=1), axis=0)
    n_states = len(countries.STATES)
    counter = ActCounter(axis, n_states)
    days = np.array([axis.first_day, axis.first_day + int(axis.lengths.sum())])
    counter.add(acts.take((acts.day >= days[0]) & (acts.day < days[1])))
    usable = np.where(np.arange(axis.months) < LOOK_BACK, 0, axis.lengths).astype(np.int16)
    events = PairCounts("events", ("events",), counter.entries(), pairs, axis, usable, n_states)
    spec = load_derivations().spec
    derived = {of.indicator: of for of in derive(Facts(pairs, axis.first, axis.months, (events,), ()), spec)}
    way = _way(spec, "communication_frequency", DaysOfActs)
    ladder = _way(spec, "military_activity", Ladder)
    of_force = [code for step in ladder.steps if step.value >= OF_FORCE for code in step.codes]
    period = slice(LOOK_BACK, None)
    communication: Derived = derived["communication_frequency"]
    return Months(
        tuple(countries.pair_name(*pair) for pair in pairs.tolist()),
        pd.period_range(FIRST, LAST, freq="M"),
        day_count(events.days(expanded(way.codes, spec)))[:, period].astype(float),
        day_count(events.days(expanded(of_force, spec)))[:, period].astype(float),
        events.events[:, period].astype(float),
        derived["military_activity"].value[:, period],
        np.isnan(communication.value[:, period]),
        way.times,
        (len(rows), len(acts)),
    )


def acts_of(rows: pd.DataFrame) -> Acts:
    """Return the events between two states, each by an actor who acts for his state, or by the bare state."""
    states = countries.codes("cameo")

    def actors(name: str) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        state = rows[name].str[:3].map(lambda code: states.get(code, -2)).to_numpy(np.int16)
        acts_for_it = (rows[name].str[3:6].isin(STATE_ROLES) | (rows[name].str.len() == 3)).to_numpy()
        return state, acts_for_it & (state >= 0)

    (source, first), (target, second) = actors("source"), actors("target")
    code = rows["code"].map(lambda text: cameo.POSITION.get(cameo.with_zeros(text), -1)).to_numpy(np.int16)
    kept = first & second & (source != target) & (code >= 0)
    day = rows["date"].to_numpy("M8[D]").astype(np.int32)
    line = np.arange(2, len(rows) + 2)
    return Acts(line, line, day, source, target, code, cameo.CODES).take(kept)


def _way(spec: DerivationsSpec, indicator: str, kind: type) -> "DaysOfActs | Ladder":
    return next(way for way in spec.indicators[indicator].ways if isinstance(way, kind))


# ---- held against official contacts


def talk(months: Months, contacts: pd.DataFrame) -> Iterator[str]:
    """Yield how days of talk follow the official contacts of the United States."""
    states = countries.codes("historyatstate")
    where = contacts["country_id"].map(lambda name: states.get(name, -2))
    period = pd.PeriodIndex(contacts["start"], freq="M")
    n_months = len(months.months)
    table, shares = [], []
    for partner in PARTNERS:
        pair = countries.pair_name(*countries.pair(f"USA-{partner}"))
        is_of_pair = (where == countries.resolve(partner, "iso3")).to_numpy()
        held = period[is_of_pair].value_counts().reindex(months.months, fill_value=0).to_numpy(float)
        happened = held > 0
        days, events = months.of(months.talk, pair), months.of(months.events, pair)
        row = Agreement(
            f"USA-{partner}",
            int(held.sum()),
            int(happened.sum()),
            float(np.corrcoef(days, held)[0, 1]),
            auc(happened, days),
            float(np.corrcoef(events, held)[0, 1]),
            auc(happened, events),
            float(days[happened].mean()),
            float(days[~happened].mean()),
        )
        table.append(row)
        shares.append(((days[happened] == 0).mean(), (days[~happened] > 0).mean(), held.sum() / days.sum()))
    missed, others, per_day = (sorted(part) for part in zip(*shares, strict=True))
    means = [float(np.mean([getattr(row, name) for row in table])) for name in ("r", "auc", "r_events", "auc_events")]
    n_blank = int(sum(months.of(months.blank, countries.pair_name(*countries.pair(row.pair))).sum() for row in table))
    yield (
        f"{months.rows[0]:,} events of eleven pairs, {months.rows[1]:,} of them between two states by actors who act for "
        f"them; {n_months} months, {FIRST} to {LAST}."
    )
    yield ""
    yield "| pair | contacts | months with one | days of talk: r | AUC | all events of the pair: r | AUC | days, with | without |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for row in table:
        yield row.line
    yield f"| mean | | | {means[0]:.2f} | {means[1]:.2f} | {means[2]:.2f} | {means[3]:.2f} | | |"
    yield ""
    yield (
        f"**{_strength(means[0])}**: r of {means[0]:.2f} on average, so that days of talk account for "
        f"{min(row.r for row in table) ** 2:.0%} to {max(row.r for row in table) ** 2:.0%} of the variance of contacts. "
        f"The plain number of events of the pair, of whatever kind, does {_compared(means[1], means[3])} "
        f"(AUC {means[3]:.2f} against {means[1]:.2f}; {_wins(table)} of {len(table)} pairs for the days). "
        f"Of the months with a contact {missed[0]:.0%} to {missed[-1]:.0%} have no day of talk, of those without one "
        f"{others[0]:.0%} to {others[-1]:.0%} have some. There are {per_day[0]:.2f} to {per_day[-1]:.2f} contacts to a day of "
        f"talk, for which the derivations take {months.times:g}. They leave {n_blank} of {len(table) * n_months:,} months "
        "blank, because the pair is hardly reported."
    )


class Agreement(NamedTuple):
    """The figures of a pair: r and AUC of the days of talk and of all events, and mean days by contact."""

    pair: str
    contacts: int
    months: int
    r: float
    auc: float
    r_events: float
    auc_events: float
    days_with: float
    days_without: float

    @property
    def line(self) -> str:
        """A row of the table."""
        figures = f"{self.r:.2f} | {self.auc:.2f} | {self.r_events:.2f} | {self.auc_events:.2f}"
        return (
            f"| {self.pair} | {self.contacts} | {self.months} | {figures} | {self.days_with:.1f} | "
            f"{self.days_without:.1f} |"
        )


def _wins(table: Sequence[Agreement]) -> int:
    return sum(row.auc > row.auc_events for row in table)


def _strength(r: float) -> str:
    """Return the word for a correlation: up to .3 none to speak of, to .5 weak, to .7 fair."""
    return "Hardly any agreement" if r < 0.3 else "Weak" if r < 0.5 else "Fair" if r < 0.7 else "Good"


def _compared(ours: float, plain: float) -> str:
    difference = ours - plain
    if difference < 0:
        return "better"
    return "nearly as well" if difference < 0.05 else "less well"


# ---- held against disputes


def force(months: Months, dyads: pd.DataFrame) -> Iterator[str]:
    """Yield how days of force follow militarised disputes, by year."""
    years = months.months.year.to_numpy()
    states = countries.codes("cow")
    rows = []
    for dyad in dyads.itertuples():
        a, b = states.get(str(dyad.ccode1), -2), states.get(str(dyad.ccode2), -2)
        # The first year of the events is not whole.
        is_in_year = (years == dyad.year) & (years > years[0])
        pair = countries.pair_name(a, b) if min(a, b) >= 0 else ""
        if pair not in months.pairs or not is_in_year.any() or np.isnan(dyad.mid_host_t):
            continue
        military = months.of(months.military, pair)[is_in_year]
        rows.append(
            (
                pair,
                dyad.year,
                dyad.mid_host_t,
                months.of(months.force, pair)[is_in_year].sum(),
                months.of(months.events, pair)[is_in_year].sum(),
                np.nan if np.isnan(military).all() else np.nanmax(military),
            )
        )
    table = pd.DataFrame(rows, columns=["pair", "year", "hostility", "days", "events", "military"])
    yield (
        f"{len(table)} pair-years of {table['pair'].nunique()} pairs ({', '.join(sorted(set(table['pair'])))}), "
        f"{table['year'].min()}-{table['year'].max()}: all that are both in the events and in the dyad-years."
    )
    yield ""
    yield "| outcome | pair-years with it | AUC: days of force | all events of the pair | highest military activity |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    figures = []
    for title, least in (("any dispute", 2), ("use of force (hostility 4 or 5)", 4)):
        happened = (table["hostility"] >= least).to_numpy()
        known = table["military"].notna().to_numpy()
        figures.append((auc(happened, table["days"].to_numpy()), auc(happened, table["events"].to_numpy(float))))
        level = f"{auc(happened[known], table['military'].to_numpy()[known]):.2f} (n = {known.sum()})"
        yield f"| {title} | {happened.sum()} | {figures[-1][0]:.2f} | {figures[-1][1]:.2f} | {level} |"
    yield ""
    yield "| highest hostility of the year | pair-years | mean days of force |"
    yield "| --- | ---: | ---: |"
    for hostility, group in table.groupby("hostility"):
        yield f"| {_HOSTILITY[int(hostility)]} | {len(group)} | {group['days'].mean():.1f} |"
    yield ""
    yield (
        f"Days of force rise with hostility, but the plain number of events of the pair does {_compared(*figures[0])} at "
        f"telling years with a dispute (AUC {figures[0][1]:.2f} against {figures[0][0]:.2f}). **{len(table)} pair-years are "
        "too few to tell the two apart.**"
    )


_HOSTILITY = {0: "no dispute", 1: "no militarised act", 2: "threat of force", 3: "display of force", 4: "use of force", 5: "war"}


if __name__ == "__main__":
    main()
