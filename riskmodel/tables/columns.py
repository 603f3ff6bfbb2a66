"""Match the columns of a table to the indicators of a model by name."""

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from riskmodel.errors import Problem, SituationError, counted, repr_value, suggest
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator
from riskmodel.tables.options import AS_IT_COMES, TableOptions

Require: TypeAlias = Sequence[str] | Literal["all"]
"""Names of indicators that must have a column, or all of them."""
MISSPELT = 0.88
"""The similarity (difflib's ratio) from which a column's name is taken for a misspelt indicator."""
_SIMILAR = 0.6
"""The similarity from which a name is suggested."""
_MAX_LISTED = 8
_MAX_NUMBERS = 5

Value = TypeVar("Value")


class Matched(NamedTuple):
    """The columns of a table, matched to a model."""

    spec: ModelSpec
    """The model, with the codes for missing values of this run."""
    columns: dict[str, str]
    """The column of each indicator that has one, in the order of the columns."""
    ids: tuple[str, ...]
    """The columns that name rows."""

    @property
    def indicators(self) -> dict[str, Indicator]:
        """The indicators by column."""
        return {column: self.spec.indicators[name] for name, column in self.columns.items()}

    @property
    def numbers(self) -> list[str]:
        """The indicators of numbers that have a column."""
        return [name for name in self.columns if self.spec.indicators[name].labels is None]

    def by_indicator(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return something that is given by column, by indicator."""
        return {name: values[column] for name, column in self.columns.items()}


def match_table(
    spec: ModelSpec, names: Sequence[object], options: TableOptions, columns: dict[str, str] | None = None
) -> Matched:
    """Match the columns of a table to a model; raise as `find_columns` and `TableOptions` do.

    Parameters
    ----------
    spec, names, options : as for `find_columns`.
    columns : its result, where it is known.
    """
    options.time_column(names)
    columns = find_columns(spec, names, options) if columns is None else columns
    return Matched(options.with_codes(spec), columns, options.row_names(names))


def find_columns(spec: ModelSpec, names: Sequence[object], options: TableOptions = AS_IT_COMES) -> dict[str, str]:
    """Find the column of each indicator that has one, in the order of the columns.

    The column is that of `--map`; else one that the indicator states (`column:` in the model) or that has its id.

    Parameters
    ----------
    spec, names : the model, and the names of a table's columns.
    options : of the table, with its map.

    Raises
    ------
    SituationError
        The map names an indicator or column that does not exist, or one column twice; or two columns could be the same
        indicator.
    """
    problems = [*_map_problems(spec, names, options)]
    position = {name: number for number, name in reversed(list(enumerate(names))) if isinstance(name, str)}
    matched: dict[str, str] = {}
    for indicator, own_names in _own_names(spec).items():
        if indicator in options.map:
            present = [options.map[indicator]]
        else:
            present = [name for name in own_names if name in position and name not in options.map.values()]
        if len(present) > 1:
            listed = " and ".join(map(repr, present))
            message = f"the columns {listed} are both {indicator!r}; --map {indicator}={present[0]} chooses one"
            problems.append(Problem(message))
        elif present:
            matched[indicator] = present[0]
    if problems:
        raise SituationError(problems)
    return dict(sorted(matched.items(), key=lambda item: position[item[1]]))


def _own_names(spec: ModelSpec) -> dict[str, list[str]]:
    """Return the names of columns that each indicator has by the model: those that it states, and its id."""
    return {name: list(dict.fromkeys((*indicator.columns, name))) for name, indicator in spec.indicators.items()}


def known_names(spec: ModelSpec, options: TableOptions) -> frozenset[str]:
    """Return all names of columns that are read as an indicator."""
    return frozenset(name for own_names in _own_names(spec).values() for name in own_names) | set(options.map.values())


def number_names(spec: ModelSpec, options: TableOptions) -> frozenset[str]:
    """Return all names of columns that are read as an indicator of numbers."""
    numeric = [name for name, indicator in spec.indicators.items() if indicator.labels is None]
    own_names = _own_names(spec)
    return frozenset(column for name in numeric for column in (options.map.get(name), *own_names[name]) if column)


def _map_problems(spec: ModelSpec, names: Sequence[object], options: TableOptions) -> Iterator[Problem]:
    columns = list(map(str, names))
    for indicator, column in options.map.items():
        if indicator not in spec.indicators:
            message = f"no indicator {indicator!r} in model {spec.id!r}{suggest(indicator, spec.indicators)}"
            yield Problem(message, file="--map")
        elif column not in names:
            yield Problem(f"--map: there is no column {column!r} for {indicator!r}{suggest(column, columns)}")
    if doubled := duplicate_names(list(options.map.values())):
        both = " and ".join(indicator for indicator, column in options.map.items() if column == doubled[0])
        yield Problem(f"the column {doubled[0]!r} cannot be {both} at once", file="--map")


def match_columns(
    spec: ModelSpec, names: Sequence[object], options: TableOptions = AS_IT_COMES, require: Require = ()
) -> dict[str, str]:
    """Find the column of each indicator as `find_columns` does, and check that the table is meant for the model.

    Parameters
    ----------
    spec, names, options : as for `find_columns`.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        As by `find_columns`; or no column is an indicator, one is duplicate, a column is nearly an indicator that has
        no column, or a required indicator has no column.
    """
    required = _required(spec, require)
    matched = find_columns(spec, names, options)
    read = list(matched.values())
    others = [name for name in names if name not in read]
    if not matched:
        known = known_names(spec, options)
        hint = next(filter(None, (_suggestion(column, known) for column in names)), "")
        listed = ", ".join(map(repr_value, names[:_MAX_LISTED])) + (", ..." if len(names) > _MAX_LISTED else "")
        raise SituationError(f"no column is an indicator of model {spec.id!r}: {listed}{hint}{_MAPPING}")
    absent = sorted(set(spec.indicators) - set(matched))
    for column in others:
        similar = difflib.get_close_matches(as_id(str(column)), absent, n=1, cutoff=MISSPELT)
        if similar:
            raise SituationError(
                f"the column {str(column)!r} is nearly the indicator {similar[0]!r}, which has none: rename one, or "
                f"--map {similar[0]}=COLUMN"
            )
    if duplicates := duplicate_names([name for name in names if isinstance(name, str) and name in read]):
        raise SituationError(f"duplicate column {duplicates[0]!r}")
    if lacking := [name for name in required if name not in matched]:
        problems = (
            f"no column for {name!r}, which is required{suggest(name, list(map(str, others)), short=False)}"
            for name in lacking
        )
        raise SituationError([Problem(message) for message in problems])
    return matched


_MAPPING = "; --map INDICATOR=COLUMN names the column of one, and `riskmodel data check` proposes a map"


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


def check_distinct(names: Sequence[str], file: str, known: Collection[str] = ()) -> None:
    """Check that the columns of a file have distinct names; `known` are those of the model.

    Raises
    ------
    SituationError
        Two columns have the same name, or none.
    """
    duplicates = duplicate_names(names)
    if any(not name.strip() for name in duplicates):
        numbers = [number for number, name in enumerate(names, 1) if not name.strip()]
        listed = ", ".join(map(str, numbers[:_MAX_NUMBERS])) + (", ..." if len(numbers) > _MAX_NUMBERS else "")
        is_tail = numbers == list(range(numbers[0], len(names) + 1))
        hint = "; are there too many delimiters at the ends of the lines?" if is_tail else ""
        if is_tail and numbers[0] == 2 and names[0] not in known:
            hint = "; is it a title above the table? --skip-rows N leaves out the lines before the header"
        message = f"{counted(len(numbers), 'column')} without a name ({listed} of {len(names):,}){hint}"
        raise SituationError([Problem(message, file=file)])
    if duplicates:
        raise SituationError([Problem(f"duplicate column {duplicates[0]!r} in the header", file=file)])


def as_id(name: str) -> str:
    """Normalise a name to the form of an id: lower case, underscores for spaces and hyphens."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())
