"""Where fitting takes its values from: the pieces of a file, by the readers of `riskmodel batch`."""

from collections.abc import Collection, Iterator, Mapping

import numpy as np

from riskmodel.batch.csv_source import CsvOptions
from riskmodel.batch.inputs import InputFile
from riskmodel.batch.reading import open_reader, read_all_or_raise
from riskmodel.errors import Problem, SituationError, nearest
from riskmodel.kernels.scales import Floats
from riskmodel.spec.model import ModelSpec


def check_columns(spec: ModelSpec, columns: Collection[object]) -> None:
    """Check that every indicator has a column.

    Raises
    ------
    SituationError
        Where one has none; the nearest column is named.
    """
    names = [str(column) for column in columns]
    absent = [name for name in spec.indicators if name not in columns]
    if absent:
        told = (
            f"there is no column {name!r} to fit its scale to{nearest(name, names, short=False)}" for name in absent
        )
        raise SituationError([Problem(message) for message in told])


def known(values: Floats) -> Floats:
    """Those of (n,) values that are not missing."""
    return values[~np.isnan(values)]


def pieces(source: InputFile, spec: ModelSpec, marks: CsvOptions) -> Iterator[Mapping[str, Floats]]:
    """The values of each piece of a file, none missing, by indicator.

    Raises
    ------
    SituationError
        Where the file cannot be used, or rows of it cannot; the first are named.
    """
    found = open_reader(source, spec, marks)
    check_columns(spec, found.names)
    return read_all_or_raise(found, lambda rows: {name: known(rows.columns[name]) for name in spec.indicators})
