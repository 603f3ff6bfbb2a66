"""Within a pair of states: whether the years before an onset score higher than other years of the same pair.

Whatever counts past onsets is held back here by arithmetic alone. Suppose that onsets come by chance, at a rate that
never changes. Of the years of one pair, those that are followed by an onset have that onset ahead of them and not
behind; every other year may have it behind. So among a given number of onsets, the years before an onset have fewer
left to count, and the expected area is below one half: for a count of the year itself alone and T years it is
1/2 - 1/(2T). It is the bias of S. Nickell (*Biases in dynamic models with fixed effects*, Econometrica 49, 1981), and
of J. B. Miller and A. Sanjurjo (*Surprised by the hot hand fallacy?*, Econometrica 86, 2018). How large it is here
comes from simulation: the pairs and years of the data, each pair with the rate of onsets that it has in them.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import dyads
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onsets import SCORE, quiet
from reference import Data, Section, events, headings, outcomes
from resampling import Wins
from wording import ORDER, Phrases, aside, brief, by_period, listed, span, with_interval

import riskmodel
from riskmodel.kernels.types import Floats
from riskmodel.report.document import markdown_table
from riskmodel.results import Estimate
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes

WORLDS = 100
YEARS_COUNTED = 5
EARLIER_YEARS = 100
"""Years that are simulated before the first of the data: onsets are counted there, and peace begins there."""
MEASURED = {
    "score": SCORE,
    "calm": f"{SCORE}, in years without a dispute or crisis",
    "mean": f"{SCORE}, mean over pairs",
    "history": "disputes and crises in five years",
    "peace": "peace years (few)",
}
EXPECTED = Phrases(
    "above what a constant rate gives",
    "below even what a constant rate gives",
    "no more and no less than a constant rate gives",
)

WARNING = "Within pairs, a constant rate gives less than one half, since past onsets are counted."


class World(NamedTuple):
    """n dyad-years, measured or simulated.

    Attributes
    ----------
    onsets : (n,) whether there is an onset in the year after, by outcome.
    values : (n,) what there is to go by, by name.
    calm : (n,) whether there is neither dispute nor crisis in the year itself.
    codes : (n,) the pair of states.
    """

    onsets: Mapping[str, Mask]
    values: Mapping[str, Floats]
    calm: Mask
    codes: Codes

    def areas(self, outcome: str, rows: Mask, resamples: int) -> dict[str, Estimate]:
        """Estimate the areas within pairs, by name; without resamples they have no intervals."""
        wins = {name: self.wins(outcome, name, rows) for name in self.values}
        estimates = {name: counted_wins.within(resamples) for name, counted_wins in wins.items()}
        estimates["calm"] = self.wins(outcome, "score", rows & self.calm).within(resamples)
        estimates["mean"] = wins["score"].mean_within(resamples)
        return {name: estimate for name, estimate in estimates.items() if estimate is not None}

    def wins(self, outcome: str, name: str, rows: Mask) -> Wins:
        """Return how often rows before an onset lie above others."""
        rows = rows & ~np.isnan(self.values[name])
        return Wins(self.onsets[outcome][rows], self.values[name][rows], self.codes[rows])


class Simulated(NamedTuple):
    """An area within pairs in simulated worlds: its mean, and the range that holds 95 % of them."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.2f}-{self.high:.2f})"

    def verdict(self, measured: Estimate) -> str:
        """Say where a measured area lies from that range."""
        if measured.value > self.high:
            return EXPECTED.above
        return EXPECTED.below if measured.value < self.low else EXPECTED.unclear


def within(data: Data) -> Section:
    """Compare the years of each pair with each other, and with what a constant rate of onsets would give."""
    world = _measured(data)
    simulated = {heading: simulate(data, period, WORLDS) for heading, period in data.periods.items()}
    rows: dict[str, list[str]] = {}
    rows_expected: dict[str, list[str]] = {}
    sentences: list[str] = []
    short: list[str] = []
    counts = []
    for outcome, title in outcomes().items():
        scores: dict[str, Estimate | None] = {}
        verdicts: dict[str, list[tuple[str, str]]] = {}
        for heading, period in data.periods.items():
            known = events(data, outcome)[1] & ~np.isnan(data.escalation)
            areas = world.areas(outcome, known & period, data.resamples)
            expected = _summary(simulated[heading], outcome, known[period])
            for name, label in MEASURED.items():
                rows.setdefault(label, []).append(with_interval(areas.get(name)))
                rows_expected.setdefault(label, []).append(str(expected.get(name, "")))
            wins = world.wins(outcome, "score", known & period)
            rows.setdefault(f"{SCORE}, within and between pairs", []).append(with_interval(wins.area(data.resamples)))
            pairs = np.diag(wins.pairs)
            counts.append((title, heading, f"{int((pairs > 0).sum()):,}", f"{int(pairs.sum()):,}"))
            scores[heading] = areas.get("score")
            if "score" in areas and "score" in expected:
                verdict = expected["score"].verdict(areas["score"])
                verdicts.setdefault(verdict, []).append((span(heading), str(expected["score"])))
        subject = f"For {title.lower()}s it"
        sentences.append(f"{subject} {by_period(scores, 0.5, ORDER)}{_compared(verdicts, aside)}.")
        short.append(f"{subject} {by_period(scores, 0.5, ORDER, brief)}{_compared(verdicts, lambda _: '')}.")
    names = headings(data.periods)
    align = "l" + "r" * len(names)
    simulated_as = f"If rates never changed: mean of {WORLDS} simulated worlds (95 % of them)"
    lines = [
        *markdown_table(("AUC within pairs (95 % interval)", *names), _cells(rows), align),
        "",
        *markdown_table((simulated_as, *names), _cells(rows_expected), align),
        "",
        *markdown_table(
            ("Outcome", "Years", "Pairs with and without an onset", "Pairs of years compared"), counts, "llrr"
        ),
        "",
        "The escalation score within pairs, beside one half:",
        "",
        *(f"- {sentence}" for sentence in sentences),
    ]
    return Section(lines, [f"**Does the score distinguish the years of one pair?** {WARNING} {' '.join(short)}"])


def _compared(verdicts: Mapping[str, list[tuple[str, str]]], written: Callable[[str], str]) -> str:
    """Say how the areas compare with those of a constant rate."""
    clauses = [
        f"{verdict} in {listed(f'{years}{written(simulated)}' for years, simulated in periods)}"
        for verdict, periods in verdicts.items()
    ]
    return f"; that is {', and '.join(clauses)}" if clauses else ""


def _cells(rows: Mapping[str, list[str]]) -> list[tuple[str, ...]]:
    return [(label, *estimates) for label, estimates in rows.items()]


def _measured(data: Data) -> World:
    return World(
        {outcome: events(data, outcome)[0] for outcome in dyads.OUTCOMES},
        {
            "score": data.escalation,
            "history": data.mapped["dispute_history"].to_numpy(float),
            "peace": -data.mapped["peace_years"].to_numpy(float),
        },
        quiet(data),
        data.codes,
    )


def _summary(worlds: list[World], outcome: str, rows: Mask) -> dict[str, Simulated]:
    areas: dict[str, list[float]] = {}
    for world in worlds:
        for name, estimate in world.areas(outcome, rows, 0).items():
            areas.setdefault(name, []).append(estimate.value)
    return {
        name: Simulated(float(np.mean(values)), *map(float, np.quantile(values, [0.025, 0.975])))
        for name, values in areas.items()
    }


def simulate(data: Data, rows: Mask, number: int, seed: int = 0) -> list[World]:
    """Simulate dyad-years in which onsets come at a constant rate.

    A simulated dispute or crisis lasts one year, at the usual hostility of those in the data. All other indicators are
    those of the data.

    Parameters
    ----------
    data : the pairs, years and other indicators.
    rows : which of them; each pair has the share of years with an onset that it has there.
    number : how many worlds.
    seed : of the random numbers.
    """
    random = np.random.default_rng(seed)
    codes = np.unique(data.codes[rows], return_inverse=True)[1].astype(np.intp)
    year = data.mapped["year"].to_numpy(int)[rows]
    year = year - year.min() + EARLIER_YEARS
    grid = (number, int(codes.max()) + 1, int(year.max()) + 2)
    rates = {outcome: _rates(codes, *(mask[rows] for mask in events(data, outcome))) for outcome in dyads.OUTCOMES}
    onsets = {outcome: random.random(grid) < rate[:, None] for outcome, rate in rates.items()}
    begun = np.sum(list(onsets.values()), axis=0, dtype=np.int16)
    hostile = data.mapped["military_activity"][rows & ~quiet(data)].median()
    values = {
        "dispute_history": counted(begun, YEARS_COUNTED)[:, codes, year].astype(float),
        "peace_years": since(onsets["y_mid_onset"])[:, codes, year].astype(float),
        "military_activity": np.where(begun[:, codes, year] > 0, hostile, dyads.HOSTILITY[0]),
    }
    kept = data.mapped.loc[rows, [entry.indicator for entry in dyads.MAPPING]]
    frame = pd.concat([kept] * number, ignore_index=True)
    frame = frame.assign(**{name: column.ravel() for name, column in values.items()})
    score = riskmodel.load_model().score_frame(frame)["escalation_exact"].to_numpy(float).reshape(number, -1)
    return [
        World(
            {outcome: onsets[outcome][world, codes, year + 1] for outcome in dyads.OUTCOMES},
            {
                "score": score[world],
                "history": values["dispute_history"][world],
                "peace": -values["peace_years"][world],
            },
            begun[world, codes, year] == 0,
            codes,
        )
        for world in range(number)
    ]


def _rates(codes: Codes, happened: Mask, known: Mask) -> Floats:
    """(pairs,) the share of years with an onset; 0 where none is known."""
    years = np.bincount(codes[known], minlength=int(codes.max()) + 1)
    return np.bincount(codes[known & happened], minlength=len(years)) / np.maximum(years, 1)


def counted(onsets: NDArray[np.int16], years: int) -> NDArray[np.int16]:
    """(..., years) how many onsets there were in each year and those before it, as many years as stated."""
    total = np.cumsum(onsets, axis=-1, dtype=np.int16)
    before = np.zeros_like(total)
    before[..., years:] = total[..., :-years]
    return total - before


def since(onsets: NDArray[np.bool_]) -> NDArray[np.int16]:
    """(..., years) how many years ago the last onset was; since before the first year where there was none."""
    position = np.arange(onsets.shape[-1], dtype=np.int16)
    last = np.maximum.accumulate(np.where(onsets, position, np.int16(-1)), axis=-1)
    return (position - last).astype(np.int16)
