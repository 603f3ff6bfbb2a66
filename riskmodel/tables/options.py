"""Options by which tables are read: the names of columns, codes for what is missing, and the format of text."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypedDict

from riskmodel.errors import SituationError, repr_value, suggest
from riskmodel.schema.model import ModelSpec
from riskmodel.tables.number_format import NumberFormat, separator

ID = "id"
"""The column that names rows, where no other is given."""


class FormatKeywords(TypedDict, total=False):
    """The keyword arguments of functions that read a table; each is optional.

    Parameters
    ----------
    map
        The column of an indicator, by indicator. Default: the indicator's `column:` in the model, or its id.
    missing
        Codes that stand for a missing value in any column, such as `".."` or -999, beside those of the model.
    flags
        Marks that may follow a number in a cell, such as `"b"` in `12.3 b`.
    delimiter
        Of CSV; by default the one that the header has.
    decimal, thousands
        Decimal mark of numbers in text, `.` or `,`, and the mark between thousands; by default `.` and none.
    encoding
        Of CSV, such as `"cp1252"`; by default UTF-8.
    skip_rows
        Lines or rows before the header; by default none, and in a workbook those before the row with the most names.
    sheet
        The sheet of a workbook, by name, or by number from 1.
    """

    map: Mapping[str, str]
    missing: Sequence[str | float]
    flags: Sequence[str]
    delimiter: str | None
    decimal: str | None
    thousands: str | None
    encoding: str | None
    skip_rows: int | None
    sheet: str | int | None


class TableKeywords(FormatKeywords, total=False):
    """The keyword arguments of functions that read a table and name its rows: those of `FormatKeywords`, and two more.

    Parameters
    ----------
    id
        The column that names rows, or several; by default `id`, where the table has it.
    time
        The column of times.
    """

    id: str | Sequence[str]
    time: str | None


@dataclass(frozen=True)
class TableOptions:
    """The options of `TableKeywords`, checked; empty or None where one is not given."""

    map: Mapping[str, str] = field(default_factory=dict)
    id: tuple[str, ...] = ()
    time: str | None = None
    missing: tuple[str | float, ...] = ()
    flags: tuple[str, ...] = ()
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    skip_rows: int | None = None
    sheet: str | int | None = None

    @classmethod
    def of(cls, keywords: FormatKeywords | TableKeywords) -> "TableOptions":
        """Check keyword arguments.

        Raises
        ------
        SituationError
            An option has a value that it cannot have, or two contradict each other.
        TypeError
            There is no such argument, or a list is not one.
        """
        names = [option.name for option in fields(cls)]
        for name in keywords:
            if name not in names:
                raise TypeError(f"there is no argument {name!r}{suggest(name, names)}")
        given: dict[str, Any] = dict(keywords)
        for name in ("missing", "flags"):
            if isinstance(given.get(name), str | float | int):
                raise TypeError(f"{name} takes a list; got {given[name]!r}")
        ids = given.get("id") or ()
        given["id"] = (ids,) if isinstance(ids, str) else tuple(ids)
        given |= {name: tuple(given.get(name) or ()) for name in ("missing", "flags")}
        given["map"] = dict(given.get("map") or {})
        options = cls(**given)
        options._check()
        return options

    def _check(self) -> None:
        delimiter, thousands = self.delimiter, self.thousands
        if delimiter is not None and (
            len(delimiter) != 1 or not delimiter.isascii() or delimiter.isalnum() or delimiter in "\"'\r\n\0.+-_="
        ):
            raise SituationError(f"--delimiter should be one character such as , ; | or a tab; got {delimiter!r}")
        if self.decimal not in (None, ".", ","):
            raise SituationError(f"--decimal should be . or ,; got {self.decimal!r}")
        if thousands is not None and separator(thousands) is None:
            raise SituationError(f"--thousands should be , . ' or a space; got {thousands!r}")
        if thousands is not None and thousands == self.numbers.decimal:
            other = {",": ".", ".": ","}[thousands]
            raise SituationError(f"--thousands {thousands} is the decimal mark; it goes with --decimal {other}")
        if self.skip_rows is not None and (isinstance(self.skip_rows, bool) or self.skip_rows < 0):
            raise SituationError(f"--skip-rows should be 0 or more; got {self.skip_rows!r}")
        for flag in self.flags:
            if not flag.strip() or any(character.isdigit() or character in "+-., =@" for character in flag):
                raise SituationError(f"--flags should be marks such as b,e,p; got {flag!r}")
        if self.encoding is not None:
            _check_encoding(self.encoding)
        doubled = [name for name in self.id if self.id.count(name) > 1]
        if doubled:
            raise SituationError(f"--id names {doubled[0]!r} twice")

    @property
    def numbers(self) -> NumberFormat:
        """The format of numbers in text."""
        thousands = None if self.thousands is None else separator(self.thousands)
        return NumberFormat(self.decimal or ".", thousands, self.flags)

    @property
    def given(self) -> dict[str, Any]:
        """The options that were given, as plain data."""
        values = {option.name: getattr(self, option.name) for option in fields(self)}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return {name: value for name, value in plain.items() if value or value == 0}

    def row_names(self, names: Sequence[object]) -> tuple[str, ...]:
        """Return the columns that name the rows of a table with these columns.

        Raises
        ------
        SituationError
            A column that was asked for does not exist.
        """
        for name in self.id:
            if name not in names:
                raise SituationError(f"there is no column {name!r}{suggest(name, list(map(str, names)))}")
        return self.id or ((ID,) if ID in names else ())

    def time_column(self, names: Sequence[object]) -> str | None:
        """Return the column of times of a table with these columns, if one was asked for.

        Raises
        ------
        SituationError
            It does not exist.
        """
        if self.time is not None and self.time not in names:
            hint = suggest(self.time, list(map(str, names)))
            raise SituationError(f"--time: there is no column {self.time!r}{hint}")
        return self.time

    def for_part(self, spec: ModelSpec, part: ModelSpec) -> "TableOptions":
        """Return the options for a part of a model: without the map of its other indicators."""
        kept = {
            name: column for name, column in self.map.items() if name in part.indicators or name not in spec.indicators
        }
        return replace(self, map=kept)

    def with_codes(self, spec: ModelSpec) -> ModelSpec:
        """Return a model to whose indicators the codes of this run are added."""
        if not self.missing:
            return spec
        indicators = {
            name: indicator.model_copy(update={"missing": (*indicator.missing, *self.missing)})
            for name, indicator in spec.indicators.items()
        }
        return spec.model_copy(update={"indicators": indicators})


def _check_encoding(encoding: str) -> None:
    try:
        is_text = codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        is_text = False
    if not is_text:
        message = f"--encoding: there is no encoding {repr_value(encoding)}; it should be like utf-8, cp1252, latin-1"
        raise SituationError(f"{message} or utf-16")


AS_IT_COMES = TableOptions()
"""The options of a table whose columns are named like indicators, with numbers such as 1.5."""
