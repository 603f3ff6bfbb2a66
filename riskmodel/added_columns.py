"""What scoring adds to a table: columns by name, before any library makes a frame of them."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from riskmodel.engine.compiled import CompiledModel
from riskmodel.engine.table import ScoreArrays
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats


class Bands(NamedTuple):
    """The band of each of n rows: (n,) positions in the names, which go from the bottom up; -1 where there is none."""

    codes: NDArray[np.int8]
    names: tuple[str, ...]


Added: TypeAlias = Floats | Bands
"""A column of n rows; numbers are NaN where there is none."""


def added_columns(compiled: CompiledModel, scored: Mapping[str, ScoreArrays]) -> dict[str, Added]:
    """The columns of every score, by their names.

    Raises
    ------
    SituationError
        Where two scores give a column of the same name.
    """
    made: dict[str, Added] = {}
    for name, found in scored.items():
        added: dict[str, Added] = {
            name: found.reported,
            f"{name}_band": Bands(found.band, compiled.scores[name].bands),
            f"{name}_coverage": found.coverage,
            f"{name}_low": found.low,
            f"{name}_high": found.high,
            f"{name}_exact": found.value,
        }
        if clash := sorted(made.keys() & added.keys()):
            raise SituationError(f"two scores of the model give the column {clash[0]!r}; rename one of them")
        made |= added
    return made
