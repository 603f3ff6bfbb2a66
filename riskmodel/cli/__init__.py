"""The command line interface."""

import gc
import io
import os
import sys

# Pydantic searches every installed distribution for plugins, which takes longer than an assessment.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# The threads of numpy's linear algebra wait actively, and no command gains by them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Start-up allocates many objects and hardly any cycles, so that most garbage collections would be wasted.
gc.set_threshold(200_000)


def run() -> None:
    """Run the `riskmodel` command; user errors end with a message and exit code 2."""
    try:
        import click

        from riskmodel.cli.main import main
        from riskmodel.cli.output import echo
        from riskmodel.errors import RiskmodelError, counted
    except KeyboardInterrupt:
        sys.exit(130)
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # Names may have characters that the encoding of a terminal or pipe lacks.
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
        # Click raises it when the reader of a pipe has gone, such as `head`.
        code = 0
    except OSError as error:
        echo(f"input or output failed: {error.strerror or error}", err=True)
        code = 2
    # Skips the garbage collection at exit, a tenth of the time of a short command.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)


def _replace_closed_streams() -> None:
    """Replace closed standard streams: printing to closed output is an error, to closed standard error is ignored."""
    if sys.stdin and sys.stdout and sys.stderr:
        return
    # Files must not be opened under the numbers of the standard streams, which child processes inherit.
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(number)
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(_ClosedOutput(), "utf-8", write_through=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


_STDERR = 2


class _ClosedOutput(io.RawIOBase):
    """Raise an error on any output, in place of a closed standard output."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        from riskmodel.errors import RiskmodelError

        raise RiskmodelError("standard output is closed")
