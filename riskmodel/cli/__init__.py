"""The command line."""

import sys


def run() -> None:
    """The `riskmodel` command: every failure that a user can cause ends in one message and exit code 2."""
    import click

    from riskmodel.cli.main import main
    from riskmodel.errors import RiskmodelError

    for stream in (sys.stdout, sys.stderr):
        # A name may hold anything; a terminal or pipe that cannot show a character must not end the command.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = main.main(standalone_mode=False)
    except RiskmodelError as error:
        click.echo("\n".join(str(problem) for problem in error.problems), err=True)
        several = f"{len(error.problems)} errors" if len(error.problems) > 1 else "1 error"
        click.echo(several, err=True)
        code = 2
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = 130
    except BrokenPipeError:
        # The reader went away, as `head` does: nothing is wrong, and nothing more can be said.
        sys.stdout = None  # type: ignore[assignment]
        code = 0
    sys.exit(code if isinstance(code, int) else 0)
