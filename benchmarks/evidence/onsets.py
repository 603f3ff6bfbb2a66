"""Onsets: whether the escalation score is higher where a dispute or crisis begins the year after."""

from collections.abc import Iterator, Mapping

import dyads
import numpy as np
from reference import Data, area, events, gain, scored, seen, spec_without_least_coverage, titles

import riskmodel
from riskmodel.analysis import variants
from riskmodel.analysis.validation.comparisons import last_outcome
from riskmodel.arrays import Mask
from riskmodel.kernels.scales import Floats
from riskmodel.report.markdown import table

HISTORY = ["dispute_history", "peace_years", "standing_rivalry"]
PRESENT = [one.indicator for one in dyads.MAPPING if one.indicator not in HISTORY]
SCORE = "the escalation score"
WEAK = ["regional_instability", "alliance_realignment"]

# Columns that are no indicator of ours, with the direction in which theory expects them to raise the risk.
OTHERS = {
    "milex_growth_max": 1,
    "milper_growth_max": 1,
    "un_distance": 1,
    "shared_igos": -1,
    "ally_defense": -1,
    "trade_dep_min": -1,
    "us_mission_rank": -1,
    "us_contacts_t": -1,
    "us_contacts_drop": 1,
}


def rows(data: Data) -> Iterator[str]:
    """How many dyad-years there are, and how many onsets."""
    rows = []
    for period, chosen in data.periods.items():
        part = data.mapped[chosen]
        onsets = [f"{int(part[outcome].sum()):,} ({part[outcome].mean():.1%})" for outcome in dyads.OUTCOMES]
        rows.append((period, f"{len(part):,}", f"{part['dyad'].nunique():,}", *onsets))
    yield from table(("Years", "Dyad-years", "Pairs of states", *titles()), rows, "lrrrr")


def mapping(data: Data) -> Iterator[str]:
    """Which column is which indicator."""
    rows = [
        (one.indicator, one.columns, one.how, f"{data.mapped[one.indicator].notna().mean():.0%}", one.why)
        for one in dyads.MAPPING
    ]
    yield from table(("Indicator", "Columns", "How", "Known", "Why"), rows, "lllrl")
    yield ""
    yield "Missing in every row:"
    yield ""
    yield from (f"- `{name}`. {why}" for name, why in dyads.NOT_MAPPED.items())


def discrimination(data: Data) -> Iterator[str]:
    """The escalation score and what is left of it without some of its parts; nothing here is fitted."""
    spec = spec_without_least_coverage()
    calm = (data.table["mid_host_t"] == 0).to_numpy() & (data.table["icb_crisis_t"] == 0).to_numpy()
    history, present = scored(data, spec, PRESENT), scored(data, spec, HISTORY)
    scores = {
        SCORE: data.escalation,
        "without rules": scored(data, variants.without_rules(spec)),
        "equal weights, without rules": scored(data, variants.equal_weights(spec)),
        "without standing rivalry": scored(data, spec, ["standing_rivalry"]),
        "without military activity": scored(data, spec, ["military_activity"]),
        "without regional instability and alliance realignment": scored(data, spec, WEAK),
        "history alone": history,
        "present situation alone": present,
        "peace years alone": -data.mapped["peace_years"].to_numpy(float),
    }
    contenders = {name: dict.fromkeys(dyads.OUTCOMES, values) for name, values in scores.items()}
    contenders["what was last recorded for the pair"] = {outcome: _last(data, outcome) for outcome in dyads.OUTCOMES}
    yield from _areas(data, contenders, np.ones(len(calm), dtype=bool))
    yield ""
    yield "The score's AUC less that of history alone:"
    yield ""
    headings = _headings(data)
    yield from table(("", *headings), [("gain (95 % interval)", *_gains(data, history))], "l" + "r" * len(headings))
    yield ""
    yield "In years without a dispute and without a crisis between the two:"
    yield ""
    kept = (SCORE, "history alone", "present situation alone")
    yield from _areas(data, {name: contenders[name] for name in kept}, calm)


def _areas(data: Data, contenders: Mapping[str, Mapping[str, Floats]], among: Mask) -> Iterator[str]:
    """The areas under the ROC curve of values by outcome, all on the rows for which the default model has a score."""
    rows = []
    for name, values in contenders.items():
        cells = []
        for outcome in dyads.OUTCOMES:
            happened, known = events(data, outcome)
            there = known & among & ~np.isnan(data.escalation)
            cells += [area(data, happened, values[outcome], there & period) for period in data.periods.values()]
        rows.append((name, *cells))
    headings = _headings(data)
    yield from table(("AUC (95 % interval)", *headings), rows, "l" + "r" * len(headings))


def _gains(data: Data, history: Floats) -> Iterator[str]:
    for outcome in dyads.OUTCOMES:
        happened, known = events(data, outcome)
        there = known & ~np.isnan(data.escalation)
        yield from (gain(data, happened, data.escalation, history, there & period) for period in data.periods.values())


def _headings(data: Data) -> list[str]:
    return [f"{told} {period}" for told in titles() for period in data.periods]


def _last(data: Data, outcome: str) -> Floats:
    found = seen(data, outcome)
    assert found.group is not None  # noqa: S101
    assert found.time is not None  # noqa: S101
    last = last_outcome(found.outcome, found.outcome == 1.0, found.group, found.time)
    return np.where(np.isnan(last), np.nanmean(found.outcome), last)


def indicators(data: Data) -> Iterator[str]:
    """Each mapped indicator alone."""
    compiled = riskmodel.load_model().compiled
    alone = variants.directed(compiled, compiled.scores["escalation"], seen(data, next(iter(dyads.OUTCOMES))))
    yield from _alone(data, {one.indicator: alone[one.indicator] for one in dyads.MAPPING if one.indicator in alone})


def columns(data: Data) -> Iterator[str]:
    """Each column alone that is no indicator."""
    yield from _alone(
        data,
        {
            f"{name} ({'high' if sign > 0 else 'low'})": sign * data.table[name].to_numpy(float)
            for name, sign in OTHERS.items()
        },
    )


def _alone(data: Data, columns: Mapping[str, Floats]) -> Iterator[str]:
    rows = []
    for name, values in columns.items():
        known = ~np.isnan(values)
        pairs = data.mapped["dyad"][known].nunique()
        cells = []
        for outcome in dyads.OUTCOMES:
            happened, told = events(data, outcome)
            cells += [area(data, happened, values, told & period) for period in data.periods.values()]
        rows.append((name, f"{int(known.sum()):,}", str(pairs), *cells))
    headings = _headings(data)
    yield from table(("AUC (95 % interval)", "Rows", "Pairs", *headings), rows, "lrr" + "r" * len(headings))
