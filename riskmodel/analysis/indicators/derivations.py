"""Load derivations: from a path, the shipped file or a mapping, to a specification whose codes are checked."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from riskmodel.documents.document import Document, UnreadableFileError, from_python, read, shipped_folder
from riskmodel.documents.models import DERIVATIONS
from riskmodel.documents.validation import finding_problem, in_order, validate
from riskmodel.errors import SituationError
from riskmodel.schema.base import Finding
from riskmodel.schema.derivations import DerivationsSpec
from riskmodel.schema.ways import Ladder
from riskmodel.sources import cameo

_CODES = ("codes", "with", "left_out")
"""Keys of lists of codes; those of fields have names of their own."""


class Derivations(NamedTuple):
    """A derivations file: its content, and the document that it was read from."""

    spec: DerivationsSpec
    document: Document

    @property
    def third_codes(self) -> frozenset[str]:
        """Codes of acts of third actors that count."""
        steps = (
            step
            for indicator in self.spec.indicators.values()
            for way in indicator.ways
            if isinstance(way, Ladder) and way.actors == "third"
            for step in way.steps
        )
        return frozenset[str]().union(*(expanded(step.codes, self.spec) for step in steps))


def load_derivations(derivations: "str | Path | Mapping[str, Any] | None" = None) -> Derivations:
    """Read a derivations file.

    Parameters
    ----------
    derivations : a path, `-` for standard input, the content as a mapping, or None for the shipped file.

    Raises
    ------
    SituationError
        With every problem of the file, each with line and column.
    """
    if derivations is None:
        derivations = shipped_folder("config") / DERIVATIONS
    try:
        document = from_python(derivations) if isinstance(derivations, Mapping) else read(derivations)
    except UnreadableFileError as error:
        raise SituationError([error.problem]) from None
    spec, problems = validate(DerivationsSpec, document)
    problems += [finding_problem(finding, document, DerivationsSpec) for finding in _unknown_codes(document.content)]
    problems += document.duplicates
    if spec is None or problems:
        raise SituationError(in_order(problems))
    return Derivations(spec, document)


def expanded(codes: Iterable[str], spec: DerivationsSpec) -> frozenset[str]:
    """Return all codes of acts that entries of a derivations file stand for, but those that are left out."""
    left_out = frozenset[str]().union(*map(cameo.expand, spec.events.left_out))
    return frozenset[str]().union(*map(cameo.expand, codes)) - left_out


def _unknown_codes(content: object, path: tuple[str | int, ...] = ()) -> Iterator[Finding]:
    """Yield a finding for each code that is in no list, in a file that may have other problems."""
    if isinstance(content, Mapping):
        for key, part in content.items():
            yield from _unknown_codes(part, (*path, key))
    elif isinstance(content, list):
        is_codes = path[-1] in _CODES or path[-2:-1] == ("fields",)
        for number, part in enumerate(content):
            if not (is_codes and isinstance(part, str)):
                yield from _unknown_codes(part, (*path, number))
                continue
            try:
                cameo.expand(part)
            except ValueError as error:
                yield Finding((*path, number), str(error), part)
