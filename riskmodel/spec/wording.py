"""Parts of a model in words: scales, terms, weights and effects, the same in the rulebook, in `show` and in `diff`."""

from riskmodel.direction import direction
from riskmodel.distributions import parameters
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import PowerMean, Score, Weight
from riskmodel.spec.scales import Scale
from riskmodel.spec.situation import Distribution


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
