"""Models and frames for the tests of tables."""

import numpy as np
import pandas as pd

LABELS = {
    "format": 1,
    "id": "labels",
    "indicators": {
        "mood": {"scale": {"levels": {"calm": 0, "tense": 0.6, "crisis": 1, "3": 0.3}}},
        "x": {"scale": {"goalposts": [0, 10]}, "valid": [0, 10]},
    },
    "scores": {"s": {"weights": {"mood": 1, "x": 1}, "bands": {"low": 0, "high": 50}, "min_coverage": 0.6}},
}


def rows_of(model, count, seed=0):
    rng = np.random.default_rng(seed)
    low_high = {"public_hostility": (0, 100), "espionage": (0, 150), "trade_disruption": (-20, 90)}
    frame = pd.DataFrame({name: rng.uniform(*low_high.get(name, (0, 10)), count) for name in model.spec.indicators})
    return frame.mask(rng.random(frame.shape) < 0.1)
