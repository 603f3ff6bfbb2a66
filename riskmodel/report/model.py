"""A model as text: its summary, its rulebook in Markdown, and its differences from another model."""

from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from riskmodel.analysis.attainable import attainable_ranges
from riskmodel.errors import escape_control, single_line
from riskmodel.model import Model
from riskmodel.report.document import escape_markdown, markdown_table
from riskmodel.schema import wording
from riskmodel.schema.base import Citation, Cites, Strict, citations
from riskmodel.schema.distributions import parameters
from riskmodel.schema.influences import Influence
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Rule, Score
from riskmodel.schema.references import SECTIONS, citing_parts

_COMPARED_KEYS = ("id", "version", "title", "description")
_COMPARED_SECTIONS = SECTIONS


def model_summary(model: Model, width: int = 120) -> str:
    """Return a model as tables of indicators, scores and rules, in lines of at most `width` characters."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    spec, identity = model.spec, model.identity
    out = StringIO()
    console = Console(file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False)
    version = f" {spec.version}" if spec.version else ""
    console.print(f"{single_line(identity.title)}\n{single_line(spec.id + version)}, ", end="")
    console.print(f"fingerprint {identity.short_fingerprint}\n")
    inputs = Table("Indicator", "Unit", "Intensity", *spec.scores, box=SIMPLE_HEAD, pad_edge=False)
    for name, indicator in spec.indicators.items():
        weights = (
            wording.weight_words(spec, score_name, name) if name in score.weights else ""
            for score_name, score in spec.scores.items()
        )
        inputs.add_row(name, indicator.unit or "", wording.scale_words(indicator.scale), *weights)
    console.print(inputs)
    for name in spec.groups:
        console.print(f"Group {name}: {', '.join(spec.members(name)) or 'no indicator'}")
    scores = Table("Score", "Mean", "Built from scores", "Bands", box=SIMPLE_HEAD, pad_edge=False)
    for name, score in spec.scores.items():
        parts = ", ".join(
            f"{part} {wording.weight_words(spec, name, part)}" for part in score.weights if part in spec.scores
        )
        bands = ", ".join(f"{band} from {start:.10g}" for band, start in score.bands.items())
        scores.add_row(f"{name} (out of {score.out_of:.10g})", wording.mean_words(score), parts, bands)
    console.print(scores)
    rules = Table("Rule", "When", "Then", box=SIMPLE_HEAD, pad_edge=False)
    for name, rule in spec.rules.items():
        rules.add_row(name, rule.when, _effects_text(rule))
    if spec.rules:
        console.print(rules)
    if spec.influences:
        influences = Table("Influence", "From", "To", "Strength per month", "Lag", box=SIMPLE_HEAD, pad_edge=False)
        for name, influence in spec.influences.items():
            strength, lag = wording.strength_words(influence), wording.lag_words(influence)
            influences.add_row(name, influence.source, influence.target, strength, lag)
        console.print(influences)
    if spec.scenarios:
        console.print(f"Scenarios: {', '.join(spec.scenarios)}")
    return "\n".join(escape_control(line.rstrip()) for line in out.getvalue().split("\n")).rstrip("\n")


def rulebook(model: Model) -> str:
    """Return the documentation of a model in Markdown; without attainable ranges if it has scales yet to be fitted."""
    spec, identity = model.spec, model.identity
    lines = [f"# {escape_markdown(identity.title)}", ""]
    version = f", version {spec.version}" if spec.version else ""
    lines += [f"Model `{spec.id}`{version}, fingerprint `{identity.short_fingerprint}`.", ""]
    if spec.description:
        lines += [escape_markdown(spec.description), ""]
    parts = (_scores(model), _groups(spec), _indicators(spec), _rules(spec), _influences(spec), _scenarios(spec))
    for section in (*parts, _claims(spec)):
        lines += section
    return "\n".join(map(escape_control, lines)).rstrip()


def _scores(model: Model) -> Iterator[str]:
    spec = model.spec
    attainable = None if spec.unfitted else attainable_ranges(spec, model.compiled).scores
    yield "## Scores"
    for name, score in spec.scores.items():
        yield from _heading(name, score.title, score.description)
        kind = " It is a sub-score: no rule changes it." if name in spec.sub_scores else ""
        yield (
            f"{wording.mean_words(score).capitalize()} of what follows, out of {score.out_of:.10g}, reported to "
            f"{score.decimals} decimal{'' if score.decimals == 1 else 's'}; no score below a coverage of "
            f"{score.min_coverage:.0%}.{kind}{f' The better end is the {score.better} one.' if score.better else ''}"
        )
        if attainable and attainable[name].searched:
            yield f"Reachable: {attainable[name].low:g} to {attainable[name].high:g}."
        yield ""
        rows = (
            (_title(spec, part), wording.share_words(spec, name, part), wording.weight_reason(score, part))
            for part in sorted(score.weights, key=lambda part: -abs(score.weight(part)))
        )
        yield from markdown_table(("Input", "Weight", "Why"), rows, "lll")
        if score.bands:
            bands = ((band, f"{start:.10g}") for band, start in score.bands.items())
            yield from ("", *markdown_table(("Band", "From"), bands, "lr"))
        yield from _cited(score.cites, spec)
    yield ""


def _heading(name: str, title: str | None, text: str | None = None) -> Iterator[str]:
    yield from ("", f"### {escape_markdown(title or name)} (`{name}`)", "")
    if text:
        yield from (escape_markdown(text), "")


def _title(spec: ModelSpec, name: str) -> str:
    part = spec.indicators.get(name) or spec.scores.get(name)
    return (part.title if part else None) or name


def _groups(spec: ModelSpec) -> Iterator[str]:
    if not spec.groups:
        return
    yield from ("## Groups", "", "The account of a score has a subtotal for each group. No group changes a score.")
    for name, group in spec.groups.items():
        yield from _heading(name, group.title, group.description)
        members = ", ".join(escape_markdown(_title(spec, member)) for member in spec.members(name))
        yield f"Indicators: {members or 'none'}."
    yield ""


def _indicators(spec: ModelSpec) -> Iterator[str]:
    yield "## Indicators"
    for name, indicator in spec.indicators.items():
        yield from _heading(name, indicator.title, indicator.description)
        yield f"- Unit: {escape_markdown(indicator.unit or 'none stated')}; valid: {indicator.valid_text}."
        yield f"- Intensity: {escape_markdown(wording.scale_words(indicator.scale))}."
        if indicator.default is not None:
            yield from _default(indicator, spec)
        if indicator.lever is not None:
            yield f"- Lever: can be changed deliberately, at a cost of {indicator.lever.cost:g} for its whole range."
        for term, meaning in indicator.terms.items():
            yield f"- *{escape_markdown(term)}*: {meaning.describe()}."
        if phrases := indicator.phrases:
            names = f"{escape_markdown(phrases.high)}; low ones {escape_markdown(phrases.low)}"
            yield f"- High values are called: {names}."
        if indicator.guide:
            yield from ("", *markdown_table(("Value", "Means"), indicator.guide.items(), "rl"))
        yield from _cited(indicator.cites, spec)
    yield ""


def _default(indicator: Indicator, spec: ModelSpec) -> Iterator[str]:
    default = indicator.default
    assumed = f"- Where it is missing, {escape_markdown(_value_text(indicator.assumed))} is assumed"
    if not isinstance(default, Strict):
        yield f"{assumed}."
        return
    because = f" {escape_markdown(default.because)}" if default.because else ""
    usual = escape_markdown(wording.distribution_words(parameters(default)))
    yield f"{assumed}, the median of what is usual: {usual}.{because}"
    for cite in citations(default.cites):
        yield f"  Source: {_citation(cite, spec)}"


def _rules(spec: ModelSpec) -> Iterator[str]:
    if not spec.rules:
        return
    titles = {name: score.title or name for name, score in spec.scores.items()}
    yield from ("## Rules", "")
    yield "All rules read raw values and base scores, never each other's results; their order does not matter."
    for name, rule in spec.rules.items():
        effects = _effects_text(rule, titles)
        yield from _heading(name, rule.title)
        yield f"When `{' '.join(rule.when.split())}`: {escape_markdown(effects)}."
        if rule.because:
            yield from ("", escape_markdown(rule.because))
        yield from _cited(rule.cites, spec)
    yield ""


def _influences(spec: ModelSpec) -> Iterator[str]:
    if not spec.influences:
        return
    yield from ("## Influences", "")
    yield "How a lasting change of one indicator moves another, month by month, on intensities (docs/influences.md)."
    yield "They are theory and change no score; their strengths are judgements of the author of the model."
    for name, influence in spec.influences.items():
        yield from _heading(name, influence.title, influence.because)
        ends = f"{escape_markdown(_title(spec, influence.source))} -> {escape_markdown(_title(spec, influence.target))}"
        yield f"{ends}: {wording.strength_words(influence)} per month, after {wording.lag_words(influence)}."
        yield from _cited(influence.cites, spec)
    yield ""


def _scenarios(spec: ModelSpec) -> Iterator[str]:
    if not spec.scenarios:
        return
    yield "## Scenarios"
    for name, scenario in spec.scenarios.items():
        yield from _heading(name, scenario.title, scenario.because)
        rows = ((_title(spec, indicator), _value_text(value)) for indicator, value in scenario.values.items())
        yield from markdown_table(("Indicator", "Value"), rows, "lr")
        yield from _cited(scenario.cites, spec)
    yield ""


def _value_text(value: float | str | None) -> str:
    if value is None:
        return "missing"
    return value if isinstance(value, str) else wording.plain_number(value)


def _cited(cites: Cites | None, spec: ModelSpec) -> Iterator[str]:
    for cite in citations(cites):
        yield from ("", f"Source: {_citation(cite, spec)}")


def _citation(cite: Citation, spec: ModelSpec) -> str:
    claims = f" (claims {', '.join(cite.claims)})" if cite.claims else ""
    return f"{escape_markdown(spec.sources[cite.source].title)}, {escape_markdown(cite.section)}{claims}."


def _claims(spec: ModelSpec) -> Iterator[str]:
    for source_name, source in spec.sources.items():
        if source.claims:
            yield from (f"## Claims of the source: {escape_markdown(source.title)}", "")
            rows = (
                (name, claim.section, claim.says, ", ".join(citing_parts(dict(spec), source_name, name)) or "not cited")
                for name, claim in source.claims.items()
            )
            yield from markdown_table(("Claim", "Section", "What it says", "Cited by"), rows, "llll")


def model_diff(old: ModelSpec, new: ModelSpec) -> list[str]:
    """Return the differences between two models, a line for each; empty if they have the same content."""
    lines = [
        f"{key}: {_repr(getattr(old, key))} -> {_repr(getattr(new, key))}"
        for key in _COMPARED_KEYS
        if getattr(old, key) != getattr(new, key)
    ]
    for section in _COMPARED_SECTIONS:
        lines += _section_changes(section, old, new)
    return [escape_control(line) for line in lines]


def _section_changes(section: str, old: ModelSpec, new: ModelSpec) -> Iterator[str]:
    kind, before, after = section.removesuffix("s"), getattr(old, section), getattr(new, section)
    for name in [*before, *(name for name in after if name not in before)]:
        if name not in after:
            yield f"{kind} {name}: removed"
        elif name not in before:
            yield f"{kind} {name}: new{_part_text(after[name])}"
        else:
            changes = [*_changes(before[name], after[name])]
            # The direction of a weight depends on its indicator's scale too, so scores that are equal may differ.
            changes += _weight_changes(name, old, new) if section == "scores" else []
            yield from (f"{kind} {name}: {change}" for change in changes)


def _part_text(part: object) -> str:
    if isinstance(part, Rule):
        return f"; when {part.when}: {_effects_text(part)}"
    if isinstance(part, Influence):
        return f"; {part.source} -> {part.target}: {wording.strength_words(part)} per month"
    return ""


def _effects_text(rule: Rule, titles: Mapping[str, str] | None = None) -> str:
    """Format the effects of a rule on scores, which are named by their titles if these are given."""
    return ", ".join(f"{(titles or {}).get(score, score)} {effect.describe()}" for score, effect in rule.then.items())


def _changes(old: Any, new: Any) -> Iterator[str]:
    for field in type(old).model_fields:
        before, after = getattr(old, field), getattr(new, field)
        if before == after or (isinstance(old, Score) and field == "weights"):
            continue
        if field == "claims":
            changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
            yield f"claims changed: {', '.join(changed)}"
        elif isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _entry_changes(field, before, after)
        elif field == "scale":
            yield f"scale: {wording.scale_words(before)} -> {wording.scale_words(after)}"
        else:
            yield f"{field}: {_repr(before)} -> {_repr(after)}"


def _weight_changes(score: str, old: ModelSpec, new: ModelSpec) -> Iterator[str]:
    weights, changed = old.scores[score].weights, new.scores[score].weights
    for name in [*weights, *(name for name in changed if name not in weights)]:
        before, after = _weight_text(old, score, name), _weight_text(new, score, name)
        if before != after:
            yield f"weight of {name}: {before} -> {after}"
        elif weights[name] != changed[name]:
            yield f"reason for the weight of {name}: {_repr(wording.weight_reason(new.scores[score], name) or None)}"


def _weight_text(spec: ModelSpec, score: str, name: str) -> str:
    if name not in spec.scores[score].weights:
        return "no weight"
    return f"{spec.scores[score].weight(name):g} ({wording.share_words(spec, score, name)})"


def _entry_changes(field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in [*before, *(name for name in after if name not in before)]:
        if before.get(name) != after.get(name):
            yield f"{field}, {name}: {_repr(before.get(name))} -> {_repr(after.get(name))}"


def _repr(value: object) -> str:
    match value:
        case None:
            return "none"
        case float():
            return f"{value:g}"
        case str():
            return repr(value)
        case tuple():
            return f"[{', '.join(_repr(item) for item in value)}]"
    if hasattr(value, "model_dump"):
        parts = value.model_dump(exclude_defaults=True)
        return f"{{{', '.join(f'{key}: {_repr(part)}' for key, part in parts.items())}}}"
    return str(value)
