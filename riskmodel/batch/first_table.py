"""The first of several tables that give one output, and the check of the others."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from riskmodel.errors import SituationError
from riskmodel.tables.rows import Reader

_MAX_LISTED = 5


class FirstTable(NamedTuple):
    """The first of several tables that give one output, whose names and format the others must have."""

    names: Sequence[str]
    row_unit: Literal["line", "row"]
    columns: Sequence[str]
    """The columns of the output."""

    def check_same(self, other: Reader) -> None:
        """Check that another table has columns of the same names, in any order, and rows in the same unit.

        Raises
        ------
        SituationError
            It does not.
        """
        lacking = [name for name in self.names if name not in other.names]
        besides = [name for name in other.names if name not in self.names]
        listed = [
            f"{text} {', '.join(map(repr, names[:_MAX_LISTED]))}{', ...' * (len(names) > _MAX_LISTED)}"
            for text, names in (("it lacks", lacking), ("it has", besides))
            if names
        ]
        if listed:
            raise SituationError(f"has other columns than the files before it: {'; '.join(listed)}")
        if other.row_unit != self.row_unit:
            units = {"line": "CSV", "row": "not CSV"}
            difference = f"is {units[other.row_unit]}, and the files before it are {units[self.row_unit]}"
            raise SituationError(f"{difference}; the files of one table cannot differ")
