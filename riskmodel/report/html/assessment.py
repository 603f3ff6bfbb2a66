"""An assessment as a piece of HTML, to be set into a page of any kind under a heading of the second level."""

from collections.abc import Sequence

from markupsafe import Markup

from riskmodel.analysis.near_misses import NearMiss
from riskmodel.assessment import Assessment, RuleResult
from riskmodel.report import formatting
from riskmodel.report.html import charts
from riskmodel.report.html.markup import render
from riskmodel.schema.effects import effect_of


def fragment(
    assessment: Assessment, nearly: Sequence[NearMiss] | None = None, prefix: str = "", unfolded: bool = False
) -> Markup:
    """Show scores as gauges, the account of each as a waterfall, the rules, and remarks on the inputs.

    Parameters
    ----------
    assessment : of any model.
    nearly : the rules that nearly fired, from `riskmodel.analysis.near_misses`; None leaves their list out.
    prefix : what ids, and the keys (`data-key`) of what can be folded, begin with; different for each fragment of a
        page.
    unfolded : whether everything that can be folded stands open, as on paper.
    """
    near = {rule.rule for rule in nearly or ()}
    return render(
        "assessment.html",
        assessment=assessment,
        summary=summary(assessment),
        gauge=charts.gauge,
        waterfall=charts.waterfall,
        by_name={rule.name: rule for rule in assessment.rules},
        nearly=nearly,
        near_text=_near_text,
        moves=_moves,
        idle=[rule for rule in assessment.rules if rule.status == "not fired" and rule.name not in near],
        prefix=prefix,
        unfolded=unfolded,
    )


def summary(assessment: Assessment) -> str:
    """State the scores that are no sub-scores in one sentence; each as `Escalation risk 87.3 of 100, severe`."""
    return f"{'; '.join(f'{score.title} {formatting.headline(score)}' for score in assessment.top_scores)}."


def _near_text(assessment: Assessment, rule: NearMiss) -> str:
    title = assessment.input(rule.indicator).title
    value = rule.value if isinstance(rule.value, str) else f"{rule.value:.15g}"
    return f"would begin to fire with {title} at {value}; it is {formatting.value_text(assessment, rule.indicator)}"


def _moves(assessment: Assessment, rule: RuleResult) -> str:
    return ", ".join(
        f"{assessment.scores[effect.score].title} {effect_of(effect.kind, effect.amount).describe()}"
        for effect in rule.effects
    )
