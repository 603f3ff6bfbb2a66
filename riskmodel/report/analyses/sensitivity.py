"""Reports of sensitivity and of effective weights, and the plot of a sensitivity."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from riskmodel.analysis.results.sensitivity import (
    EffectiveWeights,
    ScoreSensitivity,
    ScoreWeights,
    Sensitivities,
    Sensitivity,
    SobolIndex,
)
from riskmodel.analysis.sensitivity.effective_weights import EffectiveWeight
from riskmodel.analysis.sensitivity.tornado import ENDS, Bar
from riskmodel.errors import counted, single_line
from riskmodel.report.document import Report, Section, Table, estimate_text
from riskmodel.report.formatting import number, plain_value, score_number, score_text
from riskmodel.report.plotting import BLUE, GREY, ORANGE, annotate, new_figure, short_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_ROWS = 16
"""Rows of a plot; the report has them all."""
_MAX_TITLE = 34


def effective_weights_report(result: EffectiveWeights) -> Report:
    """Return the report of effective weights over a table of situations."""
    return Report(f"{counted(result.situations, 'situation')}", [result.model.line], list(effective_sections(result)))


def effective_sections(result: EffectiveWeights) -> Iterator[Section]:
    """Yield a section with the effective weights of each score."""
    for score in result.scores.values():
        yield Section(
            f"{score.title}: effective weights over the situations",
            list(_about_effective_weights(score)),
            effective_table(score.effective),
        )


def _about_effective_weights(score: ScoreWeights) -> Iterator[str]:
    if score.mean is None or score.sd is None:
        yield "no situation has this score"
        return
    situations = counted(score.rows, "situation")
    yield f"of {situations} with this score; mean {score.mean:.1f}, standard deviation {score.sd:.1f}"
    if not score.effective:
        yield "it is the same for all of them"


def effective_table(weights: Sequence[EffectiveWeight]) -> Table | None:
    """Return a table of effective and nominal weights; None if there are none."""
    rows = [
        (
            weight.title,
            "" if weight.nominal is None else _percent(weight.nominal),
            _percent(weight.effective),
            {"indicator": "", "rule": "rule", "clip": "limit"}[weight.kind],
        )
        for weight in weights
    ]
    return Table(("", "nominal weight", "effective weight", ""), rows, "lrrl") if rows else None


def _percent(share: float) -> str:
    return f"{number(100 * share, 1)}%"


def sensitivity_report(result: Sensitivity) -> Report:
    """Return the report for one situation."""
    sections = [section for score in result.scores.values() for section in _score(result, score)]
    return Report(result.heading, list(_about(result)), sections)


def _about(result: Sensitivity) -> Iterator[str]:
    yield result.model.line
    yield from _varied(result)
    if result.missing:
        variation = "as the model's default has it, else over the whole range"
        yield f"missing, and varied {variation}: {', '.join(result.missing)}"
    if result.fixed:
        yield f"held at the values given: {', '.join(result.fixed)}"
    yield f"{_draws(result)}: {result.evaluations:,} evaluations; 95% intervals"
    for title in result.without_score:
        yield f"{title}: insufficient data"


def _varied(result: Sensitivity) -> Iterator[str]:
    count = len(result.inputs) - len(result.missing)
    several = "inputs vary" if count > 1 else "input varies"
    if count and result.over == "given":
        yield f"{count} {several} as given, as ranges"
    elif count:
        yield f"{count} {several} over the whole range of each, any value in it being equally likely"
    if result.weight_uncertainty is not None:
        yield f"weights vary: one of average size by {result.weight_uncertainty:.0%}"


def _draws(result: Sensitivity) -> str:
    return f"{result.draws:,} draws, seed {result.seed}"


def _score(result: Sensitivity, score: ScoreSensitivity) -> Iterator[Section]:
    plain = score.plain
    mean, sd = score_number(score.mean, plain.decimals), number(score.sd, plain.decimals)
    of_values = f"of the values held: {score_text(plain)}"
    yield Section(plain.title, [of_values, f"with all that varies: mean {mean}, standard deviation {sd}"])
    if score.tornado:
        yield Section(f"{plain.title}: one at a time, the others held", (), _tornado(result, score), _turns(score))
    if score.indices and score.sd:
        yield Section(f"{plain.title}: shares of the variance", (), _sobol(score), list(_interaction(score)))
    if score.warnings:
        yield Section(f"{plain.title}: warnings", score.warnings)
    if score.effective:
        yield Section(f"{plain.title}: effective weights", (), effective_table(score.effective))


def _tornado(result: Sensitivity, score: ScoreSensitivity) -> Table:
    decimals = score.plain.decimals
    rows = [
        (
            _bar_title(bar),
            f"{plain_value(bar.low)} to {plain_value(bar.high)}",
            bar.unit or "",
            score_number(bar.at_low, decimals),
            score_number(bar.at_high, decimals),
            number(bar.swing, decimals),
        )
        for bar in score.tornado
    ]
    low, high = (f"{share:.0%}" for share in ENDS)
    ends = f"{low} to {high} quantile" if result.over == "given" else "whole range"
    return Table(("", ends, "", "score at low end", "at high end", "moves by"), rows, "lllrrr")


def _bar_title(bar: Bar) -> str:
    return f"{bar.title} (missing)" if bar.missing else bar.title


def _turns(score: ScoreSensitivity) -> list[str]:
    """Describe the inputs with which the score is highest or lowest between the ends of their range."""
    step = 0.5 * 10.0**-score.plain.decimals
    turning = [bar for bar in score.tornado if bar.swing > abs(bar.at_high - bar.at_low) + step]
    decimals = score.plain.decimals
    ranges = (
        f"{bar.title} {score_number(bar.least, decimals)} to {score_number(bar.greatest, decimals)}" for bar in turning
    )
    return [f"turns in between, and goes from its least to its greatest score: {'; '.join(ranges)}"] if turning else []


def _sobol(score: ScoreSensitivity) -> Table:
    rows = [
        (index.title, estimate_text(index.first), estimate_text(index.total))
        for index in (*score.indices, *score.groups)
    ]
    return Table(("", "first order", "total"), rows, "lll")


def _interaction(score: ScoreSensitivity) -> Iterator[str]:
    alone = sum(index.first.value for index in score.indices)
    yield f"first-order indices sum to {alone:.3f}; what is short of 1 is due to several together"


def sensitivities_report(results: Sensitivities) -> Report:
    """Return a report with a line for each score of each situation; for a single situation its full report."""
    if len(results) == 1:
        return sensitivity_report(results[0])
    rows: list[tuple[str, ...]] = []
    for result in results:
        name = result.heading
        for score in result.scores.values():
            rows.append((name, score.plain.title, *_main_inputs(score)))
            name = ""
        for title in result.without_score:
            rows.append((name, title, "no score", "", "", "", ""))
            name = ""
    headings = ("situation", "score", "", "moved most, by itself, by", "points", "highest total index", "")
    table = Table(headings, rows, "llrlrlr")
    over = {result.over for result in results}
    variation = "inputs vary as given, as ranges" if over == {"given"} else "inputs vary over the whole range of each"
    if len(over) > 1:
        variation = "inputs vary as given where any is given as a range, else over the whole range of each"
    sections = [Section("", (), table), *(effective_sections(results.weights) if results.weights else ())]
    return Report(f"{len(results):,} situations", [results[0].model.line, variation, _draws(results[0])], sections)


def _main_inputs(score: ScoreSensitivity) -> Iterator[str]:
    """Yield the score, the input that moves it most by itself, and the input with the highest total index."""
    plain = score.plain
    yield "no score" if plain.reported is None else number(plain.reported, plain.decimals)
    yield from ((score.tornado[0].title, number(score.tornado[0].swing, plain.decimals)) if score.tornado else ("", ""))
    yield from (score.indices[0].title, f"{score.indices[0].total.value:.3f}") if score.indices else ("", "")


def draw(result: Sensitivity) -> "Figure":
    """Draw the tornado and the indices of each score."""
    heights = [max(len(score.tornado[:_MAX_ROWS]), len(_drawn_indices(score)), 3) for score in result.scores.values()]
    figure = new_figure(13, 0.7 + sum(1.2 + 0.27 * height for height in heights))
    rows = figure.subplots(len(heights), 2, squeeze=False, height_ratios=[4 + height for height in heights])
    for score, (left, right) in zip(result.scores.values(), rows, strict=True):
        _draw_tornado(score, left)
        _draw_indices(score, right)
    figure.suptitle(f"{result.heading}: what moves its scores, {result.model.line}", fontsize=10)
    return figure


def _drawn_indices(score: ScoreSensitivity) -> Sequence[SobolIndex]:
    return (*score.indices[: _MAX_ROWS - len(score.groups)], *score.groups) if score.sd else ()


def _draw_tornado(score: ScoreSensitivity, axes: "Axes") -> None:
    axes.set_title(f"{short_text(score.plain.title, 50)}: one at a time", fontsize=10, loc="left")
    bars, base = score.tornado[:_MAX_ROWS], score.plain.value
    if not bars or base is None:
        _draw_message(axes, "nothing to move by itself")
        return
    _draw_bars(bars, base, axes)
    least, greatest = min(bar.least for bar in bars), max(bar.greatest for bar in bars)
    room = 0.16 * max(greatest - least, 1e-3 * score.plain.out_of)
    axes.set_xlim(least - room, greatest + room)
    axes.axvline(base, color="black", linewidth=0.8)
    _label_rows(map(_bar_title, bars), axes)
    axes.set_xlabel(f"score; {score_number(base, score.plain.decimals)} at the values held", fontsize=8)


def _draw_bars(bars: Sequence[Bar], base: float, axes: "Axes") -> None:
    """Draw the range of the score in grey, and its values at the low and the high end of the input in colour."""
    for row, bar in enumerate(bars):
        axes.barh(row, bar.swing, left=bar.least, color="0.88", height=0.72)
        ends = sorted(((bar.at_low, BLUE), (bar.at_high, ORANGE)), key=lambda end: -abs(end[0] - base))
        for value, color in ends:
            axes.barh(row, value - base, left=base, color=color, height=0.72)
        for end, value, other in ((bar.low, bar.at_low, bar.at_high), (bar.high, bar.at_high, bar.at_low)):
            is_left = value < other or (value == other and end == bar.low)
            x = min(bar.least, value) if is_left else max(bar.greatest, value)
            offset, side = (-3, "right") if is_left else (3, "left")
            color = BLUE if value == bar.at_low and end == bar.low else ORANGE
            annotate(axes, plain_value(end), (x, row), (offset, 0), ha=side, va="center", fontsize=7, color=color)
    axes.barh(0, 0, color=BLUE, label="low end")
    axes.barh(0, 0, color=ORANGE, label="high end")
    axes.legend(loc="lower right", frameon=False, fontsize=8)


def _draw_indices(score: ScoreSensitivity, axes: "Axes") -> None:
    axes.set_title(f"{short_text(score.plain.title, 50)}: shares of the variance", fontsize=10, loc="left")
    indices = _drawn_indices(score)
    if not indices:
        _draw_message(axes, "nothing that varies moves this score")
        return
    for row, index in enumerate(indices):
        for estimate, offset, color, fill in ((index.first, -0.16, BLUE, BLUE), (index.total, 0.16, ORANGE, "white")):
            if estimate.low is not None and estimate.high is not None:
                axes.plot([estimate.low, estimate.high], [row + offset] * 2, color=color, linewidth=1.5)
            axes.plot(estimate.value, row + offset, "o", color=color, markerfacecolor=fill, markersize=5)
    axes.plot([], [], "o", color=BLUE, markersize=5, label="first order: alone")
    axes.plot([], [], "o", color=ORANGE, markerfacecolor="white", markersize=5, label="total: with others too")
    # In the middle: the highest index is at the top, and the groups of all inputs are at the bottom.
    axes.legend(loc="center right", frameon=False, fontsize=8)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.set_xlabel("share of the variance, 95% interval", fontsize=8)
    _label_rows([index.title for index in indices], axes)


def _label_rows(titles: Iterable[str], axes: "Axes") -> None:
    lines = map(single_line, titles)
    labels = [line if len(line) <= _MAX_TITLE else f"{line[: _MAX_TITLE - 1]}…" for line in lines]
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="x", labelsize=8)
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _draw_message(axes: "Axes", message: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, message, ha="center", va="center", fontsize=9, color=GREY)
