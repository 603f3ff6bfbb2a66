"""Effective weights over a table, as a report and as plain data; and as a table for other reports."""

from collections.abc import Iterator, Sequence

from riskmodel.analysis.sensitivity.effective import EffectiveWeight
from riskmodel.analysis.sensitivity.result import EffectiveWeights, ScoreWeights
from riskmodel.errors import counted
from riskmodel.report.figures import number
from riskmodel.report.sections import Report, Section, Table


def effective_weights_report(found: EffectiveWeights) -> Report:
    """Effective weights over a table."""
    return Report(f"{counted(found.situations, 'situation')}", [found.model.line], list(effective_sections(found)))


def effective_sections(found: EffectiveWeights) -> Iterator[Section]:
    """A section for each score: what really separates the situations."""
    for score in found.scores.values():
        yield Section(
            f"{score.title}: effective weights over the situations",
            list(_about(score)),
            effective_table(score.effective),
        )


def _about(score: ScoreWeights) -> Iterator[str]:
    if score.mean is None or score.sd is None:
        yield "no situation has this score"
        return
    situations = counted(score.rows, "situation")
    yield f"of {situations} with this score; mean {score.mean:.1f}, standard deviation {score.sd:.1f}"
    if not score.effective:
        yield "it is the same for all of them"


def effective_table(weights: Sequence[EffectiveWeight]) -> Table | None:
    """Effective weights beside nominal ones."""
    rows = [
        (
            one.title,
            "" if one.nominal is None else _percent(one.nominal),
            _percent(one.effective),
            {"indicator": "", "rule": "rule", "clip": "limit"}[one.kind],
        )
        for one in weights
    ]
    return Table(("", "nominal weight", "effective weight", ""), rows, "lrrl") if rows else None


def _percent(share: float) -> str:
    return f"{number(100 * share, 1)}%"
