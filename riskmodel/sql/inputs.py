"""The values of indicators in SQL: each column is read once, cleaned, and checked.

`NULL` and NaN are missing, and so are the missing words in a column of labels. A value that is not valid is NULL from
there on, and has a reason; the words are those of `riskmodel.tables.cells.fault_message`.
"""

import math
from typing import NamedTuple

from sqlglot import exp

from riskmodel.schema.parts import Indicator
from riskmodel.sql import expressions as sql
from riskmodel.sql.dialects import Dialect
from riskmodel.sql.expressions import Sql
from riskmodel.sql.steps import LARGEST
from riskmodel.tables.cells import MISSING_WORDS

SEPARATOR = "; also "
"""Text before each fault of a row; that before the first is cut off."""


class Checked(NamedTuple):
    """The value of a cleaned column, and its fault."""

    value: Sql
    """A double, a label as its position; NULL where it is missing or not valid."""
    fault: Sql
    """Text that begins with `SEPARATOR`; empty where nothing is wrong."""
    comment: str


def cleaned(indicator: Indicator, raw: Sql, dialect: Dialect) -> Sql:
    """Return a column with NULL where it is missing, also by a code: a double, or the text of a label."""
    value = _cleaned(indicator, raw, dialect)
    if not indicator.missing_numbers or indicator.labels is not None:
        return value
    codes = [sql.number(code) for code in indicator.missing_numbers]
    return sql.case((sql.is_one_of(sql.as_double(raw), codes), sql.null()), otherwise=value)


def _cleaned(indicator: Indicator, raw: Sql, dialect: Dialect) -> Sql:
    missing_words = (*MISSING_WORDS, *indicator.missing_texts)
    words = list(map(sql.text, missing_words))
    if indicator.labels is not None:
        word = exp.Trim(this=sql.as_text(raw))
        missing = sql.is_one_of(word, [sql.text(word) for word in missing_words if word not in indicator.labels])
        return sql.case((missing, sql.as_text(sql.null())), otherwise=word)
    value = sql.as_double(raw)
    if dialect.any_type_in_column:
        is_number = sql.is_one_of(exp.Anonymous(this="typeof", expressions=[raw]), map(sql.text, ("integer", "real")))
        is_missing = sql.is_one_of(exp.Trim(this=raw), words)
        return sql.case((is_number, value), (is_missing, sql.null()), otherwise=raw)
    if dialect.not_a_number == "is_finite":
        is_number = sql.either(*(exp.Anonymous(this=name, expressions=[value]) for name in ("ISFINITE", "ISINF")))
        return sql.case((is_number, value))
    if dialect.not_a_number == "is_nan":
        return sql.case((exp.IsNan(this=value), sql.null()), otherwise=value)
    if dialect.not_a_number == "equal":
        return exp.Nullif(this=value, expression=sql.as_double(sql.text("NaN")))
    return value


def checked(name: str, indicator: Indicator, value: Sql, dialect: Dialect) -> Checked:
    """Return the valid part of a cleaned column, with labels as positions, and the fault of the rest.

    Parameters
    ----------
    name, indicator : the indicator.
    value : the column.
    """
    if indicator.labels is not None:
        return _checked_label(name, indicator.title or name, indicator.labels, value)
    low, high = indicator.bounds
    lowest, highest = sql.number(max(low, -LARGEST)), sql.number(min(high, LARGEST))
    below, above = sql.below(value, lowest), sql.above(value, highest)
    outside = sql.either(below, above)
    branches = [
        (is_beyond, _fault(name, sql.as_text(value), sql.text(_outside(indicator, end))))
        for end, is_beyond in ((low, below), (high, above))
    ]
    if dialect.any_type_in_column:
        is_other = exp.NEQ(this=exp.Anonymous(this="typeof", expressions=[value]), expression=sql.text("real"))
        got = (sql.text("should be a number; got '"), sql.as_text(value), sql.text("'"))
        branches.insert(0, (sql.both(sql.is_known(value), is_other), _fault(name, *got)))
        outside = sql.either(is_other, outside)
    comment = f"{indicator.title or name}: {indicator.valid_text}"
    return Checked(
        sql.case((outside, sql.null()), otherwise=value), sql.case(*branches, otherwise=sql.text("")), comment
    )


def _outside(indicator: Indicator, end: float) -> str:
    if math.isinf(end):
        return " is no finite number"
    return f" is outside the valid range ({indicator.valid_text}); the nearest valid value is {end:g}"


def _checked_label(name: str, title: str, labels: tuple[str, ...], value: Sql) -> Checked:
    positions = [(sql.text(label), sql.number(position)) for position, label in enumerate(labels)]
    known = f"'; known: {', '.join(labels)}"
    fault = _fault(name, sql.text("not one of the labels: '"), value, sql.text(known))
    is_label = sql.either(sql.is_null(value), sql.is_one_of(value, map(sql.text, labels)))
    comment = ", ".join(f"{position} {label}" for position, label in enumerate(labels))
    return Checked(
        sql.switch(value, *positions), sql.case((is_label, sql.text("")), otherwise=fault), f"{title}: {comment}"
    )


def _fault(name: str, *parts: Sql) -> Sql:
    return sql.joined([sql.text(f"{SEPARATOR}column {name}: "), *parts])


def rejected(faults: list[Sql]) -> Sql:
    """Return the reasons why a row is not valid; NULL where it is."""
    start = exp.Literal.number(len(SEPARATOR) + 1)
    together = exp.Substring(this=sql.joined(faults), start=start)
    return exp.Nullif(this=together, expression=sql.text(""))
