"""The command group, which imports each command when it is called."""

from importlib import import_module

import click

import riskmodel

_COMMANDS = {
    "score": ("riskmodel.cli.score", "Assess situations: scores, and the account of every point."),
    "batch": ("riskmodel.cli.batch", "Score a CSV or Parquet file of any size."),
    "indicators": (
        "riskmodel.cli.indicators",
        "Derive indicators of pairs of states from events, disputes, contacts and trade.",
    ),
    "data": ("riskmodel.cli.data", "Look at a table before it is scored: check, profile."),
    "uncertainty": (
        "riskmodel.cli.analyses",
        "Compute intervals and band probabilities from uncertain inputs and weights.",
    ),
    "sensitivity": ("riskmodel.cli.analyses", "Show which inputs and weights move a score."),
    "levers": ("riskmodel.cli.analyses", "Find the smallest changes that reach a target."),
    "compare": ("riskmodel.cli.analyses", "Explain the difference between situations or models; rank situations."),
    "outlook": ("riskmodel.cli.outlook", "Carry the scores of units ahead, held against the past first."),
    "rank": ("riskmodel.cli.panels", "Rank the rows of a table, within times and groups, with their changes."),
    "series": ("riskmodel.cli.series", "Score units over time: changes with their accounts, intervals, ranks."),
    "aggregate": ("riskmodel.cli.panels", "Compute the means of scores of groups of rows."),
    "weights": ("riskmodel.cli.weights", "Derive weights by a documented method."),
    "validate": ("riskmodel.cli.outcomes", "Test a score against outcomes."),
    "calibrate": ("riskmodel.cli.outcomes", "Fit weights to outcomes, close to those of the model."),
    "serve": ("riskmodel.cli.serve", "Serve the what-if page and the JSON API."),
    "model": ("riskmodel.cli.model", "Work on models: list, show, check, new, docs, sql, workbook, diff, fit, schema."),
}


class _LazyGroup(click.Group):
    """A group that imports each command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(_COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from riskmodel.errors import suggest

            raise click.UsageError(f"no command {args[0]!r}{suggest(args[0], _COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(riskmodel.__version__, prog_name="riskmodel")
def main() -> None:
    """Score the risk of escalation between two states, and account for every point."""
