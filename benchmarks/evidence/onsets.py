"""Onsets: whether the escalation score is higher where a dispute or crisis begins the year after."""

from collections.abc import Callable, Iterator, Mapping

import dyads
import numpy as np
from reference import FIRST_TESTED, Data, area, events, free, scored, seen, signed, titles, validated, with_interval

import riskmodel
from riskmodel.analysis.discrimination import auc
from riskmodel.analysis.validation import variants
from riskmodel.analysis.validation.comparisons import last_outcome
from riskmodel.kernels.scales import Floats
from riskmodel.report.markdown import table

HISTORY = ["dispute_history", "peace_years", "standing_rivalry"]

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
    spec = riskmodel.load_model().spec
    present = [one.indicator for one in dyads.MAPPING if one.indicator not in HISTORY]
    contenders: dict[str, Callable[[str], Floats]] = {
        "the escalation score": lambda outcome: scored(data, outcome),
        "without rules": lambda outcome: variants.scored(
            variants.without_rules(free(spec)), "escalation", seen(data, outcome)
        ),
        "equal weights, without rules": lambda outcome: variants.scored(
            variants.equal_weights(spec), "escalation", seen(data, outcome)
        ),
        "without standing rivalry": lambda outcome: scored(data, outcome, without=["standing_rivalry"]),
        "without military activity": lambda outcome: scored(data, outcome, without=["military_activity"]),
        "history alone": lambda outcome: scored(data, outcome, without=present),
        "present situation alone": lambda outcome: scored(data, outcome, without=HISTORY),
        "peace years alone": lambda outcome: -data.mapped["peace_years"].to_numpy(float),
        "what happened the year before": lambda outcome: _last(data, outcome),
    }
    rows = []
    for name, values in contenders.items():
        cells = []
        for outcome in dyads.OUTCOMES:
            happened, known = events(data, outcome)
            found = values(outcome)
            cells += [area(data, happened, found, known & period) for period in data.periods.values()]
        rows.append((name, *cells))
    headings = [f"{told} {period}" for told in titles() for period in data.periods]
    yield from table(("AUC (95 % interval)", *headings), rows, "l" + "r" * len(headings))


def _last(data: Data, outcome: str) -> Floats:
    found = seen(data, outcome)
    assert found.group is not None  # noqa: S101
    assert found.time is not None  # noqa: S101
    last = last_outcome(found.outcome, found.outcome == 1.0, found.group, found.time)
    return np.where(np.isnan(last), np.nanmean(found.outcome), last)


def indicators(data: Data) -> Iterator[str]:
    """Each mapped indicator alone."""
    spec = riskmodel.load_model()
    alone = variants.directed(spec.compiled, spec.compiled.scores["escalation"], seen(data, next(iter(dyads.OUTCOMES))))
    ordered = {one.indicator: alone[one.indicator] for one in dyads.MAPPING}
    yield from _alone(data, ordered)


def columns(data: Data) -> Iterator[str]:
    """Each column alone that is no indicator."""
    found = {
        f"{name} ({'high' if sign > 0 else 'low'})": sign * data.table[name].to_numpy(float)
        for name, sign in OTHERS.items()
    }
    yield from _alone(data, found)


def _alone(data: Data, columns: Mapping[str, Floats]) -> Iterator[str]:
    rows = []
    for name, values in columns.items():
        cells = []
        for outcome in dyads.OUTCOMES:
            happened, known = events(data, outcome)
            for period in data.periods.values():
                chosen = period & known & ~np.isnan(values)
                both = 0 < happened[chosen].sum() < chosen.sum()
                cells.append(f"{auc(happened[chosen], values[chosen]):.3f}" if both else "")
        rows.append((name, f"{int((~np.isnan(values)).sum()):,}", *cells))
    headings = [f"{told} {period}" for told in titles() for period in data.periods]
    yield from table(("AUC", "Rows", *headings), rows, "lr" + "r" * len(headings))


def reliability(data: Data) -> Iterator[str]:
    """What happened in each band, the score as a probability, and what else one could go by."""
    for outcome, told in dyads.OUTCOMES.items():
        found = validated(data, outcome)
        if found is None:
            yield f"{told.capitalize()}: the data do not hold both years before and years from {FIRST_TESTED} on."
            continue
        yield f"{told.capitalize()}, {found.split}:"
        yield ""
        bands = [
            (
                band.band,
                f"{band.rows:,}",
                f"{band.events:,}",
                with_interval(band.rate),
                *(f"{each:.3f}" for each in band.expected.values()),
            )
            for band in found.bands
            if band.rate is not None
        ]
        methods = [one.method for one in found.recalibrated]
        yield from table(("Band", "Rows", "Events", "Share of events", *methods), bands, "lrrrrr")
        yield ""
        quality = [
            (one.method, *(f"{part:.4f}" for part in one.quality[:5]), f"{one.quality.skill:.1%}")
            for one in found.recalibrated
        ]
        headings = ("", "Brier", "reliability", "resolution", "uncertainty", "within", "better than a constant by")
        yield from table(headings, quality, "lrrrrrr")
        yield ""
        others = [
            (
                other.name,
                f"{other.auc.value:.3f}",
                "" if other.brier is None else f"{other.brier:.4f}",
                signed(other.score_gain),
            )
            for other in found.comparisons
            if not other.is_indicator and other.auc is not None and other.score_gain is not None
        ]
        yield from table(("Beside the score", "AUC", "Brier", "The score's AUC less this one's"), others, "lrrr")
        yield ""


def rules(data: Data) -> Iterator[str]:
    """What each rule adds."""
    rows, idle = [], set()
    for outcome, told in dyads.OUTCOMES.items():
        found = validated(data, outcome)
        for effect in found.rules if found else ():
            if effect.rows and effect.rate is not None and effect.other_rate is not None:
                shares = (f"{effect.rate:.1%}", f"{effect.other_rate:.1%}")
                rows.append(
                    (effect.rule, told, f"{effect.rows:,}", f"{effect.points:+.1f}", *shares, signed(effect.gain))
                )
            elif not effect.rows:
                idle.add(effect.rule)
    headings = ("Rule", "Outcome", "Rows moved", "Points", "Events there", "Elsewhere", "AUC with it less AUC without")
    yield from table(headings, rows, "llrrrrr")
    yield ""
    yield f"Never moved a score here, for want of data: {', '.join(f'`{name}`' for name in sorted(idle))}."
