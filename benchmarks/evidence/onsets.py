"""Onsets: the escalation score in years before a dispute or crisis begins."""

from collections.abc import Mapping

import dyads
import numpy as np
from reference import Data, Section, columns, events, headings, scored, spec_without_least_coverage
from wording import ORDER, Figure, Phrases, brief, brief_signed, by_period, grouped, listed, signed, span, with_interval

import riskmodel
from riskmodel.analysis.outcomes import study
from riskmodel.analysis.outcomes.diagnostics import last_outcome
from riskmodel.analysis.outcomes.observations import Observations, OutcomeColumns, read_observations
from riskmodel.kernels.types import Floats
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate
from riskmodel.tables.arrays import Mask

HISTORY = ["dispute_history", "peace_years", "standing_rivalry"]
PRESENT = [entry.indicator for entry in dyads.MAPPING if entry.indicator not in HISTORY]
SCORE = "the escalation score"
WEAK = ["regional_instability", "alliance_realignment"]
GAIN = Phrases("adds", "takes away", "adds nothing distinguishable from chance")

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
CONTACTS = ("us_mission_rank", "us_contacts_t", "us_contacts_drop")

Areas = dict[str, dict[str, dict[str, Estimate | None]]]
"""Areas under the ROC curve by contender, outcome, and heading of a period."""


def discrimination(data: Data) -> Section:
    """Hold the escalation score, and what is left of it without some of its parts, against onsets; no fit."""
    spec = spec_without_least_coverage()
    calm = quiet(data)
    history = scored(data, spec, PRESENT)
    scores = {
        SCORE: data.escalation,
        "without rules": scored(data, study.without_rules(spec)),
        "equal weights, without rules": scored(data, study.equal_weights(spec)),
        "without standing rivalry": scored(data, spec, ["standing_rivalry"]),
        "without military activity": scored(data, spec, ["military_activity"]),
        "without regional instability and alliance realignment": scored(data, spec, WEAK),
        "history alone": history,
        "present situation alone": scored(data, spec, HISTORY),
        "peace years alone": -data.mapped["peace_years"].to_numpy(float),
    }
    contenders = {name: dict.fromkeys(dyads.OUTCOMES, values) for name, values in scores.items()}
    contenders["what was last recorded for the pair"] = {outcome: _last(data, outcome) for outcome in dyads.OUTCOMES}
    areas = _areas(data, contenders, np.ones(len(calm), dtype=bool))
    kept = (SCORE, "history alone", "present situation alone")
    calm_areas = _areas(data, {name: contenders[name] for name in kept}, calm)
    gains = _gains(data, history)
    cells = [signed(estimate) for by_heading in gains.values() for estimate in by_heading.values()]
    present = calm_areas["present situation alone"]
    lines = [
        *_table(data, areas),
        "",
        _sentence("The escalation score", clauses(areas[SCORE])),
        "",
        "The score's AUC less that of history alone:",
        "",
        *markdown_table(("", *headings(data.periods)), [("gain (95 % interval)", *cells)], "l" + "r" * len(cells)),
        "",
        _sentence("What the present situation adds to history", clauses(gains, 0.0, GAIN, signed)),
        "",
        "In years without a dispute and without a crisis between the two:",
        "",
        *_table(data, calm_areas),
        "",
        _sentence("The present situation alone, in such years", clauses(present)),
    ]
    ranks = (
        "**Does the escalation score rank dyad-years?** Of two, the chance that the one before an onset has the higher "
        "score is the area under the ROC curve (AUC), one half if the score has no information"
    )
    adds = _sentence("What can be measured of the present situation", clauses(gains, 0.0, GAIN, brief_signed))
    alone = _sentence("By itself, in years without a dispute or crisis", clauses(present, figure=brief))
    headlines = [
        _sentence(ranks, clauses(areas[SCORE], figure=brief)),
        f"**Is that more than history?** {adds} {alone}",
    ]
    return Section(lines, headlines)


def quiet(data: Data) -> Mask:
    """Return a mask of the rows known to have neither a dispute nor a crisis."""
    return (data.table["mid_host_t"] == 0).to_numpy() & (data.table["icb_crisis_t"] == 0).to_numpy()


def clauses(
    estimates: Mapping[str, Mapping[str, Estimate | None]],
    value: float = 0.5,
    phrases: Phrases = ORDER,
    figure: Figure = with_interval,
) -> list[str]:
    """Describe the estimates of each outcome relative to a value, period by period."""
    return [
        f"for {dyads.OUTCOMES[outcome]}s it {by_period(by_heading, value, phrases, figure)}"
        for outcome, by_heading in estimates.items()
    ]


def _sentence(subject: str, clauses: list[str]) -> str:
    return f"{subject}: {'; '.join(clauses)}."


def _areas(data: Data, contenders: Mapping[str, Mapping[str, Floats]], among: Mask) -> Areas:
    """The areas of values by outcome, all on the rows for which the default model has a score."""
    areas: Areas = {}
    for name, values in contenders.items():
        areas[name] = {}
        for outcome in dyads.OUTCOMES:
            happened, known = events(data, outcome)
            rows = known & among & ~np.isnan(data.escalation)
            areas[name][outcome] = {
                heading: data.area(happened, values[outcome], rows & period) for heading, period in data.periods.items()
            }
    return areas


def _table(data: Data, areas: Areas) -> list[str]:
    rows = [
        (name, *(with_interval(estimate) for by_heading in outcomes.values() for estimate in by_heading.values()))
        for name, outcomes in areas.items()
    ]
    names = headings(data.periods)
    return list(markdown_table(("AUC (95 % interval)", *names), rows, "l" + "r" * len(names)))


def _gains(data: Data, history: Floats) -> dict[str, dict[str, Estimate | None]]:
    gains = {}
    for outcome in dyads.OUTCOMES:
        happened, known = events(data, outcome)
        gains[outcome] = {
            heading: data.gain(happened, data.escalation, history, known & period)
            for heading, period in data.periods.items()
        }
    return gains


def _last(data: Data, outcome: str) -> Floats:
    seen = _observations(data, outcome)
    assert seen.group is not None  # noqa: S101
    assert seen.time is not None  # noqa: S101
    last = last_outcome(seen.outcome, seen.outcome == 1.0, seen.group, seen.time)
    return np.where(np.isnan(last), np.nanmean(seen.outcome), last)


def _observations(data: Data, outcome: str) -> Observations:
    return read_observations(riskmodel.load_model().spec, data.mapped, OutcomeColumns(outcome, "dyad", "year"))


def indicators(data: Data) -> Section:
    """Hold each mapped indicator alone against onsets, in the direction in which the model uses it."""
    compiled = riskmodel.load_model().compiled
    seen = _observations(data, next(iter(dyads.OUTCOMES)))
    values = study.directed_intensities(compiled, compiled.scores["escalation"], seen)
    values = {entry.indicator: values[entry.indicator] for entry in dyads.MAPPING if entry.indicator in values}
    areas = _alone(data, values)
    claims = {"trade_disruption": "A fall of trade", "alliance_realignment": "A shift of alliances"}
    headlines = [
        _sentence(f"**{title}**", clauses(areas[name], figure=brief)) for name, title in claims.items() if name in areas
    ]
    return Section(_alone_lines(data, areas, values), headlines)


def others(data: Data) -> Section:
    """Hold each column that is no indicator alone against onsets, in the direction that theory expects."""
    values = {
        f"{name} ({'high' if sign > 0 else 'low'})": sign * data.table[name].to_numpy(float)
        for name, sign in OTHERS.items()
        if name in data.table
    }
    areas = _alone(data, values)
    lines = _alone_lines(data, areas, values)
    pairs = max(
        (data.mapped["dyad"][data.table[name].notna()].nunique() for name in CONTACTS if name in data.table), default=0
    )
    lines += ["", f"The columns on contacts of the United States ({listed(CONTACTS)}) are known of {pairs} pairs only."]
    name = "us_contacts_drop (high)"
    headlines = []
    if name in areas:
        headlines.append(
            _sentence(
                f"**A fall in contacts** (of {pairs} pairs, all with the United States)",
                clauses(areas[name], figure=brief),
            )
        )
    return Section(lines, headlines)


def _alone(data: Data, columns: Mapping[str, Floats]) -> Areas:
    areas: Areas = {}
    for name, values in columns.items():
        areas[name] = {}
        for outcome in dyads.OUTCOMES:
            happened, known = events(data, outcome)
            areas[name][outcome] = {
                heading: data.area(happened, values, known & period) for heading, period in data.periods.items()
            }
    return areas


def _alone_lines(data: Data, areas: Areas, values: Mapping[str, Floats]) -> list[str]:
    """A table of areas beside the rows and pairs for which a column is known, and what it says in words."""
    rows = []
    for name, outcomes in areas.items():
        known = ~np.isnan(values[name])
        counts = [
            f"{int((known & chosen).sum()):,} ({data.mapped['dyad'][known & chosen].nunique()})"
            for chosen in data.periods.values()
        ]
        cells = [with_interval(estimate) for by_heading in outcomes.values() for estimate in by_heading.values()]
        rows.append((name, *counts, *cells))
    names = [*(f"Rows (pairs) {span(period)}" for period in data.periods), *headings(data.periods)]
    by_name = {
        name: {
            label: estimate
            for outcome, by_heading in outcomes.items()
            for label, estimate in columns(outcome, by_heading).items()
        }
        for name, outcomes in areas.items()
    }
    return [
        *markdown_table(("AUC (95 % interval)", *names), rows, "l" + "r" * len(names)),
        "",
        *grouped(by_name, 0.5, ORDER),
    ]
