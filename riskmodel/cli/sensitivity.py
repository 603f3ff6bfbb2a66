"""`riskmodel sensitivity`: what moves the scores."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from riskmodel.cli.options import drawn, shown, situations

if TYPE_CHECKING:
    from riskmodel.analysis.cases import OnProgress
    from riskmodel.analysis.sensitivity.result import Sensitivity
    from riskmodel.load.situations import Situation
    from riskmodel.model import Model
    from riskmodel.report.sections import Report


@click.command("sensitivity")
@situations
@click.option(
    "--over",
    type=click.Choice(("given", "range")),
    help="Values given as ranges vary as given, or every value over its whole range. Without it: as given, if any is.",
)
@drawn
@shown
def command(
    files: tuple[str, ...],
    changes: tuple[str, ...],
    scenarios: tuple[str, ...],
    model_name: str | None,
    form: str,
    plot: str | None,
    **asked: Any,
) -> int:
    """Tell what moves the scores of the situations in FILEs (YAML or JSON, or tables in CSV or Parquet).

    It moves one input at a time, finds the Sobol' indices of all that varies (inputs, and weights on request), and sets
    the effective weights of indicators and rules beside their nominal ones.
    """
    from riskmodel.analysis.sensitivity.sensitivity import sensitivity
    from riskmodel.analysis.sensitivity.tables import effective_weights
    from riskmodel.cli.analyses import analysed, check_plot_of_one, checked, is_alone, show
    from riskmodel.report.sensitivity import sensitivities_report

    wanted = checked(files, changes, scenarios, model_name)
    check_plot_of_one(plot, wanted)
    alone = is_alone(files, wanted)

    def analyse(model: "Model", situation: "Situation", on_progress: "OnProgress | None") -> "Sensitivity":
        if alone:
            return sensitivity(situation, model=model, on_progress=on_progress, **asked)
        return sensitivity([situation], model=model, on_progress=on_progress, **asked)[0]

    found, code = analysed(wanted, analyse)

    def report(results: "Sequence[Sensitivity]") -> "Report":
        models = {model.identity.fingerprint: model for model, _ in wanted}
        of_one = next(iter(models.values())) if len(models) == 1 < len(wanted) else None
        weights = effective_weights([situation for _, situation in wanted], model=of_one) if of_one else None
        return sensitivities_report(results, weights)

    show(found, form, plot, report)
    return code
