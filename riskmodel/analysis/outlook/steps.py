"""Steps: `NAME = VALUE from MONTH`, an indicator that is set to a value and holds it from a month on."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from riskmodel.analysis.results.influences import TakenStep
from riskmodel.documents.nodes import parse_scalar
from riskmodel.errors import Problem, RiskmodelError, suggest
from riskmodel.model import Model
from riskmodel.tables.times import month_of
from riskmodel.tables.times_ahead import month_label

MAX_HORIZON = 120
"""Months."""
_STEP = re.compile(r"\s*([^=]*?)\s*=\s*(.*?)(?:\s+from\s+(.*?))?\s*", re.DOTALL)
_GRAMMAR = "a step is NAME = VALUE from MONTH, such as `communication_frequency = 1 from 2027-01`"


class Calendar(NamedTuple):
    """The months ahead.

    Attributes
    ----------
    start : months since the year 0; None if there is no calendar, and months are numbered.
    labels : of the months ahead.
    """

    start: int | None
    labels: tuple[str, ...]

    @property
    def start_label(self) -> str | None:
        """The month of the start."""
        return None if self.start is None else month_label(self.start)


def calendar(start: str | None, date: str | None, horizon: int) -> Calendar:
    """Return the months ahead.

    Parameters
    ----------
    start : the month of the start; None: that of the situation's date, if the date has a month.
    date : of the situation.
    horizon : the number of months.

    Raises
    ------
    RiskmodelError
        If the start is not a month, or the horizon is out of range.
    """
    if type(horizon) is not int or not 1 <= horizon <= MAX_HORIZON:
        raise RiskmodelError(f"a horizon is from 1 to {MAX_HORIZON} months; got {horizon!r}")
    label = date if start is None else start
    month = None if label is None else month_of(label)
    if start is not None and month is None:
        raise RiskmodelError(f"--start: {start!r} is not a month; write it as 2026-12")
    numbers = range(1, horizon + 1)
    if month is None:
        return Calendar(None, tuple(map(str, numbers)))
    try:
        return Calendar(month, tuple(month_label(month + number) for number in numbers))
    except ValueError:
        raise RiskmodelError(f"the calendar ends before {horizon} months after {label}") from None


def read_steps(model: Model, texts: Sequence[str], months: Calendar, date: str | None) -> tuple[TakenStep, ...]:
    """Parse and check steps.

    Parameters
    ----------
    model : the model of the indicators.
    texts : such as `communication_frequency = 1 from 2027-01`; without a month from the first month on. A later step
        of the same indicator replaces an earlier one.
    months : the months ahead.
    date : of the situation, for messages.

    Returns
    -------
    In the order of months, and of names within a month.

    Raises
    ------
    RiskmodelError
        With every step that is none, names no indicator, has an invalid value, or a month that is not ahead.
    """
    steps: list[TakenStep] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            step = _read(model, text, months, date)
        except _StepError as error:
            problems.append(Problem(str(error), file="--if", line=1, column=1 + error.offset, source=text))
            continue
        if any((step.name, step.number) == (other.name, other.number) for other in steps):
            problems.append(Problem(f"{step.name} is set twice from {step.month} on", file="--if"))
        steps.append(step)
    if problems:
        raise RiskmodelError(problems)
    return tuple(sorted(steps, key=lambda step: (step.number, step.name)))


class _StepError(ValueError):
    """A fault of a step; `offset` is its position in the text."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.offset = offset


def _read(model: Model, text: str, months: Calendar, date: str | None) -> TakenStep:
    match = _STEP.fullmatch(text)
    if match is None or not match[1] or not match[2]:
        raise _StepError(f"not a step; {_GRAMMAR}")
    name, written, month = match.groups()
    if name not in model.spec.indicators:
        kind = "a score; a step sets an indicator" if name in model.spec.scores else "not an indicator"
        hint = "" if name in model.spec.scores else suggest(name, model.spec.indicators)
        raise _StepError(f"{name!r} is {kind} of model {model.spec.id!r}{hint}", match.start(1))
    indicator = model.spec.indicators[name]
    scalar = parse_scalar(written)
    if scalar is None:
        raise _StepError("a step needs a value; a missing one says nothing of what follows", match.start(2))
    is_number = isinstance(scalar, int | float) and not isinstance(scalar, bool) and indicator.labels is None
    value = float(scalar) if is_number else written
    if reason := indicator.why_not_valid(value):
        raise _StepError(f"{name}: {reason}", match.start(2))
    number = 1 if month is None else _number(month, months, date, match.start(3))
    return TakenStep(name, indicator.title or name, indicator.unit, value, months.labels[number - 1], number)


def _number(text: str, months: Calendar, date: str | None, offset: int) -> int:
    """Return the number of a month among those ahead."""
    month = month_of(text)
    if month is None:
        raise _StepError(f"{text!r} is not a month; write it as 2027-01", offset)
    if months.start is None:
        dated = f"its date, {date}, has no month" if date else "it has no date"
        raise _StepError(f"the month of the situation is unknown ({dated}); give --start 2026-12", offset)
    number = month - months.start
    if number < 1:
        first = months.labels[0]
        raise _StepError(
            f"{month_label(month)} is not after the start, {months.start_label}; the first month ahead is {first}",
            offset,
        )
    if number > len(months.labels):
        last = months.labels[-1]
        message = f"{month_label(month)} is after the last month, {last}"
        remedy = f"; --horizon {number} or more goes on" if number <= MAX_HORIZON else ""
        raise _StepError(message + remedy, offset)
    return number
