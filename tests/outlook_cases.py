"""Models and tables for tests of outlooks."""

import numpy as np
import pandas as pd

import riskmodel


def linear_model(names, *, low=-1000.0, high=1000.0, valid=None, **more):
    """Return a model whose score is the mean of indicators, from 0 at `low` to 100 at `high`."""
    indicator = {"scale": {"goalposts": [low, high]}} | ({"valid": valid} if valid else {})
    return riskmodel.load_model(
        {
            "format": 1,
            "id": "linear",
            "indicators": dict.fromkeys(names, indicator) | more,
            "scores": {
                "tension": {
                    "weights": dict.fromkeys([*names, *more], 1),
                    "decimals": 3,
                    "bands": {"low": 0, "high": 50},
                    "min_coverage": 0,
                }
            },
        }
    )


def months(count, first="2015-01"):
    return pd.period_range(first, periods=count, freq="M").astype(str)


def walk(seed, count, start=0.0, step=1.0):
    return start + step * np.cumsum(np.random.default_rng(seed).normal(size=count))


def table(units):
    """Return a table from columns by unit."""
    frames = [
        pd.DataFrame({"pair": name, "month": months(len(next(iter(columns.values())))), **columns})
        for name, columns in units.items()
    ]
    return pd.concat(frames, ignore_index=True)
