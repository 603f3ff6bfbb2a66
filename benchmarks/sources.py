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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import riskmodel
from riskmodel.analysis.indicators.counts import ActCounter, Axis, PairCounts
from riskmodel.analysis.indicators.derivations import expanded, load_derivations
from riskmodel.analysis.indicators.facts import LOOK_BACK, Derived, Facts, day_count
from riskmodel.analysis.indicators.methods.derive import derive
from riskmodel.analysis.outcomes.metrics import auc
from riskmodel.schema.derivations import DerivationsSpec
from riskmodel.schema.ways import AsGiven, DaysOfActs, Ladder
from riskmodel.sources import cameo, countries
from riskmodel.sources.records import NO_STATE, Acts

FIRST, LAST = "1979-05", "2011-11"
"""The first and the last whole month of the events."""
EVENTS = Path("events/keds/levant_pairs_converted.csv")
CONTACTS = Path("events/contacts/us_trips_and_visits_converted.csv")
TRADE_WAR = Path("events/gdelt_rewritten/mysql_usa_chn_2018.csv")
DYADS = Path("dyads/dyad_year_1946_1989.csv")
PARTNERS = ("ISR", "EGY", "JOR", "SYR", "LBN")
"""States whose contacts with the United States are held against events."""
WIDTH = 125
"""Characters of a line of text."""
HOSTILITY = ("no dispute", "no militarised act", "threat of force", "display of force", "use of force", "war")
"""Levels of hostility by the Correlates of War."""
Floats = NDArray[np.float64]


class Months(NamedTuple):
    """Days, events and indicators by pair and month.

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
    return {
        "ways": list(ways()),
        "metaphors": list(metaphors(folder)),
        "talk": list(talk(months, contacts)),
        "force": list(force(months, dyads)),
    }


def metaphors(folder: Path) -> Iterator[str]:
    """Yield the military activity of China and the United States in the trade war of 2018, by an extract of GDELT."""
    covers = {"from": "2018-01", "to": "2018-10"}
    source = {"kind": "gdelt", "path": str(folder / TRADE_WAR), "covers": covers}
    table = riskmodel.indicators({"format": 1, "pairs": ["CHN-USA"], "period": covers, "sources": {"events": source}})
    activity = table.to_frame()["military_activity"]
    counts = " and ".join(f"{value:g} in {number}" for value, number in activity.value_counts().sort_index().items())
    yield from wrapped(
        f"**Metaphors are coded as acts.** {table.sources['events'].rows:,} rows of GDELT from articles on the trade "
        f"war of 2018 give China and the United States a military activity of {counts} of {len(activity)} months: "
        "*fights*, *threats* and *salvos* of tariffs."
    )


def ways() -> Iterator[str]:
    """Yield by which ways the shipped derivations derive each indicator, tables of one's own left out."""
    yield "| indicator | from | value | trust |"
    yield "| --- | --- | --- | --- |"
    for name, rules in load_derivations().spec.indicators.items():
        derived = [way for way in rules.ways if not isinstance(way, AsGiven)]
        for way in derived:
            yield f"| `{name}` | {way.family} | {way.text} | {way.trust} |"
        if not derived:
            yield f"| `{name}` | | blank: {rules.blank} | |"


def wrapped(text: str) -> list[str]:
    """Return the lines of a paragraph."""
    return wrap(text, WIDTH, break_on_hyphens=False)


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
    counter.add(acts.take((acts.day >= days[0]) & (acts.day < days[1])), "events")
    usable = np.where(np.arange(axis.months) < LOOK_BACK, 0, axis.lengths).astype(np.int16)
    of_pairs = np.tile(usable, (len(pairs), 1))
    events = PairCounts("events", ("events",), counter.entries(), pairs, axis, of_pairs, n_states)
    spec = load_derivations().spec
    derived = {of.indicator: of for of in derive(Facts(pairs, axis.first, axis.months, (events,), ()), spec)}
    way = _way(spec, "communication_frequency", DaysOfActs)
    ladder = _way(spec, "military_activity", Ladder)
    most = max(step.value for step in ladder.steps)
    of_force = [code for step in ladder.steps if step.value == most for code in step.codes]
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
    states, roles = countries.codes("cameo"), load_derivations().spec.events.state_roles.gdelt

    def actors(name: str) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        state = rows[name].str[:3].map(lambda code: states.get(code, NO_STATE)).to_numpy(np.int16)
        acts_for_it = (rows[name].str[3:6].isin(roles) | (rows[name].str.len() == 3)).to_numpy()
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


class Agreement(NamedTuple):
    """The figures of a pair.

    Attributes
    ----------
    pair : its name.
    contacts, months : official contacts, and months with one.
    r, auc : of the days of talk.
    r_events, auc_events : of all events of the pair.
    days_with, days_without : mean days of talk in months with a contact and in others.
    missed, others : shares of the months with a contact without a day of talk, and of the others with one.
    per_day : contacts for each day of talk.
    """

    pair: str
    contacts: int
    months: int
    r: float
    auc: float
    r_events: float
    auc_events: float
    days_with: float
    days_without: float
    missed: float
    others: float
    per_day: float

    @property
    def line(self) -> str:
        """A row of the table."""
        figures = f"{self.r:.2f} | {self.auc:.2f} | {self.r_events:.2f} | {self.auc_events:.2f}"
        days = f"{self.days_with:.1f} | {self.days_without:.1f}"
        return f"| {self.pair} | {self.contacts} | {self.months} | {figures} | {days} |"


def talk(months: Months, contacts: pd.DataFrame) -> Iterator[str]:
    """Yield how days of talk follow the official contacts of the United States."""
    states = countries.codes("historyatstate")
    state = contacts["country_id"].map(lambda name: states.get(name, NO_STATE)).to_numpy()
    period = pd.PeriodIndex(contacts["start"], freq="M")
    rows, blank = [], 0
    for partner in PARTNERS:
        pair = countries.pair_name(*sorted(countries.pair(f"USA-{partner}")))
        held = period[state == countries.resolve(partner, "iso3")].value_counts()
        in_months = held.reindex(months.months, fill_value=0).to_numpy(float)
        days, events = months.of(months.talk, pair), months.of(months.events, pair)
        rows.append(_agreement(f"USA-{partner}", in_months, days, events))
        blank += int(months.of(months.blank, pair).sum())
    r, area, r_events, area_events = (
        float(np.mean([getattr(row, name) for row in rows])) for name in ("r", "auc", "r_events", "auc_events")
    )
    yield from wrapped(
        f"{months.rows[0]:,} events, {months.rows[1]:,} of them between two states by actors who act for them; "
        f"{len(months.months)} months, {FIRST} to {LAST}.",
    )
    yield ""
    names = ("pair", "contacts", "months with one", "talk: r", "AUC", "all events: r", "AUC", "days with", "without")
    yield f"| {' | '.join(names)} |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    yield from (row.line for row in rows)
    yield f"| mean | | | {r:.2f} | {area:.2f} | {r_events:.2f} | {area_events:.2f} | | |"
    yield ""
    better = sum(row.auc > row.auc_events for row in rows)
    missed, others = _range(rows, lambda row: row.missed), _range(rows, lambda row: row.others)
    per_day = sorted(row.per_day for row in rows)
    yield from wrapped(
        f"**{strength(r)}**: r is {r:.2f} on average, and days of talk account for "
        f"{_range(rows, lambda row: row.r**2)} of the variance of contacts. The plain number of events of the pair, of "
        f"whatever kind, does {compared(area, area_events)} (AUC {area_events:.2f} against {area:.2f}; the days are "
        f"better in {better} of {len(rows)} pairs). Of the months with a contact {missed} have no day of talk, and of "
        f"those without one {others} have some. There are {per_day[0]:.2f} to {per_day[-1]:.2f} contacts to a day of "
        f"talk, for which the derivations take {months.times:g}; they leave {blank:,} of "
        f"{len(rows) * len(months.months):,} months blank.",
    )


def _agreement(pair: str, contacts: Floats, days: Floats, events: Floats) -> Agreement:
    happened = contacts > 0
    return Agreement(
        pair,
        int(contacts.sum()),
        int(happened.sum()),
        float(np.corrcoef(days, contacts)[0, 1]),
        auc(happened, days),
        float(np.corrcoef(events, contacts)[0, 1]),
        auc(happened, events),
        float(days[happened].mean()),
        float(days[~happened].mean()),
        float((days[happened] == 0).mean()),
        float((days[~happened] > 0).mean()),
        float(contacts.sum() / days.sum()),
    )


def _range(rows: Sequence[Agreement], figure: Callable[[Agreement], float]) -> str:
    figures = [figure(row) for row in rows]
    return f"{min(figures):.0%} to {max(figures):.0%}"


def strength(r: float) -> str:
    """Return the word for a correlation."""
    return next((word for least, word in ((0.7, "Good"), (0.5, "Fair"), (0.3, "Weak")) if r >= least), "Hardly any")


def compared(ours: float, plain: float) -> str:
    """Return how well the plain count does beside ours, by their areas."""
    return "better" if plain > ours else "nearly as well" if plain > ours - 0.05 else "less well"


# ---- held against disputes


def force(months: Months, dyads: pd.DataFrame) -> Iterator[str]:
    """Yield how days of force follow militarised disputes, by year."""
    table = pd.DataFrame(_years(months, dyads))
    pairs = sorted(set(table["pair"]))
    span = f"{table['year'].min()}-{table['year'].max()}"
    yield from wrapped(
        f"{len(table)} pair-years of {len(pairs)} pairs ({', '.join(pairs)}), {span}: all that are in both the "
        "events and the dyad-years.",
    )
    yield ""
    yield "| outcome | pair-years with it | AUC: days of force | all events | highest military activity |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    areas = []
    for title, least in (("any dispute", 2), ("use of force (hostility 4 or 5)", 4)):
        happened = (table["hostility"] >= least).to_numpy()
        known = table["military"].notna().to_numpy()
        days, events = (auc(happened, table[name].to_numpy(float)) for name in ("days", "events"))
        level = auc(happened[known], table["military"].to_numpy(float)[known])
        areas.append((days, events))
        yield f"| {title} | {happened.sum()} | {days:.2f} | {events:.2f} | {level:.2f} (of {known.sum()}) |"
    yield ""
    yield "| highest hostility of the year | pair-years | mean days of force |"
    yield "| --- | ---: | ---: |"
    for hostility, group in table.groupby("hostility"):
        yield f"| {HOSTILITY[int(hostility)]} | {len(group)} | {group['days'].mean():.1f} |"
    yield ""
    (days, events), _ = areas
    yield from wrapped(
        f"The plain number of events of the pair does {compared(days, events)} at telling years with a dispute (AUC "
        f"{events:.2f} against {days:.2f}). **{len(table)} pair-years are too few to tell the two apart.**",
    )


def _years(months: Months, dyads: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield the years of the pairs that are in both."""
    years = months.months.year.to_numpy()
    states = countries.codes("cow")
    for dyad in dyads[dyads["mid_host_t"].notna()].itertuples():
        two = (states.get(str(dyad.ccode1), NO_STATE), states.get(str(dyad.ccode2), NO_STATE))
        pair = countries.pair_name(*sorted(two)) if min(two) >= 0 else ""
        is_in_year = years == dyad.year
        if pair in months.pairs and is_in_year.sum() == 12:
            military = months.of(months.military, pair)[is_in_year]
            yield {
                "pair": pair,
                "year": dyad.year,
                "hostility": dyad.mid_host_t,
                "days": months.of(months.force, pair)[is_in_year].sum(),
                "events": months.of(months.events, pair)[is_in_year].sum(),
                "military": np.nan if np.isnan(military).all() else np.nanmax(military),
            }


if __name__ == "__main__":
    main()
