"""The map file: the column of a table for each indicator, as `espionage: esp`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from riskmodel.documents.document import UnreadableFileError, read
from riskmodel.documents.validation import validate
from riskmodel.errors import SituationError
from riskmodel.schema.base import Text


class ColumnMap(RootModel[Annotated[Mapping[str, Text], Field(min_length=1)]]):
    """The column of each indicator."""


def read_map(path: str | Path) -> dict[str, str]:
    """Read a map file (YAML or JSON).

    Raises
    ------
    SituationError
        With every problem of the file, each with line and column.
    """
    try:
        document = read(path)
    except UnreadableFileError as error:
        raise SituationError([error.problem]) from None
    content, problems = validate(ColumnMap, document)
    if content is None or problems:
        raise SituationError(problems)
    return dict(content.root)
