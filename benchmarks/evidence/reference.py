"""The reference data as situations, period by period, and the default model held against them."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import dyads
import numpy as np
import pandas as pd
import resampling
from resampling import Wins
from wording import span

import riskmodel
from riskmodel.analysis.outcomes.validate import validate
from riskmodel.analysis.results.validation import Validation
from riskmodel.kernels.types import Floats
from riskmodel.results import Estimate
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes

FIRST_TESTED, FIRST_HELD_OUT = 1981, 1990
TUNED, TESTED, HELD_OUT = "tuned on", "tested on", "held out"
RESAMPLES = 1000
NOT_COMPUTED = (
    f"Not computed: fits need years before {FIRST_TESTED}, and later ones to be tested on. Where "
    "RISKMODEL_REFERENCE_DATA names the folder of the earlier years, `--data FILE` adds the later ones to it."
)


class Section(NamedTuple):
    """A section of the page: its lines of Markdown, and its headlines."""

    lines: Sequence[str]
    headlines: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Data:
    """The reference data, and the same as situations; `folder` has the other series, where there is one."""

    folder: Path | None
    table: pd.DataFrame
    mapped: pd.DataFrame
    resamples: int = RESAMPLES
    _validations: dict[tuple[str, str], Validation | None] = field(default_factory=dict)

    @cached_property
    def periods(self) -> dict[str, Mask]:
        """The rows of each period, by its heading; periods without rows are left out."""
        year = self.mapped["year"].to_numpy()
        return {f"{_years(year[rows])}, {name}": rows for name, rows in self._spans.items()}

    @cached_property
    def later(self) -> dict[str, str]:
        """The names of the periods that fits are tested on, by their headings; empty without years to fit on."""
        names = dict(zip(self.periods, self._spans, strict=True))
        return {heading: name for heading, name in names.items() if name != TUNED} if TUNED in self._spans else {}

    @cached_property
    def _spans(self) -> dict[str, Mask]:
        year = self.mapped["year"].to_numpy()
        spans = {
            TUNED: year < FIRST_TESTED,
            TESTED: (year >= FIRST_TESTED) & (year < FIRST_HELD_OUT),
            HELD_OUT: year >= FIRST_HELD_OUT,
        }
        return {name: rows for name, rows in spans.items() if rows.any()}

    @cached_property
    def codes(self) -> Codes:
        """(n,) the pair of states of each row, from 0."""
        return np.asarray(np.unique(self.mapped["dyad"], return_inverse=True)[1], np.intp)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores of the default model as it ships."""
        return riskmodel.load_model().score_frame(self.mapped)

    @property
    def escalation(self) -> Floats:
        """(n,) escalation scores of the default model as it ships; NaN where there is too little data."""
        return self.scores["escalation_exact"].to_numpy(float)

    def validated(self, period: str, outcome: str) -> Validation | None:
        """The validation on one period, with fits on the years tuned on; None where either has no outcome."""
        if (period, outcome) not in self._validations:
            options = self.options(period, outcome)
            self._validations[period, outcome] = (
                None if options is None else validate(**options, resamples=self.resamples)
            )
        return self._validations[period, outcome]

    def options(self, period: str, outcome: str) -> dict[str, Any] | None:
        """The arguments of validation and calibration on one period; None where a side of the split tells nothing."""
        spans = self._spans
        if period not in spans or TUNED not in spans:
            return None
        rows = self.mapped[(spans[TUNED] | spans[period]) & ~np.isnan(self.escalation)]
        first = int(self.mapped["year"][spans[period]].min())
        if any(part[outcome].nunique() < 2 for part in (rows[rows["year"] < first], rows[rows["year"] >= first])):
            return None
        return {"data": rows, "outcome": outcome, "group": "dyad", "time": "year", "test_from": str(first)}

    def wins(self, happened: Mask, values: Floats, rows: Mask) -> Wins:
        """Return how often rows with an event lie above rows without one, by pair of states."""
        rows = rows & ~np.isnan(values)
        return Wins(happened[rows], values[rows], self.codes[rows])

    def area(self, happened: Mask, values: Floats, rows: Mask) -> Estimate | None:
        """The area under the ROC curve over some rows, with its interval over pairs of states; None without events."""
        return self.wins(happened, values, rows).area(self.resamples)

    def gain(self, happened: Mask, values: Floats, others: Floats, rows: Mask) -> Estimate | None:
        """By how much one area exceeds another on some rows; None without events."""
        rows = rows & ~np.isnan(values) & ~np.isnan(others)
        return resampling.gain(self.wins(happened, values, rows), self.wins(happened, others, rows), self.resamples)


def read(source: Path, until: int | None = None, resamples: int = RESAMPLES) -> Data:
    """Read the reference data of a folder, or of one file of dyad-years; of the years up to `until`, or all.

    A file adds to the folder that RISKMODEL_REFERENCE_DATA names, where it names one.

    Raises
    ------
    SystemExit
        Where there are none.
    """
    named = os.environ.get("RISKMODEL_REFERENCE_DATA")
    folder = source if source.is_dir() else Path(named) if named and Path(named).is_dir() else None
    paths = dyads.files(folder) if folder else []
    if source.is_file() and not any(path.samefile(source) for path in paths):
        paths = [*paths, source]
    if not paths:
        raise SystemExit(f"no dyads/dyad_year*.csv in {source}")
    table = dyads.read(paths)
    if until is not None:
        table = table[table["year"] <= until].reset_index(drop=True)
    return Data(folder, table, dyads.situations(table), resamples)


def outcomes() -> dict[str, str]:
    """The titles of the outcomes."""
    return {outcome: title.capitalize() for outcome, title in dyads.OUTCOMES.items()}


def headings(periods: Iterable[str]) -> list[str]:
    """The headings of columns by outcome and period."""
    return [f"{title} {period}" for title in outcomes().values() for period in list(periods)]


def spec_without_least_coverage() -> ModelSpec:
    """The default model without its least coverage, so that parts of it can be scored by themselves."""
    spec = riskmodel.load_model().spec
    scores = {name: score.model_copy(update={"min_coverage": 0.0}) for name, score in spec.scores.items()}
    return spec.model_copy(update={"scores": scores})


def scored(data: Data, spec: ModelSpec, without: Sequence[str] = ()) -> Floats:
    """(n,) escalation scores by a model, without some of its indicators; NaN where there is none.

    Indicators that are left out are missing; their defaults are not used.
    """
    bare = {name: spec.indicators[name].model_copy(update={"default": None}) for name in without}
    spec = spec.model_copy(update={"indicators": {**spec.indicators, **bare}})
    frame = data.mapped.drop(columns=list(without))
    return riskmodel.Model(spec).score_frame(frame)["escalation_exact"].to_numpy(float)


def events(data: Data, outcome: str) -> tuple[Mask, Mask]:
    """Return masks of the rows with an event, and of the rows with a known outcome."""
    happened = data.mapped[outcome].to_numpy(float)
    return happened == 1.0, ~np.isnan(happened)


def columns(outcome: str, estimates: dict[str, Estimate | None]) -> dict[str, Estimate | None]:
    """Estimates by outcome and years, named for a sentence."""
    return {f"{dyads.OUTCOMES[outcome]} {span(heading)}": estimate for heading, estimate in estimates.items()}


def _years(year: Floats) -> str:
    first, last = int(year.min()), int(year.max())
    return str(first) if first == last else f"{first}-{last}"
