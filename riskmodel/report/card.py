"""The card of an assessment as a picture: title, scores, account by groups, what is missing, model and sources."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from riskmodel.assessment import Assessment, ScoreResult
from riskmodel.errors import RiskmodelError, suggest
from riskmodel.kernels.types import Better
from riskmodel.report import formatting
from riskmodel.report.account import AccountGroup, AccountLine, account_groups, points_text
from riskmodel.report.plotting import STEEL, change_colour, change_word
from riskmodel.report.sheet import INK, LINE, MUTED, PAPER, Sheet, Style, text_width
from riskmodel.report.summary import summary
from riskmodel.schema.band_colours import band_colours
from riskmodel.schema.wording import plain_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH, _MARGIN, _GUTTER = 740.0, 28.0, 32.0
_PAGE_WIDTH = 482.0
"""Of the text on a page of paper."""
_TITLE, _HEADING, _NUMBER = Style(18, bold=True), Style(11.5, bold=True), Style(27, bold=True)
_TEXT, _BOLD = Style(10.5), Style(10.5, bold=True)
_SMALL, _SMALL_BOLD, _REMARK = Style(9.2), Style(9.2, bold=True), Style(9.2, MUTED)
"""At a width of 1,000 pixels, the smallest letters have 12."""
_GAP = 9.0
_BAR, _BAR_HEIGHT, _MIN_BAR = 72.0, 7.0, 0.6
_SCALE_HEIGHT = 19.0
_MARK = 6.5
"""Half of the width of the mark at a score."""
_BASE, _TRACK = "#7b8b9b", "#dfe5ea"


class _Column(NamedTuple):
    """The left end and the width of a column of a sheet."""

    x: float
    width: float


_WHOLE = _Column(_MARGIN, _WIDTH - 2 * _MARGIN)
_HALF = (_WHOLE.width - _GUTTER) / 2
_HALVES = (_Column(_MARGIN, _HALF), _Column(_MARGIN + _HALF + _GUTTER, _HALF))

_Block = Callable[[Sheet, _Column, float], float]
"""Draws a part of a card in a column, from a height on, and returns its lower end."""


def draw(assessment: Assessment) -> "Figure":
    """Draw the card of one situation."""
    return draw_cards([assessment])


def draw_cards(assessments: Sequence[Assessment], origin: Sequence[str] = ()) -> "Figure":
    """Draw the cards of situations, one below the other.

    Parameters
    ----------
    origin : lines that follow models and sources at the foot.

    Raises
    ------
    RiskmodelError
        There are more than fit into a picture.
    """
    sheet, y = Sheet(_WIDTH), _MARGIN
    for index, assessment in enumerate(assessments):
        if index:
            y = _rule(sheet, y + _GAP) + 2 * _GAP
        y = _heading(sheet, assessment, y)
        y = _rows(sheet, y, _score_blocks(assessment))
        y = _remarks(sheet, assessment, y)
        sheet.check(y)
    y = _foot(sheet, assessments, y, origin)
    return sheet.cut(y + _MARGIN, "; ".join(map(formatting.titled, assessments)))


def draw_gauges(assessment: Assessment) -> "Figure":
    """Draw the scores of a situation on their bands, one below the other, as wide as a page and without margins."""
    sheet, column, y = Sheet(_PAGE_WIDTH), _Column(1, _PAGE_WIDTH - 2), 0.0
    for score in assessment.top_scores:
        y = sheet.flow(column.x, y, column.width, (score.title, _HEADING))
        y = _scale(sheet, score, column, y + 6) + _GAP
    return sheet.cut(y, f"{formatting.titled(assessment)}: {formatting.headlines(assessment)}")


def draw_account(assessment: Assessment, name: str, origin: Sequence[str] = ()) -> "Figure":
    """Draw the account of a score; see `draw_cards`.

    Raises
    ------
    RiskmodelError
        There is no such score, or it has no value.
    """
    if name not in assessment.scores:
        raise RiskmodelError(f"there is no score {name!r}{suggest(name, assessment.scores)}")
    score = assessment[name]
    if score.value is None:
        raise RiskmodelError(f"{score.title} has no account: {formatting.score_text(score)}")
    sheet = Sheet(_WIDTH)
    y = _heading(sheet, assessment, _MARGIN)
    y = sheet.flow(_WHOLE.x, y - _GAP, _WHOLE.width, (f"{score.title}: {formatting.headline(score)}", _BOLD)) + _GAP
    y = _account_block(assessment, score)(sheet, _WHOLE, y)
    y = _foot(sheet, [assessment], y, origin)
    return sheet.cut(y + _MARGIN, f"{formatting.titled(assessment)}: the account of {score.title}")


def _heading(sheet: Sheet, assessment: Assessment, y: float) -> float:
    y = sheet.flow(_WHOLE.x, y, _WHOLE.width, (assessment.heading, _TITLE))
    if assessment.date:
        y = sheet.flow(_WHOLE.x, y + 1, _WHOLE.width, (assessment.date, _TEXT._replace(colour=MUTED)))
    return y + 1.5 * _GAP


def _score_blocks(assessment: Assessment) -> list[tuple[_Block, _Block]]:
    return [(_score_block(assessment, score), _account_block(assessment, score)) for score in assessment.top_scores]


def _rows(sheet: Sheet, y: float, blocks: Sequence[tuple[_Block, _Block]]) -> float:
    """Draw scores two by two, each with its account below; the account of a lone one stands beside it."""
    for start in _starts(blocks):
        pair = blocks[start : start + 2]
        rows = [pair[0]] if len(pair) == 1 else zip(*pair, strict=True)
        for row in rows:
            y = _side_by_side(sheet, row, y)
    return y


def _starts(items: Sequence[object]) -> range:
    return range(0, len(items), 2)


def _side_by_side(sheet: Sheet, row: Sequence[_Block], y: float) -> float:
    columns = _HALVES if len(row) > 1 else (_WHOLE,)
    return max(block(sheet, column, y) for block, column in zip(row, columns, strict=True)) + 1.5 * _GAP


def _score_block(assessment: Assessment, score: ScoreResult) -> _Block:
    def block(sheet: Sheet, column: _Column, y: float) -> float:
        y = sheet.flow(column.x, y, column.width, (score.title, _HEADING))
        y = _reading(sheet, score, column, y + 3)
        y = _scale(sheet, score, column, y + 10)
        y = sheet.flow(column.x, y + 5, column.width, (formatting.bounds_text(score), _REMARK))
        return sheet.flow(column.x, y + 5, column.width, (summary(assessment, score), _TEXT))

    return block


def _reading(sheet: Sheet, score: ScoreResult, column: _Column, y: float) -> float:
    """Write the number of a score with its band in the colour of the band."""
    base, fill, ink = y + _NUMBER.size, PAPER, INK
    if score.reported is None:
        text, of, badge = "No score", "", str(score.status)
    else:
        text, of = formatting.number(score.reported, score.decimals), f"of {score.out_of:.10g}"
        badge = formatting.band_text(score)
        if score.band is not None:
            colour = band_colours(len(score.bands), score.better)[list(score.bands).index(score.band)]
            fill, ink = colour.fill, colour.text
    style = Style(12, MUTED)
    room = column.width - text_width(of, style) - 6
    number = _NUMBER._replace(size=_NUMBER.size * min(1.0, room / text_width(text, _NUMBER)))
    sheet.write(column.x, base, text, number)
    x = column.x + text_width(text, number) + 6
    sheet.write(x, base, of, style)
    x += text_width(of, style) + 10 if of else 4
    if badge:
        width, height = text_width(badge, _BOLD) + 18, _BOLD.size * 1.75
        if x + width > column.x + column.width:
            x, base = column.x, base + height + 8
        sheet.pill(x, base - _BOLD.size - 3.5, width, height, fill, STEEL)
        sheet.write(x + 9, base, badge, _BOLD._replace(colour=ink))
    return base + 6


def _scale(sheet: Sheet, score: ScoreResult, column: _Column, y: float) -> float:
    """Draw a score on its bands: the triangle is the score, the line its bounds."""

    def across(value: float) -> float:
        return column.x + column.width * value / score.out_of

    top, bottom = y + 8, y + 8 + _SCALE_HEIGHT
    starts = [min(start, score.out_of) for start in score.bands.values()] or [0.0]
    ends = list(pairwise([*starts, score.out_of]))
    names = list(score.bands) or [""]
    colours = band_colours(len(names), score.better)
    has_room = all(
        text_width(name, _SMALL_BOLD) + 6 <= across(end) - across(start)
        for name, (start, end) in zip(names, ends, strict=True)
    )
    for name, (start, end), colour in zip(names, ends, colours, strict=True):
        sheet.box(across(start), top, across(end) - across(start), _SCALE_HEIGHT, colour.fill)
        if start > 0:
            sheet.line((across(start), across(start)), (top, bottom), 1, PAPER)
        style = (_SMALL_BOLD if name == score.band else _SMALL)._replace(colour=colour.text)
        if has_room:
            sheet.write((across(start) + across(end)) / 2, bottom - 5.5, name, style, "center")
    _mark(sheet, score, across, top, bottom)
    base = bottom + 3 + _REMARK.size
    last = -float("inf")
    for value in dict.fromkeys([0.0, *starts, score.out_of]):
        text, align = plain_number(value), "left" if value == 0 else "right" if value == score.out_of else "center"
        left = across(value) - text_width(text, _REMARK) * {"left": 0, "center": 0.5, "right": 1}[align]
        if left > last + 3:
            sheet.write(across(value), base, text, _REMARK, align)
            last = left + text_width(text, _REMARK)
    if not has_room:
        base = sheet.flow(column.x, base + 3, column.width, (formatting.bands_text(score), _REMARK)) - 3
    return base + 2


def _mark(sheet: Sheet, score: ScoreResult, across: Callable[[float], float], top: float, bottom: float) -> None:
    low, high, middle = across(score.low), across(score.high), top - 5
    sheet.line((low, high), (middle, middle), 1.6, STEEL)
    for end in (low, high):
        sheet.line((end, end), (middle - 3, middle + 3), 1.6, STEEL)
    if score.value is not None:
        x = across(score.value)
        for edge, colour in ((2.0, PAPER), (0.0, INK)):
            sheet.triangle(x, top + 1 + edge, _MARK + edge, _MARK * 1.6 + 2 * edge, colour)


def _account_block(assessment: Assessment, score: ScoreResult) -> _Block:
    groups = account_groups(assessment, score)

    def block(sheet: Sheet, column: _Column, y: float) -> float:
        if not groups:
            return y
        y = sheet.flow(column.x, y, column.width, (formatting.account_title(score), _HEADING)) + 3
        rows = [row for group in groups for row in _account_rows(group)]
        table = _Table(column, rows, score.better)
        for row in rows:
            if row.is_group:
                y += 2
                sheet.line((column.x, column.x + column.width), (y, y), 0.7, LINE)
                y += 3
            y = table.draw(sheet, row, y)
        return y

    return block


class _Row(NamedTuple):
    """A line of an account as drawn; `possible` is the length of its track, or None."""

    parts: Sequence[tuple[str, Style]]
    points: str
    value: float
    possible: float | None
    is_group: bool
    kind: str


def _account_rows(group: AccountGroup) -> Iterator[_Row]:
    title = [(group.title, _SMALL_BOLD), *([(group.remark, _REMARK)] if group.remark else [])]
    kind = (*group.lines, *group.small)[0].kind if group.lines or group.small else "indicator"
    yield _Row(title, points_text(group.points, group.possible), group.exact, group.exact_possible, True, kind)
    for line in group.lines:
        yield _Row(
            _line_parts(line),
            points_text(line.points, line.possible),
            line.exact,
            line.exact_possible,
            False,
            line.kind,
        )
    if group.small:
        title, points = [(group.small_title, _REMARK)], points_text(group.small_points, group.small_possible)
        yield _Row(title, points, group.small_exact, group.small_exact_possible, False, kind)


def _line_parts(line: AccountLine) -> list[tuple[str, Style]]:
    return [(line.label, _SMALL), *([(line.given, _REMARK)] if line.given else [])]


class _Table:
    """The columns of an account: label, points, and bars from a common zero."""

    def __init__(self, column: _Column, rows: Sequence[_Row], better: Better | None) -> None:
        self._better = better
        points = max(text_width(row.points, _SMALL_BOLD) for row in rows)
        bar = _BAR if column.width < _WHOLE.width else 3 * _BAR
        self._label = _Column(column.x, column.width - points - bar - 2 * _GAP)
        self._points = column.x + column.width - bar - _GAP
        ends = [end for row in rows for end in (row.value, row.possible or 0.0)]
        self._low, self._high = min(0.0, *ends), max(0.0, *ends)
        self._bar = _Column(column.x + column.width - bar, bar)

    def draw(self, sheet: Sheet, row: _Row, y: float) -> float:
        end = sheet.flow(self._label.x, y, self._label.width, *row.parts)
        style = _SMALL_BOLD if row.is_group else _SMALL
        sheet.write(self._points, y + style.size, row.points, style, "right")
        top = y + (style.size - _BAR_HEIGHT) / 2 + 1.5
        zero = self._across(0)
        if row.possible is not None:
            sheet.box(zero, top, self._across(row.possible) - zero, _BAR_HEIGHT, _TRACK)
        left, right = sorted((zero, self._across(row.value)))
        if right - left >= _MIN_BAR:
            colour, is_filled = self._look(row)
            fill = colour if is_filled else PAPER
            sheet.box(left, top, right - left, _BAR_HEIGHT, fill, edgecolor=colour, linewidth=1)
        sheet.line((zero, zero), (y, end), 0.8, MUTED)
        return end + 1

    def _look(self, row: _Row) -> tuple[str, bool]:
        """Return the colour of a bar and whether it is filled; of rules by better and worse, which differ in both."""
        if row.kind == "rule" and self._better is not None:
            return change_colour(row.value, self._better), change_word(row.value, self._better) == "worse"
        return STEEL if row.is_group or row.kind == "rule" else _BASE, row.value >= 0

    def _across(self, value: float) -> float:
        return self._bar.x + self._bar.width * (value - self._low) / (self._high - self._low or 1)


def _remarks(sheet: Sheet, assessment: Assessment, y: float) -> float:
    """Name what is missing, and the sources of the facts; those of the model stand at the foot."""
    facts = [("Sources of the facts", "; ".join(assessment.sources))] if assessment.sources else []
    for heading, text in (*formatting.missing_remarks(assessment), *facts):
        y = sheet.flow(_WHOLE.x, y, _WHOLE.width, (f"{heading}:", _SMALL_BOLD), (text, _SMALL)) + 4
    return y


def _foot(sheet: Sheet, assessments: Sequence[Assessment], y: float, origin: Sequence[str]) -> float:
    y = _rule(sheet, y + _GAP / 2) + _GAP / 2
    for line in (*formatting.origin_lines(assessments), *origin):
        y = sheet.flow(_WHOLE.x, y, _WHOLE.width, (line, _REMARK))
    return y


def _rule(sheet: Sheet, y: float) -> float:
    sheet.line((_WHOLE.x, _WHOLE.x + _WHOLE.width), (y, y), 0.8, LINE)
    return y
