"""Bands: event rates in each band of the escalation score, with and without a dispute under way."""

from collections.abc import Mapping, Sequence

import numpy as np
import resampling
from reference import Data, Section, outcomes
from steps import Step, by_band, order
from wording import listed, signed, span, with_interval

import riskmodel
from riskmodel.kernels.types import Floats
from riskmodel.report.document import markdown_table
from riskmodel.tables.arrays import Mask

DISPUTE_LATER = "y_mid_any"
UNDER_WAY = {"y_mid_onset": ("mid_host_t", "dispute"), "y_icb_onset": ("icb_crisis_t", "crisis")}


def bands(data: Data) -> Section:
    """Show what happened in each band, and whether neighbouring bands can be told apart."""
    lines: list[str] = []
    headlines = []
    for outcome, title in outcomes().items():
        column, noun = UNDER_WAY[outcome]
        level = data.table[column].to_numpy(float)
        among = {"all years": ~np.isnan(level), f"a {noun} under way": level > 0, f"no {noun} under way": level == 0}
        figures = {f"{title}, {name}": (data.mapped[outcome].to_numpy(float), rows) for name, rows in among.items()}
        if outcome == "y_mid_onset" and DISPUTE_LATER in data.table:
            any_later = data.table[DISPUTE_LATER].to_numpy(float)
            figures["Any dispute in the year after, new or still under way, all years"] = any_later, among["all years"]
        steps = {name: _steps(data, values, rows) for name, (values, rows) in figures.items()}
        orders = [f"{name}: {order(by_period)}." for name, by_period in steps.items()]
        lines += [
            *_shares(data, figures),
            "",
            *_differences(data, steps),
            "",
            *(f"- {sentence}" for sentence in [*orders, _under_way(data, outcome, level)]),
            "",
        ]
        headlines += [orders[0], *orders[len(among) :]]
    return Section(lines, [f"**Are the bands of escalation distinguishable by what followed?** {' '.join(headlines)}"])


def _bands(score: str) -> tuple[str, ...]:
    return riskmodel.load_model().compiled.scores[score].bands


def _shares(data: Data, figures: Mapping[str, tuple[Floats, Mask]]) -> list[str]:
    """Tabulate the shares of rows in which something followed, by band and period."""
    band = data.scores["escalation_band"].to_numpy(object)
    rows = []
    for heading, period in data.periods.items():
        for name in _bands("escalation"):
            cells = []
            for values, among in figures.values():
                chosen = among & period & ~np.isnan(values) & (band == name)
                share = resampling.share(values[chosen] == 1.0)
                cells.append("" if share is None else f"{with_interval(share)} of {int(chosen.sum()):,}")
            rows.append((name, heading, *cells))
    return list(markdown_table(("Band", "Years", *figures), rows, "ll" + "r" * len(figures)))


def _steps(data: Data, values: Floats, among: Mask) -> dict[str, Sequence[Step]]:
    band = data.scores["escalation_band"].to_numpy(object)
    return {
        heading: by_band(data, _bands("escalation"), band, values, among & period).steps
        for heading, period in data.periods.items()
    }


def _differences(data: Data, steps: Mapping[str, Mapping[str, Sequence[Step]]]) -> list[str]:
    """Tabulate the steps from band to band."""
    rows = []
    for heading in data.periods:
        listings = [by_period[heading] for by_period in steps.values()]
        rows += [
            (same[0].name, heading, *(signed(step.difference) for step in same)) for same in zip(*listings, strict=True)
        ]
    return list(markdown_table(("Step", "Years", *steps), rows, "ll" + "r" * len(steps)))


def _under_way(data: Data, outcome: str, level: Floats) -> str:
    """Say in how many rows of each band a dispute or crisis was under way, which may go on without a new onset."""
    band = data.scores["escalation_band"].to_numpy(object)
    noun = UNDER_WAY[outcome][1]
    clauses = []
    for heading, period in data.periods.items():
        shares = []
        for name in _bands("escalation"):
            inside = period & (band == name) & ~np.isnan(level)
            if inside.any():
                shares.append(f"{(level[inside] > 0).mean():.0%} of *{name}*")
        clauses.append(f"{listed(shares)} in {span(heading)}")
    return f"A {noun} was under way in {'; '.join(clauses)}. Where it goes on, no new one begins in the year after."
