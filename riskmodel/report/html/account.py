"""The account of a score in HTML: groups, their lines, and bars of a running sum or of points kept."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.report import formatting
from riskmodel.report.account import AccountGroup, AccountLine, account_groups, points_text
from riskmodel.report.html.bars import Axis, Bar, Link, Look
from riskmodel.report.plotting import change_word

_KEYS = {
    True: "Of rules, filled bars make the score worse and outlined ones better.",
    False: "Of rules, filled bars raise the score and outlined ones lower it.",
}
THICK = 16
"""Of the bars of groups and of the sum, in pixels."""


class AccountRow(NamedTuple):
    """A row of an account with its bar.

    Attributes
    ----------
    remark : the value that is given, the degree of a rule, or the share of a group.
    points : as printed beside the bar: `5.2`, or `5.2 of 20.0`.
    """

    label: str
    remark: str
    points: str
    bar: Markup


class AccountRows(NamedTuple):
    """The rows of a group of an account.

    Attributes
    ----------
    total : the sum of the group; None where there are no groups.
    small : the rows that are folded below `small_total`; empty or at least two.
    """

    total: AccountRow | None
    rows: list[AccountRow]
    small: list[AccountRow]
    small_total: AccountRow | None


class AccountTable(NamedTuple):
    """The account of a score with its axis.

    Attributes
    ----------
    width : class of the longest numbers, which need more room than most; empty for others.
    is_kept : whether points are kept of points possible; otherwise bars are steps of a running sum.
    key : what filled and outlined bars of rules are; empty without rules.
    """

    title: str
    width: str
    is_kept: bool
    key: str
    axis: Markup
    groups: list[AccountRows]
    total: AccountRow


def account_table(assessment: Assessment, score: ScoreResult) -> AccountTable | None:
    """Return the account of a score with its bars; None without a score."""
    groups = account_groups(assessment, score)
    if not groups or score.value is None or score.reported is None:
        return None
    is_kept = any(group.possible for group in groups)
    chart = _Kept(score, groups) if is_kept else _Running(score, groups)
    rows = [chart.group(group) for group in groups]
    number = formatting.number(score.reported, score.decimals)
    total = AccountRow("Sum", "", number, chart.total(score.value, number))
    has_rules = any(line.kind == "rule" for group in groups for line in (*group.lines, *group.small))
    key = _KEYS[score.better is not None] if has_rules else ""
    points = [points_text(group.points, group.possible) for group in groups]
    points += [points_text(line.points, line.possible) for group in groups for line in group.lines]
    return AccountTable(
        formatting.account_title(score),
        _width(max(map(len, (*points, number)))),
        is_kept,
        key,
        chart.axis.image(),
        rows,
        total,
    )


class _Chart(ABC):
    """Bars on one axis; those of rules are in colours of worse and better, and outlined where they are better."""

    axis: Axis

    def __init__(self, score: ScoreResult) -> None:
        self._score = score

    def group(self, group: AccountGroup) -> AccountRows:
        """Return the rows of a group."""
        total = AccountRow(group.title, group.remark, points_text(group.points, group.possible), self._group_bar(group))
        rows = [self._row(line) for line in group.lines]
        if not group.small:
            return AccountRows(total, rows, [], None)
        points = points_text(group.small_points, group.small_possible)
        bar = self._small_bar(group, points)
        folded = AccountRow(f"{len(group.small)} smaller entries", "", points, bar)
        small = [
            AccountRow(line.label, line.given, points_text(line.points, line.possible), Markup())
            for line in group.small
        ]
        return AccountRows(total, rows, small, folded)

    def total(self, value: float, alt: str) -> Markup:
        """Return the bar of the sum."""
        return self.axis.bar([Bar("sum", "steel", 0.0, value, thickness=THICK)], alt)

    def _row(self, line: AccountLine) -> AccountRow:
        points = points_text(line.points, line.possible)
        return AccountRow(line.label, line.given, points, self._bar(line, points))

    @abstractmethod
    def _group_bar(self, group: AccountGroup) -> Markup: ...

    @abstractmethod
    def _small_bar(self, group: AccountGroup, alt: str) -> Markup: ...

    @abstractmethod
    def _bar(self, line: AccountLine, alt: str) -> Markup: ...

    def _style(self, kind: str, points: float) -> tuple[str, Look]:
        """Return colour and look of a bar: of an indicator neutral, of a rule by its effect."""
        if kind != "rule":
            return "base", "outlined" if points < 0 else "filled"
        if self._score.better is None:
            return "steel", "outlined" if points < 0 else "filled"
        word = change_word(points, self._score.better)
        return word, "filled" if word == "worse" else "outlined"


class _Running(_Chart):
    """Bars that begin where the previous one ended."""

    def __init__(self, score: ScoreResult, groups: Sequence[AccountGroup]) -> None:
        super().__init__(score)
        sums, total = [0.0], 0.0
        for group in groups:
            for line in (*group.lines, *group.small):
                total += line.exact
                sums.append(total)
        self.axis = Axis.of(sums)
        self._sum = 0.0

    def _group_bar(self, group: AccountGroup) -> Markup:
        start = self._sum
        bar = Bar("whole", "steel", start, start + group.exact, thickness=THICK)
        return self.axis.bar([bar, Link(start, 0, 1)], group.points)

    def _small_bar(self, group: AccountGroup, alt: str) -> Markup:
        return self._step(group.small[0].kind, group.small_exact, alt)

    def _bar(self, line: AccountLine, alt: str) -> Markup:
        return self._step(line.kind, line.exact, alt)

    def _step(self, kind: str, points: float, alt: str) -> Markup:
        start, end = self._sum, self._sum + points
        self._sum = end
        colour, look = self._style(kind, points)
        return self.axis.bar([Link(start, 0, 0.5), Bar("step", colour, start, end, look), Link(end, 0.5, 1)], alt)


class _Kept(_Chart):
    """Bars from 0: the points possible as a track, of which the part kept is filled."""

    def __init__(self, score: ScoreResult, groups: Sequence[AccountGroup]) -> None:
        super().__init__(score)
        ends = [(group.small_exact, group.small_exact_possible or 0.0) for group in groups]
        ends += [(line.exact, line.exact_possible or 0.0) for group in groups for line in group.lines]
        self.axis = Axis.of(end for pair in ends for end in pair)

    def total(self, value: float, alt: str) -> Markup:
        """Return no bar: beside that of the sum, those of the lines would be too short to read."""
        return Markup()

    def _group_bar(self, group: AccountGroup) -> Markup:
        return Markup()

    def _small_bar(self, group: AccountGroup, alt: str) -> Markup:
        return self._line_bar(group.small[0].kind, group.small_exact, group.small_exact_possible, alt)

    def _bar(self, line: AccountLine, alt: str) -> Markup:
        return self._line_bar(line.kind, line.exact, line.exact_possible, alt)

    def _line_bar(self, kind: str, points: float, possible: float | None, alt: str) -> Markup:
        colour, look = self._style(kind, points)
        if possible:
            track = Bar("possible", colour, 0.0, possible, "outlined")
            return self.axis.bar([track, Bar("kept", colour, 0.0, points)], alt)
        return self.axis.bar([Bar("step", colour, 0.0, points, look)], alt)


def _width(digits: int) -> str:
    return next((name for name, most in (("longer", 12), ("long", 6)) if digits > most), "")
