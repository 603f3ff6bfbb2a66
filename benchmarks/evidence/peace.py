"""Stability, compared with a scale of peace between two states."""

import dyads
import numpy as np
import pandas as pd
import resampling
from reference import Data, Section
from steps import by_band, order
from wording import ORDER, Figure, Phrases, brief, brief_signed, by_period, signed, with_interval

import riskmodel
from riskmodel.kernels.types import Floats
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate

NOW = "peace_now"
SAME, AFTER = "the same year", "the year after"
CUTS = {0.25: "above severe rivalry (0.25 or more)", 0.5: "no rivalry (0.5 or more)"}
SCORE, COMPLEMENT, YEARS = "the stability score", "100 - escalation", "peace years alone"
BETTER = Phrases("does better", "does worse", "is indistinguishable from it")


def stability(data: Data) -> Section:
    """Hold the stability score against the scale of peace of the same year, and of the year after."""
    after = data.mapped[["dyad", "year", dyads.PEACE]].assign(year=data.mapped["year"] - 1)
    later = data.mapped.rename(columns={dyads.PEACE: NOW}).merge(after, on=["dyad", "year"], how="left")
    rows = []
    own: dict[float, dict[str, Estimate | None]] = {least: {} for least in CUTS}
    for when, mapped in {SAME: data.mapped, AFTER: later}.items():
        peace = mapped[dyads.PEACE].to_numpy(float)
        for name, values in _contenders(data, mapped).items():
            cells = []
            for heading, period in data.periods.items():
                chosen = period & ~np.isnan(peace) & ~np.isnan(values)
                areas = {least: data.area(peace >= least, values, chosen) for least in CUTS}
                cells += [*map(with_interval, areas.values()), _correlation(values[chosen], peace[chosen])]
                if (when, name) == (SAME, SCORE):
                    for least, area in areas.items():
                        own[least][heading] = area
            rows.append((name, when, *cells))
    headings = [f"{what}, {period}" for period in data.periods for what in (*CUTS.values(), "rank correlation")]
    ranked = "; ".join(f"for {title} it {by_period(own[least], 0.5, ORDER)}" for least, title in CUTS.items())
    band_table, ordered = _bands(data)
    sentences = [f"The stability score, in the same year: {ranked}.", *_compared(data, signed), ordered]
    short = "; ".join(f"for {title} it {by_period(own[least], 0.5, ORDER, brief)}" for least, title in CUTS.items())
    headline = " ".join([f"In the same year {short}.", *_compared(data, brief_signed), ordered])
    lines = [
        *markdown_table(("AUC (95 % interval)", "Peace of", *headings), rows, "ll" + "r" * len(headings)),
        "",
        *band_table,
        "",
        *(f"- {sentence}" for sentence in sentences),
    ]
    return Section(lines, [f"**Does stability go with peace?** {headline}"])


def _contenders(data: Data, mapped: pd.DataFrame) -> dict[str, Floats]:
    values = {
        SCORE: data.scores["stability_exact"].to_numpy(float),
        COMPLEMENT: 100.0 - data.escalation,
        YEARS: mapped["peace_years"].to_numpy(float),
    }
    if NOW in mapped:
        values["the peace scale of the year itself"] = mapped[NOW].to_numpy(float)
    return values


def _correlation(values: Floats, peace: Floats) -> str:
    if len(np.unique(values)) < 2 or len(np.unique(peace)) < 2:
        return ""
    return f"{pd.Series(values).corr(pd.Series(peace), method='spearman'):.2f}"


def _compared(data: Data, figure: Figure) -> list[str]:
    """Say whether the score does better than its simpler rivals, in the same year."""
    contenders = _contenders(data, data.mapped)
    peace = data.mapped[dyads.PEACE].to_numpy(float)
    sentences = []
    for rival in (COMPLEMENT, YEARS):
        clauses = []
        for least, title in CUTS.items():
            gains = {
                heading: data.gain(peace >= least, contenders[SCORE], contenders[rival], period & ~np.isnan(peace))
                for heading, period in data.periods.items()
            }
            clauses.append(f"for {title} the score {by_period(gains, 0.0, BETTER, figure)}")
        sentences.append(f"Beside {rival}, by AUC: {'; '.join(clauses)}.")
    return sentences


def _bands(data: Data) -> tuple[list[str], str]:
    """Tabulate the scale of peace by band and period, and say which neighbouring bands are in order."""
    names = riskmodel.load_model().compiled.scores["stability"].bands
    band = data.scores["stability_band"].to_numpy(object)
    peace = data.mapped[dyads.PEACE].to_numpy(float)
    rows, steps, differences = [], {}, []
    for heading, period in data.periods.items():
        levels = by_band(data, names, band, peace, period)
        steps[heading] = levels.steps
        differences += [(step.name, heading, signed(step.difference)) for step in levels.steps]
        for name in names:
            inside = peace[period & (band == name) & ~np.isnan(peace)]
            shares = (with_interval(resampling.share(inside >= least)) for least in CUTS)
            rows.append((name, heading, f"{len(inside):,}", with_interval(levels.means[name]), *shares))
    headings = ("Band", "Years", "Rows", "Mean of the peace scale", *CUTS.values())
    lines = [
        *markdown_table(headings, rows, "llrrrr"),
        "",
        *markdown_table(("Step", "Years", "Difference of the means"), differences, "llr"),
    ]
    return lines, f"Bands of stability, by the mean of the peace scale, from the lowest up: {order(steps)}."
