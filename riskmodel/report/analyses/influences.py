"""Report and tables of what follows from a step by the influences of a model."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from riskmodel.analysis.results.influences import STEP, IndicatorPath, InfluencePaths, ScorePath, TakenStep
from riskmodel.analysis.results.uncertainty import QUANTILES
from riskmodel.errors import counted
from riskmodel.plan.numpy_steps import reported
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import apportion, number, plain_value, signed

if TYPE_CHECKING:
    import pandas as pd

THEORY = "Theory, not data: how strongly one indicator moves another is a judgement of the author of the model"
_MAX_MONTHS = 24
"""Months of which a table shows all."""


def influences_report(result: InfluencePaths) -> Report:
    """Return the report: each score with and without the step, what the difference consists of, and what moves."""
    sections = [section for score in result.scores.values() for section in _score(result, score)]
    return Report(title(result), list(_about(result)), [*sections, _moves(result), *_carries(result)])


def title(result: InfluencePaths) -> str:
    """Return the title of the result."""
    return f"What follows from {'a step' if len(result.steps) == 1 else 'steps'}: {result.heading}"


def step_text(step: TakenStep) -> str:
    """Format a step: `Communication frequency = 1 from 2027-01 (official contacts per month)`."""
    return short_step(step) + (f" ({step.unit})" if step.unit else "")


def short_step(step: TakenStep) -> str:
    """Format a step without the unit."""
    return f"{step.title} = {plain_value(step.value)} from {step.month}"


def _about(result: InfluencePaths) -> Iterator[str]:
    yield f"{THEORY}."
    yield result.model.line
    for step in result.steps:
        yield f"step: {step_text(step)}"
    if not result.steps:
        yield "no step: nothing deviates from the start, so nothing moves"
    start = f" from {result.start}" if result.start else ""
    yield f"{counted(len(result.months), 'month')}{start}; {result.draws:,} draws of the strengths, seed {result.seed}"
    yield "without a step everything stays as it is at the start; with it, indicators respond month by month"
    if result.missing:
        yield f"without a value, so that they neither push nor are pushed: {', '.join(result.missing)}"
    if result.ranges:
        yield f"given as ranges, of which the median counts: {', '.join(result.ranges)}"
    for score in result.without_score:
        yield f"{score}: insufficient data"


def _score(result: InfluencePaths, score: ScorePath) -> Iterator[Section]:
    without = number(score.reported_without, score.decimals)
    start = " ".join(filter(None, (without, score.band_without)))
    every = -(-len(result.months) // _MAX_MONTHS)
    months = range((len(result.months) - 1) % every, len(result.months), every)
    rows = [(result.months[month], *_month(score, month)) for month in months]
    headings = ("month", "with", "band", "difference", "50% of the draws", "90% of the draws")
    remarks = [f"every {every} months; --format csv has all"] if every > 1 else []
    heading = f"{score.title}: {start} without the step"
    yield Section(heading, (), Table(headings, rows, "lrlrrr"), remarks)
    if score.account:
        yield _account(result, score)


def _month(score: ScorePath, month: int) -> tuple[str, ...]:
    def interval(low: float, high: float) -> str:
        # Of reported scores, so that an interval agrees with the difference beside it.
        ends = np.array([score.without + score.quantiles[share][month] for share in (low, high)])
        return " to ".join(
            signed(end - score.reported_without, score.decimals) for end in reported(ends, score.decimals)
        )

    difference = signed(score.reported[month] - score.reported_without, score.decimals)
    value = number(score.reported[month], score.decimals)
    return value, score.bands[month] or "", difference, interval(0.25, 0.75), interval(0.05, 0.95)


def _account(result: InfluencePaths, score: ScorePath) -> Section:
    """Return what the last difference consists of, rounded so that it sums to the difference."""
    total = score.reported[-1] - score.reported_without
    least = 0.5 * 10.0**-score.decimals
    parts = sorted(score.account, key=lambda part: -abs(part.points[-1]))
    shown = [part for part in parts if abs(part.points[-1]) >= least]
    small = [part for part in parts if 0.0 < abs(part.points[-1]) < least]
    exact = [*(part.points[-1] for part in shown), sum(part.points[-1] for part in small)]
    *points, rest = apportion(exact, total, score.decimals)
    rows: list[tuple[str, str, str]] = [
        (part.title, part.kind, signed(value, score.decimals)) for part, value in zip(shown, points, strict=True)
    ]
    if float(rest) != 0.0:
        rows.append((counted(len(small), "smaller one"), "", signed(rest, score.decimals)))
    rows.append(("Sum", "", signed(total, score.decimals)))
    return Section(
        f"{score.title}: what the difference in {result.months[-1]} consists of",
        (),
        Table(("", "", "points"), rows, "llr"),
    )


def _carries(result: InfluencePaths) -> Iterator[Section]:
    """Yield what each influence carries, those that carry something."""
    titles = [score.title for score in result.scores.values()]
    decimals = [score.decimals for score in result.scores.values()]
    rows = []
    for item in sorted(result.influences, key=lambda item: -max(map(abs, item.carries.values()))):
        points = [signed(value, places) for value, places in zip(item.carries.values(), decimals, strict=True)]
        if any(float(text) for text in points):
            rows.append((item.title, f"{item.strength[1]:+g}", *points))
    if rows:
        lines = [
            f"points of the difference in {result.months[-1]} that are lost if one influence is left out; they need "
            "not sum to it, because influences act through each other"
        ]
        table = Table(("", "likeliest strength", *titles), rows, "lr" + "r" * len(titles))
        yield Section("What each influence carries", lines, table)


def _moves(result: InfluencePaths) -> Section:
    titles = {influence.name: influence.title for influence in result.influences} | {STEP: "the step itself"}
    paths = sorted(
        result.indicators,
        key=lambda path: -abs(path.intensities[-1] - (path.intensity_before or 0.0)) if path.intensities else 0.0,
    )
    rows = [_move(path, titles) for path in paths]
    start = result.start or "start"
    headings = ("", start, result.months[-1], "intensity", "change", "by")
    lines = ["with median strengths; the changes of an intensity (0 to 1) sum to its whole change"]
    if not rows:
        return Section("What moves", ["nothing"])
    return Section("What moves", lines, Table(headings, rows, "lrrrrl"))


def _move(path: IndicatorPath, titles: Mapping[str, str]) -> tuple[str, ...]:
    label = f"{path.title} ({path.unit})" if path.unit else path.title
    values = plain_value(path.before), plain_value(path.values[-1])
    if path.intensity_before is None:
        return (label, *values, "", "", titles[STEP])
    changes = sorted(path.changes.items(), key=lambda change: -abs(change[1][-1]))
    reasons = ", ".join(f"{titles[name]} {signed(amounts[-1], 3)}" for name, amounts in changes)
    return (
        label,
        *values,
        f"{path.intensities[-1]:.3f}",
        signed(path.intensities[-1] - path.intensity_before, 3),
        reasons,
    )


def influences_frames(result: InfluencePaths) -> "Mapping[str, pd.DataFrame]":
    """Return a row for each month and score; the accounts of the differences; the indicators, and what moves them."""
    import pandas as pd

    months = list(enumerate(result.months))
    scores = [
        {"month": label, "score": name, "without": score.reported_without, "with": score.reported[month]}
        | {"band_without": score.band_without, "band": score.bands[month], "difference": score.differences[month]}
        | {column: score.quantiles[share][month] for share, column in QUANTILES.items()}
        for name, score in result.scores.items()
        for month, label in months
    ]
    account = [
        {"month": label, "score": name, "kind": part.kind, "name": part.name, "title": part.title}
        | {"points": part.points[month]}
        for name, score in result.scores.items()
        for part in score.account
        for month, label in months
    ]
    indicators = [
        {"month": label, "indicator": path.name, "title": path.title, "unit": path.unit, "before": path.before}
        | {"value": path.values[month], "intensity_before": path.intensity_before}
        | {"intensity": path.intensities[month] if path.intensities else None}
        for path in result.indicators
        for month, label in months
    ]
    changes = [
        {"month": label, "indicator": path.name, "by": by, "change": amounts[month]}
        for path in result.indicators
        for by, amounts in path.changes.items()
        for month, label in months
    ]
    columns = ["month", "indicator", "title", "unit", "before", "value", "intensity_before", "intensity"]
    influences = [
        {"influence": item.name, "title": item.title, "from": item.source, "to": item.target, "lag": item.lag}
        | dict(zip(("strength_low", "strength_likely", "strength_high"), item.strength, strict=True))
        | {"change": item.change, "score": name, "carries": points}
        for item in result.influences
        for name, points in item.carries.items()
    ]
    return {
        "Months": pd.DataFrame(scores),
        "Account": pd.DataFrame(account, columns=["month", "score", "kind", "name", "title", "points"]),
        "Indicators": pd.DataFrame(indicators, columns=columns),
        "Changes": pd.DataFrame(changes, columns=["month", "indicator", "by", "change"]),
        "Influences": pd.DataFrame(influences),
    }
