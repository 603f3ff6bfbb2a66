"""The command line."""

import gc
import io
import os
import sys

# Pydantic looks through every installed distribution for plugins, which takes longer than an assessment.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# Numpy's linear algebra, which no command needs much of, starts threads that look for work all the time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Starting up makes many objects and hardly any cycles; looking for cycles a hundred times on the way is wasted.
gc.set_threshold(50_000)


def run() -> None:
    """The `riskmodel` command: every failure that a user can cause ends in one message and exit code 2."""
    try:
        import click

        from riskmodel.cli.main import main
        from riskmodel.cli.output import echo
        from riskmodel.errors import RiskmodelError, counted
    except KeyboardInterrupt:
        sys.exit(130)
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # A name may hold anything; a terminal or pipe that cannot show a character must not end the command.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = main.main(standalone_mode=False)
    except RiskmodelError as error:
        echo("\n".join(str(problem) for problem in error.problems), err=True)
        echo(counted(len(error.problems), "error"), err=True)
        code = 2
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        echo(text.getvalue().rstrip("\n"), err=True)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        echo("interrupted", err=True)
        code = 130
    except SystemExit:
        # Click's word for a reader that went away, as `head` does: nothing is wrong, and nothing more can be said.
        code = 0
    except OSError as error:
        echo(f"cannot go on: {error.strerror or error}", err=True)
        code = 2
    # What is left is not garbage; going through it once more on the way out takes a tenth of a short command's time.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)


def _replace_closed_streams() -> None:
    """Put something in the place of standard streams that are closed: what is printed then is an error, or lost."""
    if sys.stdin and sys.stdout and sys.stderr:
        return
    # Files that are opened must not get the numbers of these streams, which programs that are started would inherit.
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(number)
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(_ClosedOutput(), "utf-8", write_through=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


_STDERR = 2


class _ClosedOutput(io.RawIOBase):
    """Standard output where it is closed."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        from riskmodel.errors import RiskmodelError

        raise RiskmodelError("standard output is closed")
