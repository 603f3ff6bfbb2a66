"""Reports of sensitivity and of effective weights."""

from collections.abc import Iterator, Sequence

from riskmodel.analysis.results.sensitivity import (
    EffectiveWeights,
    ScoreSensitivity,
    ScoreWeights,
    Sensitivities,
    Sensitivity,
)
from riskmodel.analysis.sensitivity.effective_weights import EffectiveWeight
from riskmodel.analysis.sensitivity.tornado import ENDS, Bar
from riskmodel.errors import counted
from riskmodel.report.document import Report, Section, Table, estimate_text
from riskmodel.report.formatting import number, plain_value, score_number, score_text


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
