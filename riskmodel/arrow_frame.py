"""Tables of Arrow: from columns in chunks to the engine's columns, and back."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from riskmodel import arrays, cells
from riskmodel.added_columns import Added, Bands
from riskmodel.arrays import Mask
from riskmodel.columns import Require, column_problems, indicator_columns
from riskmodel.errors import Problem, SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Indicator


def read_arrow(
    spec: ModelSpec, names: Sequence[str], column: Callable[[int], pa.ChunkedArray], require: Require = ()
) -> dict[str, Floats]:
    """The engine's columns: (n,) float64 by indicator, labels as positions, NaN missing.

    Parameters
    ----------
    spec : the model.
    names : of the table's columns.
    column : gives the column at a place; called for those that are indicators alone.
    require : the indicators that must have a column.

    Raises
    ------
    SituationError
        Where no column is an indicator, a column stands twice or is lacking, or values are not valid (the first rows
        are named, from 0 on).
    """
    columns: dict[str, Floats] = {}
    problems: list[Problem] = []
    for name in indicator_columns(spec, names, require):
        try:
            found = column(names.index(name))
            columns[name], faulty = _read(spec.indicators[name], found)
        except SituationError as error:
            problems.append(Problem(str(error), field=f"column {name}"))
        except pa.ArrowException as error:
            problems.append(Problem(f"cannot be read by way of Arrow: {error}", field=f"column {name}"))
        else:
            problems += _problems(spec.indicators[name], name, found, faulty)
    if problems:
        raise SituationError(problems)
    return columns


def _read(indicator: Indicator, column: pa.ChunkedArray) -> cells.Column:
    """A column of any number of pieces; a view where but one is not empty."""
    # An empty piece first, so that the type of a column without any is judged too.
    read = [cells.read_column(indicator, piece) for piece in (pa.nulls(0, column.type), *column.chunks)]
    filled = [piece for piece in read if len(piece.values)] or read[:1]
    if len(filled) == 1:
        return filled[0]
    faulty = [np.zeros(len(piece.values), bool) if piece.faulty is None else piece.faulty for piece in filled]
    return cells.Column(np.concatenate([piece.values for piece in filled]), np.concatenate(faulty))


def _problems(indicator: Indicator, name: str, column: pa.ChunkedArray, faulty: Mask | None) -> list[Problem]:
    return column_problems(indicator, name, faulty, lambda row: cells.as_python(column[row]), "row {}".format)


def as_arrow(added: Mapping[str, Added]) -> dict[str, pa.Array]:
    """These columns as arrays; bands are an ordered dictionary, null stands where there is nothing."""
    return {
        name: pa.DictionaryArray.from_arrays(
            arrays.from_integers(column.codes), arrays.texts(column.names), ordered=True
        )
        if isinstance(column, Bands)
        else arrays.from_floats(column)
        for name, column in added.items()
    }
