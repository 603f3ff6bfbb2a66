"""One at a time: how far a score moves while one input goes through its range and all others are held."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import computed_field

from riskmodel.analysis.sampling import Factor, UncertainInputs
from riskmodel.analysis.situations import Case
from riskmodel.engine.block import score_block
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model
from riskmodel.results import Record
from riskmodel.schema.breakpoints import probe_values, range_quantile

ENDS = (0.05, 0.95)
"""A distribution is gone through from one of these quantiles to the other, its central 90 %."""
_STEPS = 32
"""Even steps from end to end, beside the values at which the model turns: rules may turn anywhere."""


@dataclass(frozen=True, slots=True)
class Bar(Record):
    """What one input does to a score by itself.

    Attributes
    ----------
    name, title, unit : the indicator.
    low, high : the ends of what it goes through, in its unit, or its first and last label.
    at_low, at_high : the score at these ends, in [0, out_of].
    least, greatest : of the score anywhere between the ends, as far as was looked: a score need not be monotone.
    missing : whether the situation gives no value for it.
    """

    name: str
    title: str
    unit: str | None
    low: float | str
    high: float | str
    at_low: float
    at_high: float
    least: float
    greatest: float
    missing: bool

    @computed_field  # type: ignore[prop-decorator]
    @property
    def swing(self) -> float:
        """How far the score moves, in points."""
        return self.greatest - self.least


def tornado(model: Model, case: Case, setting: UncertainInputs, whole: bool) -> dict[str, list[Bar]]:
    """The bars of every score, the longest first; where they are as long, in the order of the model.

    Parameters
    ----------
    model : the model.
    case : the others are held at its values, of distributions at their medians; what is missing stays so.
    setting : the inputs among its factors are what is moved.
    whole : vary inputs over the whole range of the indicator, not over the central part of their distribution.
    """
    moved = {factor.name: _values(model, factor, whole) for factor in setting.factors if not factor.is_weight}
    if not moved:
        return {}
    rows = sum(map(len, moved.values()))
    columns = {name: np.full(rows, case.given.get(name, np.nan)) for name in {*case.given, *moved}}
    places: dict[str, slice] = {}
    start = 0
    for name, values in moved.items():
        places[name] = slice(start, start + len(values))
        columns[name][places[name]] = values
        start += len(values)
    block = score_block(setting.model, columns, rows)
    return {
        score: sorted(_bars(model, case, moved, places, found.value), key=lambda bar: -bar.swing)
        for score, found in block.scores.items()
    }


def _values(model: Model, factor: Factor, whole: bool) -> Floats:
    """Return what an input goes through, from its low end to its high end."""
    labels = model.compiled.indicators[factor.name].labels
    if labels is not None:
        return np.arange(float(len(labels)))
    # A distribution may have no end: the whole range is that of the indicator, whatever a missing value is drawn from.
    quantile, ends = (range_quantile(model.spec, factor.name), (0.0, 1.0)) if whole else (factor.quantile, ENDS)
    steps = quantile(np.linspace(*ends, _STEPS + 1))
    turns = probe_values(model.spec, factor.name)
    return np.unique(np.append(steps, turns[(turns > steps[0]) & (turns < steps[-1])]))


def _bars(
    model: Model, case: Case, moved: Mapping[str, Floats], places: Mapping[str, slice], scores: Floats
) -> Iterator[Bar]:
    for name, values in moved.items():
        indicator, labels = model.spec.indicators[name], model.compiled.indicators[name].labels
        low, high = (float(end) if labels is None else labels[int(end)] for end in (values[0], values[-1]))
        along = scores[places[name]]
        yield Bar(
            name,
            indicator.title or name,
            indicator.unit,
            low,
            high,
            float(along[0]),
            float(along[-1]),
            float(along.min()),
            float(along.max()),
            name not in case.given,
        )
