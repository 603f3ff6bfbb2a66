"""Report of an outlook; how it did in the past comes first."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.analysis.results.outlook import Fan, Outlook, OutlookScore, Trial, UnitOutlook
from riskmodel.analysis.results.uncertainty import QUANTILES
from riskmodel.errors import SituationError, counted
from riskmodel.plan.numpy_steps import reported
from riskmodel.report.document import ALL_ROWS, MAX_ROWS, Report, Section, Table
from riskmodel.report.formatting import number, score_number

if TYPE_CHECKING:
    import pandas as pd

_MAX_DRIVERS = 3
_PAST, _MIN_PAST = 4, 24
"""Times of the past that a fan is drawn with for each time ahead, and the least number."""


def outlook_report(result: Outlook) -> Report:
    """Return the report of an outlook."""
    sections = [_backtest_section(result, score) for score in result.scores.values()]
    if len(result.units) == 1:
        unit = result.units[0]
        sections += [_fan_section(result, unit, name) for name in result.scores]
        sections.append(_indicators_section(unit))
    else:
        sections += [_units_section(result, name) for name in result.scores]
        sections.append(_methods_section(result))
    return Report(title(result), [*(f"{sentence}." for sentence in result.verdict), *_about(result)], sections)


def title(result: Outlook) -> str:
    """Return the title of an outlook: whose, and how far."""
    units = result.units[0].name if len(result.units) == 1 else counted(len(result.units), "unit")
    return f"Outlook of {units}, {counted(result.horizon, 'step')} of {result.step} ahead"


def first_drawn(unit: UnitOutlook) -> int:
    """Return the position of the first time of the past that a fan is drawn with."""
    return max(0, len(unit.times) - max(_MIN_PAST, _PAST * len(unit.ahead)))


def _about(result: Outlook) -> Iterator[str]:
    yield f"{result.source} | {result.model.line} | {result.draws:,} draws, seed {result.seed}"
    yield (
        "each indicator is carried forward from its own past; errors of the past are drawn for all indicators "
        "together, and every draw is scored"
    )
    if result.influences:
        yield "the influences of the model are added: theory, whose strengths are judgement, drawn from their ranges"
    yield from result.check.remarks
    for unit in result.skipped[:MAX_ROWS]:
        yield f"no outlook for {unit.unit}: {unit.reason}"
    if len(result.skipped) > MAX_ROWS:
        yield f"no outlook for {counted(len(result.skipped) - MAX_ROWS, 'more unit')}"


def _backtest_section(result: Outlook, score: OutlookScore) -> Section:
    heading = f"{score.title}: held against the past"
    if score.backtest is None:
        return Section(heading, ["no forecast could be compared with a score"])
    backtest = score.backtest
    line = (
        f"forecasts from {counted(backtest.origins, 'earlier time')} of {counted(backtest.units, 'unit')}, each from "
        "what was known then; CRPS is the mean error in points, smaller is better"
    )
    rows = [_trial_row(str(trial.steps), trial) for trial in backtest.by_step]
    rows.append(_trial_row("all", backtest.overall))
    headings = ["steps ahead", "forecasts", "CRPS", "last score", "past changes", "in 50%", "in 90%"]
    if result.influences:
        headings.append("CRPS without influences")
    remarks = []
    if (tested := len(backtest.by_step)) < result.horizon:
        remarks.append(f"no past is long enough to test {tested + 1} steps or more")
    return Section(heading, [line], Table(headings, rows, "r" * len(headings)), remarks)


def _trial_row(steps: str, trial: Trial) -> tuple[str, ...]:
    errors = (trial.crps, trial.crps_last, trial.crps_changes)
    shares = (trial.inside_50, trial.inside_90)
    return (
        steps,
        f"{trial.forecasts:,}",
        *(number(error, 2) for error in errors),
        *(f"{share:.0%}" for share in shares),
        *([] if trial.crps_without_influences is None else [number(trial.crps_without_influences, 2)]),
    )


def _fan_section(result: Outlook, unit: UnitOutlook, name: str) -> Section:
    score, fan = result.scores[name], unit.scores[name]
    if np.isnan(fan.quantiles).all():
        return Section(f"{score.title} ahead", ["the data are insufficient for a score"])
    rows = []
    for time, quantiles, bands in zip(unit.ahead, fan.quantiles, fan.bands, strict=True):
        rows.append(
            (time, *(_value(value, score.decimals) for value in quantiles), *(f"{share:.0%}" for share in bands))
        )
    headings = (result.time, "5%", "25%", "median", "75%", "95%", *score.bands)
    last = next(
        time for time, value in zip(reversed(unit.times), reversed(fan.past), strict=True) if not np.isnan(value)
    )
    line = f"last score {number(fan.last, score.decimals)} ({last}); shares of the draws below, and in each band"
    return Section(
        f"{score.title} ahead", [line], Table(headings, rows, f"l{'r' * (5 + len(score.bands))}"), list(_spread(fan))
    )


def _value(value: float, decimals: int) -> str:
    return "" if np.isnan(value) else score_number(value, decimals)


def _spread(fan: Fan) -> Iterator[str]:
    """Name the indicators that spread a score at the horizon."""
    if not fan.drivers:
        yield "nothing spreads the score: no indicator that it reads varied in the past"
        return
    shares = "; ".join(f"{driver.title} {driver.share:.0%}" for driver in fan.drivers[:_MAX_DRIVERS])
    yield (
        f"at the last time the spread is mainly that of {shares} (share of the variance that goes if the indicator "
        "stays at its median; shares need not sum to 100%)"
    )


def _indicators_section(unit: UnitOutlook) -> Section:
    rows = [(item.title, item.method, f"{item.values:,}", item.last) for item in unit.indicators]
    table = Table(("indicator", "carried forward by", "values", "last value"), rows, "llrl")
    remarks = []
    if unit.without_values:
        remarks.append(f"without any value, and missing ahead too: {', '.join(unit.without_values)}")
    if any(item.method == "no longer reported" for item in unit.indicators):
        remarks.append("an indicator that has been missing for longer than ever before stays missing ahead")
    if any(item.method in ("did not vary", "too few values") for item in unit.indicators):
        remarks.append(
            "an indicator that did not vary, or has too few values, stays as it is, but for moves of other units"
        )
    return Section("Indicators", (), table, remarks)


def _units_section(result: Outlook, name: str) -> Section:
    score = result.scores[name]
    rows = []
    for unit in result.units[:MAX_ROWS]:
        fan = unit.scores[name]
        quantiles = fan.quantiles[-1]
        if np.isnan(quantiles).any():
            rows.append((unit.name, _value(fan.last, score.decimals), unit.ahead[-1], "no score", "", "", ""))
            continue
        low, _, middle, _, high = (score_number(value, score.decimals) for value in quantiles)
        likeliest = int(np.argmax(fan.bands[-1])) if len(score.bands) else None
        band = "" if likeliest is None else f"{list(score.bands)[likeliest]} {fan.bands[-1][likeliest]:.0%}"
        driver = f"{fan.drivers[0].title} {fan.drivers[0].share:.0%}" if fan.drivers else "nothing varied"
        last = _value(fan.last, score.decimals)
        rows.append((unit.name, last, unit.ahead[-1], middle, f"{low} to {high}", band, driver))
    headings = ("unit", "last score", result.time, "median", "90% interval", "likeliest band", "spread mainly by")
    more = len(result.units) - MAX_ROWS
    remarks = [f"and {counted(more, 'more unit')}; {ALL_ROWS}"] if more > 0 else []
    return Section(f"{score.title} ahead", (), Table(headings, rows, "lrlrrll"), remarks)


def _methods_section(result: Outlook) -> Section:
    """Count the models of each indicator over the units."""
    methods = list(dict.fromkeys(item.method for unit in result.units for item in unit.indicators))
    counts: dict[str, dict[str, int]] = {}
    for unit in result.units:
        for item in unit.indicators:
            of_indicator = counts.setdefault(item.title, dict.fromkeys(methods, 0))
            of_indicator[item.method] += 1
    rows = [(name, *(f"{count:,}" if count else "" for count in row.values())) for name, row in counts.items()]
    return Section("Indicators: units by model", (), Table(("indicator", *methods), rows, "l" + "r" * len(methods)))


def outlook_frames(result: Outlook) -> "Mapping[str, pd.DataFrame]":
    """Return a row for each unit, time ahead and score; the backtest; the indicators; and what spreads the scores."""
    import pandas as pd

    bands = list(dict.fromkeys(f"in_{band}" for score in result.scores.values() for band in score.bands))
    names = ["steps_ahead", "score", *QUANTILES.values(), *bands]
    if clash := sorted({*result.by, result.time} & {*names, "title", "indicator", "method", "values", "last", "share"}):
        raise SituationError(f"the result has two columns {clash[0]!r}; rename that of the table")
    keys = [*result.by, result.time]
    indicators = [
        {**unit.unit, "indicator": item.name, "title": item.title, "method": item.method}
        | {"values": item.values, "last": item.last}
        for unit in result.units
        for item in unit.indicators
    ]
    drivers = [
        {**unit.unit, "score": name, "indicator": driver.name, "title": driver.title, "share": driver.share}
        for unit in result.units
        for name, fan in unit.scores.items()
        for driver in fan.drivers
    ]
    trials = [
        {"score": name, **trial.plain}
        for name, score in result.scores.items()
        if score.backtest is not None
        for trial in (*score.backtest.by_step, score.backtest.overall)
    ]
    backtest = pd.DataFrame(trials)
    if "steps" in backtest:
        backtest["steps"] = backtest["steps"].astype("Int64")  # NA: over all steps
    return {
        "Outlook": pd.DataFrame(list(_rows(result)), columns=[*keys, *names]),
        "Backtest": backtest,
        "Indicators": pd.DataFrame(indicators),
        "Drivers": pd.DataFrame(drivers, columns=[*result.by, "score", "indicator", "title", "share"]),
    }


def _rows(result: Outlook) -> Iterator[dict[str, Any]]:
    for unit in result.units:
        for step, time in enumerate(unit.ahead):
            for name, fan in unit.scores.items():
                score = result.scores[name]
                quantiles = zip(QUANTILES.values(), reported(fan.quantiles[step], score.decimals).tolist(), strict=True)
                bands = zip((f"in_{band}" for band in score.bands), fan.bands[step].tolist(), strict=True)
                yield (
                    {**unit.unit, result.time: time, "steps_ahead": step + 1, "score": name}
                    | dict(quantiles)
                    | dict(bands)
                )
