"""Descriptions of the parts of a model, shared by the rulebook, `model show` and `model diff`."""

from collections.abc import Mapping

import numpy as np

from riskmodel.errors import counted
from riskmodel.schema.influences import Influence
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import PowerMean, Score, Weight
from riskmodel.schema.scales import Scale


def scale_words(scale: Scale | None) -> str:
    """Describe a scale."""
    return "no scale: used in rules only" if scale is None else scale.describe()


def plain_number(value: float) -> str:
    """Format a number without decimals if it is whole, otherwise with four digits, and more only before the point."""
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:.0f}"
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"


def distribution_words(parameters: Mapping[str, float]) -> str:
    """Describe a distribution as it was given, by its parameters; a single number if it has no width.

    `4 to 8`; `1 to 4, likely 2`; `about 50, standard deviation 10`; `1 to 9 in 8 of 10 cases, median 3`.
    """
    numbers = {key: plain_number(number) for key, number in parameters.items()}
    match numbers:
        case {"mean": mean, "sd": deviation}:
            return f"about {mean}, standard deviation {deviation}"
        case {"low": low, "high": high} | {"p10": low, "p90": high} if low == high:
            return low
        case {"low": low, "likely": likely, "high": high}:
            return f"{low} to {high}, likely {likely}"
        case {"p10": low, "p50": middle, "p90": high}:
            return f"{low} to {high} in 8 of 10 cases, median {middle}"
        case _:
            return f"{numbers['low']} to {numbers['high']}"


def strength_words(influence: Influence) -> str:
    """Format the strength of an influence, the likeliest first: `+0.04 (+0.01 to +0.12)`; one if all are equal."""
    low, likely, high = influence.strength
    return f"{likely:+g}" if low == high else f"{likely:+g} ({low:+g} to {high:+g})"


def lag_words(influence: Influence) -> str:
    """Format the lag of an influence: `3 months`."""
    return counted(influence.lag, "month")


def mean_words(score: Score) -> str:
    """Name the mean of a score."""
    return f"power mean, exponent {score.mean.power:g}" if isinstance(score.mean, PowerMean) else f"{score.mean} mean"


def share_words(spec: ModelSpec, score: str, name: str, share: float | None = None) -> str:
    """Describe the direction of an input of a score and its share of the weights (None: of all weights)."""
    weights = spec.scores[score]
    if share is None:
        share = abs(weights.weight(name)) / sum(abs(weights.weight(other)) for other in weights.weights)
    return f"{direction(spec, score, name)}, {share:.1%}"


def weight_words(spec: ModelSpec, score: str, name: str) -> str:
    """Format a signed weight, with the direction of the score if that does not follow from the sign."""
    weight = spec.scores[score].weight(name)
    course = direction(spec, score, name)
    return f"{weight:+g}" if course == ("raises" if weight > 0 else "lowers") else f"{weight:+g} ({course})"


def weight_reason(score: Score, name: str) -> str:
    """Return the justification of a weight; empty without one."""
    entry = score.weights[name]
    return entry.because if isinstance(entry, Weight) else ""


NO_EFFECT = "no effect"


def direction(spec: ModelSpec, score: str, name: str) -> str:
    """Describe the course of a score as one of its inputs rises over all of its valid values.

    Parameters
    ----------
    score : the score.
    name : an indicator or sub-score that has a weight in it.

    Returns
    -------
    `raises`, `lowers`, `rises and falls`, `falls and rises`, or `no effect`; for labels, those at which the score is
    highest, such as `highest at crisis`.
    """
    positive = spec.scores[score].weight(name) > 0
    if name in spec.scores:
        constant = all(direction(spec, name, part) == NO_EFFECT for part in spec.scores[name].weights)
        return NO_EFFECT if constant else "raises" if positive else "lowers"
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
