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

    @property
    def title(self) -> str:
        """The title of the recipe, or else its file."""
        return self.spec.title or self.document.name or "recipe"


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


NEW_RECIPE = """\
# A recipe: from which files the indicators of which pairs are derived.
# riskmodel indicators RECIPE -o months.csv; docs/sources.md describes every kind of source.
format: 1
title: My pairs
pairs: [USA-RUS, IND-PAK]        # codes of ISO 3166, or `all` for all pairs that the sources have
period: {from: 2018-01, to: 2018-12, step: month}   # month, quarter or year

sources:
  # Paths are relative to this file, with wildcards; .gz and .zip are read as they are. Delete what you do not have.
  events:
    kind: gdelt                  # gdelt, icews or polecat; 1.0 and 2.0 of GDELT can stand together
    path: gdelt/*.export.CSV.zip
    # An extract of a few pairs does not show which days it holds. State that it holds all events of a time:
    # covers: {from: 2017-01-01, to: 2018-12-31}
  disputes:
    kind: disputes               # Correlates of War, ICB, or a list with pair, start and end
    path: disputes.csv
  contacts:
    kind: contacts               # a list with pair, start and title, or the travels and visits of HistoryAtState
    path: contacts.csv
    # A month without a contact is a 0 only from the first entry to the last, unless you state more:
    # covers: {from: 2018-01, to: 2018-12}
  violence:
    kind: ucdp_ged               # ucdp_ged or acled
    path: GEDEvent_v24_1.csv
  trade:
    kind: trade                  # Correlates of War, IMF, or a list with reporter, partner, period and value
    path: trade.csv
  polls:
    kind: table                  # any table; `columns` maps the names of indicators to those of the file
    path: polls.csv
    columns: {pair: dyad, period: month, public_hostility: unfavourable}
# derivations: my_derivations.yaml   # a copy of the shipped one, with your rules and thresholds
"""
