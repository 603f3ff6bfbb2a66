"""`riskmodel uncertainty`, `sensitivity`, `levers` and `compare`: analyse situations."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from riskmodel.cli.inputs import Selection, selects_situations, selects_situations_and_models
from riskmodel.cli.options import output_options, percent, sampling_options
from riskmodel.cli.output import echo, json_text, progress_bar
from riskmodel.errors import RiskmodelError, escape_control

if TYPE_CHECKING:
    from riskmodel.analysis.results.comparison import Comparison
    from riskmodel.analysis.results.ranking import Ranking
    from riskmodel.analysis.situations import OnProgress
    from riskmodel.documents.situations import Situation
    from riskmodel.model import Model
    from riskmodel.results import DrawableResult, Result, Results

R = TypeVar("R", bound="DrawableResult")


@click.command("uncertainty")
@selects_situations
@sampling_options
@output_options
def uncertainty(selection: Selection, output_format: str, plot: str | None, **options: Any) -> int:
    """Tell how sure the scores of the situations in FILEs are (YAML or JSON, or tables in CSV or Parquet).

    Values given as ranges are drawn from them, weights and what is missing on request. It tells the median, the 50 %
    and 90 % intervals, the probability of each band, and how often each rule fired.
    """
    from riskmodel.analysis.results.uncertainty import Uncertainties
    from riskmodel.analysis.uncertainty.analysis import uncertainty as analyse

    resolved = selection.resolve()
    _check_plot_of_one(plot, resolved)
    results, code = _analysed_as_given(analyse, selection, resolved, options)
    _print_results(Uncertainties(tuple(results)), output_format, plot)
    return code


@click.command("sensitivity")
@selects_situations
@click.option(
    "--over",
    type=click.Choice(("given", "range")),
    help="Values given as ranges vary as given, or every value over its whole range. Without it: as given, if any is.",
)
@sampling_options
@output_options
def sensitivity(selection: Selection, output_format: str, plot: str | None, **options: Any) -> int:
    """Tell what moves the scores of the situations in FILEs (YAML or JSON, or tables in CSV or Parquet).

    It moves one input at a time, finds the Sobol' indices of all that varies (inputs, and weights on request), and sets
    the effective weights of indicators and rules beside their nominal ones.
    """
    from riskmodel.analysis.results.sensitivity import Sensitivities
    from riskmodel.analysis.sensitivity.analysis import sensitivity as analyse
    from riskmodel.analysis.sensitivity.tables import effective_weights

    resolved = selection.resolve()
    _check_plot_of_one(plot, resolved)
    results, code = _analysed_as_given(analyse, selection, resolved, options)
    models, weights = _distinct_models(resolved), None
    # JSON has a result for each situation, and none for all of them.
    if output_format != "json" and len(models) == 1 < len(resolved):
        weights = effective_weights([situation for _, situation in resolved], model=models[0])
    _print_results(Sensitivities(tuple(results), weights), output_format, plot)
    return code


@click.command("levers")
@selects_situations
@click.option(
    "--target",
    required=True,
    metavar="SENTENCE",
    help='What is to be reached, such as "escalation <= 40 and stability >= 50".',
)
@output_options
def levers(selection: Selection, target: str, output_format: str, plot: str | None) -> int:
    """Find what it would take for the situations in FILEs to reach a target.

    FILE is a situation (YAML or JSON; - is standard input) or a table of them (CSV, Parquet); of several, a line each.
    Each lever alone, and all together at the smallest cost; what is no lever in the model stays as it is.
    """
    from riskmodel.analysis.levers.analysis import levers as analyse
    from riskmodel.analysis.results.levers import LeversOfSeveral

    resolved = selection.resolve()
    _check_plot_of_one(plot, resolved)
    results, code = _analysed(
        resolved,
        lambda model, situation, on_progress: analyse(situation, target, model=model, on_progress=on_progress),
    )
    _print_results(LeversOfSeveral(tuple(results)), output_format, plot)
    return code


@click.command("compare")
@selects_situations_and_models
@click.option("--rank", "ranked", is_flag=True, help="Rank them, and tell how sure that is. Tables are always ranked.")
@click.option(
    "--weight-uncertainty",
    type=percent,
    metavar="SHARE",
    help="How uncertain weights are in a ranking; 20% without it.",
)
@click.option("--draws", type=int, metavar="N", help="Of a ranking; the next power of 2 is taken. 4,096 without it.")
@click.option("--seed", type=int, metavar="N", help="Of the draws; a whole number from 0 on. 0 without it.")
@output_options
def compare(selection: Selection, ranked: bool, output_format: str, plot: str | None, **options: Any) -> None:
    """Tell what explains the difference between the situations in FILEs: the first, and each of the others.

    With -m A -m B, what explains the difference between two models for one situation. The points sum to the
    difference. A table (CSV or Parquet) is ranked, with how sure each rank is while weights are uncertain.
    """
    if plot is not None:
        from riskmodel.report.plotting import check_plot

        check_plot(plot)
    given = {name: value for name, value in options.items() if value is not None}
    result: Comparison | Ranking
    if ranked or selection.has_tables:
        result = _ranking(selection, given)
    elif given:
        raise click.UsageError(f"--{next(iter(given)).replace('_', '-')} goes with --rank")
    elif len(selection.model_names) > 1:
        result = _between_models(selection)
    else:
        result = _between_situations(selection)
    if plot is not None:
        result.save_plot(plot)
    _print(result, output_format)


def _ranking(selection: Selection, options: dict[str, Any]) -> "Ranking":
    from riskmodel.analysis.ranking import rank

    model, situations = _of_one_model(selection, "a ranking is by one model")
    with progress_bar() as on_progress:
        return rank(situations, model=model, on_progress=on_progress, **options)


def _between_situations(selection: Selection) -> "Comparison":
    from riskmodel.analysis.comparison.analysis import compare as analyse

    model, situations = _of_one_model(selection, "situations are compared under one model")
    if len(situations) < 2:
        raise click.UsageError("a comparison takes two or more situations, or one and two models (-m A -m B)")
    with progress_bar() as on_progress:
        return analyse(situations, model=model, on_progress=on_progress)


def _between_models(selection: Selection) -> "Comparison":
    from riskmodel.analysis.comparison.analysis import compare_models
    from riskmodel.model import load_model

    if len(selection.model_names) != 2:
        raise click.UsageError(f"two models can be compared; got {len(selection.model_names)}")
    resolved = selection.resolve()
    if len(resolved) != 1:
        raise click.UsageError(f"two models are compared for one situation; got {len(resolved)}")
    model, situation = resolved[0]
    with progress_bar() as on_progress:
        return compare_models(situation, model, load_model(selection.model_names[1]), on_progress=on_progress)


def _of_one_model(selection: Selection, rule: str) -> "tuple[Model, list[Situation]]":
    if len(selection.model_names) > 1:
        raise click.UsageError(f"{rule}; got {len(selection.model_names)}")
    resolved = selection.resolve()
    models = _distinct_models(resolved)
    if len(models) > 1:
        names = ", ".join(f"{model.identity.line}, {model.file}" for model in models)
        raise click.UsageError(f"{rule}, and the situations name several ({names}); choose one with -m")
    return models[0], [situation for _, situation in resolved]


def _distinct_models(resolved: "Sequence[tuple[Model, Situation]]") -> "list[Model]":
    return list({model.identity.fingerprint: model for model, _ in resolved}.values())


def _analysed_as_given(
    analyse: Callable[..., Any],
    selection: Selection,
    resolved: "Sequence[tuple[Model, Situation]]",
    options: dict[str, Any],
) -> tuple[list[Any], int]:
    """Analyse each situation, a single one with the checks that are for one, others as members of a list."""
    is_single = len(resolved) == 1 and not selection.has_tables

    def analyse_one(model: "Model", situation: "Situation", on_progress: "OnProgress | None") -> Any:
        if is_single:
            return analyse(situation, model=model, on_progress=on_progress, **options)
        return analyse([situation], model=model, on_progress=on_progress, **options)[0]

    return _analysed(resolved, analyse_one)


def _analysed(
    resolved: "Sequence[tuple[Model, Situation]]",
    analyse: "Callable[[Model, Situation, OnProgress | None], R]",
) -> tuple[list[R], int]:
    """Analyse each situation, with progress on a terminal.

    Returns
    -------
    The results, and the exit code: 1 where some of several situations could not be analysed; they are named on standard
    error.

    Raises
    ------
    RiskmodelError
        Where none could be analysed.
    """
    from riskmodel.analysis.situations import part_of

    results = []
    failures: list[tuple[Situation, RiskmodelError]] = []
    with progress_bar() as on_progress:
        for index, (model, situation) in enumerate(resolved):
            try:
                results.append(analyse(model, situation, part_of(on_progress, index, len(resolved))))
            except RiskmodelError as error:
                failures.append((situation, error))
    if not results:
        raise failures[0][1]
    for situation, failure in failures:
        name = situation.spec.title or situation.spec.id or "a situation"
        echo(f"{escape_control(name)}: left out: {failure}", err=True)
    return results, 1 if failures else 0


def _check_plot_of_one(plot: str | None, resolved: Sequence[object]) -> None:
    """Check that a picture can be drawn, before any work is done."""
    if plot is None:
        return
    from riskmodel.report.plotting import check_plot

    check_plot(plot)
    if len(resolved) > 1:
        raise click.UsageError(f"--plot draws one situation; there are {len(resolved):,}")


def _print_results(results: "Results[R]", output_format: str, plot: str | None) -> None:
    """Print results, and draw the first where that is wanted."""
    if plot is not None:
        results[0].save_plot(plot)
    _print(results, output_format)


def _print(result: "Result | Results[R]", output_format: str) -> None:
    """Print what was found as text, json or markdown."""
    if output_format == "json":
        echo(json_text(result.to_dict()))
    else:
        echo(result.to_markdown() if output_format == "markdown" else str(result))
