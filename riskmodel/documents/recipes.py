"""Load recipes: from a path or a mapping, to a validated specification."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from riskmodel.documents.document import Document, UnreadableFileError, from_python, read
from riskmodel.documents.validation import in_order, validate
from riskmodel.errors import SituationError
from riskmodel.schema.recipe import RecipeSpec


class Recipe(NamedTuple):
    """A recipe and the document that it was read from."""

    spec: RecipeSpec
    document: Document

    @property
    def folder(self) -> Path:
        """The folder of the recipe, to which its paths are relative; of a mapping, the current one."""
        return Path(self.document.name).parent if self.document.text else Path()


def load_recipe(recipe: "str | Path | Mapping[str, Any]") -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    recipe : a path, `-` for standard input, or the content as a mapping.

    Raises
    ------
    SituationError
        With every problem of the file, each with line and column.
    """
    try:
        document = from_python(recipe) if isinstance(recipe, Mapping) else read(recipe)
    except UnreadableFileError as error:
        raise SituationError([error.problem]) from None
    spec, problems = validate(RecipeSpec, document)
    problems += document.duplicates
    if spec is None or problems:
        raise SituationError(in_order(problems))
    return Recipe(spec, document)
