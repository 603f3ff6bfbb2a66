"""Options of commands that read a table: names of columns, codes, and the format of text."""

import os
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

_NAMES = (
    "map",
    "id",
    "time",
    "missing",
    "flags",
    "delimiter",
    "decimal",
    "thousands",
    "encoding",
    "skip_rows",
    "sheet",
)


class TableCommand(click.Command):
    """A command whose options for tables stand in a section of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in two sections."""
        records = [
            (option.name in _NAMES, option.get_help_record(ctx))
            for option in self.get_params(ctx)
            if isinstance(option, click.Option)
        ]
        for title, of_tables in (("Options", False), ("Options for tables", True)):
            with formatter.section(title):
                formatter.write_dl([record for is_of, record in records if record is not None and is_of == of_tables])


def table_options(*, names_rows: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options for tables, which the command gets as the keyword arguments `table` of a function.

    Parameters
    ----------
    names_rows : whether `--id` and `--time` are among them; commands that have others of that name do without.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def collecting(**options: Any) -> Any:
            names = [name for name in _NAMES if names_rows or name not in ("id", "time")]
            given = {name: options.pop(name) for name in names}
            table = {name: value for name, value in given.items() if value is not None and value != ()}
            return command(table=table, **options)

        for option in reversed(_OPTIONS):
            collecting = option(collecting)
        if names_rows:
            for option in reversed(_ROW_NAMES):
                collecting = option(collecting)
        return collecting

    return decorate


def _column_map(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, str] | None:
    """Combine map files and pairs such as `espionage=esp`, which go before files."""
    mapped: dict[str, str] = {}
    pairs: dict[str, str] = {}
    for value in values:
        indicator, mark, column = value.partition("=")
        indicator = indicator.strip()
        if mark:
            if pairs.setdefault(indicator, column) != column:
                raise click.BadParameter(f"{indicator!r} is both {pairs[indicator]!r} and {column!r}")
            continue
        if not os.path.exists(value):
            raise click.BadParameter(f"should be a pair such as espionage=esp, or a file of such pairs; got {value!r}")
        from riskmodel.documents.column_map import read_map

        mapped |= read_map(value)
    return mapped | pairs or None


def _listed(context: click.Context, option: click.Parameter, value: str | None) -> list[str] | None:
    return None if value is None else [part.strip() for part in value.split(",")]


def _sheet(context: click.Context, option: click.Parameter, value: str | None) -> str | int | None:
    return int(value) if value is not None and value.isdecimal() else value


_ROW_NAMES = (
    click.option("--id", metavar="COLUMN,...", callback=_listed, help="Columns that name rows. Default: id."),
    click.option("--time", metavar="COLUMN", help="Column of times."),
)
_OPTIONS = (
    click.option(
        "--map",
        multiple=True,
        metavar="NAME=COLUMN",
        callback=_column_map,
        help="Column of an indicator, or a file of such pairs (YAML). Default: `column:` in the model, or its id.",
    ),
    click.option("--missing", multiple=True, metavar="CODE", help="Code for a missing value, such as .. or -999."),
    click.option(
        "--flags", metavar="MARK,...", callback=_listed, help="Marks that may follow a number, such as b in 12.3 b."
    ),
    click.option(
        "--delimiter",
        metavar="MARK",
        callback=lambda context, option, value: "\t" if value in ("tab", "\\t") else value,
        help="Delimiter of CSV, `tab` for a tab. Default: detected from the header.",
    ),
    click.option("--decimal", metavar="MARK", help="Decimal mark of numbers in text: . or ,"),
    click.option("--thousands", metavar="MARK", help="Thousands separator: , . ' or a space. Default: none."),
    click.option("--encoding", metavar="NAME", help="Encoding of CSV, such as cp1252. Default: utf-8."),
    click.option("--skip-rows", type=click.IntRange(min=0), metavar="N", help="Lines or rows before the header."),
    click.option("--sheet", metavar="NAME", callback=_sheet, help="Sheet of a workbook, by name or number from 1."),
)
