"""The months after a step, for `riskmodel outlook` of a situation."""

from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from riskmodel.analysis.results.influences import InfluencePaths
from riskmodel.cli.inputs import Selection

_SITUATIONS = (".yaml", ".yml", ".json")
_OF_SITUATIONS = {"steps": "--if", "start": "--start"}
_OF_BOTH = (
    "source",
    "model_names",
    "model_name",
    "horizon",
    "draws",
    "seed",
    "plot",
    "output_format",
    "output",
    "influences",
)


def is_situation(source: str) -> bool:
    """Return whether a file is a situation by its suffix."""
    return Path(source).suffix.lower() in _SITUATIONS


def check_options(source: str) -> None:
    """Check that the options fit a situation, or a table.

    Raises
    ------
    UsageError
        If one does not.
    """
    context = click.get_current_context()
    given = [
        parameter
        for parameter in context.command.params
        if parameter.name and context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    ]
    if not is_situation(source):
        for parameter in given:
            if parameter.name in _OF_SITUATIONS:
                raise click.UsageError(
                    f"{_OF_SITUATIONS[parameter.name]} is of a situation (.yaml, .json); {source} is a table"
                )
        return
    if not context.params["influences"]:
        raise click.UsageError(
            f"{source} is a situation, which has no past to carry forward: give a table, or follow what the theory of "
            'the model says by --influences, such as --influences --if "communication_frequency = 1"'
        )
    for parameter in given:
        if parameter.name not in (*_OF_BOTH, *_OF_SITUATIONS):
            raise click.UsageError(f"{parameter.opts[0]} is of a table; {source} is a situation")


def influence_paths(
    source: str, model_name: str | None, steps: Sequence[str], horizon: int, start: str | None, draws: int, seed: int
) -> InfluencePaths:
    """Follow the influences from the one situation of a file."""
    from riskmodel.analysis.outlook.influences import simulate_influences

    resolved = Selection((source,), model_names=() if model_name is None else (model_name,)).resolve()
    if len(resolved) != 1:
        raise click.UsageError(f"{source} has {len(resolved)} situations; a simulation starts from one")
    (model, situation), *_ = resolved
    return simulate_influences(
        situation, model=model, steps=steps, horizon=horizon, start=start, draws=draws, seed=seed
    )
