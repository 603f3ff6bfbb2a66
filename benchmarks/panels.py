"""Time the ranks and changes of a panel against pandas by hand.

    python benchmarks/panels.py [--units 10000] [--times 100] [--rounds 5] [--seed 1]

Both rank every row within its month by both scores of the default model, and take the changes against the month before;
their ranks must agree. They run alternately; the ratio is the median of the ratios within the rounds.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import pandas as pd
from tables import RANGES

import riskmodel

TARGET = 2.0
SCORES = ["escalation", "stability"]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser()
    for name, default in (("units", 10_000), ("times", 100), ("rounds", 5), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    frame = panel(options.units, options.times, options.seed)
    model = riskmodel.load_model()
    check(model, frame.iloc[: 100 * options.times])
    ours, by_hand = [], []
    for _ in range(options.rounds):
        ours.append(timed(lambda: model.rank_table(frame, id="pair", time="month")))
        by_hand.append(timed(lambda: pandas_ranks(model, frame)))
    ratio = median(one / other for one, other in zip(ours, by_hand, strict=True))
    print(f"{len(frame):,} rows, medians of {options.rounds} rounds")
    print(f"riskmodel       {median(ours):6.2f} s")
    print(f"pandas by hand  {median(by_hand):6.2f} s")
    print(f"ratio {ratio:.2f}, target at most {TARGET:g}: {'met' if ratio <= TARGET else 'MISSED'}")


def panel(units: int, times: int, seed: int) -> pd.DataFrame:
    """Return a row for each unit and month, with values of the indicators that are drawn uniformly."""
    random = np.random.default_rng(seed)
    months = [f"{1990 + month // 12}-{month % 12 + 1:02}" for month in range(times)]
    keys = {"pair": np.repeat([f"pair {unit}" for unit in range(units)], times), "month": np.tile(months, units)}
    rows = units * times
    return pd.DataFrame({**keys, **{name: random.uniform(*ends, rows).round(1) for name, ends in RANGES.items()}})


def pandas_ranks(model: riskmodel.Model, frame: pd.DataFrame) -> pd.DataFrame:
    """Return ranks and changes without the checks of keys and times."""
    scored = pd.concat([frame[["pair", "month"]], model.score_frame(frame)], axis=1)
    # Without rounding, scores that differ by rounding error alone would not tie.
    shares = (scored[[f"{score}_exact" for score in SCORES]] / 100.0).round(9).set_axis(SCORES, axis=1)
    ranks = shares.groupby(scored["month"]).rank(method="min", ascending=False).add_suffix("_rank")
    ranked = pd.concat([scored[["pair", "month", *SCORES]], ranks], axis=1).sort_values(["pair", "month"])
    changes = ranked.groupby("pair")[[*SCORES, *ranks]].diff()
    return pd.concat([ranks, changes.add_suffix("_change").sort_index()], axis=1)


def check(model: riskmodel.Model, frame: pd.DataFrame) -> None:
    """Check that both give the same ranks and changes."""
    ours, by_hand = model.rank_table(frame, id="pair", time="month").to_frame(), pandas_ranks(model, frame)
    for score in SCORES:
        for name in (f"{score}_rank", f"{score}_rank_change"):
            np.testing.assert_array_equal(ours[name].to_numpy(float, na_value=np.nan), by_hand[name])
        np.testing.assert_allclose(ours[f"{score}_change"], by_hand[f"{score}_change"], atol=1e-9)


def timed(run: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
