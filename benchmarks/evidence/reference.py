"""The reference data as situations, period by period, and the default model held against them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import dyads
import numpy as np
import pandas as pd

import riskmodel
from riskmodel.analysis.discrimination import Estimate, auc_estimate, draw_resamples
from riskmodel.analysis.observations import Observations, Told, read_observations
from riskmodel.analysis.validation import variants
from riskmodel.analysis.validation.result import Validation
from riskmodel.analysis.validation.validate import validate
from riskmodel.arrays import Mask
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec

FIRST_TESTED, FIRST_HELD_OUT = 1981, 1990
RESAMPLES = 1000


class Data(NamedTuple):
    """The reference data, and the same as situations."""

    folder: Path
    table: pd.DataFrame
    mapped: pd.DataFrame

    @property
    def periods(self) -> dict[str, Mask]:
        """The rows of each period, by its name; periods without rows are left out."""
        year = self.mapped["year"].to_numpy()
        spans = {
            "tuned on": year < FIRST_TESTED,
            "tested on": (year >= FIRST_TESTED) & (year < FIRST_HELD_OUT),
            "held out": year >= FIRST_HELD_OUT,
        }
        return {f"{year[rows].min()}-{year[rows].max()}, {name}": rows for name, rows in spans.items() if rows.any()}


def read(folder: Path, until: int | None = None) -> Data:
    """The reference data of a folder, or of one file of dyad-years; of the years up to `until`, or all.

    Raises
    ------
    SystemExit
        Where there are none.
    """
    paths = dyads.files(folder)
    if not paths:
        raise SystemExit(f"no dyads/dyad_year*.csv in {folder}")
    table = dyads.read(paths)
    if until is not None:
        table = table[table["year"] <= until].reset_index(drop=True)
    return Data(folder, table, dyads.situations(table))


def titles() -> list[str]:
    """The outcomes in words."""
    return [told.capitalize() for told in dyads.OUTCOMES.values()]


def seen(data: Data, outcome: str, without: Sequence[str] = ()) -> Observations:
    """The dyad-years as observations, without some of their indicators."""
    frame = data.mapped.drop(columns=list(without))
    return read_observations(riskmodel.load_model().spec, frame, Told(outcome, "dyad", "year"))


def free(spec: ModelSpec) -> ModelSpec:
    """The model without its least coverage, so that parts of it can be scored by themselves."""
    scores = {name: score.model_copy(update={"min_coverage": 0.0}) for name, score in spec.scores.items()}
    return spec.model_copy(update={"scores": scores})


def scored(data: Data, outcome: str, without: Sequence[str] = ()) -> Floats:
    """(n,) escalation scores of the default model, without some of its indicators."""
    return variants.scored(free(riskmodel.load_model().spec), "escalation", seen(data, outcome, without))


def events(data: Data, outcome: str) -> tuple[Mask, Mask]:
    """Which rows had an event, and of which it is known."""
    happened = data.mapped[outcome].to_numpy(float)
    return happened == 1.0, ~np.isnan(happened)


def area(data: Data, happened: Mask, values: Floats, rows: Mask) -> str:
    """The area under the ROC curve over some rows, with its interval over pairs of states."""
    codes = np.unique(data.mapped["dyad"], return_inverse=True)[1]
    drawn = draw_resamples(codes[rows], RESAMPLES, 0.95, 0)
    return with_interval(auc_estimate(happened[rows], values[rows], drawn))


def validated(data: Data, outcome: str, **options: Any) -> Validation | None:
    """The validation on 1981-1989 with fits on the years before; None where the data do not reach there."""
    years = data.mapped[data.mapped["year"] < FIRST_HELD_OUT]
    if not (years["year"] < FIRST_TESTED).any() or not (years["year"] >= FIRST_TESTED).any():
        return None
    return validate(years, outcome, group="dyad", time="year", test_from=str(FIRST_TESTED), **options)


def with_interval(estimate: Estimate) -> str:
    """A figure and its interval."""
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.2f}-{estimate.high:.2f})"


def signed(difference: Estimate) -> str:
    """A difference and its interval."""
    if difference.low is None or difference.high is None:
        return f"{difference.value:+.3f}"
    return f"{difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
