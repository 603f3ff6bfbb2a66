"""Weights: what outcomes up to 1980 would make of the default model's, and what that gains after."""

import math
from collections.abc import Iterator

import dyads
from reference import NOT_COMPUTED, Data, signed, titles

import riskmodel
from riskmodel.report.markdown import table


def weights(data: Data) -> Iterator[str]:
    """What `riskmodel calibrate` finds for each outcome."""
    asked = [data.asked("tested on", outcome) for outcome in dyads.OUTCOMES]
    if any(each is None for each in asked):
        yield NOT_COMPUTED
        return
    found = [riskmodel.calibrate(**each) for each in asked]
    first = found[0]
    rows = [
        (name, f"{share:.1%}", *("kept" if name in one.untold else f"{one.shares_after[name]:.1%}" for one in found))
        for name, share in first.shares_before.items()
    ]
    yield from table(("Share of weight", "default model", *titles()), rows, "lrrr")
    yield ""
    told = [
        (
            "strength chosen",
            *("infinite: no change" if math.isinf(one.strength) else f"{one.strength:g}" for one in found),
        ),
        (f"gain in AUC, {first.tested_times[0]}-{first.tested_times[1]}", *(signed(one.gain) for one in found)),
    ]
    yield from table(("", *titles()), told, "lrr")
