"""Report of levers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from riskmodel.analysis.results.levers import Change, LeverRange, Levers, Single
from riskmodel.report.document import Report, Section, Table
from riskmodel.report.formatting import plain_value, score_number
from riskmodel.schema.wording import distribution_words

ScoreValues: TypeAlias = Mapping[str, float] | Mapping[str, float | None]
"""Exact values by score; None if the data are insufficient."""

_COST = "Cost: the cost of moving a lever over its whole range, times the share of that range by which it moves."
_JOINT_RULES = "These rules combine levers, so a cheaper change may have been missed"
_ALL_LEVERS = "The model declares no levers, so all indicators count as levers, at cost 1."


def levers_report(result: Levers) -> Report:
    """Return the report for one situation."""
    about = [f"target: {result.target}", result.model.line, f"now: {_scores(result, _now(result))}"]
    sections = [*_answers(result), *_about_levers(result)]
    return Report(f"What it would take: {result.heading}", about, sections)


def overview_report(results: Sequence[Levers]) -> Report:
    """Return a report with a line for each situation; for a single situation its full report."""
    if len(results) == 1:
        return levers_report(results[0])
    models = dict.fromkeys(result.model.line for result in results)
    titles = [score.title for score in results[0].scores]
    rows = [(result.heading, *_score_cells(result, _now(result)), *_in_short(result)) for result in results]
    headings = ("situation", *titles, "cheapest lever alone", "all levers together", "at a cost of")
    table = Table(headings, rows, "l" + "r" * len(titles) + "llr")
    about = [f"target: {results[0].target}", *models]
    remarks = [_COST, *([] if all(result.named for result in results) else [_ALL_LEVERS])]
    return Report("What it would take", about, [Section("", table=table), Section("", remarks=remarks)])


def _answers(result: Levers) -> Iterator[Section]:
    if result.insufficient:
        names = ", ".join(result.insufficient)
        yield Section("", [f"The data are insufficient for {names}, so no lever can reach the target."])
    elif result.met:
        yield Section("", ["The target is already met; no change is needed."])
    elif not result.single_levers:
        yield Section("", ["No lever has a value in this situation, so none can be changed."])
    else:
        yield _alone(result)
        yield _together(result)


def _alone(result: Levers) -> Section:
    headings = ("", "now", "needed", "", "cost", *(score.title for score in result.scores))
    rows = [_single_row(result, single) for single in result.single_levers]
    lines = [] if any(single.reaches for single in result.single_levers) else ["No lever reaches the target alone."]
    return Section("Each lever alone", lines, Table(headings, rows, "lrllr" + "r" * len(result.scores)))


def _single_row(result: Levers, single: Single) -> tuple[str, ...]:
    lever, answer = result.levers[single.lever], single.answer
    best = answer.changes[0].rounded if answer.changes else lever.now
    needed = _value(best) if single.reaches else "not reachable alone"
    if not single.reaches and answer.changes:
        needed += f"; at best {_value(best)}"
    cost = _cost(answer.cost) if single.reaches else ""
    return (lever.title, _current(lever), needed, lever.unit or "", cost, *_score_cells(result, answer.scores))


def _together(result: Levers) -> Section:
    answer = result.combined or result.nearest
    assert answer is not None  # noqa: S101  (one of the two is set unless the target is met)
    rows = [_change_row(result.levers[change.lever], change) for change in answer.changes]
    remarks = [
        f"This gives {_scores(result, answer.scores)}.",
        f"To score it: {' '.join(f'--set {_setting(change)}' for change in answer.changes)}",
    ]
    if result.joining:
        remarks.append(f"{_JOINT_RULES}: {', '.join(result.joining)}.")
    if result.combined is not None:
        heading = f"All levers together: the smallest change found costs {_cost(answer.cost)}"
        return Section(heading, table=Table(("", "now", "needed", "", "cost"), rows, "lrrlr"), remarks=remarks)
    heading = "All levers together: no combination reaches the target"
    lines = [
        "The bounds of the scores rule it out, whatever the values of the levers."
        if result.certain
        else "None was found; the search is thorough, but not a proof."
    ]
    if not answer.changes:
        return Section(heading, [*lines, "No change comes nearer to it than the situation as it is."])
    lines.append(f"The nearest costs {_cost(answer.cost)} and falls {_points(answer.shortfall)} short:")
    return Section(heading, lines, Table(("", "now", "nearest", "", "cost"), rows, "lrrlr"), remarks)


def _change_row(lever: LeverRange, change: Change) -> tuple[str, ...]:
    return lever.title, _current(lever), _value(change.rounded), lever.unit or "", _cost(change.cost)


def _about_levers(result: Levers) -> Iterator[Section]:
    remarks = [_COST] if result.single_levers else []
    remarks += [] if result.named else [_ALL_LEVERS]
    for label, titles in (
        ("Facts, which stay as they are", result.facts),
        ("Levers without a value, which stay missing", result.missing),
        ("Levers without a value, for which the model's default stays assumed", result.assumed),
    ):
        if titles:
            remarks.append(f"{label}: {', '.join(titles)}.")
    if remarks:
        yield Section("", remarks=remarks)


def _in_short(result: Levers) -> tuple[str, str, str]:
    """Return the cheapest lever alone, the combined change, and its cost."""
    if result.insufficient:
        return "insufficient data", "", ""
    if result.met:
        return "already met", "", "0"
    reaching = [single for single in result.single_levers if single.reaches]
    alone = _setting(reaching[0].answer.changes[0]) if reaching else "not reachable alone"
    if result.combined is not None:
        together = " ".join(map(_setting, result.combined.changes))
        return alone, together, _cost(result.combined.cost)
    short = f"{_points(result.nearest.shortfall)} short at best" if result.nearest else ""
    return alone, f"not reachable; {short}", ""


def _setting(change: Change) -> str:
    """Format a change as an argument of `--set`."""
    return f"{change.lever}={_value(change.rounded)}"


def _now(result: Levers) -> dict[str, float | None]:
    return {score.name: score.value for score in result.scores}


def _scores(result: Levers, values: ScoreValues) -> str:
    cells = zip(result.scores, _score_cells(result, values), strict=True)
    return ", ".join(f"{score.title} {cell}" for score, cell in cells)


def _score_cells(result: Levers, values: ScoreValues) -> list[str]:
    return [_score(values[score.name], score.decimals) for score in result.scores]


def _score(value: float | None, decimals: int) -> str:
    return "insufficient data" if value is None else score_number(value, decimals)


def _value(value: float | str) -> str:
    """Format a value with all its digits, so that it can be used as input."""
    return value if isinstance(value, str) else repr(value).removesuffix(".0")


def _current(lever: LeverRange) -> str:
    return distribution_words(lever.distribution) if lever.distribution else plain_value(lever.now)


def _cost(cost: float) -> str:
    return f"{cost:.3g}"


def _points(number: float) -> str:
    text = f"{number:.3g}"
    return f"{text} point" if text == "1" else f"{text} points"
