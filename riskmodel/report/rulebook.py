"""The rulebook: a whole model as Markdown, for whoever has to defend or to check it."""

from collections.abc import Iterator

from riskmodel.errors import printable
from riskmodel.model import Model
from riskmodel.reach import explore
from riskmodel.report.figures import plain_number
from riskmodel.report.markdown import escape, table
from riskmodel.spec import wording
from riskmodel.spec.base import Citation, Cites, Strict, citations
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Indicator
from riskmodel.spec.references import citing_parts


def rulebook(model: Model) -> str:
    """Everything that a model says, in the order in which it is used.

    Parameters
    ----------
    model : any valid model; the reachable ranges are left out where it is not fitted yet.
    """
    spec, identity = model.spec, model.identity
    lines = [f"# {escape(identity.title)}", ""]
    version = f", version {spec.version}" if spec.version else ""
    lines += [f"Model `{spec.id}`{version}, fingerprint `{identity.short_fingerprint}`.", ""]
    if spec.description:
        lines += [escape(spec.description), ""]
    for part in (_scores(model), _groups(spec), _indicators(spec), _rules(spec), _scenarios(spec), _claims(spec)):
        lines += part
    return "\n".join(map(printable, lines)).rstrip()


def _scores(model: Model) -> Iterator[str]:
    spec = model.spec
    reach = None if spec.unfitted else explore(spec, model.compiled)
    yield "## Scores"
    for name, score in spec.scores.items():
        yield from ("", f"### {escape(score.title or name)} (`{name}`)", "")
        if score.description:
            yield from (escape(score.description), "")
        kind = " It is a sub-score: rules leave it alone." if name in spec.sub_scores else ""
        yield (
            f"{wording.mean_words(score).capitalize()} of what follows, out of {score.out_of:g}, reported to "
            f"{score.decimals} decimal{'' if score.decimals == 1 else 's'}; no score below a coverage of "
            f"{score.min_coverage:.0%}.{kind}"
        )
        if reach and reach.scores[name].searched:
            yield f"Reachable: {reach.scores[name].low:g} to {reach.scores[name].high:g}."
        yield ""
        rows = (
            (_title(spec, part), wording.share_words(spec, name, part), wording.weight_reason(score, part))
            for part in sorted(score.weights, key=lambda part: -abs(score.weight(part)))
        )
        yield from table(("Input", "Weight", "Why"), rows, "lll")
        if score.bands:
            yield from (
                "",
                *table(("Band", "From"), ((band, f"{start:g}") for band, start in score.bands.items()), "lr"),
            )
        yield from _cited(score.cites, spec)
    yield ""


def _title(spec: ModelSpec, name: str) -> str:
    part = spec.indicators.get(name) or spec.scores.get(name)
    return (part.title if part else None) or name


def _groups(spec: ModelSpec) -> Iterator[str]:
    if not spec.groups:
        return
    yield from ("## Groups", "", "The account of a score tells what each group comes to. No group changes a score.")
    for name, group in spec.groups.items():
        yield from ("", f"### {escape(group.title)} (`{name}`)", "")
        if group.description:
            yield from (escape(group.description), "")
        members = ", ".join(escape(_title(spec, member)) for member in spec.members(name))
        yield f"Indicators: {members or 'none'}."
    yield ""


def _indicators(spec: ModelSpec) -> Iterator[str]:
    yield "## Indicators"
    for name, indicator in spec.indicators.items():
        yield from ("", f"### {escape(indicator.title or name)} (`{name}`)", "")
        if indicator.description:
            yield from (escape(indicator.description), "")
        yield f"- Unit: {escape(indicator.unit or 'none stated')}; valid: {indicator.valid_text}."
        yield f"- Intensity: {escape(wording.scale_words(indicator.scale))}."
        if indicator.default is not None:
            yield from _default(indicator, spec)
        if indicator.lever is not None:
            yield f"- A lever: it can be moved on purpose, over its whole range at a cost of {indicator.lever.cost:g}."
        for term, meaning in indicator.terms.items():
            yield f"- *{escape(term)}*: {meaning.describe()}."
        if indicator.guide:
            yield from ("", *table(("Value", "Means"), indicator.guide.items(), "rl"))
        yield from _cited(indicator.cites, spec)
    yield ""


def _default(indicator: Indicator, spec: ModelSpec) -> Iterator[str]:
    default = indicator.default
    assumed = f"- Where it is missing, {escape(_value_words(indicator.assumed))} is assumed"
    if not isinstance(default, Strict):
        yield f"{assumed}."
        return
    because = f" {escape(default.because)}" if default.because else ""
    yield f"{assumed}, the median of what is usual: {escape(wording.distribution_words(default))}.{because}"
    for cite in citations(default.cites):
        yield f"  Source: {_citation(cite, spec)}"


def _rules(spec: ModelSpec) -> Iterator[str]:
    if not spec.rules:
        return
    titles = {name: score.title or name for name, score in spec.scores.items()}
    yield from ("## Rules", "")
    yield "All rules read raw values and base scores, never each other's results; their order does not matter."
    for name, rule in spec.rules.items():
        effects = ", ".join(f"{titles[score]} {effect.describe()}" for score, effect in rule.then.items())
        yield from ("", f"### {escape(rule.title or name)} (`{name}`)", "")
        yield f"When `{' '.join(rule.when.split())}`: {escape(effects)}."
        if rule.because:
            yield from ("", escape(rule.because))
        yield from _cited(rule.cites, spec)
    yield ""


def _scenarios(spec: ModelSpec) -> Iterator[str]:
    if not spec.scenarios:
        return
    yield "## Scenarios"
    for name, scenario in spec.scenarios.items():
        yield from ("", f"### {escape(scenario.title or name)} (`{name}`)", "")
        if scenario.because:
            yield from (escape(scenario.because), "")
        rows = ((_title(spec, one), _value_words(value)) for one, value in scenario.values.items())
        yield from table(("Indicator", "Value"), rows, "lr")
        yield from _cited(scenario.cites, spec)
    yield ""


def _value_words(value: float | str | None) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else plain_number(value)


def _cited(cites: Cites | None, spec: ModelSpec) -> Iterator[str]:
    for cite in citations(cites):
        yield from ("", f"Source: {_citation(cite, spec)}")


def _citation(cite: Citation, spec: ModelSpec) -> str:
    claims = f" (claims {', '.join(cite.claims)})" if cite.claims else ""
    return f"{escape(spec.sources[cite.source].title)}, {escape(cite.section)}{claims}."


def _claims(spec: ModelSpec) -> Iterator[str]:
    for source_name, source in spec.sources.items():
        if source.claims:
            yield from (f"## Where the claims of the source are: {escape(source.title)}", "")
            rows = (
                (claim, told.section, told.says, ", ".join(citing_parts(dict(spec), source_name, claim)) or "no home")
                for claim, told in source.claims.items()
            )
            yield from table(("Claim", "Section", "What it says", "Home"), rows, "llll")
