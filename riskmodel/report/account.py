"""The account of a score for reading: lines in groups, the small ones together; used by text, Markdown and HTML."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from riskmodel.assessment import Assessment, Contribution, GroupPoints, ScoreResult, clip_title
from riskmodel.report.formatting import (
    apportion,
    degree_text,
    number,
    rounded_parts,
    rounded_points,
    signed,
    value_text,
)

SMALL = 0.01
"""Share of the scale below which the lines of a group are shown together."""
_MIN_SMALL = 2
_TOLERANCE = 1e-9


class AccountLine(NamedTuple):
    """One line of an account; the printed points of an account sum to the reported score.

    Attributes
    ----------
    given : the value with its unit, or the degree of the rule.
    exact : the points before rounding.
    possible : the most points that the indicator could give, as shown; empty for others, and where `kept` is false.
    exact_possible : the same before rounding, or None.
    """

    kind: str
    label: str
    given: str
    points: str
    exact: float
    possible: str
    exact_possible: float | None


class AccountGroup(NamedTuple):
    """The lines of one group of an account: a group of indicators, the rules, or the clip.

    Attributes
    ----------
    points : their sum as shown; the sums of an account add up to the reported score.
    possible : the most points that its indicators could give, as shown; empty like that of a line.
    remark : its share of the score, or that its values are assumed or not given: `30%`; may be empty.
    lines : those that are shown, the largest first; none in a group that has no value.
    small : those that are shown together, as `small_points` of `small_possible`; empty or at least two.
    """

    title: str
    points: str
    exact: float
    possible: str
    exact_possible: float | None
    remark: str
    lines: tuple[AccountLine, ...]
    small: tuple[AccountLine, ...]
    small_points: str
    small_possible: str

    @property
    def small_exact(self) -> float:
        """The points of the lines that are shown together, before rounding."""
        return math.fsum(line.exact for line in self.small)

    @property
    def small_exact_possible(self) -> float | None:
        """The most points that they could give, before rounding; None where there is no such number."""
        return math.fsum(line.exact_possible or 0.0 for line in self.small) if self.small_possible else None

    @property
    def small_title(self) -> str:
        """The names of the lines that are shown together: `Smaller: Joint initiatives, Espionage`."""
        return f"Smaller: {', '.join(line.label for line in self.small)}" if self.small else ""


def points_text(points: str, possible: str) -> str:
    """Format points as shown, of those possible where there is such a number: `5.2 of 20.0`."""
    return f"{points} of {possible}" if possible else points


def keeps_points(score: ScoreResult) -> bool:
    """Check if the account of a score reads as points kept of points possible: the score is better the higher it is."""
    indicators = [entry for entry in score.account if entry.kind == "indicator"]
    return score.better == "high" and bool(indicators) and all(entry.possible is not None for entry in indicators)


def account_groups(assessment: Assessment, score: ScoreResult) -> list[AccountGroup]:
    """Return the account of a score in groups: those of the model in its order, then the rules, then the clip.

    Without groups in the model, the indicators are one group. A group of which the score uses nothing is left out; one
    of which nothing is given has no lines. The list is empty without a score.
    """
    if score.value is None or score.reported is None:
        return []
    lines = _lines(assessment, score)
    remarks = _remarks(assessment, score)
    by_part = {part: [line for of, line in lines if of == part] for part in remarks}
    unknown = {("group", assessment.input(name).group) for name in score.unknown}
    return [
        _group(score, title, remark, by_part[part])
        for part, (title, remark) in remarks.items()
        if by_part[part] or part in unknown
    ]


def _group(score: ScoreResult, title: str, remark: str, lines: Sequence[AccountLine]) -> AccountGroup:
    ordered = sorted(lines, key=lambda line: -_size(line))
    small = [line for line in ordered if _size(line) < SMALL * score.out_of - _TOLERANCE]
    small = small if len(small) >= _MIN_SMALL else []
    shown = ordered[: len(ordered) - len(small)]
    is_indicators = all(line.kind == "indicator" for line in lines)
    total = number if is_indicators else signed
    has_possible = is_indicators and keeps_points(score)

    def sum_of(parts: Sequence[AccountLine]) -> str:
        return total(math.fsum(float(line.points) for line in parts), score.decimals)

    def possible_of(parts: Sequence[AccountLine]) -> str:
        return number(math.fsum(float(line.possible) for line in parts), score.decimals) if has_possible else ""

    return AccountGroup(
        title,
        sum_of(lines),
        math.fsum(line.exact for line in lines),
        possible_of(lines),
        math.fsum(line.exact_possible or 0.0 for line in lines) if has_possible else None,
        remark,
        tuple(shown),
        tuple(small),
        sum_of(small) if small else "",
        possible_of(small) if small else "",
    )


def _size(line: AccountLine) -> float:
    """Return the size by which lines are ordered: what an indicator could keep counts as much as what it keeps."""
    return abs(line.exact) if not line.possible else line.exact_possible or 0.0


def _lines(assessment: Assessment, score: ScoreResult) -> list[tuple[tuple[str, str], AccountLine]]:
    """Return the lines of an account, each with kind and name of its group."""
    rounded = rounded_points(assessment, score)
    rules = {rule.name: rule for rule in assessment.rules}
    possible = _possible(score, rounded)

    def line(entry: Contribution) -> AccountLine:
        points = rounded[entry.kind, entry.name]
        if entry.kind == "indicator":
            label, given = assessment.input(entry.name).title, value_text(assessment, entry.name)
            text = number(points, score.decimals)
        elif entry.kind == "rule":
            label, given = rules[entry.name].title, f"{degree_text(rules[entry.name].degree)}"
            text = signed(points, score.decimals)
        else:
            label, given, text = clip_title(score.out_of), "", signed(points, score.decimals)
        return AccountLine(entry.kind, label, given, text, entry.points, *possible.get(entry.name, ("", None)))

    return [(assessment.part_of(entry), line(entry)) for entry in score.account]


def _possible(score: ScoreResult, points: Mapping[tuple[str, str], float]) -> dict[str, tuple[str, float | None]]:
    """Return the most points of each indicator, as shown and exact; empty for a score that does not keep points.

    Those shown sum to the scale, and none is below the points that are shown.
    """
    if not keeps_points(score):
        return {}
    amounts = {entry.name: entry.possible or 0.0 for entry in score.account if entry.kind == "indicator"}
    unit = 10.0**-score.decimals
    shown = dict(zip(amounts, apportion(list(amounts.values()), score.out_of, score.decimals), strict=True))
    spare = {name: round((most - points["indicator", name]) / unit) for name, most in shown.items()}
    for name in [name for name, units in spare.items() if units < 0]:
        donor = max(spare, key=lambda other: spare[other])
        for changed, units in ((name, -spare[name]), (donor, spare[name])):
            shown[changed] += units * unit
            spare[changed] += units
    return {name: (number(most, score.decimals), amounts[name]) for name, most in shown.items()}


def _remarks(assessment: Assessment, score: ScoreResult) -> dict[tuple[str, str], tuple[str, str]]:
    """Return title and remark of each group that an account can have, by its kind and name, in order."""
    if not assessment.groups:
        clip = clip_title(score.out_of)
        return {
            ("ungrouped", "ungrouped"): ("Indicators", ""),
            ("rules", "rules"): ("Rules", ""),
            ("clip", "clip"): (clip, ""),
        }
    shares = _shares(score, rounded_parts(assessment, score))
    inputs = [entry for entry in score.account if entry.kind == "indicator"]
    given = {assessment.part_of(entry) for entry in inputs if entry.name not in assessment.assumed}
    present = {assessment.part_of(entry) for entry in inputs}
    return {
        (part.kind, part.name): (
            part.title,
            _remark(share, (part.kind, part.name), present, given),
        )
        for part, share in shares
    }


def _remark(
    share: str, part: tuple[str, str], present: Collection[tuple[str, str]], given: Collection[tuple[str, str]]
) -> str:
    """Return the share of a part in percent, and whether its values are not given, or all assumed."""
    if part[0] == "group" and part not in present:
        return "not given"
    return ", ".join(filter(None, (share, "all assumed" if part in present and part not in given else "")))


def _shares(score: ScoreResult, parts: Sequence[tuple[GroupPoints, float]]) -> list[tuple[GroupPoints, str]]:
    """Return the parts of a score with their share of it in percent; empty for a score of 0 or a negative part."""
    shares = [100 * part.points / score.value for part, _ in parts] if score.value and score.reported else []
    has_shares = bool(shares) and min(shares) >= -_TOLERANCE
    percents = [f"{share:.0f}%" for share in apportion(shares, 100, 0)] if has_shares else [""] * len(parts)
    return [(part, percent) for (part, _), percent in zip(parts, percents, strict=True)]


def parts_text(assessment: Assessment, score: ScoreResult) -> str:
    """Format the groups of a score in one line: `History 17.8 (30%), Present situation 32.4 (56%), Rules +8.0 (14%)`.

    Groups without a value are marked as not given. The text is empty for a model without groups.
    """
    if not assessment.groups:
        return ""
    return ", ".join(group_text(group) for group in account_groups(assessment, score))


def group_text(group: AccountGroup) -> str:
    """Format the sum of a group: `History 17.8 (30%)`, `History 13.0 of 30.0`, `History not given`."""
    if not (group.lines or group.small):
        return f"{group.title} {group.remark}"
    of = f" of {group.possible}" if group.possible else ""
    return f"{group.title} {group.points}{of}{f' ({group.remark})' if group.remark else ''}"
