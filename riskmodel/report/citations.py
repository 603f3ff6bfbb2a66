"""Citations of rules: each passage once, with a number by which rules cite it."""

from collections.abc import Sequence

from riskmodel.assessment import Assessment, RuleResult
from riskmodel.report import formatting

CITED = "Passages that these rules are drawn from"


def citation_numbers(assessment: Assessment) -> dict[str, int]:
    """Number the passages that the rules that took effect are based on, from 1, in the order of these rules."""
    cited = (citation for rule, *_ in formatting.fired_rules(assessment) for citation in rule.citations)
    return {citation: number for number, citation in enumerate(dict.fromkeys(cited), start=1)}


def marks(rule: RuleResult, numbers: dict[str, int]) -> str:
    """Format the citations of a rule: `[1, 3]`; empty without any."""
    return f"[{', '.join(str(numbers[citation]) for citation in rule.citations)}]" if rule.citations else ""


def cited_sources(assessment: Assessment) -> list[tuple[str, list[tuple[int, str]]]]:
    """Return the sources that rules cite, each once, with the numbers of its passages and where they stand.

    A passage of a source that is not known by its title is a source of its own, without passages.
    """
    sources: dict[str, list[tuple[int, str]]] = {}
    for citation, number in citation_numbers(assessment).items():
        title = _source(citation, assessment.model.sources)
        sources.setdefault(title or citation, []).append((number, citation[len(title) + 2 :] if title else ""))
    return list(sources.items())


def _source(citation: str, sources: Sequence[str]) -> str:
    """Return the longest title of a source that a citation begins with; sources may have an address at their end."""
    titles = (title for source in sources for title in (source, source.rpartition(", ")[0]))
    return max((title for title in titles if title and citation.startswith(f"{title}, ")), key=len, default="")
