"""Result of an outlook: the scores ahead, and how such outlooks did in the past."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Literal

import numpy as np
from pydantic import computed_field

from riskmodel.analysis.results.series import SkippedUnit
from riskmodel.assessment import ModelIdentity, score_of
from riskmodel.errors import counted
from riskmodel.kernels.types import Better, Floats
from riskmodel.plan.numpy_steps import reported
from riskmodel.results import HIDDEN, DrawableResult, Record, Share, Tabular
from riskmodel.tables.check import TableCheck

Method = Literal[
    "random walk",
    "local level",
    "damped trend",
    "did not vary",
    "too few values",
    "no longer reported",
    "past transitions",
]


@dataclass(frozen=True, slots=True)
class CarriedIndicator(Record):
    """An indicator that is carried forward.

    Attributes
    ----------
    method : its model. Those that did not vary or have too few values have none: they stay, but for moves that they
        make in other units. Those no longer reported stay missing.
    last : the time of its last value.
    values : the number of its values.
    """

    name: str
    title: str
    method: Method
    last: str
    values: int


@dataclass(frozen=True, slots=True)
class Driver(Record):
    """An indicator that spreads a score at the horizon.

    Attributes
    ----------
    share : of the variance of the score, lost if the indicator stays at its median in every draw; below 0 if that makes
        it wider. Shares need not sum to 1, because indicators move together.
    """

    name: str
    title: str
    share: float


@dataclass(frozen=True, slots=True)
class Fan(Record):
    """A score of a unit ahead.

    Attributes
    ----------
    last : the reported score at the last time that has one.
    past : (times,) reported scores of the past, NaN where there is none.
    quantiles : (steps, 5) of the draws, by `QUANTILES`; NaN if the data are insufficient for a score.
    bands : (steps, k) probabilities of the bands.
    drivers : indicators that spread the score at the horizon, the largest share first.
    """

    last: float
    past: Annotated[Floats, HIDDEN]
    quantiles: Annotated[Floats, HIDDEN]
    bands: Annotated[Floats, HIDDEN]
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class ScoreAhead(Record):
    """A score of a unit at a time ahead: quantiles, rounded like the score, and the probability of each band."""

    p05: float
    p25: float
    p50: float
    p75: float
    p95: float
    bands: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class TimeAhead(Record):
    """A time ahead, and its scores by name; a score without sufficient data is left out."""

    time: str
    scores: Mapping[str, ScoreAhead]


@dataclass(frozen=True, slots=True)
class UnitOutlook(Record):
    """The outlook of a unit.

    Attributes
    ----------
    unit : its labels by column.
    name : its labels in one text.
    times : its past times, from the first to the last without gaps.
    ahead : the times ahead.
    indicators : those carried forward.
    without_values : the indicators without any value, which stay missing.
    scores : by name.
    """

    unit: Mapping[str, str]
    name: Annotated[str, HIDDEN]
    times: Annotated[tuple[str, ...], HIDDEN]
    ahead: Annotated[tuple[str, ...], HIDDEN]
    indicators: tuple[CarriedIndicator, ...]
    without_values: tuple[str, ...]
    scores: Mapping[str, Fan]


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """The quality of forecasts of a score, so many steps ahead, or over all steps.

    Attributes
    ----------
    steps : ahead; None for all.
    forecasts : that were compared with the score observed.
    crps : mean continuous ranked probability score, in points of the score; smaller is better.
    crps_last : of the last score unchanged, which is its mean absolute error.
    crps_changes : of the last score with its past changes drawn anew.
    inside_50, inside_90 : share of the observed scores in the 50 % and in the 90 % interval.
    crps_without_influences : of the outlook without the influences; None if it has none.
    """

    steps: int | None
    forecasts: int
    crps: float
    crps_last: float
    crps_changes: float
    inside_50: Share
    inside_90: Share
    crps_without_influences: float | None

    @property
    def plain(self) -> dict[str, float | None]:
        """The figures by name."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @property
    def beats_both(self) -> bool:
        """True if the mean score is better than those of both naive forecasts."""
        return self.crps < min(self.crps_last, self.crps_changes)


@dataclass(frozen=True, slots=True)
class Backtest(Record):
    """Forecasts of a score from earlier times, compared with the scores that followed.

    Attributes
    ----------
    units, origins : the number of units, and of the times from which forecasts were made, in all units.
    overall : over all steps.
    by_step : for each number of steps ahead that could be tested.
    """

    units: int
    origins: int
    overall: Trial
    by_step: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class OutlookScore(Record):
    """A score of the model of an outlook.

    Attributes
    ----------
    bands : the lowest value of each band, by name.
    better : the better end of the score.
    backtest : None if no score observed could be compared.
    """

    title: str
    out_of: float
    decimals: int
    bands: Mapping[str, float]
    better: Annotated[Better | None, HIDDEN]
    backtest: Backtest | None

    @property
    def verdict(self) -> str:
        """A sentence on the backtest."""
        if self.backtest is None:
            return f"{self.title}: the outlook could not be held against the past"
        trial = self.backtest.overall
        beaten = sum(trial.crps < error for error in (trial.crps_last, trial.crps_changes))
        outcome = ("beats neither naive forecast", "does not beat both naive forecasts", "beats both naive forecasts")
        forecasts = f"{counted(trial.forecasts, 'forecast')} from {counted(self.backtest.origins, 'time')}"
        return (
            f"{self.title}: on the past the outlook {outcome[beaten]}: its mean error (CRPS) is {trial.crps:.2f} "
            f"points, {trial.crps_last:.2f} with the last score unchanged, {trial.crps_changes:.2f} with its past "
            f"changes ({forecasts}){_gain_of_influences(trial)}"
        )


def _gain_of_influences(trial: Trial) -> str:
    """Return what the influences add on the past, in words; empty without influences."""
    if trial.crps_without_influences is None:
        return ""
    difference = trial.crps_without_influences - trial.crps
    change = "make it smaller" if difference > 0 else "make it larger" if difference < 0 else "do not change it"
    return f"; the influences, which are theory, {change}: {trial.crps_without_influences:.2f} without them"


@dataclass(frozen=True)
class Outlook(Tabular, DrawableResult):
    """Scores ahead: indicators carried forward from their own past, drawn together, and scored.

    Attributes
    ----------
    verdict
        Sentences on how such outlooks did in the past against naive forecasts, by score; those that did not beat them
        come first.
    source
        The table.
    check
        The indicators without a column, and the values beyond their scale.
    by, time
        The columns that name units, and the column of times.
    step
        The distance of neighbouring times, such as `1 month`.
    horizon
        Steps ahead.
    draws, seed
        Of the draws.
    influences
        True if the responses to the model's influences are added, which are theory.
    scores
        By score, with the backtest.
    units
        The outlook of each unit.
    skipped
        Units without an outlook, with the reason.
    """

    verdict: tuple[str, ...]
    model: ModelIdentity
    source: str
    check: TableCheck
    by: tuple[str, ...]
    time: str
    step: str
    horizon: int
    draws: int
    seed: int
    influences: bool
    scores: Mapping[str, OutlookScore]
    units: tuple[UnitOutlook, ...]
    skipped: tuple[SkippedUnit, ...]

    def __getitem__(self, score: str) -> OutlookScore:
        return score_of(self.scores, score)

    @computed_field
    def ahead(self) -> list["UnitAhead"]:
        """The scores ahead of every unit."""
        return [UnitAhead(unit.unit, tuple(self._ahead(unit))) for unit in self.units]

    def _ahead(self, unit: UnitOutlook) -> Iterator[TimeAhead]:
        for step, time in enumerate(unit.ahead):
            scores = {}
            for name, fan in unit.scores.items():
                if not np.isnan(fan.quantiles[step]).any():
                    p05, p25, p50, p75, p95 = reported(fan.quantiles[step], self.scores[name].decimals).tolist()
                    bands = dict(zip(self.scores[name].bands, fan.bands[step].tolist(), strict=True))
                    scores[name] = ScoreAhead(p05, p25, p50, p75, p95, bands)
            yield TimeAhead(time, scores)


@dataclass(frozen=True, slots=True)
class UnitAhead(Record):
    """A unit, by its labels, and its times ahead."""

    unit: Mapping[str, str]
    times: tuple[TimeAhead, ...]
