"""Load derivations: from a path, the shipped file or a mapping, to a specification whose codes are checked."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from riskmodel.documents.document import Document, UnreadableFileError, from_python, read, shipped_folder
from riskmodel.documents.models import DERIVATIONS
from riskmodel.documents.validation import finding_problem, in_order, validate
from riskmodel.errors import SituationError
from riskmodel.schema.base import Finding
from riskmodel.schema.derivations import DaysOfActs, DerivationsSpec, FieldsOfActs, Ladder
from riskmodel.sources import cameo


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
    if spec is not None:
        problems += [finding_problem(finding, document, DerivationsSpec) for finding in _unknown_codes(spec)]
    problems += document.duplicates
    if spec is None or problems:
        raise SituationError(in_order(problems))
    return Derivations(spec, document)


def expanded(codes: Iterable[str], spec: DerivationsSpec) -> frozenset[str]:
    """Return all codes of acts that entries of a derivations file stand for, but those that are left out."""
    left_out = frozenset[str]().union(*map(cameo.expand, spec.events.left_out))
    return frozenset[str]().union(*map(cameo.expand, codes)) - left_out


def _unknown_codes(spec: DerivationsSpec) -> Iterator[Finding]:
    for path, codes in _codes(spec):
        for number, code in enumerate(codes):
            try:
                cameo.expand(code)
            except ValueError as error:
                yield Finding((*path, number), str(error), code)


def _codes(spec: DerivationsSpec) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...]]]:
    """Yield the lists of codes with their paths."""
    yield ("events", "left_out"), spec.events.left_out
    for name, indicator in spec.indicators.items():
        for number, way in enumerate(indicator.ways):
            path = ("indicators", name, "ways", number)
            match way:
                case DaysOfActs():
                    yield (*path, "codes"), way.codes
                case FieldsOfActs():
                    for field, codes in way.fields.items():
                        yield (*path, "fields", field), codes
                case Ladder():
                    for position, step in enumerate(way.steps):
                        yield (*path, "steps", position, "codes"), step.codes
                        yield (*path, "steps", position, "with"), step.along or ()
