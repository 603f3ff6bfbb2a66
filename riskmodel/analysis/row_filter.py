"""Select rows of a table by a condition on its columns, in the grammar of the conditions of rules."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskmodel.errors import Problem, SituationError, repr_value, suggest
from riskmodel.kernels import conditions
from riskmodel.kernels.conditions import Condition, ConditionSyntaxError, Name, TermTest
from riskmodel.kernels.types import Floats
from riskmodel.plan import program, steps
from riskmodel.plan.conditions import Bounds, degrees
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables import arrays
from riskmodel.tables.arrays import Mask
from riskmodel.tables.cells import read_column
from riskmodel.tables.number_format import NumberFormat

_DATE = r"^(\d{4})(?:-?Q[1-4]|-?M\d{1,2}|-\d{2}(?:-\d{2}(?:[T ].*)?)?)$"
_QUOTED = re.compile(r"`([^`]*)`")


class _Test(NamedTuple):
    """A test of a column for a text; the position is that of the text in the condition."""

    column: str
    text: str
    offset: int

    @property
    def step(self) -> str:
        return f"{self.column} is {self.text}"


class RowFilter:
    """A condition such as `year <= 2010 and region is europe`.

    Columns are compared as numbers, those of dates, months and quarters by their year, and tested for a label or
    another text by `is`. Indicators are named by their ids, other columns by their names, in backquotes where these
    have other characters than letters, digits and `_`. A row of which a value is missing, so that it is not certain
    that the condition holds, is not selected.

    Parameters
    ----------
    text : the condition.
    spec : the model.

    Attributes
    ----------
    indicators : those that the condition names.
    texts : the other columns that it names, which are read as text.

    Raises
    ------
    SituationError
        With all faults of the condition, each at its column.
    """

    def __init__(self, text: str, spec: ModelSpec) -> None:
        self.text, self._spec = text, spec
        self._names: dict[str, str] = {}
        self._condition = self._parsed()
        leaves = list(conditions.leaves(self._condition))
        self._tests = [
            _Test(self._name(leaf.name.name), self._name(leaf.term), leaf.span.offset)
            for leaf in leaves
            if isinstance(leaf, TermTest)
        ]
        self._compared = list(dict.fromkeys(self._name(leaf.name) for leaf in leaves if isinstance(leaf, Name)))
        names = dict.fromkeys((*self._compared, *(test.column for test in self._tests)))
        self.indicators = {name: spec.indicators[name] for name in names if name in spec.indicators}
        self.texts = tuple(name for name in names if name not in spec.indicators)
        if problems := list(self._label_problems()):
            raise SituationError(problems)

    def _parsed(self) -> Condition:
        def plain(quoted: re.Match[str]) -> str:
            # As long as what it stands for, so that faults are where they are in the text.
            word = f"_{len(self._names)}_".ljust(len(quoted[0]), "_")
            self._names[word] = quoted[1]
            return word

        try:
            return conditions.parse(_QUOTED.sub(plain, self.text))
        except ConditionSyntaxError as error:
            raise SituationError([self._problem(fault.message, fault.span.offset) for fault in error.faults]) from None

    def _name(self, word: str) -> str:
        return self._names.get(word, word)

    def _problem(self, message: str, offset: int) -> Problem:
        for word, name in self._names.items():
            message = message.replace(word, name)
        return Problem(message, file="--where", line=1, column=offset + 1, source=self.text)

    def _label_problems(self) -> Iterator[Problem]:
        for test in self._tests:
            indicator = self._spec.indicators.get(test.column)
            if indicator is None:
                continue
            labels = indicator.labels
            if labels is None:
                message = f"{test.column!r} is a number, which is compared: < <= > >= == !="
                yield self._problem(message, test.offset)
            elif test.text not in labels:
                yield self._problem(
                    f"{test.text!r} is no label of {test.column!r}{suggest(test.text, labels)}", test.offset
                )

    def check(self, names: Sequence[object], indicators: Mapping[str, str]) -> None:
        """Check that a table has the columns.

        Parameters
        ----------
        names : of its columns.
        indicators : the column of each indicator that has one, those of `indicators` included.

        Raises
        ------
        SituationError
            If it lacks one; the nearest is suggested.
        """
        absent = [name for name in self.indicators if name not in indicators]
        absent += [name for name in self.texts if name not in names]
        if absent:
            columns = list(map(str, names))
            raise SituationError(
                [Problem(f"there is no column {name!r}{suggest(name, columns)}", file="--where") for name in absent]
            )

    def mask(
        self,
        columns: Mapping[str, Floats],
        texts: Mapping[str, pa.Array],
        rows: int,
        numbers: NumberFormat,
        problem_at: Callable[[int, str, str], Problem],
    ) -> Mask:
        """Return (rows,) whether each row certainly meets the condition.

        Parameters
        ----------
        columns : of the indicators; labels as positions, NaN missing.
        texts : the columns of `texts`.
        rows : their number.
        numbers : the format of numbers in texts.
        problem_at : makes a problem from the position of a row, a column and a message.

        Raises
        ------
        SituationError
            If a text that is compared is neither a number nor a date.
        """
        values = {
            name: columns[name] if name in columns else _numbers(name, texts[name], numbers, problem_at)
            for name in self._compared
        }
        tested = {test.step: self._tested(test, columns, texts) for test in self._tests}

        def membership(column: str, term: str) -> Bounds:
            known = steps.Input(f"{self._name(column)} is {self._name(term)}")
            return steps.FillDegree(known, 0.0), steps.FillDegree(known, 1.0)

        certain, _ = degrees(self._condition, lambda name: steps.Input(self._name(name)), membership)
        met: Mask = np.asarray(program.evaluate(certain, {**values, **tested}, rows)) == 1.0
        return met

    def _tested(self, test: _Test, columns: Mapping[str, Floats], texts: Mapping[str, pa.Array]) -> Floats:
        """Return 1 where a column has a text, 0 where it has another, NaN where it has none."""
        if test.column in columns:
            labels = self._spec.indicators[test.column].labels or ()
            column = columns[test.column]
            return np.where(np.isnan(column), np.nan, (column == labels.index(test.text)).astype(np.float64))
        cells = pc.utf8_trim_whitespace(texts[test.column])
        same = pc.equal(pc.if_else(pc.equal(cells, ""), None, cells), test.text)
        return arrays.floats(pc.cast(same, pa.float64()))


def _numbers(
    name: str, texts: pa.Array, numbers: NumberFormat, problem_at: Callable[[int, str, str], Problem]
) -> Floats:
    """Read texts as numbers, and dates as their years."""
    texts = pc.utf8_trim_whitespace(texts)
    years = pc.replace_substring_regex(texts, _DATE, r"\1")
    values, faulty = read_column(Indicator(), years, numbers)
    if faulty is not None and faulty.any():
        row = int(np.argmax(faulty))
        message = f"should be a number, or a date such as 2010-05-31; got {repr_value(texts[row].as_py())}"
        raise SituationError([problem_at(row, name, message)])
    return values
