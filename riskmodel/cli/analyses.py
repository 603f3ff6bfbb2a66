"""`riskmodel uncertainty`, `sensitivity`, `levers` and `compare`: analyse situations."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from riskmodel.cli.inputs import Selection, selects_situations, selects_situations_and_models
from riskmodel.cli.options import check_plot_file, output_options, percent, plot_option, sampling_options
from riskmodel.cli.output import echo, json_text, progress_bar
from riskmodel.cli.panels import within_option
from riskmodel.cli.results import FORMATS, Output, deliver_result, file_options
from riskmodel.cli.table_options import TableCommand
from riskmodel.errors import RiskmodelError, escape_control

if TYPE_CHECKING:
    from riskmodel.analysis.results.comparison import Comparison
    from riskmodel.analysis.results.movers import RowComparison
    from riskmodel.analysis.results.panels import TableRanking
    from riskmodel.analysis.results.ranking import Ranking
    from riskmodel.analysis.situations import OnProgress
    from riskmodel.documents.situations import Situation
    from riskmodel.model import Model
    from riskmodel.results import DrawableResult, Result, Results

R = TypeVar("R", bound="DrawableResult")


@click.command("uncertainty", cls=TableCommand)
@selects_situations
@sampling_options
@output_options
def uncertainty(selection: Selection, output_format: str, plot: str | None, **options: Any) -> int:
    """Propagate uncertainty to the scores of the situations in FILEs (YAML or JSON, or tables in CSV or Parquet).

    Samples the values given as ranges and, on request, weights and missing inputs. Reports the median, the 50 % and
    90 % intervals, the probability of each band, and how often each rule fired.
    """
    from riskmodel.analysis.results.uncertainty import Uncertainties
    from riskmodel.analysis.uncertainty.analysis import uncertainty as analyse

    resolved = selection.resolve()
    _check_plot_of_one(plot, resolved)
    results, code = _analysed_as_given(analyse, selection, resolved, options)
    _print_all(Uncertainties(tuple(results)), output_format, plot)
    return code


@click.command("sensitivity", cls=TableCommand)
@selects_situations
@click.option(
    "--over",
    type=click.Choice(("given", "range")),
    help="Vary the values given as ranges within them, or every value over its full range. Default: given, if any is.",
)
@sampling_options
@output_options
def sensitivity(selection: Selection, output_format: str, plot: str | None, **options: Any) -> int:
    """Show which inputs move the scores of the situations in FILEs (YAML or JSON, or tables in CSV or Parquet).

    Varies one input at a time, computes the Sobol' indices of all varying inputs (and weights on request), and compares
    the effective weights of indicators and rules with their nominal weights.
    """
    from riskmodel.analysis.results.sensitivity import Sensitivities
    from riskmodel.analysis.sensitivity.analysis import sensitivity as analyse
    from riskmodel.analysis.sensitivity.tables import effective_weights

    resolved = selection.resolve()
    _check_plot_of_one(plot, resolved)
    results, code = _analysed_as_given(analyse, selection, resolved, options)
    models, weights = _distinct_models(resolved), None
    # JSON has one result for each situation, and no common result.
    if output_format != "json" and len(models) == 1 < len(resolved):
        weights = effective_weights([situation for _, situation in resolved], model=models[0])
    _print_all(Sensitivities(tuple(results), weights), output_format, plot)
    return code


@click.command("levers", cls=TableCommand)
@selects_situations
@click.option(
    "--target",
    required=True,
    metavar="TARGET",
    help='Comparisons of scores with numbers, such as "escalation <= 40 and stability >= 50".',
)
@output_options
def levers(selection: Selection, target: str, output_format: str, plot: str | None) -> int:
    """Find the smallest changes of levers by which the situations in FILEs reach a target.

    FILE is a situation (YAML or JSON; - is standard input) or a table of situations (CSV, Parquet). Reports the change
    of each lever alone and the combined change at the smallest cost; for several situations, one line each. Indicators
    that are not levers in the model do not change.
    """
    from riskmodel.analysis.levers.analysis import levers as analyse
    from riskmodel.analysis.results.levers import LeversOfSeveral

    resolved = selection.resolve()
    _check_plot_of_one(plot, resolved)
    results, code = _analysed(
        resolved,
        lambda model, situation, on_progress: analyse(situation, target, model=model, on_progress=on_progress),
    )
    _print_all(LeversOfSeveral(tuple(results)), output_format, plot)
    return code


@click.command("compare", cls=TableCommand)
@selects_situations_and_models
@click.option(
    "--rank",
    "ranked",
    is_flag=True,
    help="Rank the situations, with the uncertainty of the ranks. Tables are always ranked.",
)
@click.option(
    "--weight-uncertainty",
    type=percent,
    metavar="SHARE",
    help="Relative standard deviation of weights in a ranking. Default: 20%.",
)
@click.option(
    "--draws", type=int, metavar="N", help="Number of draws of a ranking, rounded up to a power of 2. Default: 4,096."
)
@click.option("--seed", type=int, metavar="N", help="Random seed of a ranking; a whole number from 0 on. Default: 0.")
@within_option
@file_options(*FORMATS)
@plot_option
def compare(
    selection: Selection, ranked: bool, output: Output, plot: str | None, within: Sequence[str], **options: Any
) -> None:
    """Explain the difference between the first situation in FILEs and each of the others.

    With -m A -m B, explain the difference between two models for one situation, or show which of several situations, or
    rows of a table, move between them. A table is ranked, with the uncertainty of each rank under uncertain weights.
    """
    check_plot_file(plot, output.file)
    given = {name: value for name, value in options.items() if value is not None}
    if selection.has_tables and len(selection.model_names) > 1:
        deliver_result(output, _models_by_row(selection, within, given, plot), selection.files)
        return
    if within:
        raise click.UsageError("--within is of two models over a table; `riskmodel rank` ranks within groups")
    if given == {"weight_uncertainty": 0.0} and plot is None and _is_one_table(selection):
        deliver_result(output, _fixed_ranking(selection), selection.files)
        return
    result: Comparison | Ranking | RowComparison
    if ranked or selection.has_tables:
        result = _ranking(selection, given)
    elif given:
        raise click.UsageError(f"--{next(iter(given)).replace('_', '-')} requires --rank")
    elif len(selection.model_names) > 1:
        result = _between_models(selection)
    else:
        result = _between_situations(selection)
    if plot is not None:
        from riskmodel.results import DrawableResult

        if not isinstance(result, DrawableResult):
            raise click.UsageError("--plot is of one situation; two models over several have none")
        result.save_plot(plot)
    deliver_result(output, result, selection.files)


def _is_one_table(selection: Selection) -> bool:
    return selection.has_tables and len(selection.files) == 1 and not selection.scenarios and not selection.changes


def _fixed_ranking(selection: Selection) -> "TableRanking":
    """Rank a table in which nothing is drawn."""
    from riskmodel.analysis.panels.ranking import rank_table
    from riskmodel.documents.models import DEFAULT

    return rank_table(selection.files[0], model=next(iter(selection.model_names), DEFAULT), **selection.table)


def _models_by_row(
    selection: Selection, within: Sequence[str], given: dict[str, Any], plot: str | None
) -> "RowComparison":
    from riskmodel.analysis.panels.models import compare_models_by_row

    if len(selection.model_names) != 2:
        raise click.UsageError(f"a comparison of models needs two; got {len(selection.model_names)}")
    if given or plot:
        name = next(iter(given), "plot").replace("_", "-")
        raise click.UsageError(f"--{name} is of a ranking or of one situation; two models over a table have none")
    if not _is_one_table(selection):
        raise click.UsageError("two models are compared over the rows of one table, without --scenario and --set")
    with progress_bar() as on_progress:
        return compare_models_by_row(
            selection.files[0], *selection.model_names, within=within, on_progress=on_progress, **selection.table
        )


def _ranking(selection: Selection, options: dict[str, Any]) -> "Ranking":
    from riskmodel.analysis.ranking import rank

    model, situations = _of_one_model(selection, "a ranking uses one model")
    with progress_bar() as on_progress:
        return rank(situations, model=model, on_progress=on_progress, **options)


def _between_situations(selection: Selection) -> "Comparison":
    from riskmodel.analysis.comparison.analysis import compare as analyse

    model, situations = _of_one_model(selection, "a comparison of situations uses one model")
    if len(situations) < 2:
        raise click.UsageError("a comparison needs two or more situations, or one situation and two models (-m A -m B)")
    with progress_bar() as on_progress:
        return analyse(situations, model=model, on_progress=on_progress)


def _between_models(selection: Selection) -> "Comparison | RowComparison":
    from riskmodel.analysis.comparison.analysis import compare_models
    from riskmodel.analysis.panels.models import compare_models_by_row
    from riskmodel.model import load_model

    if len(selection.model_names) != 2:
        raise click.UsageError(f"a comparison of models needs two; got {len(selection.model_names)}")
    resolved = selection.resolve()
    (model, situation), other = resolved[0], load_model(selection.model_names[1])
    with progress_bar() as on_progress:
        if len(resolved) == 1:
            return compare_models(situation, model, other, on_progress=on_progress)
        return compare_models_by_row([item for _, item in resolved], model, other, on_progress=on_progress)


def _of_one_model(selection: Selection, rule: str) -> "tuple[Model, list[Situation]]":
    if len(selection.model_names) > 1:
        raise click.UsageError(f"{rule}; got {len(selection.model_names)}")
    resolved = selection.resolve()
    models = _distinct_models(resolved)
    if len(models) > 1:
        names = ", ".join(f"{model.identity.line}, {model.file}" for model in models)
        raise click.UsageError(f"{rule}; the situations name several ({names}); choose one with -m")
    return models[0], [situation for _, situation in resolved]


def _distinct_models(resolved: "Sequence[tuple[Model, Situation]]") -> "list[Model]":
    return list({model.identity.fingerprint: model for model, _ in resolved}.values())


def _analysed_as_given(
    analyse: Callable[..., Any],
    selection: Selection,
    resolved: "Sequence[tuple[Model, Situation]]",
    options: dict[str, Any],
) -> tuple[list[Any], int]:
    """Analyse each situation; a single one with the checks of the function for single situations."""
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
    """Analyse each situation, and show progress.

    Returns
    -------
    The results, and the exit code: 1 if some situations could not be analysed, which are named on standard error.

    Raises
    ------
    RiskmodelError
        No situation could be analysed.
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
    """Check the path of the plot before the analysis."""
    check_plot_file(plot)
    if plot is not None and len(resolved) > 1:
        raise click.UsageError(f"--plot needs a single situation; got {len(resolved):,}")


def _print_all(results: "Results[R]", output_format: str, plot: str | None) -> None:
    """Print results, and save the plot of the first on request."""
    if plot is not None:
        results[0].save_plot(plot)
    _print(results, output_format)


def _print(result: "Result | Results[R]", output_format: str) -> None:
    """Print a result as text, JSON or Markdown."""
    if output_format == "json":
        echo(json_text(result.to_dict()))
    else:
        echo(result.to_markdown() if output_format == "markdown" else str(result))
