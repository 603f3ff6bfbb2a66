"""`riskmodel compare`: what explains a difference, and how sure a ranking is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from riskmodel.cli.echo import echo, json_text
from riskmodel.cli.options import percent, shown, situations_and_models

if TYPE_CHECKING:
    from riskmodel.analysis.comparison.result import Comparison
    from riskmodel.analysis.ranking.result import Ranking
    from riskmodel.load.situations import Situation
    from riskmodel.model import Model


@click.command("compare")
@situations_and_models
@click.option("--rank", "ranked", is_flag=True, help="Rank them, and tell how sure that is. Tables are always ranked.")
@click.option(
    "--weights", type=percent, metavar="SHARE", help="How uncertain weights are in a ranking; 20% without it."
)
@click.option("--draws", type=int, metavar="N", help="Of a ranking; the next power of 2 is taken. 4,096 without it.")
@click.option("--seed", type=int, metavar="N", help="Of the draws; a whole number from 0 on. 0 without it.")
@shown
def command(
    files: tuple[str, ...],
    changes: tuple[str, ...],
    scenarios: tuple[str, ...],
    model_names: tuple[str, ...],
    ranked: bool,
    form: str,
    plot: str | None,
    **asked: Any,
) -> None:
    """Tell what explains the difference between the situations in FILEs: the first, and each of the others.

    With -m A -m B, what explains the difference between two models for one situation. The points sum to the
    difference. A table (CSV or Parquet) is ranked, with how sure each rank is while weights are uncertain.
    """
    from riskmodel.load.files import is_table

    if plot is not None:
        from riskmodel.report.plots import check_plot

        check_plot(plot)
    given = {name: value for name, value in asked.items() if value is not None}
    found: Comparison | Ranking
    if ranked or any(is_table(file) for file in files):
        found = _ranking(_of_one_model(files, changes, scenarios, model_names, "a ranking is by one model"), given)
    elif given:
        raise click.UsageError(f"--{next(iter(given))} goes with --rank")
    elif len(model_names) > 1:
        found = _between_models(files, changes, scenarios, model_names)
    else:
        found = _between_situations(files, changes, scenarios, model_names)
    if plot is not None:
        found.save_plot(plot)
    if form == "json":
        echo(json_text(found.to_dict()))
    else:
        echo(found.to_markdown() if form == "markdown" else str(found))


def _of_one_model(
    files: Sequence[str], changes: Sequence[str], scenarios: Sequence[str], model_names: Sequence[str], why: str
) -> "tuple[Model, list[Situation]]":
    from riskmodel.cli.analyses import checked

    if len(model_names) > 1:
        raise click.UsageError(f"{why}; got {len(model_names)}")
    asked = checked(files, changes, scenarios, next(iter(model_names), None))
    models = {model.identity.fingerprint: model for model, _ in asked}
    if len(models) > 1:
        names = ", ".join(f"{model.identity.line}, {model.file}" for model in models.values())
        raise click.UsageError(f"{why}, and the situations name several ({names}); choose one with -m")
    return next(iter(models.values())), [situation for _, situation in asked]


def _ranking(asked: "tuple[Model, list[Situation]]", given: dict[str, Any]) -> "Ranking":
    from riskmodel.analysis.ranking.ranking import rank
    from riskmodel.cli.progress import share_done

    model, situations = asked
    with share_done() as on_progress:
        return rank(situations, model=model, on_progress=on_progress, **given)


def _between_situations(
    files: Sequence[str], changes: Sequence[str], scenarios: Sequence[str], model_names: Sequence[str]
) -> "Comparison":
    from riskmodel.analysis.comparison.compare import compare
    from riskmodel.cli.progress import share_done

    why = "situations are compared under one model"
    model, situations = _of_one_model(files, changes, scenarios, model_names, why)
    if len(situations) < 2:
        raise click.UsageError("a comparison takes two or more situations, or one and two models (-m A -m B)")
    with share_done() as on_progress:
        return compare(situations, model=model, on_progress=on_progress)


def _between_models(
    files: Sequence[str], changes: Sequence[str], scenarios: Sequence[str], model_names: Sequence[str]
) -> "Comparison":
    from riskmodel.analysis.comparison.compare import compare_models
    from riskmodel.cli.progress import share_done
    from riskmodel.cli.situations import asked_about
    from riskmodel.model import load_model

    if len(model_names) != 2:
        raise click.UsageError(f"two models can be compared; got {len(model_names)}")
    first, second = model_names
    asked = asked_about(files, changes, scenarios, first, lambda model, situation: (model, situation))
    if len(asked) != 1:
        raise click.UsageError(f"two models are compared for one situation; got {len(asked)}")
    model, situation = asked[0]
    with share_done() as on_progress:
        return compare_models(situation, model, load_model(second), on_progress=on_progress)
