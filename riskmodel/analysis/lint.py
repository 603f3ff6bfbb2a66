"""Warnings about valid models: rules that never or always fire, unused parts, bands that cannot be attained."""

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from riskmodel.analysis.attainable import AttainableRanges, attainable_ranges
from riskmodel.documents.models import LoadedModel
from riskmodel.documents.nodes import position_of
from riskmodel.engine.compile import compile_model
from riskmodel.errors import Problem
from riskmodel.kernels import conditions
from riskmodel.plan.numpy_steps import compare, reported
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Score
from riskmodel.schema.references import citing_parts
from riskmodel.schema.wording import mean_words

Finding: TypeAlias = tuple[tuple[str, ...], str]
"""A path in the model, and a message."""

_MIN_DEGREE = 1e-6
"""The degree from which a term counts as true beside a step."""


def warnings(model: LoadedModel) -> list[Problem]:
    """Return the warnings about a valid model, in the order of the file.

    Parameters
    ----------
    model : a loaded model; if it has unfitted scales, rules and bands are not checked.
    """
    spec = model.spec
    findings = [*_unused(spec), *_uncited(spec)]
    for name, indicator in spec.indicators.items():
        findings += _of_indicator(name, indicator)
    for name in spec.scores:
        findings += _of_score(name, spec)
    if spec.unfitted:
        findings += [
            (("indicators", name, "scale"), "not fitted yet: run `riskmodel model fit`") for name in spec.unfitted
        ]
    else:
        findings += _unattainable(spec, attainable_ranges(spec, compile_model(spec)))
    problems = []
    for path, message in findings:
        position = position_of(model.document.root, path, at_key=True)
        line, column = (position.span.line, position.span.column) if position.span else (None, None)
        source = model.document.line(line)
        problems.append(Problem(message, position.field, model.document.name, line, column, source))
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def _unused(spec: ModelSpec) -> Iterator[Finding]:
    named = {name for rule in spec.rules.values() for name in rule.names}
    weighted = {name for score in spec.scores.values() for name in score.weights}
    terms = {
        (leaf.name.name, leaf.term)
        for rule in spec.rules.values()
        for leaf in conditions.leaves(rule.condition)
        if isinstance(leaf, conditions.TermTest)
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


def _uncited(spec: ModelSpec) -> Iterator[Finding]:
    for name, source in spec.sources.items():
        for claim in source.claims:
            if not citing_parts(dict(spec), name, claim):
                yield ("sources", name, "claims", claim), "nothing in the model cites this claim"


def _of_indicator(name: str, indicator: Indicator) -> Iterator[Finding]:
    if indicator.labels is not None:
        return
    scale = indicator.scale
    low, high = indicator.bounds
    if math.isinf(low) and math.isinf(high):
        message = "any number is accepted, typing errors too; state what can be: `valid: [lowest, highest]`"
        yield ("indicators", name), message
    elif scale is not None and scale.is_logarithmic and (low < 0 or high <= 0):
        lower, _ = scale.ends()
        message = f"a logarithm needs values above 0, but valid is {indicator.valid_text}"
        yield ("indicators", name, "scale"), f"{message}: 0 and less counts as the lower goalpost, {lower:g}"
    elif scale is not None and not scale.course(indicator.bounds):
        message = f"gives {scale.intensities(indicator.bounds)[0]:g} for every valid value ({indicator.valid_text})"
        yield ("indicators", name, "scale"), message
    for hole in _holes(indicator):
        message = f"no term holds at {hole:g} itself, but one does just below and one just above"
        yield ("indicators", name, "terms"), f"{message}: a step excludes its bound, so move one of the two"


def _holes(indicator: Indicator) -> Iterator[float]:
    """Yield the valid values at which no term holds, although one does just below and one just above."""
    low, high = indicator.bounds
    degrees = [term.membership for term in indicator.terms.values()]
    for bound in sorted(indicator.breakpoints(scale=False)):
        around = np.array([np.nextafter(bound, -np.inf), bound, np.nextafter(bound, np.inf)])
        if low < bound < high:
            below, here, above = np.max([degree(around) for degree in degrees], axis=0)
            if here == 0.0 and below > _MIN_DEGREE and above > _MIN_DEGREE:
                yield bound


def _of_score(name: str, spec: ModelSpec) -> Iterator[Finding]:
    score = spec.scores[name]
    for part in score.weights:
        indicator = spec.indicators.get(part)
        if indicator is None or indicator.scale is None:
            continue
        scale = indicator.scale
        path, positive = ("scores", name, "weights", part), score.weight(part) > 0
        if not positive and scale.labels is None and scale.course(indicator.bounds) == (False,):
            yield path, "scale and weight both invert it, so that the score rises with it; invert neither"
        if _means_zero(score) and scale.attains(0.0 if positive else 1.0, indicator.bounds):
            end, inside = ("0", "above 0") if positive else ("1", "below 1")
            message = f"can be {end} on its scale, and then the {mean_words(score)} is 0 whatever the other inputs are"
            remedy = "end `valid` before that, or " if scale.labels is None else ""
            yield path, f"{message}; {remedy}keep the scale {inside}"
    for band, start in score.bands.items():
        shown = reported(np.array([start]), score.decimals)
        if compare("!=", shown, np.array([start]))[0]:
            digits = f"{score.decimals} decimal{'' if score.decimals == 1 else 's'}"
            message = f"starts at {start:.15g}, between two values that are reported with {digits}"
            yield ("scores", name, "bands", band), f"{message}; start it at {shown[0]:.15g}, or report more decimals"


def _means_zero(score: Score) -> bool:
    """Check for a mean that one input of 0 makes 0, other than a minimum, which is meant to be so."""
    return len(score.weights) > 1 and -math.inf < score.power <= 0.0


def _unattainable(spec: ModelSpec, attainable: AttainableRanges) -> Iterator[Finding]:
    for name, degrees in attainable.rules.items():
        if degrees.high == 0:
            yield ("rules", name), "can never fire: no value that was tried makes its condition true"
        elif degrees.low > 0:
            yield ("rules", name), f"fires for every value: its degree is never below {degrees.low:.2f}"
    for name, score in attainable.scores.items():
        for band in spec.scores[name].bands:
            if band not in score.bands:
                verb = "goes" if score.searched else "cannot go further than"
                message = f"no situation reaches this band; the score {verb} from {score.low:g} to {score.high:g}"
                yield ("scores", name, "bands", band), message
