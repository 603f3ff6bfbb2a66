"""The layout of a plan in cells: the steps that get a column of their own, and the formulas of all."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from xlsxwriter.utility import xl_col_to_name

from riskmodel.errors import ModelError
from riskmodel.plan import steps
from riskmodel.plan.program import order
from riskmodel.plan.steps import Constant, Input, Step
from riskmodel.workbook.numbers import CellNumber
from riskmodel.workbook.steps import formula

ROW = "\0"
"""Stands in formulas for the number of the row."""
FIRST_COLUMN = 1
"""After the names of the situations."""
MAX_CHARACTERS = 8_000
"""Of a formula; Excel allows 8,192."""
MAX_COLUMNS = 16_000
"""Of a sheet; Excel has 16,384."""
MAX_INLINE = 600
"""Characters of a formula that is written within another."""
MAX_DEPTH = 12
"""Nesting of a formula that is written within another; Excel allows 64."""


class Column(NamedTuple):
    """A step in cells: a column of a sheet, with a row for each situation."""

    sheet: str
    position: int
    """0 for the first column of the sheet."""
    step: Step
    formula: str
    """With `ROW` for the number of the row."""

    @property
    def reference(self) -> str:
        """The cell of a row, with `ROW` for its number."""
        return f"{self.sheet}!{xl_col_to_name(self.position)}{ROW}"


class Layout:
    """Columns for the steps of a plan.

    Parameters
    ----------
    slots : sheet and step of the columns that must be there, in the order of the columns of each sheet. A step that is
        in several stands in the first, to which the others refer; a slot without a step is left free.
    named : other steps that get a column, on the sheet `rest`.
    inputs : references of the inputs by name.
    rest : the sheet of all other columns, which stand there in the order of computation.
    also : steps that must be computed too.

    Attributes
    ----------
    columns : by step.
    slots : the columns of the slots; None for one without a step.
    """

    def __init__(
        self,
        slots: Sequence[tuple[str, Step | None]],
        named: Collection[Step],
        inputs: Mapping[str, str],
        rest: str,
        also: Sequence[Step],
    ) -> None:
        self._inputs, self._rest, self._named = inputs, rest, named
        self.columns: dict[Step, Column] = {}
        self._texts: dict[Step, str] = {}
        self._places: dict[Step, tuple[str, int]] = {}
        self._widths: Counter[str] = Counter()
        places = [self._next_place(sheet) for sheet, _ in slots]
        for place, (_, step) in zip(places, slots, strict=True):
            if step is not None:
                self._places.setdefault(step, place)
        self._uses: Counter[Step] = Counter()
        ordered = order([*self._places, *also])
        self._uses.update(arg for step in ordered for arg in step.args)
        self._uses.update(also)
        for step in ordered:
            self._write(step)
        self.positions = [position for _, position in places]
        self.slots: list[Column | None] = []
        for (sheet, position), (_, step) in zip(places, slots, strict=True):
            column = None if step is None else self.columns[step]
            if column and (column.sheet, column.position) != (sheet, position):
                column = Column(sheet, position, column.step, column.reference)
            self.slots.append(column)

    def _next_place(self, sheet: str) -> tuple[str, int]:
        self._widths[sheet] += 1
        if self._widths[sheet] >= MAX_COLUMNS:
            raise ModelError(f"the model is too large for a workbook: the sheet {sheet} would have over 16,000 columns")
        return sheet, FIRST_COLUMN + self._widths[sheet] - 1

    def _write(self, step: Step) -> None:
        """Write a step in a column, or as a part of other formulas."""
        text = self._formula(step)
        if step in self._places:
            self._add(step, text)
        elif isinstance(step, Input | Constant):
            self._texts[step] = text
        elif step in self._named or self._uses[step] != 1 or step.nullable or not _is_short(text):
            self._add(step, text)
        else:
            self._texts[step] = text if is_call(text) else f"({text})"

    def _add(self, step: Step, text: str) -> None:
        """Give a step a column."""
        if len(text) > MAX_CHARACTERS:
            raise ModelError("the model is too large for a workbook: a formula would have more than 8,000 characters")
        if step not in self._places:
            self._places[step] = self._next_place(self._rest)
        self.columns[step] = column = Column(*self._places[step], step, text)
        self._texts[step] = column.reference

    def _formula(self, step: Step) -> str:
        """Return the formula of a step; arguments that it names more than once get a column first."""
        if isinstance(step, Input):
            return self._inputs[step.name]
        marks = [f"\1{position}\1" for position in range(len(step.args))]
        text = formula(step, marks)
        for mark, arg in zip(marks, step.args, strict=True):
            if text.count(mark) > 1 and arg not in self.columns and not isinstance(arg, Input | Constant):
                self._add(arg, self._texts[arg])
        result = self._filled(text, step)
        if len(result) > MAX_CHARACTERS // 2:
            for arg in step.args:
                if arg not in self.columns and not isinstance(arg, Input | Constant):
                    self._add(arg, self._texts[arg])
            result = self._filled(text, step)
        return result

    def _filled(self, text: str, step: Step) -> str:
        """Replace the marks of arguments by their texts."""
        return re.sub("\1(\\d+)\1", lambda match: self._texts[step.args[int(match[1])]], text)


def _is_short(text: str) -> bool:
    return len(text) <= MAX_INLINE and depth(text) <= MAX_DEPTH


def is_call(text: str) -> bool:
    """Return True if a formula is one call of a function, which needs no parentheses."""
    if re.match(r"[A-Z]+\(", text) is None:
        return False
    level = 0
    for place, sign in enumerate(text):
        level += (sign == "(") - (sign == ")")
        if sign == ")" and level == 0:
            return place == len(text) - 1
    return False


def depth(text: str) -> int:
    """Return how deep the parentheses of a formula are nested."""
    level = deepest = 0
    for sign in text:
        level += (sign == "(") - (sign == ")")
        deepest = max(deepest, level)
    return deepest


def titles_of(layout: Layout, named: Mapping[Step, str], inputs: Mapping[str, str]) -> dict[Step, str]:
    """Return a title for each column: its own; else from those of its arguments; else that of a step it is a part of.

    Parameters
    ----------
    layout : the layout.
    named : titles of steps.
    inputs : titles of inputs by name; weights have none.
    """
    titles = dict(named)
    ordered = order(list(layout.columns))
    for step in ordered:
        if step not in titles and (title := _derived_title(step, titles, inputs)):
            titles[step] = title
    for step in reversed(ordered):
        for arg in step.args:
            if step in titles and arg not in titles:
                titles[arg] = titles[step] if titles[step].startswith("for ") else f"for {titles[step]}"
    return {step: titles.get(step, "") for step in layout.columns}


def _derived_title(step: Step, titles: Mapping[Step, str], inputs: Mapping[str, str]) -> str | None:
    """Return a title of a step that changes one other step, which has a title."""
    match step:
        case Input(name=name):
            return inputs.get(name)
        case steps.Known(x=x) if x in titles:
            return f"{titles[x]}: 1 if known"
        case steps.Fill(x=x, value=value) if x in titles:
            return f"{titles[x]}; {'default' if isinstance(value, CellNumber) else f'{value:g}'} if unknown"
        case steps.Complement(x=x) if x in titles:
            return f"1 minus {titles[x]}"
        case steps.Product(x=x, y=Input()) if x in titles:
            return f"{titles[x]}; times weight"
    return None


def kind_text(step: Step) -> str:
    """Return the kind of a step in words, such as `weighted sum`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(step).__name__).lower()
