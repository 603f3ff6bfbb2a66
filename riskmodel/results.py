"""The base of all results. How a result is shown is up to `riskmodel.report`, which its views look up by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, overload


class Estimate(NamedTuple):
    """A figure and its interval; the interval is None where there is too little to tell."""

    value: float
    low: float | None = None
    high: float | None = None


class Viewable:
    """Something that can be shown; `riskmodel.report.presenters` has the views of each type."""

    def to_markdown(self) -> str:
        """Return Markdown; the same as the command prints with `--format markdown`, where it has that."""
        return str(_view("as_markdown", self))

    def __str__(self) -> str:
        return str(_view("as_text", self))

    def _repr_html_(self) -> str:
        return str(_view("as_notebook_cell", self))


class Result(Viewable):
    """What an assessment or an analysis comes to."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON; the same as the command prints with `--format json`."""
        data: dict[str, Any] = _view("as_data", self)
        return data


class DrawableResult(Result):
    """A result that can be drawn, too."""

    def save_plot(self, path: str | Path) -> None:
        """Draw the result.

        Parameters
        ----------
        path : the file; its ending is the format, PNG, SVG or PDF.

        Raises
        ------
        RiskmodelError
            Where there is nothing to draw, the ending is another, matplotlib is not installed, or the file cannot be
            written.
        """
        _view("save_plot", self, path)


R = TypeVar("R", bound=Result)


@dataclass(frozen=True)
class Results(Viewable, Sequence[R]):
    """One result for each of several situations, in their order."""

    results: tuple[R, ...]

    def __len__(self) -> int:
        return len(self.results)

    @overload
    def __getitem__(self, index: int) -> R: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[R, ...]: ...

    def __getitem__(self, index: int | slice) -> R | tuple[R, ...]:
        return self.results[index]

    def to_dict(self) -> list[dict[str, Any]]:
        """Return plain data, ready for JSON; the same as the command prints with `--format json`."""
        return [result.to_dict() for result in self.results]


def _view(name: str, result: Viewable, *args: object) -> Any:
    # By name, since reports import the types of results; this is the only way from them to reports.
    return getattr(import_module("riskmodel.report.presenters"), name)(result, *args)
