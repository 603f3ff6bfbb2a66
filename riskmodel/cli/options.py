"""Options shared by commands: models, output, sampling and outcomes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from riskmodel.tables.columns import Require

FORMATS = ("text", "json", "markdown")

Command = TypeVar("Command", bound=Callable[..., Any])


def model_option(command: Command) -> Command:
    """Add `--model`."""
    return click.option(
        "-m", "--model", "model_name", metavar="MODEL", help="Path of a model, or id of a shipped one."
    )(command)


def require_option(command: Command) -> Command:
    """Add `--require`."""
    return click.option(
        "--require",
        metavar="NAME,...",
        default="",
        callback=lambda context, option, value: _names(value),
        help="Fail if one of these indicators has no column; `all` requires every indicator.",
    )(command)


def _names(text: str) -> "Require":
    return "all" if text.strip() == "all" else [name.strip() for name in text.split(",")] if text else ()


def id_option(command: Command) -> Command:
    """Add `--id`, the id of the model that a command writes."""

    def checked(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None:
            from riskmodel.documents.derived import checked_id

            checked_id(value)
        return value

    help_text = "Id of the new model. Default: the old id with a suffix, such as mine-entropy."
    return click.option("--id", "model_id", metavar="ID", callback=checked, help=help_text)(command)


def outcome_options(command: Command) -> Command:
    """Add the options of commands that compare a model with outcomes, named like the arguments of the functions."""
    return _with(command, _OUTCOMES)


def format_option(*formats: str) -> Callable[[Command], Command]:
    """Add `--format`; the first format is the default."""
    return click.option("--format", "output_format", type=click.Choice(formats), default=formats[0], show_default=True)


def output_options(command: Command) -> Command:
    """Add `--format` and `--plot`."""
    return format_option(*FORMATS)(plot_option(command))


def plot_option(command: Command) -> Command:
    """Add `--plot`."""
    return click.option("--plot", metavar="FILE", help="Write a plot too (.png, .svg, .pdf).")(command)


def check_plot_file(plot: str | None, output: str | None = None) -> None:
    """Check the file of a plot, if one is wanted, before anything is computed; see `report.plotting.check_plot`.

    Parameters
    ----------
    plot, output : the file of the plot, and the other file that the command writes.
    """
    if plot is not None:
        from riskmodel.report.plotting import check_plot
        from riskmodel.tables.output_files import check_distinct_paths

        check_plot(plot)
        if output is not None:
            check_distinct_paths({"output": output, "plot": plot})


def names_of(context: click.Context, option: click.Parameter, value: str | None) -> Sequence[str]:
    """Split a list of names."""
    return [name.strip() for name in value.split(",") if name.strip()] if value else ()


def unit_options(command: Command) -> Command:
    """Add `--by` and `--time`, the columns of a table with a row for each unit and time."""
    return _with(command, _UNITS)


def seed_option(command: Command) -> Command:
    """Add `--seed`."""
    return click.option(
        "--seed", default=0, show_default=True, metavar="N", help="Random seed; a whole number from 0 on."
    )(command)


def sampling_options(command: Command) -> Command:
    """Add options for further uncertainties and for sampling."""
    return _with(command, _SAMPLING)


def percent(text: str) -> float:
    """Parse a share such as `20%` or `0.2`."""
    try:
        return float(text[:-1]) / 100.0 if text.endswith("%") else float(text)
    except ValueError:
        raise click.BadParameter(f"should be a share such as 20% or 0.2; got {text!r}") from None


def _with(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


_SAMPLING = (
    click.option(
        "--weight-uncertainty",
        type=percent,
        metavar="SHARE",
        help="Relative standard deviation of a weight of average size, such as 20%. Default: weights are fixed.",
    ),
    click.option(
        "--sample-missing", is_flag=True, help="Sample missing inputs too: from the model's default, else uniformly."
    ),
    click.option("--draws", type=int, metavar="N", help="Number of draws, rounded up to a power of 2."),
    seed_option,
)

_UNITS = (
    click.option(
        "--by", metavar="COLUMN,...", callback=names_of, help="Columns that name units, such as a pair. Default: id."
    ),
    click.option(
        "--time", metavar="COLUMN", help="Column of times: years, quarters, months, days, instants or numbers."
    ),
)

_OUTCOMES = (
    click.option(
        "--outcome", required=True, metavar="COLUMN", help="Column with 0 or 1, or with numbers (see --event-from)."
    ),
    click.option("--event-from", type=float, metavar="X", help="Outcomes of X or more are events."),
    click.option(
        "--score",
        default="escalation",
        show_default=True,
        metavar="SCORE",
        help="Score that should be higher before events.",
    ),
    click.option("--group", metavar="COLUMN", help="Column that groups dependent rows, such as the pair of states."),
    click.option("--time", metavar="COLUMN", help="Column of times: fit on earlier rows, test on later ones."),
    click.option("--test-from", metavar="TIME", help="First time of the test rows. Default: about the last third."),
    model_option,
    click.option(
        "--resamples", default=1000, show_default=True, metavar="N", help="Bootstrap resamples for intervals."
    ),
    click.option(
        "--confidence", default=0.95, show_default=True, metavar="SHARE", help="Confidence level of intervals."
    ),
    click.option("--seed", default=0, show_default=True, metavar="N", help="Random seed of the bootstrap."),
)
