"""Base classes of all results.

The JSON of a result is derived from its fields and their annotations. All other views are functions of
`riskmodel.report`, which are looked up by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar, dataclass_transform, overload

from pydantic import ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from pydantic import TypeAdapter

HIDDEN = Field(exclude=True)
"""Annotates a field that JSON omits."""

Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Record:
    """Base class of results and their parts, which are frozen dataclasses; configures their JSON.

    Types that every assessment needs are defined with `record`, and compared and shown by the methods here.
    """

    __slots__ = ()
    # JSON objects have all of their keys and no others; hidden fields may be arrays.
    __pydantic_config__ = ConfigDict(
        extra="forbid", json_schema_serialization_defaults_required=True, arbitrary_types_allowed=True
    )

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _compared(self) == _compared(other)

    def __hash__(self) -> int:
        return hash(_compared(self))

    def __repr__(self) -> str:
        shown = (f"{part.name}={getattr(self, part.name)!r}" for part in fields(self))  # type: ignore[arg-type]
        return f"{type(self).__qualname__}({', '.join(shown)})"


def _compared(part: Record) -> tuple[object, ...]:
    return tuple(getattr(part, part_field.name) for part_field in fields(part) if part_field.compare)  # type: ignore[arg-type]


T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(kind: type[T]) -> type[T]:
    """Make a frozen dataclass with slots, whose methods are those of `Record` instead of generated ones.

    That takes half the time, and every command imports the parts of an assessment.
    """
    return dataclass(frozen=True, slots=True, repr=False, eq=False)(kind)


@record
class Estimate(Record):
    """An estimate with its interval; the interval is None if there are too few data."""

    value: float
    low: float | None = None
    high: float | None = None


class Viewable:
    """Base class of everything that `riskmodel.report.presenters` has views of."""

    def to_markdown(self) -> str:
        """Return Markdown, as the command prints it with `--format markdown`."""
        return str(view("as_markdown", self))

    def __str__(self) -> str:
        return str(view("as_text", self))

    def _repr_html_(self) -> str:
        return str(view("as_notebook_cell", self))


class Result(Viewable, Record):
    """Base class of assessments and of the results of analyses."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, as the command prints it with `--format json`."""
        data: dict[str, Any] = adapter(type(self)).dump_python(self, mode="json", by_alias=True)
        return data

    def to_json(self) -> bytes:
        """Return JSON in UTF-8 on one line, as the service answers it."""
        return adapter(type(self)).dump_json(self, by_alias=True)


class Tabular:
    """Base class of results that are tables, and can be written as CSV and as workbooks."""

    def to_frame(self) -> "pd.DataFrame":
        """Return the main table of the result as a pandas frame, as the command prints it with `--format csv`."""
        frame: pd.DataFrame = next(iter(view("as_frames", self).values()))
        return frame


class DrawableResult(Result):
    """A result with a plot."""

    def save_plot(self, path: "str | Path") -> None:
        """Save the plot of the result.

        Parameters
        ----------
        path
            The file, whose suffix gives the format: .png, .svg or .pdf.

        Raises
        ------
        RiskmodelError
            If there is nothing to draw, the suffix is not supported, matplotlib is not installed, or the file cannot
            be written.
        """
        view("save_plot", self, path)


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
        """Return plain data for JSON, as the command prints it with `--format json`."""
        return [result.to_dict() for result in self.results]


@record
class WeightSpread(Record):
    """Uncertainty of weights: relative standard deviation of an average weight; Dirichlet concentration by score."""

    spread: float
    concentration: Mapping[str, float]


_ADAPTERS: "dict[type[Any], TypeAdapter[Any]]" = {}


def adapter(kind: type[Any]) -> "TypeAdapter[Any]":
    """Return the TypeAdapter of a type, which is created once."""
    from pydantic import TypeAdapter

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def view(name: str, result: object, *args: object) -> Any:
    """Return a view of a result: what the function of that name in `riskmodel.report.presenters` makes of it."""
    # By name, because reports import the types of results; this is the only look-up in the other direction.
    return getattr(import_module("riskmodel.report.presenters"), name)(result, *args)
