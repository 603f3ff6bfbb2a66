"""Cases: situations as analyses take them, one or a table of them, from wherever they come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from riskmodel.analysis.situation_table import table_situations
from riskmodel.calls import call_as
from riskmodel.errors import shown
from riskmodel.load.files import is_table
from riskmodel.load.models import DEFAULT
from riskmodel.load.situations import Situation, from_values, read_situations, values_for
from riskmodel.model import Model, load_model
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.situation import Distribution

if TYPE_CHECKING:
    import pandas as pd

One: TypeAlias = Situation | Mapping[str, Any]
"""One situation: read from a file, or its values by indicator."""
Many: TypeAlias = "Sequence[One] | pd.DataFrame | str | Path"
"""Several: a list, a frame with a row for each, or a file (situations in YAML or JSON; a table in CSV or Parquet)."""
OnProgress: TypeAlias = Callable[[float, str], None]
"""Called with the share that is done, in [0, 1], and what is being done."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Case:
    """A situation, held against a model.

    Attributes
    ----------
    situation : what it is.
    heading : what to call it.
    given : the values as the engine takes them, by indicator; of a distribution its median. What is missing is left
        out.
    uncertain : the distributions, by indicator.
    """

    situation: Situation
    heading: str
    given: Mapping[str, float]
    uncertain: Mapping[str, Distribution]


def case_of(model: Model, situation: One) -> Case:
    """One situation.

    Raises
    ------
    SituationError
        With every unknown indicator and every value that is not valid.
    ModelError
        Where the model is not fitted yet.
    """
    if not isinstance(situation, Situation | Mapping):
        told = type(situation).__name__
        raise TypeError(f"a situation is a mapping of values by indicator, or was read from a file; got {told}")
    found = situation if isinstance(situation, Situation) else from_values(situation)
    values = values_for(model.spec, found)
    given = {name: model.compiled.indicators[name].encode(value) for name, value in values.items() if value is not None}
    return Case(situation=found, heading=_heading(found), given=given, uncertain=found.distributions)


def situations_of(spec: ModelSpec, source: "Many") -> list[Situation]:
    """Several situations.

    Raises
    ------
    SituationError
        Where a file cannot be read, or anything in it cannot be used.
    """
    if isinstance(source, str | Path):
        return table_situations(spec, source) if is_table(source) else read_situations(source)
    if isinstance(source, Sequence):
        return [_situation(one, number) for number, one in enumerate(source, start=1)]
    return table_situations(spec, source)


def each_of(
    model: Model,
    source: "Many",
    analyse: Callable[[Case, OnProgress | None], Result],
    on_progress: OnProgress | None,
) -> tuple[Result, ...]:
    """The same analysis of each of several situations, once all are known to be valid."""
    cases = [case_of(model, situation) for situation in situations_of(model.spec, source)]
    return tuple(analyse(case, part_of(on_progress, place, len(cases))) for place, case in enumerate(cases))


def part_of(on_progress: OnProgress | None, place: int, of: int) -> OnProgress | None:
    """The progress of one of several analyses as progress of all."""
    if on_progress is None:
        return None
    words = "" if of == 1 else f"situation {place + 1} of {of:,}: "
    return lambda share, doing: on_progress((place + share) / of, f"{words}{doing}")


def _situation(source: object, number: int) -> Situation:
    """One of several; values without a name are called by their number."""
    if isinstance(source, Situation):
        return source
    if isinstance(source, Mapping):
        return from_values(source, id=f"Situation {number}")
    raise TypeError(f"a situation is a mapping of values by indicator, or was read from a file; got {shown(source)}")


@call_as("read_table(data, model=model)")
def read_table(data: "str | Path | pd.DataFrame", *, model: "Model | str | Path" = DEFAULT) -> list[Situation]:
    """The rows of a table as situations, to be analysed one by one or compared.

    Parameters
    ----------
    data : the path of a CSV (also .gz, .zst) or Parquet file, or a pandas frame. Columns named like indicators are
        read, a column `id` names the rows, others are passed over.
    model : a model, its path, or its id.

    Raises
    ------
    SituationError
        Where the table cannot be read, no column is an indicator, or a row cannot be used (the first are named).
    """
    return table_situations(as_model(model).spec, data)


def as_model(model: Model | str | Path | Mapping[str, Any]) -> Model:
    """A model as it is, or the one of a path, an id, or the content of a file."""
    return model if isinstance(model, Model) else load_model(model)


def _heading(situation: Situation) -> str:
    return situation.spec.title or situation.spec.id or "Situation"
