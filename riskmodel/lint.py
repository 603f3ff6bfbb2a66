"""What is allowed in a model but hardly meant: rules that never or always fire, unused parts, bands out of reach."""

from collections.abc import Iterator

from riskmodel.engine.compiled import compile_model
from riskmodel.errors import Problem
from riskmodel.kernels import sentences
from riskmodel.load.models import LoadedModel
from riskmodel.load.places import locate
from riskmodel.reach import Reach, explore
from riskmodel.spec.claims import homes_of
from riskmodel.spec.model import ModelSpec


def warnings(model: LoadedModel) -> list[Problem]:
    """Everything in a valid model that its author may want to look at, in the order of the file.

    Parameters
    ----------
    model : a loaded model; where it has unfitted scales, what depends on their values is not judged.
    """
    spec = model.spec
    found = [*_unused(spec), *_homeless(spec)]
    if spec.unfitted:
        found += [
            (("indicators", name, "scale"), "not fitted yet: run `riskmodel model fit`") for name in spec.unfitted
        ]
    else:
        found += _unreached(spec, explore(spec, compile_model(spec)))
    problems = []
    for path, message in found:
        place = locate(model.document.root, path, at_key=True)
        line, column = (place.span.line, place.span.column) if place.span else (None, None)
        source = model.document.line(line)
        problems.append(Problem(message, place.field, model.document.name, line, column, source))
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


Told = tuple[tuple[str, ...], str]


def _unused(spec: ModelSpec) -> Iterator[Told]:
    named = {name for rule in spec.rules.values() for name in rule.names}
    weighted = {name for score in spec.scores.values() for name in score.weights}
    terms = {
        (leaf.name.name, leaf.term)
        for rule in spec.rules.values()
        for leaf in sentences.leaves(rule.condition)
        if isinstance(leaf, sentences.Is)
    }
    for name in spec.groups:
        if not spec.members(name):
            yield ("groups", name), "no indicator belongs to this group"
    for name, indicator in spec.indicators.items():
        if name not in weighted and name not in named:
            yield ("indicators", name), "is in no score and no rule"
        for term in indicator.terms:
            if (name, term) not in terms:
                yield ("indicators", name, "terms", term), "no rule uses this term"


def _homeless(spec: ModelSpec) -> Iterator[Told]:
    for name, source in spec.sources.items():
        for claim in source.claims:
            if not homes_of(spec, name, claim):
                yield ("sources", name, "claims", claim), "nothing in the model cites this claim"


def _unreached(spec: ModelSpec, reach: Reach) -> Iterator[Told]:
    for name, degrees in reach.rules.items():
        if degrees.high == 0:
            yield ("rules", name), "can never fire: no value that was tried makes its sentence true"
        elif degrees.low > 0:
            yield ("rules", name), f"fires for every value: its degree is never below {degrees.low:.2f}"
    for name, found in reach.scores.items():
        for band in spec.scores[name].bands:
            if band not in found.bands:
                told = f"no situation reaches this band; the score was found to go from {found.low:g} to {found.high:g}"
                yield ("scores", name, "bands", band), told
