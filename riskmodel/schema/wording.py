"""Parts of a model in words: scales, terms, weights and effects, the same in the rulebook, in `show` and in `diff`."""

import numpy as np

from riskmodel.schema.distributions import parameters
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import PowerMean, Score, Weight
from riskmodel.schema.scales import Scale
from riskmodel.schema.situation import Distribution


def scale_words(scale: Scale | None) -> str:
    """How a raw value becomes an intensity."""
    return "no scale: used in rules only" if scale is None else scale.describe()


def distribution_words(distribution: Distribution) -> str:
    """The numbers of a distribution: `p10 0, p50 5, p90 100`."""
    return ", ".join(f"{key} {number:g}" for key, number in parameters(distribution).items())


def mean_words(score: Score) -> str:
    """The mean of a score."""
    return f"power mean, exponent {score.mean.power:g}" if isinstance(score.mean, PowerMean) else f"{score.mean} mean"


def share_words(spec: ModelSpec, score: str, name: str, share: float | None = None) -> str:
    """The direction of an input of a score, and its share of the weights; None: of all of them."""
    weights = spec.scores[score]
    if share is None:
        share = abs(weights.weight(name)) / sum(abs(weights.weight(other)) for other in weights.weights)
    return f"{direction(spec, score, name)}, {share:.1%}"


def weight_words(spec: ModelSpec, score: str, name: str) -> str:
    """A signed weight; what the score does as the input rises stands beside it where that is not what the sign says."""
    weight = spec.scores[score].weight(name)
    words = direction(spec, score, name)
    return f"{weight:+g}" if words == ("raises" if weight > 0 else "lowers") else f"{weight:+g} ({words})"


def weight_reason(score: Score, name: str) -> str:
    """The justification of a weight; empty where the model gives none."""
    entry = score.weights[name]
    return entry.because if isinstance(entry, Weight) else ""


NO_EFFECT = "no effect"


def direction(spec: ModelSpec, score: str, name: str) -> str:
    """What a score does as one of its inputs rises over all of its valid values.

    Parameters
    ----------
    score : the score.
    name : an indicator or sub-score that has a weight in it.

    Returns
    -------
    `raises`, `lowers`, `rises and falls`, `falls and rises`, or `no effect`; for labels, which do not rise, the labels
    at which the score is highest, such as `highest at crisis`.
    """
    positive = spec.scores[score].weight(name) > 0
    if name in spec.scores:
        idle = all(direction(spec, name, part) == NO_EFFECT for part in spec.scores[name].weights)
        return NO_EFFECT if idle else "raises" if positive else "lowers"
    indicator = spec.indicators[name]
    assert indicator.scale is not None  # noqa: S101  (a weight is not valid without a scale)
    if indicator.labels is not None:
        return _highest_labels(indicator.scale, indicator.labels, positive)
    turns = [up == positive for up in indicator.scale.course(indicator.bounds)]
    if len(turns) > 1:
        return "rises and falls" if turns[0] else "falls and rises"
    return NO_EFFECT if not turns else "raises" if turns[0] else "lowers"


def _highest_labels(scale: Scale, labels: tuple[str, ...], positive: bool) -> str:
    intensities = scale.normalise(np.arange(float(len(labels)))).tolist()
    best = (max if positive else min)(intensities)
    highest = [label for label, intensity in zip(labels, intensities, strict=True) if intensity == best]
    return NO_EFFECT if len(highest) == len(labels) else f"highest at {' or '.join(highest)}"
