"""Direction: what a score does as one of its inputs rises, by the scale of the input and the sign of its weight."""

import numpy as np

from riskmodel.spec.model import ModelSpec
from riskmodel.spec.scales import Scale

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
