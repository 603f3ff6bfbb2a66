"""An assessment as an HTML fragment, for a page that has a second-level heading for it."""

from collections.abc import Sequence

from markupsafe import Markup

from riskmodel.analysis.near_misses import NearMiss
from riskmodel.assessment import Assessment, RuleResult
from riskmodel.report import formatting
from riskmodel.report.html.account import account_table
from riskmodel.report.html.gauge import gauge
from riskmodel.report.html.markup import render
from riskmodel.report.summary import summary as sentence
from riskmodel.schema.effects import effect_of


def fragment(
    assessment: Assessment,
    near_misses: Sequence[NearMiss] | None = None,
    prefix: str = "",
    unfolded: bool = False,
    has_gauges: bool = True,
) -> Markup:
    """Return gauges of the scores, their accounts as waterfalls, the rules, and remarks on the inputs.

    Parameters
    ----------
    near_misses : the rules that nearly fired, from `riskmodel.analysis.near_misses`; None leaves their list out.
    prefix : start of all ids and of the keys (`data-key`) of folded parts; unique to each fragment of a page.
    unfolded : whether all folded parts are open, as on paper.
    has_gauges : whether it begins with the gauges of the scores; they stand elsewhere in a report.
    """
    near_miss_rules = {near_miss.rule for near_miss in near_misses or ()}
    return render(
        "assessment.html",
        assessment=assessment,
        summary=summary(assessment),
        gauge=gauge,
        sentence=sentence,
        account_table=account_table,
        by_name={rule.name: rule for rule in assessment.rules},
        near_misses=near_misses,
        near_miss_text=_near_miss_text,
        full_effects=_full_effects,
        sources=_sources(assessment),
        passages=_passages,
        idle=[rule for rule in assessment.rules if rule.status == "not fired" and rule.name not in near_miss_rules],
        prefix=prefix,
        unfolded=unfolded,
        has_gauges=has_gauges,
    )


def gauges(assessment: Assessment, prefix: str = "") -> Markup:
    """Return the gauges of the scores without sub-scores, as they begin a fragment, for a parent of its class.

    Parameters
    ----------
    prefix : start of all ids.
    """
    return render("gauges.html", assessment=assessment, gauge=gauge, sentence=sentence, prefix=prefix)


def summary(assessment: Assessment) -> str:
    """Return the scores, without sub-scores, in one sentence; each as `Escalation risk 87.3 of 100, severe`."""
    return f"{'; '.join(f'{score.title} {formatting.headline(score)}' for score in assessment.top_scores)}."


def _near_miss_text(assessment: Assessment, near_miss: NearMiss) -> str:
    title = assessment.input(near_miss.indicator).title
    value = near_miss.value if isinstance(near_miss.value, str) else f"{near_miss.value:.15g}"
    current = formatting.value_text(assessment, near_miss.indicator)
    return f"would begin to fire with {title} at {value}; it is {current}"


def _full_effects(assessment: Assessment, rule: RuleResult) -> str:
    return ", ".join(
        f"{assessment.scores[effect.score].title} {effect_of(effect.kind, effect.amount).describe()}"
        for effect in rule.effects
    )


def _sources(assessment: Assessment) -> list[str]:
    """Return the sources that rules cite, in the order of the model."""
    citations = [citation for rule in assessment.rules for citation in rule.citations]
    return [source for source in assessment.model.sources if any(_is_of(source, citation) for citation in citations)]


def _passages(rule: RuleResult, sources: Sequence[str]) -> str:
    """Return the passages that a rule is drawn from, each with the number of its source if there are several."""

    def passage(citation: str) -> str:
        number, source = next((item for item in enumerate(sources, start=1) if _is_of(item[1], citation)), (0, ""))
        section = citation.removeprefix(source).removeprefix(", ") if source else citation
        mark = f"[{number}]" if number and (len(sources) > 1 or not section) else ""
        return " ".join(filter(None, (mark, section)))

    return "; ".join(map(passage, rule.citations))


def _is_of(source: str, citation: str) -> bool:
    return citation == source or citation.startswith(f"{source}, ")
