"""From months to the rows of the table: periods of one, three or twelve months."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.indicators.facts import LOOK_BACK, Derived
from riskmodel.analysis.results.indicators import DerivedColumn
from riskmodel.schema.recipe import PeriodStep

Over: TypeAlias = Literal["mean", "highest", "last"]
"""The value of a period: the mean or the highest of its months, or that of its last month."""


def period_names(first: int, count: int, step: PeriodStep) -> list[str]:
    """Return the names of periods as tables write them: `2018-03`, `2018-Q1`, `2018`.

    Parameters
    ----------
    first : the first month of the first, counted from January 1970.
    count : number of periods.
    step : their length.
    """
    if step == "month":
        return [f"{1970 + month // 12}-{month % 12 + 1:02d}" for month in range(first, first + count)]
    if step == "quarter":
        return [f"{1970 + month // 12}-Q{month % 12 // 3 + 1}" for month in range(first, first + 3 * count, 3)]
    return [str(1970 + first // 12 + year) for year in range(count)]


def column_of(derived: Derived, months: int, over: Over) -> DerivedColumn:
    """Return an indicator by rows of the table: pairs in their order, and periods within a pair.

    A period with a blank month is blank, for the reason of the first such month, unless its last month is its value.

    Parameters
    ----------
    derived : by pairs and months, with the months before the period.
    months : of a period.
    over : which value a period has.
    """
    n_pairs = len(derived.value)

    def split(array: NDArray[np.generic]) -> NDArray[np.generic]:
        """Return (periods of all pairs, months of a period)."""
        return array[:, LOOK_BACK:].reshape(n_pairs, -1, months).reshape(-1, months)

    value, usable = split(derived.value), split(derived.usable)
    rows = np.arange(len(value))
    if over == "last":
        chosen = np.full(len(value), months - 1)
    else:
        # The first blank month, or the first of the highest; argmax takes NaN for the highest.
        chosen = np.argmax(value, axis=1) if len(value) else np.zeros(0, np.intp)
    values = value[rows, chosen].astype(float)
    if over == "mean":
        values = value.astype(float).mean(axis=1)
    days = split(derived.days).astype(np.int64)[rows, chosen]
    counts = split(derived.rows).astype(np.int64)[rows, chosen]
    share = usable.astype(float)[rows, chosen]
    if over != "last" and months > 1:
        all_days = split(derived.days).astype(np.int64)
        days = np.where((all_days >= 0).all(axis=1), all_days.sum(axis=1), -1)
        counts = split(derived.rows).astype(np.int64).sum(axis=1)
        share = usable.astype(float).mean(axis=1)
    return DerivedColumn(
        values,
        split(derived.method).astype(np.int8)[rows, chosen],
        tuple((method.text, method.trust, method.sources) for method in derived.methods),
        days,
        counts,
        share,
        split(derived.reason).astype(np.int64)[rows, chosen],
        derived.reasons,
    )
