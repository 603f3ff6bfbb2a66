"""The plan of a model as a list of named steps in plain notation, as text, Markdown or JSON."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from inspect import cleandoc
from typing import Any, NamedTuple

from riskmodel.engine.plan import Label, Plan, ScoreSteps, build_plan
from riskmodel.errors import escape_control, single_line
from riskmodel.model import Model
from riskmodel.plan import steps
from riskmodel.plan.program import order
from riskmodel.plan.steps import Constant, Input, Step
from riskmodel.report.document import escape_markdown

_SAME: Mapping[type[Step], type[Step]] = {
    steps.And: steps.Minimum,
    steps.Or: steps.Maximum,
    steps.FillDegree: steps.Fill,
}
"""Kinds of steps that read like another one."""
_SIGNATURES: Mapping[type[Step], str] = {
    steps.Line: "line(x, raws: values)",
    steps.Lookup: "lookup(x, labels: values)",
    steps.IsLabel: "is_label(x, label)",
    steps.Band: "band(x, bands: starts)",
    steps.PowerMean: "power_mean(power, weights * items)",
    steps.Compare: "left < right",
    steps.Arithmetic: "left / right",
    steps.Quotient: "numerator / denominator",
}
"""Notations other than the name of the kind and of its fields."""
_OPERATORS = (
    steps.Complement, steps.Arithmetic, steps.Compare, steps.Product, steps.Quotient, steps.WeightedSum
)  # fmt: skip
_PLAIN = (Input, Constant, steps.Complement, steps.Product, steps.WeightedSum)
"""Kinds that need no explanation."""
_OUTPUTS = ("coverage", "value", "reported", "band", "reported_low", "reported_high")
_INDENT = "    "


class NamedStep(NamedTuple):
    """One step of a plan; an input has no formula."""

    name: str
    formula: str
    title: str
    citations: tuple[str, ...] = ()


class Listing(NamedTuple):
    """A plan in words."""

    title: str
    inputs: Sequence[NamedStep]
    steps: Sequence[NamedStep]
    """In an order in which each step only reads inputs and steps before it."""
    functions: Mapping[str, str]
    """The meaning of the functions in formulas, by name and arguments."""

    def to_dict(self) -> dict[str, Any]:
        """Return the listing as plain data for JSON."""
        return {
            "title": self.title,
            "inputs": [{"name": step.name, "title": step.title} for step in self.inputs],
            "steps": [{**step._asdict(), "citations": list(step.citations)} for step in self.steps],
            "functions": dict(self.functions),
        }


def plan_listing(model: Model) -> Listing:
    """List the steps of a model's plan from the inputs to the columns of a scored table.

    Raises
    ------
    ModelError
        If the model has scales that are not fitted yet.
    """
    general = build_plan(model.compiled)
    plan = general.specialise()
    formulas = _Formulas(model, plan)
    ordered = order([step for score in plan.scores.values() for step in _outputs(score)])
    labelled = [(step, plan.labels[step]) for step in ordered if step in plan.labels]
    listed = [_named(label, formulas.content(step)) for step, label in labelled]
    # Equal steps are one step, with the name of the first; the others have lines of their own.
    for name, rule in general.rules.items():
        label, degree = general.labels[rule.certain[0]], plan.rules[name].certain[0]
        if plan.labels.get(degree) != label:
            listed.append(_named(label, formulas.content(degree)))
    for before, after in zip(general.scores.values(), plan.scores.values(), strict=True):
        for step, same in zip(_outputs(before), _outputs(after), strict=True):
            if plan.labels.get(same) != general.labels[step]:
                listed.append(_named(general.labels[step], formulas(same)))
    spec, identity = model.spec, model.identity
    version = f" {spec.version}" if spec.version else ""
    indicators = spec.indicators
    inputs = [
        NamedStep(step.name, "", indicators[step.name].title or step.name)
        for step in ordered
        if isinstance(step, Input)
    ]
    title = f"Plan of {spec.id}{version}, fingerprint {identity.short_fingerprint}"
    return Listing(title, sorted(inputs), listed, _functions(ordered))


def plan_text(listing: Listing) -> str:
    """Return a listing as plain text."""
    lines = [listing.title, "", "Inputs"]
    width = max(len(step.name) for step in listing.inputs)
    lines += [f"  {step.name.ljust(width)}  {single_line(step.title)}" for step in listing.inputs]
    lines += ["", "Steps"]
    for step in listing.steps:
        lines += [f"  {step.name} = {step.formula}", f"{_INDENT}  {_remark(step)}"]
    lines += ["", "Functions"]
    lines += [f"  {signature}: {meaning}" for signature, meaning in listing.functions.items()]
    return "\n".join(map(escape_control, lines))


def plan_markdown(listing: Listing) -> str:
    """Return a listing as Markdown."""
    lines = [f"# {escape_markdown(listing.title)}", "", "## Inputs", ""]
    lines += [f"- `{step.name}`: {escape_markdown(step.title)}" for step in listing.inputs]
    lines += ["", "## Steps", ""]
    lines += [f"- `{step.name} = {step.formula}`  \n  {escape_markdown(_remark(step))}" for step in listing.steps]
    lines += ["", "## Functions", ""]
    lines += [f"- `{signature}`: {escape_markdown(meaning)}" for signature, meaning in listing.functions.items()]
    return "\n".join(escape_control(line) for text in lines for line in text.split("\n"))


def _outputs(score: ScoreSteps) -> Iterator[Step]:
    return (getattr(score, name) for name in _OUTPUTS)


def _named(label: Label, formula: str) -> NamedStep:
    return NamedStep(label.name, formula, label.title, label.citations)


def _remark(step: NamedStep) -> str:
    return single_line("; ".join((step.title, *step.citations)))


class _Formulas:
    """Formulas of steps, in which steps with a name are named."""

    def __init__(self, model: Model, plan: Plan) -> None:
        self._labels = plan.labels
        self._levels = {name: indicator.labels for name, indicator in model.compiled.indicators.items()}
        self._degrees = {degree for rule in plan.rules.values() for degree in (*rule.certain, *rule.possible)}
        self._bands = {score.band: model.compiled.scores[name].bands for name, score in plan.scores.items()}

    def __call__(self, step: Step, inside: bool = False, condition: bool = False) -> str:
        """Return the name of a step, or its formula.

        Parameters
        ----------
        inside : whether it is an operand, and a sum needs parentheses.
        condition : whether it is part of a condition; there the degree of a rule, which is a condition too, has no
            name, because no rule reads another.
        """
        if step in self._labels and not (condition and step in self._degrees):
            return self._labels[step].name
        formula = self.content(step)
        return f"({formula})" if inside and isinstance(step, _OPERATORS) else formula

    def content(self, step: Step) -> str:
        """Return the formula of a step, whether it has a name or not."""
        inner = partial(self, inside=True)
        match step:
            case Input(name=name):
                return name
            case Constant(value=value):
                return _number(value)
            case steps.Complement(x=x):
                return f"1 - {inner(x, condition=True)}"
            case (
                steps.Arithmetic(operator=sign, left=left, right=right)
                | steps.Compare(sign=sign, left=left, right=right)
            ):
                return f"{inner(left)} {sign} {inner(right)}"
            case steps.Product(x=x, y=y):
                return f"{inner(x)} * {inner(y)}"
            case steps.Quotient(numerator=x, denominator=y):
                return f"{inner(x)} / {inner(y)}"
            case steps.WeightedSum(items=items, weights=weights):
                return _sum(map(inner, items), weights)
        return f"{_name(type(step))}({', '.join(self._arguments(step))})"

    def _arguments(self, step: Step) -> Iterator[str]:
        match step:
            case steps.Line(x=x, raws=raws, values=values):
                pairs: Sequence[tuple[object, float]] = list(zip(map(_number, raws), values, strict=True))
            case steps.Lookup(x=Input(name=name) as x, values=values):
                pairs = list(zip(self._levels[name] or (), values, strict=True))
            case steps.Band(x=x, starts=starts):
                pairs = list(zip(self._bands.get(step, range(len(starts))), starts, strict=True))
            case steps.IsLabel(x=Input(name=name) as x, position=position):
                yield self(x)
                yield (self._levels[name] or ())[position]
                return
            case steps.PowerMean(items=items, weights=weights, power=power):
                yield _number(power)
                yield from (
                    f"{self(weight, inside=True)} * {self(item, inside=True)}"
                    for item, weight in zip(items, weights, strict=True)
                )
                return
            case _:
                condition = isinstance(step, steps.And | steps.Or)
                yield from (self(arg, condition=condition) for arg in step.args)
                yield from (_number(part) if isinstance(part, float | int) else str(part) for part in step.parameters)
                return
        yield self(x)
        yield from (f"{key}: {_number(value)}" for key, value in pairs)


def _sum(items: Iterable[str], weights: Sequence[float]) -> str:
    terms = [
        item if abs(weight) == 1.0 else f"{_number(abs(weight))} * {item}"
        for item, weight in zip(items, weights, strict=True)
    ]
    signs = ["-" if weight < 0 else "+" for weight in weights]
    first = f"-{terms[0]}" if signs[0] == "-" else terms[0]
    return "".join((first, *(f" {sign} {term}" for sign, term in zip(signs[1:], terms[1:], strict=True))))


def _number(value: float) -> str:
    """Return the shortest text that is read back as the same number."""
    if math.isnan(value):
        return "unknown"
    text = repr(float(value))
    return text.removesuffix(".0")


def _name(kind: type[Step]) -> str:
    return re.sub(r"(?<=.)(?=[A-Z])", "_", _SAME.get(kind, kind).__name__).lower()


def _functions(ordered: Iterable[Step]) -> dict[str, str]:
    """Return the meaning of each notation that the formulas of some steps use, from the docstring of its kind."""
    kinds = {_SAME.get(type(step), type(step)): None for step in ordered if not isinstance(step, _PLAIN)}
    signatures = {kind: _SIGNATURES.get(kind) or f"{_name(kind)}({', '.join(kind.names)})" for kind in kinds}
    by_signature = sorted((signature, kind) for kind, signature in signatures.items())
    return {signature: single_line(cleandoc(kind.__doc__ or "")) for signature, kind in by_signature}
