"""Print the results of commands, or write them to files."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from riskmodel.cli.output import echo, json_text
from riskmodel.extras import require

if TYPE_CHECKING:
    import pandas as pd

    from riskmodel.results import Result
    from riskmodel.tables.spreadsheet.sheet_writer import About

FORMATS = ("text", "json", "markdown", "csv")
ENDINGS = {
    ".txt": "text",
    ".json": "json",
    ".md": "markdown",
    ".html": "html",
    ".docx": "docx",
    ".pdf": "pdf",
    ".csv": "csv",
    ".xlsx": "xlsx",
}
"""The format of a file by its ending."""

_BINARY = ("docx", "pdf")
_EXTRAS = {"docx": "office", "xlsx": "excel"}
"""Extras that a format needs."""

Command = TypeVar("Command", bound=Callable[..., object])


class Output(NamedTuple):
    """The format of a result, and its file; without one it goes to standard output."""

    format: str
    file: str | None


def file_options(*formats: str) -> Callable[[Command], Command]:
    """Add `--format` and `-o`, which the command gets as `output`.

    Parameters
    ----------
    formats : of standard output, the first by default; files can be workbooks too.
    """
    endings = ", ".join(ending for ending, name in ENDINGS.items() if name in (*formats, "xlsx"))

    def chosen(context: click.Context, option: click.Parameter, file: str | None) -> Output:
        given = context.params.pop("output_format", None)
        if file is None or file == "-":
            return _standard_output(given or formats[0])
        ending = Path(file).suffix.lower()
        by_ending = ENDINGS.get(ending)
        if by_ending not in (*formats, "xlsx"):
            raise click.BadParameter(f"{file!r} should end in one of {endings}")
        if given not in (None, by_ending):
            raise click.UsageError(f"--format {given} contradicts the ending {ending} of {file!r}")
        _check_libraries(by_ending)
        return Output(by_ending, file)

    def decorate(command: Command) -> Command:
        # The format is processed first, so that the callback of the file can use it.
        command = click.option(
            "-o",
            "--output",
            metavar="FILE",
            callback=chosen,
            help=f"Write a file; its ending gives the format ({endings}).",
        )(command)
        return click.option(
            "--format",
            "output_format",
            type=click.Choice(formats),
            is_eager=True,
            help=f"Format of standard output. Default: {formats[0]}.",
        )(command)

    return decorate


def _standard_output(name: str) -> Output:
    if name in _BINARY and sys.stdout.isatty():
        raise click.UsageError(f"{name} is not shown on a terminal; write a file: -o FILE.{name}")
    _check_libraries(name)
    return Output(name, None)


def _check_libraries(name: str) -> None:
    if extra := _EXTRAS.get(name):
        require(extra)


def deliver(
    output: Output,
    results: "Result | Sequence[Result]",
    texts: Mapping[str, Callable[[], str | bytes]],
    frames: "Callable[[], Mapping[str, pd.DataFrame]]",
    sources: Sequence[str],
    beside: "Callable[[], Mapping[str, bytes]]" = dict,
) -> None:
    """Print a result, or write it to a file that appears when it is complete.

    Parameters
    ----------
    output : where it goes.
    results : the result, or several that are delivered together.
    texts : makes the result in each format that is text.
    frames : makes its tables.
    sources : the files that it was made from.
    beside : makes the files that appear together with a file, by path.
    """
    if output.format in ("csv", "xlsx"):
        from riskmodel.tables.frames.files import frame_csv, frames_workbook

        tables = frames()
        if output.format == "xlsx":
            content: str | bytes = frames_workbook(_about(results, sources), tables)
        else:
            content = frame_csv(next(iter(tables.values())))
    else:
        content = texts[output.format]()
    if output.file is None:
        # Bytes have an encoding of their own, whatever that of the terminal.
        click.echo(content, nl=False) if isinstance(content, bytes) else echo(content)
        return
    from riskmodel.tables.output_files import Outputs, check_distinct_paths

    others = beside()
    for source in sources:
        check_distinct_paths({"input": source, "output": output.file, **{f"file {name}": name for name in others}})
    with Outputs() as outputs:
        outputs.open(output.file).write(content if isinstance(content, bytes) else f"{content}\n".encode())
        for name, data in others.items():
            outputs.open(name).write(data)
        outputs.publish()


def deliver_result(
    output: Output,
    result: "Result",
    sources: Sequence[str],
    beside: "Callable[[], Mapping[str, bytes]]" = dict,
) -> None:
    """Print a result that is a table, or write it to a file, with the files that `beside` makes."""
    from riskmodel.report.presenters import as_frames

    def page() -> bytes:
        from riskmodel.report.html.analysis_page import analysis_document

        # As bytes: the document declares UTF-8, whatever the encoding of the terminal.
        return analysis_document(result).encode()

    texts: dict[str, Callable[[], str | bytes]] = {
        "text": lambda: str(result),
        "markdown": result.to_markdown,
        "json": lambda: json_text(result.to_dict()),
        "html": page,
    }
    deliver(output, result, texts, lambda: as_frames(result), sources, beside)


def _about(results: "Result | Sequence[Result]", sources: Sequence[str]) -> "About":
    """Return what a workbook of results is."""
    from datetime import UTC, datetime

    import riskmodel
    from riskmodel.report.frames import description, identities
    from riskmodel.tables.spreadsheet.sheet_writer import About

    title, remarks = description(results)
    facts = []
    for identity in identities(results):
        version = f", version {identity.version}" if identity.version else ""
        facts += [
            ("Model", f"{identity.id}{version}: {identity.title}"),
            ("Fingerprint", f"{identity.fingerprint} (SHA-256 of the model's content)"),
        ]
    facts += [("Input", source) for source in sources]
    facts.append(("Written", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC by riskmodel {riskmodel.__version__}"))
    return About(title, [*facts, *(("Remark", remark) for remark in remarks)], {})
