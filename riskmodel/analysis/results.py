"""Results of several situations: one for each, in their order, told together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from riskmodel.analysis.reported import Reported


class Single(Protocol):
    """The result of one situation."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data, ready for JSON."""


Result = TypeVar("Result", bound=Single)


@dataclass(frozen=True)
class Results(Reported, Generic[Result]):
    """One result for each of several situations, in their order; by number, in a loop, and by `len`."""

    results: tuple[Result, ...]

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, place: int) -> Result:
        return self.results[place]

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def to_dict(self) -> list[dict[str, Any]]:
        """As plain data, ready for JSON; the same as the command prints with `--format json`."""
        return [result.to_dict() for result in self.results]
