"""Match the columns of a table to the indicators of a model by name."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from riskmodel.errors import Problem, SituationError, repr_value, suggest
from riskmodel.schema.model import ModelSpec

Require: TypeAlias = Sequence[str] | Literal["all"]
"""Names of indicators that must have a column, or all of them."""
MISSPELT = 0.88
"""The similarity (difflib's ratio) from which a column's name is taken for a misspelt indicator."""
_SIMILAR = 0.6
"""The similarity from which a name is suggested."""
_MAX_LISTED = 8


def indicator_columns(spec: ModelSpec, columns: Sequence[object], require: Require = ()) -> list[str]:
    """Return the names of columns that are indicators, in their order.

    Parameters
    ----------
    spec, columns : the model, and the names of a table's columns.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        No column is an indicator, one is duplicate, a column is nearly an indicator that has no column, or a required
        indicator has no column.
    """
    required = _required(spec, require)
    names = [name for name in columns if isinstance(name, str) and name in spec.indicators]
    if not names:
        hint = next(filter(None, (_suggestion(column, spec.indicators) for column in columns)), "")
        listed = ", ".join(map(repr_value, columns[:_MAX_LISTED])) + (", ..." if len(columns) > _MAX_LISTED else "")
        raise SituationError(f"no column is an indicator of model {spec.id!r}: {listed}{hint}")
    absent = sorted(set(spec.indicators) - set(names))
    for column in columns:
        similar = difflib.get_close_matches(as_id(str(column)), absent, n=1, cutoff=MISSPELT)
        if similar and column not in spec.indicators:
            raise SituationError(
                f"the column {str(column)!r} is nearly the indicator {similar[0]!r}, which has none: rename one"
            )
    if duplicates := duplicate_names(names):
        raise SituationError(f"duplicate column {duplicates[0]!r}")
    if lacking := [name for name in required if name not in names]:
        others = [str(column) for column in columns if column not in spec.indicators]
        problems = (
            f"no column for {name!r}, which is required{suggest(name, others, short=False)}" for name in lacking
        )
        raise SituationError([Problem(message) for message in problems])
    return names


def _required(spec: ModelSpec, require: Require) -> list[str]:
    if require == "all":
        return list(spec.indicators)
    if isinstance(require, str):
        raise TypeError(f"require takes a list of names, or 'all'; got {require!r}")
    unknown = [name for name in require if name not in spec.indicators]
    if unknown:
        problems = (f"no indicator {name!r} in model {spec.id!r}{suggest(name, spec.indicators)}" for name in unknown)
        raise SituationError([Problem(message, file="--require") for message in problems])
    return list(dict.fromkeys(require))


def _suggestion(column: object, indicators: Iterable[str]) -> str:
    similar = difflib.get_close_matches(as_id(str(column)), list(indicators), n=1, cutoff=_SIMILAR)
    return f"; did you mean {similar[0]!r} by {str(column)!r}?" if similar else ""


def duplicate_names(names: Sequence[str]) -> list[str]:
    """Return the names that occur more than once, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def as_id(name: str) -> str:
    """Normalise a name to the form of an id: lower case, underscores for spaces and hyphens."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())
