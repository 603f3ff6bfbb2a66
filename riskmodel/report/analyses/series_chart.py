"""The chart of a series: the scores of a unit with bands, intervals, changes of band and the largest moves."""

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from riskmodel.analysis.results.series import SeriesScore, TimeSeries
from riskmodel.errors import RiskmodelError, suggest
from riskmodel.extras import require
from riskmodel.report.analyses.series_curves import (
    CROWDED,
    LEGEND,
    add_legend,
    curves_of,
    draw_curves,
    places_of,
    source_line,
)
from riskmodel.report.analyses.series_facts import crossings, drivers, knowledge, largest_moves, statement
from riskmodel.report.analyses.series_panels import draw_units
from riskmodel.report.band_zones import draw_zones, name_zones, set_scale
from riskmodel.report.formatting import signed
from riskmodel.report.label_places import Label, label_points
from riskmodel.report.plotting import (
    INK,
    MUTED,
    SMALL,
    WIDTH,
    change_colour,
    change_word,
    new_figure,
    root_figure,
    short_text,
    wrapped,
)
from riskmodel.report.time_axis import set_time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEIGHT = 4.6
_NAMED_MOVES, _CHANGES_A_MOVE = 4, 4
"""The most moves that are named, and how many changes there are for each."""
_NAMED_CROSSINGS, _LAST_CROSSINGS = 6, 3
"""The most changes of band that are all named, and how many are of more."""
_MIN_MOVE = 0.02
"""Share of the scale from which a move is named."""


def axes_of_series(
    series: TimeSeries, unit: str | None = None, score: str | None = None, axes: "Axes | None" = None
) -> "Axes":
    """Draw a score of a unit; see `riskmodel.TimeSeries.plot`."""
    require("plot")
    name = _chosen_unit(series, unit)
    chosen = _chosen_score(series, score)
    if axes is None:
        axes = _new_axes()
    _draw_scores(series, name, {chosen.name: axes})
    return axes


def draw(series: TimeSeries, score: str | None = None) -> "Figure":
    """Draw one unit's scores below each other, or a score of several units side by side.

    Parameters
    ----------
    series : what is drawn.
    score : the score; by default every main score of one unit, or the first of several.

    Raises
    ------
    RiskmodelError
        If there is no such score, or matplotlib is not installed.
    """
    require("plot")
    chosen = _chosen_score(series, score).name
    if len(series.unit_names) > 1:
        return draw_units(series, series[chosen])
    names = series.main_scores if score is None else (chosen,)
    figure = new_figure(WIDTH, 0.4 + (_HEIGHT - 0.4) * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    unit = series.unit_names[0]
    _draw_scores(series, unit, dict(zip(names, panels, strict=True)))
    figure.set_label("; ".join(statement(series, series[name], unit) for name in names))
    return figure


def _chosen_score(series: TimeSeries, score: str | None) -> SeriesScore:
    name = series.main_scores[0] if score is None else score
    if name not in series.scores:
        raise RiskmodelError(f"there is no score {name!r}{suggest(name, series.scores)}")
    return series[name]


def _chosen_unit(series: TimeSeries, unit: str | None) -> str:
    if unit is not None:
        series.rows_of(unit)  # raises RiskmodelError if there is none
        return unit
    names = series.unit_names
    if len(names) == 1:
        return names[0]
    shown = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
    raise RiskmodelError(f"choose one of the {len(names):,} units: plot(unit) with {shown}")


def _new_axes() -> "Axes":
    """Return axes of a new figure: in a notebook, and where the program uses pyplot, one that pyplot shows."""
    if sys.modules.keys() & {"ipykernel", "matplotlib.pyplot"}:
        from matplotlib import pyplot

        _, axes = pyplot.subplots(figsize=(WIDTH, _HEIGHT), layout="constrained")
    else:
        axes = new_figure(WIDTH, _HEIGHT).subplots()
    return axes  # type: ignore[no-any-return]


def _draw_scores(series: TimeSeries, unit: str, panels: "Mapping[str, Axes]") -> None:
    """Draw scores of a unit, and name the source below the last."""
    for name, axes in panels.items():
        _draw_unit(axes, series, series[name], unit)
    source = wrapped(source_line(series), root_figure(axes).get_figwidth() - 0.5, SMALL)
    axes.set_xlabel(source, loc="left", fontsize=SMALL, color=MUTED, labelpad=8)
    # When all else has its place.
    for name, axes in panels.items():
        _label_events(axes, series, series[name], series.rows_of(unit))


def _draw_unit(axes: "Axes", series: TimeSeries, score: SeriesScore, unit: str) -> None:
    """Draw a score of a unit, without its labels."""
    rows = series.rows_of(unit)
    curves = curves_of(series, score, rows)
    draw_zones(axes, score.band_starts, score.out_of, score.better)
    draw_curves(axes, curves)
    if not np.isnan(curves.score).all():
        _draw_events(axes, series, score, rows)
    set_time_axis(axes, series.times)
    set_scale(axes, score.band_starts, score.out_of)
    name_zones(axes, score.bands.names, score.band_starts, score.out_of)
    axes.tick_params(labelsize=SMALL, color=MUTED, length=3)
    lacking = np.isnan(score.reported[rows])
    if lacking.any():
        x = places_of(series)[rows][lacking]
        axes.plot(x, np.full(len(x), 0.02 * score.out_of), "x", color=MUTED, markersize=4.5, label="no score")
    _explain(axes, _short_statement(series, score, unit))
    axes.spines[["top", "right"]].set_visible(False)


def _explain(axes: "Axes", title: str) -> None:
    """Explain the marks in a line above a chart, the score first; moves to both sides have one entry."""
    marks: dict[str, Any] = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    for first, second in (("worse", "better"), ("higher", "lower")):
        pair = [f"largest moves: {word}" for word in (first, second)]
        if marks.keys() >= set(pair):
            marks[f"{pair[0]}, {second}"] = tuple(marks.pop(label) for label in pair)
    labels = sorted(marks, key=LEGEND.index)
    add_legend(axes, [marks[label] for label in labels], labels, title)


def _short_statement(series: TimeSeries, score: SeriesScore, unit: str) -> str:
    text = statement(series, score, unit)
    return short_text(unit) + text.removeprefix(unit)


def _draw_events(axes: "Axes", series: TimeSeries, score: SeriesScore, rows: slice) -> None:
    """Mark the changes of band and the largest moves."""
    x = places_of(series)
    explained = set()
    for row in _named_moves(score, rows):
        ends, change = [int(series.before[row]), row], float(score.change[row])
        word = change_word(change, score.better)
        axes.plot(x[ends], score.reported[ends], color="white", linewidth=5, solid_capstyle="round", zorder=4)
        axes.plot(
            x[ends],
            score.reported[ends],
            color=change_colour(change, score.better),
            linewidth=3.2,
            solid_capstyle="round",
            zorder=4,
            label=None if word in explained else f"largest moves: {word}",
        )
        explained.add(word)
    crossed = crossings(series, score, rows)
    if crossed:
        is_sparse = rows.stop - rows.start <= CROWDED
        axes.plot(
            x[crossed],
            score.reported[crossed],
            "o",
            color="white",
            markeredgecolor=INK,
            markeredgewidth=1.6 if is_sparse else 1.0,
            markersize=6.5 if is_sparse else 4.5,
            label="new band",
            zorder=5,
        )


def _named_moves(score: SeriesScore, rows: slice) -> list[int]:
    changes = int(np.count_nonzero(~np.isnan(score.change[rows])))
    moves = largest_moves(score, rows, min(_NAMED_MOVES, math.ceil(changes / _CHANGES_A_MOVE)))
    return [row for row in moves if abs(score.change[row]) >= _MIN_MOVE * score.out_of]


def _label_events(axes: "Axes", series: TimeSeries, score: SeriesScore, rows: slice) -> None:
    """Name the largest moves by their main driver, and the latest changes of band."""
    x = places_of(series)
    moves, crossed = _named_moves(score, rows), crossings(series, score, rows)
    others = [row for row in reversed(crossed) if row not in moves]
    labels = []
    for row in [*moves, *(others if len(crossed) <= _NAMED_CROSSINGS else others[:_LAST_CROSSINGS])]:
        lines = [f"{score.band(row)}, {series.time_label(row)}"] if row in crossed else []
        lines += _move_lines(series, score, row) if row in moves else []
        labels.append(Label("\n".join(lines), float(x[row]), float(score.reported[row])))
    curves = curves_of(series, score, rows)
    label_points(axes, labels, curves.x, curves.score)


def _move_lines(series: TimeSeries, score: SeriesScore, row: int) -> list[str]:
    """Give a change with its main driver."""
    change = signed(float(score.change[row]), score.decimals)
    account = drivers(score, row)
    if not account:
        return [change]
    name, note = short_text(account[0].name.replace("_", " "), 34), knowledge(series, account[0], row)
    return [f"{change}, mainly", name, *([f"({note})"] if note else [])]
