"""The rules of a model as lists: those that fired, nearly fired, could not be judged, and did not fire."""

from collections.abc import Iterable, Sequence

from riskmodel.analysis.nearly import NearRule
from riskmodel.assessment import Assessment, RuleResult
from riskmodel.report import figures
from riskmodel.report.html.markup import Content, Html, element, together
from riskmodel.spec.effects import effect_of


def rules(assessment: Assessment, nearly: Sequence[NearRule] | None, prefix: str, unfolded: bool) -> Html:
    """Every rule, in the list that it belongs to; why it is as it is stands one click away.

    Parameters
    ----------
    nearly : the rules that nearly fired, with what they need; None where nobody looked.
    prefix : of keys.
    unfolded : whether everything stands open, as on paper.
    """
    fired, unjudged = figures.fired(assessment), figures.undetermined(assessment)
    by_name = {rule.name: rule for rule in assessment.rules}
    near = {found.rule for found in nearly or ()}
    idle = [rule for rule in assessment.rules if rule.status == "not fired" and rule.name not in near]

    def item(rule: RuleResult, told: Content, kind: str = "rule") -> Html:
        summary = element("summary", element("strong", rule.title, class_="title"), ": " if told else "", told)
        key = f"{prefix}{kind}-{rule.name}"
        body = _body(assessment, rule)
        return element("li", element("details", summary, body, class_="rule", open=unfolded, data_key=key))

    return together(
        _list("Rules that fired", (item(rule, _fired(assessment, rule)) for rule in fired), "None."),
        _list(
            "Rules that nearly fired",
            (item(by_name[found.rule], _near(assessment, found)) for found in nearly),
            "None: no value that is given would make another rule fire by moving a tenth of its range.",
        )
        if nearly is not None
        else "",
        _list(
            "Rules that could not be judged",
            (item(rule, _told(figures.why_undetermined(assessment, rule)), "unjudged") for rule in unjudged),
            "None.",
        ),
        _folded(f"Rules that did not fire ({len(idle)})", (item(rule, "") for rule in idle), prefix, unfolded),
    )


def _list(heading: str, items: Iterable[Html], otherwise: str) -> Html:
    found = list(items)
    shown = element("ul", found) if found else element("p", otherwise, class_="none")
    return element("section", element("h3", heading), shown, class_="rules")


def _folded(heading: str, items: Iterable[Html], prefix: str, unfolded: bool) -> Html:
    found = list(items)
    if not found:
        return Html()
    summary = element("summary", element("h3", heading))
    key = f"{prefix}rules-that-did-not-fire"
    return element("details", summary, element("ul", found), class_="rules idle", open=unfolded, data_key=key)


def _fired(assessment: Assessment, rule: RuleResult) -> Html:
    return together(_degree(assessment, rule), ", ", _told(figures.effects_text(assessment, rule)))


def _near(assessment: Assessment, found: NearRule) -> Html:
    given = assessment.input(found.indicator)
    to = found.value if isinstance(found.value, str) else f"{found.value:.15g}"
    now = figures.value_text(assessment, found.indicator)
    return _told(f"would begin to fire with {given.title} at {to}; it is {now}")


def _degree(assessment: Assessment, rule: RuleResult) -> Html:
    return element("span", figures.degree_text(assessment, rule), class_="degree")


def _told(said: str) -> Html:
    return element("span", said, class_="told")


def _body(assessment: Assessment, rule: RuleResult) -> Html:
    moves = ", ".join(
        f"{assessment.scores[effect.score].title} {effect_of(effect.kind, effect.amount).describe()}"
        for effect in rule.effects
    )
    return element(
        "div",
        element("p", rule.because, class_="because") if rule.because else "",
        element("p", "When ", element("code", rule.when), f": {moves} at degree 1"),
        element("p", "Drawn from ", element("cite", "; ".join(rule.citations))) if rule.citations else "",
        class_="why",
    )
