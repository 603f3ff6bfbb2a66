"""Stability: held against a scale of peace between two states, on its own."""

from collections.abc import Iterator
from dataclasses import replace

import dyads
import numpy as np
import pandas as pd
from reference import FIRST_HELD_OUT, FIRST_TESTED, Data, area, with_interval

import riskmodel
from riskmodel.kernels.scales import Floats
from riskmodel.report.markdown import table

NOW = "peace_now"
CUTS = {0.25: "above severe rivalry (0.25 or more)", 0.5: "no rivalry (0.5 or more)"}


def stability(data: Data) -> Iterator[str]:
    """The stability score against the scale of peace of the same year, and of the year after."""
    after = data.mapped[["dyad", "year", dyads.PEACE]].assign(year=data.mapped["year"] - 1)
    later = data.mapped.rename(columns={dyads.PEACE: NOW}).merge(after, on=["dyad", "year"], how="left")
    rows = []
    for when, held in {"the same year": data, "the year after": replace(data, mapped=later)}.items():
        peace = held.mapped[dyads.PEACE].to_numpy(float)
        for name, values in _contenders(held).items():
            cells = []
            for period in held.periods.values():
                chosen = period & ~np.isnan(peace) & ~np.isnan(values)
                cells += [area(held, peace >= least, values, chosen) for least in CUTS]
                rank = pd.Series(values[chosen]).corr(pd.Series(peace[chosen]), method="spearman")
                cells.append(f"{rank:.2f}")
            rows.append((name, when, *cells))
    headings = [f"{what}, {period}" for period in data.periods for what in (*CUTS.values(), "rank correlation")]
    yield from table(("AUC (95 % interval)", "Peace of", *headings), rows, "ll" + "r" * len(headings))
    found = data.validated("tested on", dyads.PEACE, score="stability", event_from=0.5)
    if found:
        yield ""
        bands = [
            (band.band, f"{band.rows:,}", f"{band.events:,}", with_interval(band.rate))
            for band in found.bands
            if band.rate
        ]
        span = f"{FIRST_TESTED}-{FIRST_HELD_OUT - 1}"
        yield from table((f"Band, {span}", "Rows", "No rivalry in the same year", "Share"), bands, "lrrr")


def _contenders(held: Data) -> dict[str, Floats]:
    scored = riskmodel.load_model().score_frame(held.mapped)
    found = {
        "the stability score": scored["stability_exact"].to_numpy(float),
        "100 - escalation": 100.0 - scored["escalation_exact"].to_numpy(float),
        "peace years alone": held.mapped["peace_years"].to_numpy(float),
    }
    if NOW in held.mapped:
        found["the peace scale of the year itself"] = held.mapped[NOW].to_numpy(float)
    return found
