"""Results that tell themselves: whatever an analysis finds has one report, which is shown in several ways."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from riskmodel.report.sections import Report


class Reported:
    """The base of results; what they say is in `_report`."""

    def _report(self) -> "Report":
        """What there is to say; imported where it is asked for, since reports know the results that they are on."""
        raise NotImplementedError

    def to_markdown(self) -> str:
        """The report as Markdown; the same as the command prints with `--format markdown`, where it has that."""
        from riskmodel.report.sections import as_markdown

        return as_markdown(self._report())

    def __str__(self) -> str:
        from riskmodel.report.sections import as_text

        return as_text(self._report())

    def _repr_html_(self) -> str:
        from riskmodel.report.notebook import report_view

        return report_view(self._report())
