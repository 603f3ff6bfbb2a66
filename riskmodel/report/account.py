"""The account of a score for reading: lines in groups, the small ones together; used by text, Markdown and HTML."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from riskmodel.assessment import Assessment, Contribution, GroupPoints, ScoreResult, clip_title
from riskmodel.report.formatting import apportion, number, rounded_parts, rounded_points, signed, value_text

_SMALL = 0.01
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
    lines : the largest first.
    small : the lines that are shown together, as `small_points`; empty or at least two.
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

    @property
    def small_title(self) -> str:
        """The names of the lines that are shown together: `Smaller: Joint initiatives, Espionage`."""
        return f"Smaller: {', '.join(line.label for line in self.small)}" if self.small else ""


def keeps_points(score: ScoreResult) -> bool:
    """Check if the account of a score reads as points kept of points possible: the score is better the higher it is."""
    indicators = [entry for entry in score.account if entry.kind == "indicator"]
    return score.better == "high" and bool(indicators) and all(entry.possible is not None for entry in indicators)


def account_groups(assessment: Assessment, score: ScoreResult) -> list[AccountGroup]:
    """Return the account of a score in groups: those of the model in its order, then the rules, then the clip.

    Without groups in the model, the indicators are one group. The list is empty without a score.
    """
    if score.value is None or score.reported is None:
        return []
    lines = _lines(assessment, score)
    remarks = _remarks(assessment, score)
    order = {part: index for index, part in enumerate(remarks)}
    lines.sort(key=lambda item: order[item[0]])
    groups = []
    for part, entries in groupby(lines, key=lambda item: item[0]):
        title, remark = remarks[part]
        groups.append(_group(score, title, remark, [line for _, line in entries]))
    return groups


def _group(score: ScoreResult, title: str, remark: str, lines: Sequence[AccountLine]) -> AccountGroup:
    ordered = sorted(lines, key=lambda line: -_size(line))
    small = [line for line in ordered if _size(line) < _SMALL * score.out_of - _TOLERANCE]
    small = small if len(small) >= _MIN_SMALL else []
    shown = ordered[: len(ordered) - len(small)]
    is_indicators = lines[0].kind == "indicator"
    total = number if is_indicators else signed

    def sum_of(parts: Sequence[AccountLine]) -> str:
        return total(sum(float(line.points) for line in parts), score.decimals)

    possible = sum(line.exact_possible or 0.0 for line in lines) if lines[0].possible else None
    return AccountGroup(
        title,
        sum_of(lines),
        sum(line.exact for line in lines),
        "" if possible is None else number(sum(float(line.possible) for line in lines), score.decimals),
        possible,
        remark,
        tuple(shown),
        tuple(small),
        sum_of(small) if small else "",
    )


def _size(line: AccountLine) -> float:
    """Return the size by which lines are ordered: what an indicator could keep counts as much as what it keeps."""
    return abs(line.exact) if not line.possible else line.exact_possible or 0.0


def _lines(assessment: Assessment, score: ScoreResult) -> list[tuple[tuple[str, str], AccountLine]]:
    """Return the lines of an account, each with kind and name of its group."""
    rounded = rounded_points(assessment, score)
    rules = {rule.name: rule for rule in assessment.rules}
    possible = _possible(score)

    def line(entry: Contribution) -> AccountLine:
        points = rounded[entry.kind, entry.name]
        if entry.kind == "indicator":
            label, given = assessment.input(entry.name).title, value_text(assessment, entry.name)
            text = number(points, score.decimals)
        elif entry.kind == "rule":
            label, given = rules[entry.name].title, f"degree {rules[entry.name].degree:.2f}"
            text = signed(points, score.decimals)
        else:
            label, given, text = clip_title(score.out_of), "", signed(points, score.decimals)
        return AccountLine(entry.kind, label, given, text, entry.points, *possible.get(entry.name, ("", None)))

    return [(assessment.part_of(entry), line(entry)) for entry in score.account]


def _possible(score: ScoreResult) -> dict[str, tuple[str, float | None]]:
    """Return the most points of each indicator, as shown (they sum to the scale) and exact; empty for another score."""
    if not keeps_points(score):
        return {}
    amounts = {entry.name: entry.possible or 0.0 for entry in score.account if entry.kind == "indicator"}
    rounded = apportion(list(amounts.values()), score.out_of, score.decimals)
    return {
        name: (number(shown, score.decimals), exact)
        for (name, exact), shown in zip(amounts.items(), rounded, strict=True)
    }


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
            ", ".join(filter(None, (share, "all assumed" if (part.kind, part.name) in present - given else ""))),
        )
        for part, share in shares
    }


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
    groups = {group.title: group for group in account_groups(assessment, score)}

    def text(part: GroupPoints, points: float) -> str:
        group = groups.get(part.title)
        if group is None:
            return (
                f"{part.title} not given" if part.kind == "group" else f"{part.title} {number(points, score.decimals)}"
            )
        of = f" of {group.possible}" if group.possible else ""
        return f"{group.title} {group.points}{of}{f' ({group.remark})' if group.remark else ''}"

    return ", ".join(text(part, points) for part, points in rounded_parts(assessment, score))
