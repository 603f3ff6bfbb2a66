"""New weights: shares as weights that a person can read, and a model with them in place of its own."""

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Weight

_STEPS = 300
"""The average weight holds at least so many of the steps that weights are rounded to."""


def new_weights(old: Mapping[str, float], shares: Mapping[str, float]) -> dict[str, float]:
    """Weights with given shares of what some inputs weigh together, rounded.

    They sum to what the old ones sum to, in decimal digits (largest remainder, the method of A. Hamilton); none becomes
    0, and each keeps its sign.

    Parameters
    ----------
    old : the signed weights by input; none is 0.
    shares : of those inputs whose weights change, above 0; what they sum to does not matter. The others are left out.

    Returns
    -------
    The signed weights by input, in the order of the old ones.
    """
    if not shares:
        return dict(old)
    names = [name for name in old if name in shares]
    together = sum(Decimal(repr(abs(old[name]))) for name in names)
    assert isinstance(together, Decimal)  # noqa: S101  (there is at least one)
    written = together.normalize().as_tuple().exponent
    assert isinstance(written, int)  # noqa: S101  (a weight is finite)
    places = max(math.ceil(math.log10(_STEPS * len(names) / together)), -written, 0)
    units = int(together.scaleb(places))
    whole = sum(Fraction(shares[name]) for name in names)
    quotas = {name: Fraction(shares[name]) * units / whole for name in names}
    counts = {name: max(1, math.floor(quota)) for name, quota in quotas.items()}
    spare = units - sum(counts.values())
    if spare < 0:
        counts[max(counts, key=lambda name: counts[name])] += spare
    for name in sorted(names, key=lambda name: counts[name] - quotas[name])[: max(spare, 0)]:
        counts[name] += 1
    found = {name: math.copysign(float(Decimal(counts[name]).scaleb(-places)), old[name]) for name in names}
    return {name: found.get(name, weight) for name, weight in old.items()}


def weights_of(spec: ModelSpec, score: str) -> dict[str, float]:
    """The signed weights of a score, in the order of the file."""
    weighing = spec.scores[score]
    return {name: weighing.weight(name) for name in weighing.weights}


def with_weights(spec: ModelSpec, score: str, weights: Mapping[str, float]) -> ModelSpec:
    """The model with other weights in one score; the reasons beside them stay."""
    old = spec.scores[score]
    entries = {
        name: entry.model_copy(update={"weight": weights[name]}) if isinstance(entry, Weight) else weights[name]
        for name, entry in old.weights.items()
    }
    changed = old.model_copy(update={"weights": entries})
    return spec.model_copy(update={"scores": {**spec.scores, score: changed}})
