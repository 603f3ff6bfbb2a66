"""Conditions on the scores of a series that are watched.

| condition | is met in a row |
| --- | --- |
| `escalation >= 60` (also `>`, `<=`, `<`, `==`) | the reported score compares so |
| `escalation is high` | its band is this one |
| `escalation rises 10 in 3` | the reported score is at least 10 above that of the same unit three steps earlier |
| `escalation falls 10 in 3 months` | at least 10 below; with a unit of time, as many steps as that takes |

Scores are compared as they are reported, so that number, band and alert agree. A step is the distance of the table's
times; where these are irregular, the row that many rows of the unit earlier counts. A row without a score, or without
the earlier one, meets nothing.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

import numpy as np

from riskmodel.analysis.requirements import check_score
from riskmodel.analysis.results.alerts import Alert, AlertedUnit
from riskmodel.analysis.results.panels import rounded_difference
from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.errors import RiskmodelError, SituationError, counted, suggest
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import reported
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Score
from riskmodel.tables.arrays import Mask
from riskmodel.tables.labels import Codes, as_label
from riskmodel.tables.times import MONTHS, places_among

_GRAMMAR = "an alert is like `escalation >= 60`, `escalation is high`, or `escalation rises 10 in 3`"
_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)"
_CONDITION = re.compile(
    rf"(?P<score>\w+)\s*(?:(?P<sign>>=|<=|==|>|<)\s*(?P<number>{_NUMBER})"
    rf"|\s+is\s+(?P<band>.+)"
    rf"|\s+(?P<verb>rises|falls)\s+(?P<points>{_NUMBER})\s+in\s+(?P<count>\d{{1,9}})(?:\s+(?P<unit>[a-z]+))?)",
    re.ASCII,
)
_SIGNS: Mapping[str, Callable[[Floats, float], Mask]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
}
_IN_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}


class Level(NamedTuple):
    """A comparison of a score with a number."""

    text: str
    score: str
    sign: str
    number: float


class InBand(NamedTuple):
    """A test of the band of a score."""

    text: str
    score: str
    band: str


class Movement(NamedTuple):
    """A rise of at least so many points within a time, or a fall (`sign` is -1); without a unit, steps are counted."""

    text: str
    score: str
    sign: int
    points: float
    length: int
    unit: str | None


Moment: TypeAlias = str | float | date
"""A time of a table: its label, or a number or date that reads like it."""
Condition: TypeAlias = Level | InBand | Movement


def read_conditions(spec: ModelSpec, texts: str | Sequence[str]) -> tuple[Condition, ...]:
    """Parse conditions and check them against a model.

    Parameters
    ----------
    spec : the model whose scores they name.
    texts : one or several, such as `escalation >= 60`.

    Raises
    ------
    RiskmodelError
        If one is malformed, names no score or band, or always or never holds.
    TypeError
        If they are no texts.
    """
    given = [texts] if isinstance(texts, str) else texts
    if not isinstance(given, Sequence) or not all(isinstance(text, str) for text in given):
        raise TypeError(f"alerts are a text such as 'escalation >= 60', or a list of such; got {texts!r}")
    conditions = tuple(map(parse, given))
    for condition in conditions:
        if condition.score in spec.indicators:
            raise _error(condition.text, f"{condition.score!r} is an indicator; scores are {', '.join(spec.scores)}")
        try:
            check_score(spec, condition.score)
        except RiskmodelError as error:
            raise _error(condition.text, str(error)) from None
        if fault := _fault(condition, spec.scores[condition.score]):
            raise _error(condition.text, fault)
    return conditions


def parse(given: str) -> Condition:
    """Parse a condition; RiskmodelError if it is malformed."""
    text = " ".join(given.split())
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise _error(text, _GRAMMAR)
    score = match["score"]
    if match["band"]:
        return InBand(text, score, match["band"])
    if match["sign"]:
        return Level(text, score, match["sign"], float(match["number"]))
    count, unit = int(match["count"]), match["unit"]
    if count == 0:
        raise _error(text, "a score rises or falls in 1 step or more")
    unit = unit and unit.removesuffix("s")
    if unit and unit not in (units := (*MONTHS, *_IN_SECONDS)):
        raise _error(text, f"no unit of time {unit!r}{suggest(unit, units)}")
    return Movement(text, score, 1 if match["verb"] == "rises" else -1, float(match["points"]), count, unit)


def _fault(condition: Condition, score: Score) -> str | None:
    """Describe the fault of a condition by itself, if any: an alert that always or never fires is of no use."""
    top, decimals = score.out_of, score.decimals
    span = f"{condition.score} goes from 0 to {top:g}"
    match condition:
        case InBand(band=band) if not score.bands:
            return f"{condition.score} has no bands"
        case InBand(band=band) if band not in score.bands:
            return f"no band {band!r} of {condition.score}{suggest(band, score.bands)}"
        case Movement(points=points) if not 0 < points <= top:
            return f"points should be above 0; {span}"
        case Level(sign="==", number=number):
            if not 0 <= number <= top or reported(np.array([number]), decimals)[0] != number:
                return f"it can never hold: {span}, with {counted(decimals, 'decimal')}"
        case Level(sign=sign, number=number):
            at_ends = _SIGNS[sign](np.array([0.0, top]), number)
            if at_ends.all() or not at_ends.any():
                return f"it {'always holds' if at_ends.all() else 'can never hold'}: {span}"
    return None


def _error(text: str, message: str) -> RiskmodelError:
    return RiskmodelError(f"alert {text!r}: {message}")


def time_code(times: Sequence[str], at: Moment | None, source: str, column: str) -> int:
    """Return the position of a time among those of a column of a table; None is the last.

    Raises
    ------
    RiskmodelError
        If the table has no such time.
    """
    if at is None:
        return len(times) - 1
    text = str(at if isinstance(at, str) else as_label(at))
    span = f"{column} runs from {times[0]} to {times[-1]}"
    try:
        place = places_among(times, [text.strip()])[0]
    except SituationError:
        raise RiskmodelError(f"{text!r} is not a time of that kind; {span}") from None
    if place.is_integer():
        return int(place)
    is_inside = 0 < place < len(times) - 1
    hint = f"near it are {times[int(place)]} and {times[int(place) + 1]}; " if is_inside else ""
    raise RiskmodelError(f"no row of {source} has the time {text!r}; {hint}{span}")


def watch(series: TimeSeries, conditions: Sequence[Condition], at: Moment | None = None) -> tuple[Alert, ...]:
    """Examine conditions at a time of a series.

    Parameters
    ----------
    series : the computed series, with the scores that the conditions name.
    conditions : as `read_conditions` returns them.
    at : the time; by default the last of the table.

    Raises
    ------
    RiskmodelError
        If the table has no such time, or the time of a rise or fall is no whole number of steps.
    """
    time = time_code(series.times, at, series.source, series.time)
    return tuple(_alert(series, condition, time) for condition in conditions)


def _alert(series: TimeSeries, condition: Condition, time: int) -> Alert:
    score = series[condition.score]
    earlier: Codes | None = None
    match condition:
        case Level(sign=sign, number=number):
            met = _SIGNS[sign](score.reported, number)
        case InBand(band=band):
            met = score.bands.codes == score.bands.names.index(band)
        case Movement(sign=direction, points=points):
            earlier = _rows_earlier(series, _steps(condition, series))
            before = np.where(earlier >= 0, score.reported[earlier], np.nan)
            met = direction * rounded_difference(score.reported, before, score.decimals) >= points
    rows = dict(zip(series.unit[then := _rows_at(series, time)].tolist(), then.tolist(), strict=True))
    undecided = {skipped.unit: f"left out: {skipped.reason}" for skipped in series.skipped}
    units = []
    for code, name in enumerate(series.unit_names):
        row = rows.get(code)
        if row is not None and met[row]:
            units.append(_alerted(series, score, row, None if earlier is None else int(earlier[row])))
        elif reason := _reason(condition, score, row, None if earlier is None or row is None else int(earlier[row])):
            undecided[name] = reason
    return Alert(
        condition.text, score.name, score.title, score.decimals, series.times[time], tuple(units), undecided, met
    )


def _alerted(series: TimeSeries, score: SeriesScore, row: int, earlier: int | None) -> AlertedUnit:
    return AlertedUnit(
        series.unit_names[series.unit[row]],
        float(score.reported[row]),
        score.band(row),
        None if earlier is None else float(score.reported[earlier]),
        None if earlier is None else series.time_label(earlier),
    )


def _reason(condition: Condition, score: SeriesScore, row: int | None, earlier: int | None) -> str | None:
    """Return why a condition cannot be decided in a row; None if it can."""
    if row is None:
        return "no row"
    if np.isnan(score.reported[row]):
        return f"no score (coverage {score.coverage[row]:.0%})"
    if not isinstance(condition, Movement):
        return None
    unit = condition.unit or "step"
    if earlier is None or earlier < 0:
        return f"no row {counted(condition.length, unit)} earlier"
    return f"no score {counted(condition.length, unit)} earlier" if np.isnan(score.reported[earlier]) else None


def _rows_at(series: TimeSeries, time: int) -> Codes:
    return np.flatnonzero(series.labels[series.time].codes == time)


def _rows_earlier(series: TimeSeries, steps: int) -> Codes:
    """Return (n,) the row of the same unit so many steps earlier; -1 where it has none."""
    rows = np.arange(series.rows)
    if series.step is None:
        earlier = rows - steps
        return np.where((earlier >= 0) & (series.unit[earlier.clip(min=0)] == series.unit), earlier, -1)
    # Positions may be far apart, so that rows are looked up by the number of their time.
    known, times = np.unique(series.position, return_inverse=True)
    wanted = np.searchsorted(known, series.position - steps)
    keys = series.unit * len(known) + times
    earlier = np.searchsorted(keys, series.unit * len(known) + wanted).clip(max=series.rows - 1)
    is_it = (series.unit[earlier] == series.unit) & (series.position[earlier] == series.position - steps)
    return np.where(is_it, earlier, -1)


def _steps(condition: Movement, series: TimeSeries) -> int:
    """Return the steps that the time of a rise or fall takes.

    Raises
    ------
    RiskmodelError
        If it is no whole number of steps of the table.
    """
    count, unit = condition.length, condition.unit
    if unit is None:
        return count
    if series.step is None:
        message = f"the times of {series.source} are irregular; without {unit!r}, rows of a unit are counted"
        raise _error(condition.text, message)
    size, _, step_unit = series.step.partition(" ")
    for sizes in (MONTHS, _IN_SECONDS):
        if {unit, step_unit.removesuffix("s")} <= set(sizes):
            steps = count * sizes[unit] / (float(size) * sizes[step_unit.removesuffix("s")])
            if steps.is_integer():
                return int(steps)
    raise _error(condition.text, f"{counted(count, unit)} are no whole number of steps of {series.step}")
