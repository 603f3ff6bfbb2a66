"""Which columns of a table are indicators of a model, and what is wrong with what stands in them."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

from riskmodel import cells
from riskmodel.arrays import Mask
from riskmodel.errors import Problem, SituationError, also_at, counted, nearest, shown
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Indicator

Require: TypeAlias = Sequence[str] | Literal["all"]
"""Names of indicators that must have a column, or all of them."""
NEAR = 0.88
"""How alike two names are (difflib's ratio) if one is taken for the other misspelt."""
_SHOWN = 5
"""How many kinds of a column's faulty rows are named."""
_GROUPED = 1_000
"""How many of its faulty rows are looked at for what is wrong with them."""


def indicator_columns(spec: ModelSpec, columns: Sequence[object], require: Require = ()) -> list[str]:
    """The names among the columns that are indicators, in their order.

    Parameters
    ----------
    spec, columns : the model, and the columns of a table.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        Where there is none, one stands twice, a column is nearly an indicator that has no column, or an indicator has
        none that must have one.
    """
    required = _required(spec, require)
    names = [name for name in columns if isinstance(name, str) and name in spec.indicators]
    if not names:
        told = next(filter(None, (_near(column, spec.indicators) for column in columns)), "")
        listed = ", ".join(shown(column) for column in columns[:8]) + (", ..." if len(columns) > 8 else "")
        raise SituationError(f"no column is an indicator of model {spec.id!r}: {listed}{told}")
    absent = sorted(set(spec.indicators) - set(names))
    for column in columns:
        near = difflib.get_close_matches(as_id(str(column)), absent, n=1, cutoff=NEAR)
        if near and column not in spec.indicators:
            raise SituationError(
                f"the column {str(column)!r} is nearly the indicator {near[0]!r}, which has none: rename one"
            )
    if twice := twice_named(names):
        raise SituationError(f"the column {twice[0]!r} stands twice")
    if lacking := [name for name in required if name not in names]:
        others = [str(column) for column in columns if column not in spec.indicators]
        problems = (
            f"no column for {name!r}, which is required{nearest(name, others, short=False)}" for name in lacking
        )
        raise SituationError([Problem(message) for message in problems])
    return names


def _required(spec: ModelSpec, require: Require) -> list[str]:
    """The indicators that must have a column."""
    if require == "all":
        return list(spec.indicators)
    if isinstance(require, str):
        raise TypeError(f"require takes a list of names, or 'all'; got {require!r}")
    unknown = [name for name in require if name not in spec.indicators]
    if unknown:
        problems = (f"no indicator {name!r} in model {spec.id!r}{nearest(name, spec.indicators)}" for name in unknown)
        raise SituationError([Problem(message, file="--require") for message in problems])
    return list(dict.fromkeys(require))


def _near(column: object, indicators: Iterable[str]) -> str:
    found = difflib.get_close_matches(as_id(str(column)), list(indicators), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r} by {str(column)!r}?" if found else ""


def twice_named(names: Sequence[str]) -> list[str]:
    """The names that stand more than once."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def as_id(name: str) -> str:
    """A name as an id would be written: capitals, spaces and hyphens are slips, not other names."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def column_problems(
    indicator: Indicator, name: str, faulty: Mask | None, value: Callable[[int], object], row: Callable[[int], str]
) -> list[Problem]:
    """What is wrong with the faulty cells of a column; the first are named, the others counted.

    Parameters
    ----------
    indicator, name : what the column is of, and what it is called.
    faulty : (n,) which rows are; None where none is.
    value, row : what stands at a position, as Python has it, and what to call the row.
    """
    places = [] if faulty is None else np.flatnonzero(faulty).tolist()
    groups: dict[str, list[int]] = {}
    for place in places[:_GROUPED]:
        groups.setdefault(cells.why_faulty(indicator, value(place)), []).append(place)
    problems, covered = [], 0
    for why, (first, *others) in list(groups.items())[:_SHOWN]:
        also = also_at([row(place) for place in others])
        problems.append(Problem(why + also, field=f"column {name}, {row(first)}"))
        covered += 1 + len(others)
    if more := len(places) - covered:
        problems.append(Problem(f"and {counted(more, 'more row')} not valid", field=f"column {name}"))
    return problems
