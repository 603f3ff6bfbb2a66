"""The base of all results.

The JSON of a result is derived from its type: its fields, in their order, but for what their annotations say. How it is
shown otherwise is up to `riskmodel.report`, which its views look up by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, overload

from pydantic import ConfigDict, Field

if TYPE_CHECKING:
    from pydantic import TypeAdapter

HIDDEN = Field(exclude=True)
"""Annotates what JSON leaves out."""

Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Record:
    """The base of results and their parts, which are frozen dataclasses: what their JSON has in common."""

    __slots__ = ()
    # An object of JSON has all of its keys, and no others; arrays are among what it leaves out.
    __pydantic_config__ = ConfigDict(
        extra="forbid", json_schema_serialization_defaults_required=True, arbitrary_types_allowed=True
    )


@dataclass(frozen=True, slots=True)
class Estimate(Record):
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


class Result(Viewable, Record):
    """What an assessment or an analysis comes to."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON; the same as the command prints with `--format json`."""
        data: dict[str, Any] = adapter(type(self)).dump_python(self, mode="json", by_alias=True)
        return data

    def to_json(self) -> bytes:
        """Return JSON, in UTF-8 and on one line; the same as the service answers."""
        return adapter(type(self)).dump_json(self, by_alias=True)


class DrawableResult(Result):
    """A result that can be drawn, too."""

    def save_plot(self, path: str | Path) -> None:
        """Draw the result.

        Parameters
        ----------
        path
            The file; its ending is the format, PNG, SVG or PDF.

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


@dataclass(frozen=True, slots=True)
class WeightSpread(Record):
    """How uncertain weights were: the relative standard deviation of one of average size, and Dirichlet's, by score."""

    spread: float
    concentration: Mapping[str, float]


_ADAPTERS: "dict[type[Any], TypeAdapter[Any]]" = {}


def adapter(kind: type[Any]) -> "TypeAdapter[Any]":
    """Return what makes JSON of a type, and its JSON schema (in the mode `serialization`); made once."""
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _view(name: str, result: Viewable, *args: object) -> Any:
    # By name, since reports import the types of results; this is the only way from them to reports.
    return getattr(import_module("riskmodel.report.presenters"), name)(result, *args)
