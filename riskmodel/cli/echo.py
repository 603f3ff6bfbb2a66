"""Print text and JSON without control characters, whatever the files say that they come from."""

import json

import click

from riskmodel.errors import CONTROLS, printable_lines


def echo(text: str, *, err: bool = False) -> None:
    """Print text; control characters in it stand as escapes, newlines and tabs stay.

    Parameters
    ----------
    text : any text, with lines of its own.
    err : whether it goes to standard error.
    """
    click.echo(printable_lines(text), err=err)


def json_text(data: object) -> str:
    """Format plain data as JSON for people; control characters are written as JSON escapes, which changes no value."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return "\n".join(CONTROLS.sub(lambda match: json.dumps(match[0])[1:-1], line) for line in text.split("\n"))
