"""Levers as a report, and as plain data."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from riskmodel.analysis.levers.result import Change, LeverRange, Levers, Single
from riskmodel.report.figures import score_number
from riskmodel.report.sections import Report, Section, Table

Values: TypeAlias = Mapping[str, float] | Mapping[str, float | None]
"""Exact values by score; None where the data are insufficient."""

_COST = "Cost: what it costs to move a lever over its whole range, times the share of that range by which it moves."
_JOINING = "Rules join levers here, and beside them a cheaper change may have been missed"
_ALL = "The model says of no indicator that it is a lever, so all count as levers, at cost 1."


def levers_report(found: Levers) -> Report:
    """What it would take for one situation."""
    about = [f"target: {found.target}", found.model.line, f"now: {_scores(found, _now(found))}"]
    sections = [*_answers(found), *_about_levers(found)]
    return Report(f"What it would take: {found.heading}", about, sections)


def overview_report(found: Sequence[Levers]) -> Report:
    """What it would take for each of several situations, a line for each; of one, all of it."""
    if len(found) == 1:
        return levers_report(found[0])
    models = dict.fromkeys(one.model.line for one in found)
    titles = [score.title for score in found[0].scores]
    rows = [(one.heading, *_score_cells(one, _now(one)), *_in_short(one)) for one in found]
    headings = ("situation", *titles, "cheapest lever alone", "all levers together", "at a cost of")
    table = Table(headings, rows, "l" + "r" * len(titles) + "llr")
    about = [f"target: {found[0].target}", *models]
    remarks = [_COST, *([] if all(one.named for one in found) else [_ALL])]
    return Report("What it would take", about, [Section("", table=table), Section("", remarks=remarks)])


def _answers(found: Levers) -> Iterator[Section]:
    if found.insufficient:
        names = ", ".join(found.insufficient)
        yield Section("", [f"The data are insufficient for {names}, so no lever can reach the target."])
    elif found.met:
        yield Section("", ["The target is already met; nothing needs to move."])
    elif not found.singles:
        yield Section("", ["No lever has a value in this situation, so none can be moved."])
    else:
        yield _alone(found)
        yield _together(found)


def _alone(found: Levers) -> Section:
    headings = ("", "now", "needed", "", "cost", *(score.title for score in found.scores))
    rows = [_single_row(found, single) for single in found.singles]
    lines = [] if any(single.reaches for single in found.singles) else ["No lever reaches the target alone."]
    return Section("Each lever alone", lines, Table(headings, rows, "lrllr" + "r" * len(found.scores)))


def _single_row(found: Levers, single: Single) -> tuple[str, ...]:
    lever, answer = found.levers[single.lever], single.answer
    best = answer.changes[0].rounded if answer.changes else lever.now
    needed = _value(best) if single.reaches else "not reachable alone"
    if not single.reaches and answer.changes:
        needed += f"; at best {_value(best)}"
    cost = _cost(answer.cost) if single.reaches else ""
    return (lever.title, _brief(lever.now), needed, lever.unit or "", cost, *_score_cells(found, answer.scores))


def _together(found: Levers) -> Section:
    answer = found.combined or found.closest
    assert answer is not None  # noqa: S101  (one of the two is there where the target is not met)
    rows = [_change_row(found.levers[change.lever], change) for change in answer.changes]
    remarks = [
        f"This gives {_scores(found, answer.scores)}.",
        f"To score it: {' '.join(f'--set {_setting(change)}' for change in answer.changes)}",
    ]
    if found.joining:
        remarks.append(f"{_JOINING}: {', '.join(found.joining)}.")
    if found.combined is not None:
        heading = f"All levers together: the smallest change found costs {_cost(answer.cost)}"
        return Section(heading, table=Table(("", "now", "needed", "", "cost"), rows, "lrrlr"), remarks=remarks)
    heading = "All levers together: no combination reaches the target"
    lines = [
        "The bounds of the scores rule it out, whatever the values of the levers."
        if found.certain
        else "None was found; the search is thorough, but no proof."
    ]
    if not answer.changes:
        return Section(heading, [*lines, "Nor does any come nearer to it than the situation as it is."])
    lines.append(f"The nearest costs {_cost(answer.cost)} and falls {_points(answer.shortfall)} short:")
    return Section(heading, lines, Table(("", "now", "nearest", "", "cost"), rows, "lrrlr"), remarks)


def _change_row(lever: LeverRange, change: Change) -> tuple[str, ...]:
    return lever.title, _brief(lever.now), _value(change.rounded), lever.unit or "", _cost(change.cost)


def _about_levers(found: Levers) -> Iterator[Section]:
    remarks = [_COST] if found.singles else []
    remarks += [] if found.named else [_ALL]
    for told, titles in (
        ("Facts, which stay as they are", found.facts),
        ("Levers without a value, which stay missing", found.missing),
        ("Levers without a value, for which the model's default stays assumed", found.assumed),
    ):
        if titles:
            remarks.append(f"{told}: {', '.join(titles)}.")
    if remarks:
        yield Section("", remarks=remarks)


def _in_short(found: Levers) -> tuple[str, str, str]:
    """The cheapest lever alone, the combined change, and what that costs."""
    if found.insufficient:
        return "insufficient data", "", ""
    if found.met:
        return "already met", "", "0"
    reaching = [single for single in found.singles if single.reaches]
    alone = _setting(reaching[0].answer.changes[0]) if reaching else "not reachable alone"
    if found.combined is not None:
        together = " ".join(map(_setting, found.combined.changes))
        return alone, together, _cost(found.combined.cost)
    short = f"{_points(found.closest.shortfall)} short at best" if found.closest else ""
    return alone, f"not reachable; {short}", ""


def _setting(change: Change) -> str:
    """A change as `--set` takes it."""
    return f"{change.lever}={_value(change.rounded)}"


def _now(found: Levers) -> dict[str, float | None]:
    return {score.name: score.value for score in found.scores}


def _scores(found: Levers, values: Values) -> str:
    cells = zip(found.scores, _score_cells(found, values), strict=True)
    return ", ".join(f"{score.title} {cell}" for score, cell in cells)


def _score_cells(found: Levers, values: Values) -> list[str]:
    return [_score(values[score.name], score.decimals) for score in found.scores]


def _score(value: float | None, decimals: int) -> str:
    return "insufficient data" if value is None else score_number(value, decimals)


def _value(value: float | str) -> str:
    """A value with all its digits, so that it can be put back."""
    return value if isinstance(value, str) else repr(value).removesuffix(".0")


def _brief(value: float | str) -> str:
    """A value as it is now, in four digits."""
    return value if isinstance(value, str) else f"{value:.4g}"


def _cost(cost: float) -> str:
    return f"{cost:.3g}"


def _points(number: float) -> str:
    text = f"{number:.3g}"
    return f"{text} point" if text == "1" else f"{text} points"
