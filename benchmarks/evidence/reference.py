"""The reference data as situations, period by period, and the default model held against them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dyads
import numpy as np
import pandas as pd

import riskmodel
from riskmodel.analysis.discrimination import Resamples, auc_estimate, draw_resamples, gain_estimate
from riskmodel.analysis.estimate import Estimate
from riskmodel.analysis.observations import Observations, Told, read_observations
from riskmodel.analysis.validation.result import Validation
from riskmodel.analysis.validation.validate import validate
from riskmodel.arrays import Mask
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec

FIRST_TESTED, FIRST_HELD_OUT = 1981, 1990
RESAMPLES = 1000
NOT_COMPUTED = f"Not computed: the data do not hold both years before {FIRST_TESTED} and later ones."


@dataclass(frozen=True)
class Data:
    """The reference data, and the same as situations."""

    folder: Path
    table: pd.DataFrame
    mapped: pd.DataFrame

    @cached_property
    def periods(self) -> dict[str, Mask]:
        """The rows of each period, by its name; periods without rows are left out."""
        year = self.mapped["year"].to_numpy()
        return {f"{year[rows].min()}-{year[rows].max()}, {name}": rows for name, rows in self._spans.items()}

    @property
    def _spans(self) -> dict[str, Mask]:
        year = self.mapped["year"].to_numpy()
        spans = {
            "tuned on": year < FIRST_TESTED,
            "tested on": (year >= FIRST_TESTED) & (year < FIRST_HELD_OUT),
            "held out": year >= FIRST_HELD_OUT,
        }
        return {name: rows for name, rows in spans.items() if rows.any()}

    @cached_property
    def escalation(self) -> Floats:
        """(n,) escalation scores of the default model as it ships; NaN where there is too little data."""
        return riskmodel.load_model().score_frame(self.mapped)["escalation_exact"].to_numpy(float)

    @cached_property
    def validations(self) -> dict[tuple[str, str], Validation]:
        """What `validate` finds on the years tested and on those held out, by outcome and period."""
        found = {}
        for outcome in dyads.OUTCOMES:
            for period in ("tested on", "held out"):
                validated = self.validated(period, outcome)
                if validated is not None:
                    found[outcome, period] = validated
        return found

    def validated(self, period: str, outcome: str, **options: Any) -> Validation | None:
        """The validation on one period, with fits on the years tuned on; None where either has no outcome."""
        asked = self.asked(period, outcome)
        return None if asked is None else validate(**asked, **options)

    def asked(self, period: str, outcome: str) -> dict[str, Any] | None:
        """What validation and calibration on one period are asked; None where a side of the split has no outcome."""
        spans = self._spans
        if period not in spans or "tuned on" not in spans:
            return None
        rows = self.mapped[spans["tuned on"] | spans[period]]
        known = rows[rows[outcome].notna()]["year"]
        first = int(self.mapped["year"][spans[period]].min())
        if not (known < first).any() or not (known >= first).any():
            return None
        return {"data": rows, "outcome": outcome, "group": "dyad", "time": "year", "test_from": str(first)}


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


def seen(data: Data, outcome: str) -> Observations:
    """The dyad-years as observations."""
    return read_observations(riskmodel.load_model().spec, data.mapped, Told(outcome, "dyad", "year"))


def spec_without_least_coverage() -> ModelSpec:
    """The default model without its least coverage, so that parts of it can be scored by themselves."""
    spec = riskmodel.load_model().spec
    scores = {name: score.model_copy(update={"min_coverage": 0.0}) for name, score in spec.scores.items()}
    return spec.model_copy(update={"scores": scores})


def scored(data: Data, spec: ModelSpec, without: Sequence[str] = ()) -> Floats:
    """(n,) escalation scores by a model, without some of its indicators; NaN where there is none."""
    frame = data.mapped.drop(columns=list(without))
    return riskmodel.Model(spec).score_frame(frame)["escalation_exact"].to_numpy(float)


def events(data: Data, outcome: str) -> tuple[Mask, Mask]:
    """Which rows had an event, and of which it is known."""
    happened = data.mapped[outcome].to_numpy(float)
    return happened == 1.0, ~np.isnan(happened)


def area(data: Data, happened: Mask, values: Floats, rows: Mask) -> str:
    """The area under the ROC curve over some rows, with its interval over pairs of states; blank without events."""
    rows = rows & ~np.isnan(values)
    if not 0 < happened[rows].sum() < rows.sum():
        return ""
    return with_interval(auc_estimate(happened[rows], values[rows], _pairs(data, rows)))


def gain(data: Data, happened: Mask, values: Floats, others: Floats, rows: Mask) -> str:
    """By how much one area exceeds another on some rows; blank without events."""
    rows = rows & ~np.isnan(values) & ~np.isnan(others)
    if not 0 < happened[rows].sum() < rows.sum():
        return ""
    return signed(gain_estimate(happened[rows], values[rows], others[rows], _pairs(data, rows)))


def _pairs(data: Data, rows: Mask) -> Resamples:
    return draw_resamples(np.unique(data.mapped["dyad"], return_inverse=True)[1][rows], RESAMPLES, 0.95, 0)


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
