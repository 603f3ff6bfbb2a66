"""`riskmodel uncertainty`: how sure the scores are."""

from typing import TYPE_CHECKING, Any

import click

from riskmodel.cli.options import drawn, shown, situations

if TYPE_CHECKING:
    from riskmodel.analysis.cases import OnProgress
    from riskmodel.analysis.uncertainty.result import Uncertainty
    from riskmodel.load.situations import Situation
    from riskmodel.model import Model


@click.command("uncertainty")
@situations
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
    """Tell how sure the scores of the situations in FILEs are (YAML or JSON, or tables in CSV or Parquet).

    Values given as ranges are drawn from them, weights and what is missing on request. It tells the median, the 50 %
    and 90 % intervals, the probability of each band, and how often each rule fired.
    """
    from riskmodel.analysis.uncertainty.uncertainty import uncertainty
    from riskmodel.cli.analyses import analysed, check_plot_of_one, checked, is_alone, show
    from riskmodel.report.uncertainty import uncertainties_report

    wanted = checked(files, changes, scenarios, model_name)
    check_plot_of_one(plot, wanted)
    alone = is_alone(files, wanted)

    def analyse(model: "Model", situation: "Situation", on_progress: "OnProgress | None") -> "Uncertainty":
        if alone:
            return uncertainty(situation, model=model, on_progress=on_progress, **asked)
        return uncertainty([situation], model=model, on_progress=on_progress, **asked)[0]

    found, code = analysed(wanted, analyse)
    show(found, form, plot, uncertainties_report)
    return code
