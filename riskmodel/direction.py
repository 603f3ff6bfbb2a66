"""Direction: what a score does as one of its inputs rises, by the scale of the input and the sign of its weight."""

from itertools import groupby, pairwise

import numpy as np

from riskmodel.engine.compiled import scale_kernel
from riskmodel.kernels.scales import Floats
from riskmodel.marks import scale_marks
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Indicator
from riskmodel.spec.scales import Fit, Levels

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
    scale = spec.indicators[name].scale
    if isinstance(scale, Levels):
        return _highest_labels(scale, positive)
    turns = [up == positive for up in course(spec.indicators[name])]
    if len(turns) > 1:
        return "rises and falls" if turns[0] else "falls and rises"
    return NO_EFFECT if not turns else "raises" if turns[0] else "lowers"


def course(indicator: Indicator) -> tuple[bool, ...]:
    """Whether the intensity rises or falls, in turn, as the raw value goes up; empty where it stays the same."""
    if isinstance(indicator.scale, Fit):
        return (True,)
    steps = (after > before for before, after in pairwise(intensities(indicator).tolist()) if after != before)
    return tuple(up for up, _ in groupby(steps))


def intensities(indicator: Indicator) -> Floats:
    """(k,) intensities at both ends of what is valid and at the knots between, upwards; of labels, in their order.

    Parameters
    ----------
    indicator : with a scale, which is fitted.
    """
    low, high = indicator.bounds
    places = {low, high, *(mark for mark in scale_marks(indicator) if low < mark < high)}
    if isinstance(indicator.scale, Levels):
        places = set(range(len(indicator.scale.levels)))
    kernel, _ = scale_kernel(indicator)
    assert kernel is not None  # noqa: S101
    return kernel(np.array(sorted(places), dtype=float))


def _highest_labels(scale: Levels, positive: bool) -> str:
    best = (max if positive else min)(scale.levels.values())
    labels = [label for label, intensity in scale.levels.items() if intensity == best]
    return NO_EFFECT if len(labels) == len(scale.levels) else f"highest at {' or '.join(labels)}"
