"""Three units over four months, with scores by hand: the mean of x and y, of those that are known.

| unit | 01 | 02 | 03 | 04 |
| --- | ---: | ---: | ---: | ---: |
| alpha | 20 low | 30 low | 40 mid | 60 high |
| beta | 50 mid | 50 mid | 50 mid | 30 low |
| gamma | 10 low | 10 low | no row | 10 low |
"""

import pandas as pd

import riskmodel

PANEL_MODEL = {
    "format": 1,
    "id": "panel",
    "indicators": {
        "x": {"title": "Exercises", "unit": "per month", "valid": [0, 100], "scale": {"goalposts": [0, 100]}},
        "y": {"title": "Yields", "valid": [0, 100], "scale": {"goalposts": [0, 100]}},
        "mood": {"title": "Mood", "scale": {"levels": {"calm": 0, "tense": 1}}},
    },
    "scores": {
        "risk": {"title": "Risk", "weights": {"x": 1, "y": 1}, "bands": {"low": 0, "mid": 40, "high": 60}},
        "peace": {"title": "Peace", "weights": {"mood": -1}},
    },
}
VALUES = {
    "alpha": {1: (20, 20), 2: (40, 20), 3: (60, 20), 4: (90, 30)},
    "beta": {1: (50, 50), 2: (50, 50), 3: (50, 50), 4: (20, 40)},
    "gamma": {1: (10, 10), 2: (10, 10), 4: (10, None)},
}


def panel(changes=None, without=()):
    """Return the table.

    Parameters
    ----------
    changes : values of x and y to replace or add, by unit and month; None leaves the row out.
    without : months that are left out.
    """
    values = {(unit, month): pair for unit, months in VALUES.items() for month, pair in months.items()}
    values |= changes or {}
    rows = [
        {"pair": unit, "month": f"2026-{month:02}", "x": pair[0], "y": pair[1], "mood": "calm"}
        for (unit, month), pair in sorted(values.items())
        if pair is not None and month not in without
    ]
    return pd.DataFrame(rows).astype({"x": float, "y": float})


def series_of_panel(frame=None, **options):
    """Return the series of the panel, or of another frame with its columns."""
    data = panel() if frame is None else frame
    return riskmodel.series(data, model=riskmodel.load_model(PANEL_MODEL), by="pair", time="month", draws=0, **options)
