"""What moves scores, as a report and as plain data."""

from collections.abc import Iterator

from riskmodel.analysis.sensitivity.result import (
    ScoreSensitivity,
    Sensitivities,
    Sensitivity,
)
from riskmodel.analysis.sensitivity.tornado import ENDS
from riskmodel.report.effective_weights import effective_sections, effective_table
from riskmodel.report.figures import number, plain_number, score_number, score_text
from riskmodel.report.plain import estimate_text
from riskmodel.report.sections import Report, Section, Table


def sensitivity_report(found: Sensitivity) -> Report:
    """What moves the scores of one situation."""
    sections = [section for score in found.scores.values() for section in _score(found, score)]
    return Report(found.heading, list(_about(found)), sections)


def _about(found: Sensitivity) -> Iterator[str]:
    yield found.model.line
    yield from _varied(found)
    if found.missing:
        how = "as the model's default has it, else over the whole range"
        yield f"missing, and varied {how}: {', '.join(found.missing)}"
    if found.held:
        yield f"held at the values given: {', '.join(found.held)}"
    yield f"{_draws(found)}: {found.evaluations:,} evaluations; 95% intervals"
    for title in found.without_score:
        yield f"{title}: insufficient data"


def _varied(found: Sensitivity) -> Iterator[str]:
    """What varies, in words."""
    count = len(found.inputs) - len(found.missing)
    several = "inputs vary" if count > 1 else "input varies"
    if count and found.over == "given":
        yield f"{count} {several} as given, as ranges"
    elif count:
        yield f"{count} {several} over the whole range of each, any value in it being equally likely"
    if found.spread is not None:
        yield f"weights vary: one of average size by {found.spread:.0%}"


def _draws(found: Sensitivity) -> str:
    return f"{found.draws:,} draws, seed {found.seed}"


def _score(found: Sensitivity, score: ScoreSensitivity) -> Iterator[Section]:
    plain = score.plain
    mean, sd = score_number(score.mean, plain.decimals), number(score.sd, plain.decimals)
    of_values = f"of the values held: {score_text(plain)}"
    yield Section(plain.title, [of_values, f"with all that varies: mean {mean}, standard deviation {sd}"])
    if score.tornado:
        yield Section(f"{plain.title}: one at a time, the others held", (), _tornado(found, score), _turns(score))
    if score.indices and score.sd:
        yield Section(f"{plain.title}: shares of the variance", (), _sobol(score), list(_interaction(score)))
    if score.warnings:
        yield Section(f"{plain.title}: warnings", score.warnings)
    if score.effective:
        yield Section(f"{plain.title}: effective weights", (), effective_table(score.effective))


def _tornado(found: Sensitivity, score: ScoreSensitivity) -> Table:
    decimals = score.plain.decimals
    rows = [
        (
            f"{bar.title} (missing)" if bar.missing else bar.title,
            f"{_value(bar.low)} to {_value(bar.high)}",
            bar.unit or "",
            score_number(bar.at_low, decimals),
            score_number(bar.at_high, decimals),
            number(bar.swing, decimals),
        )
        for bar in score.tornado
    ]
    low, high = (f"{share:.0%}" for share in ENDS)
    ends = f"{low} to {high} quantile" if found.over == "given" else "whole range"
    return Table(("", ends, "", "score at low end", "at high end", "moves by"), rows, "lllrrr")


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else plain_number(value)


def _turns(score: ScoreSensitivity) -> list[str]:
    """The bars that go beyond their ends."""
    step = 0.5 * 10.0**-score.plain.decimals
    bent = [bar for bar in score.tornado if bar.swing > abs(bar.at_high - bar.at_low) + step]
    decimals = score.plain.decimals
    told = (
        f"{bar.title} {score_number(bar.least, decimals)} to {score_number(bar.greatest, decimals)}" for bar in bent
    )
    return [f"turns in between, and goes from its least to its greatest score: {'; '.join(told)}"] if bent else []


def _sobol(score: ScoreSensitivity) -> Table:
    rows = [
        (index.title, estimate_text(index.first), estimate_text(index.total))
        for index in (*score.indices, *score.groups)
    ]
    return Table(("", "first order", "total"), rows, "lll")


def _interaction(score: ScoreSensitivity) -> Iterator[str]:
    alone = sum(index.first.value for index in score.indices)
    yield f"first-order indices sum to {alone:.3f}; what is short of 1 is due to several together"


def sensitivities_report(found: Sensitivities) -> Report:
    """What moves the scores of several situations the most: a line for each score of each; of one, all of it."""
    if len(found) == 1:
        return sensitivity_report(found[0])
    rows: list[tuple[str, ...]] = []
    for one in found:
        name = one.heading
        for score in one.scores.values():
            rows.append((name, score.plain.title, *_foremost(score)))
            name = ""
        for title in one.without_score:
            rows.append((name, title, "no score", "", "", "", ""))
            name = ""
    headings = ("situation", "score", "", "moved most, by itself, by", "points", "highest total index", "")
    table = Table(headings, rows, "llrlrlr")
    over = {one.over for one in found}
    told = "inputs vary as given, as ranges" if over == {"given"} else "inputs vary over the whole range of each"
    if len(over) > 1:
        told = "inputs vary as given where any is given as a range, else over the whole range of each"
    sections = [Section("", (), table), *(effective_sections(found.weights) if found.weights else ())]
    return Report(f"{len(found):,} situations", [found[0].model.line, told, _draws(found[0])], sections)


def _foremost(score: ScoreSensitivity) -> Iterator[str]:
    """The score, what moves it most by itself, and what has the highest total index."""
    plain = score.plain
    yield "no score" if plain.reported is None else number(plain.reported, plain.decimals)
    yield from ((score.tornado[0].title, number(score.tornado[0].swing, plain.decimals)) if score.tornado else ("", ""))
    yield from (score.indices[0].title, f"{score.indices[0].total.value:.3f}") if score.indices else ("", "")
