"""One-at-a-time sensitivity: the change of a score while one input varies and all others are fixed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import computed_field

from riskmodel.analysis.sampling import Factor, UncertainInputs
from riskmodel.analysis.sensitivity.effective_weights import TIE_DECIMALS
from riskmodel.analysis.situations import Case
from riskmodel.engine.block import score_block
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.results import Record
from riskmodel.schema.breakpoints import probe_values, range_quantile

ENDS = (0.05, 0.95)
"""The quantiles between which a distribution varies, its central 90 %."""
_STEPS = 32
"""Even steps from end to end, besides breakpoints: rules on scores may turn anywhere."""


@dataclass(frozen=True, slots=True)
class Bar(Record):
    """The effect of one input alone on a score.

    Attributes
    ----------
    name, title, unit : the indicator.
    low, high : the ends of its variation, in its unit, or its first and last label.
    at_low, at_high : the score at these ends, in [0, out_of].
    least, greatest : of the score between the ends, at the values tried: a score need not be monotone.
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
        """The range of the score, in points."""
        return self.greatest - self.least


def tornado(model: Model, case: Case, inputs: UncertainInputs, over: Literal["given", "range"]) -> dict[str, list[Bar]]:
    """Return the bars of every score, the longest first; ties in the order of the model.

    Parameters
    ----------
    model : the model.
    case : the values at which inputs are fixed, medians of distributions; missing ones stay missing.
    inputs : those among its factors vary.
    over : `range` for the whole range of the indicator, `given` for the central part of the distribution.
    """
    moved = {factor.name: _values(model, factor, over) for factor in inputs.factors if not factor.is_weight}
    if not moved:
        return {}
    rows = sum(map(len, moved.values()))
    columns = {name: np.full(rows, case.given.get(name, np.nan)) for name in {*case.given, *moved}}
    slices: dict[str, slice] = {}
    start = 0
    for name, values in moved.items():
        slices[name] = slice(start, start + len(values))
        columns[name][slices[name]] = values
        start += len(values)
    block = score_block(inputs.model, columns, rows)
    return {
        score: sorted(_bars(model, case, moved, slices, scored.value), key=lambda bar: -round(bar.swing, TIE_DECIMALS))
        for score, scored in block.scores.items()
    }


def _values(model: Model, factor: Factor, over: Literal["given", "range"]) -> Floats:
    """Return the values of an input, from its low end to its high end."""
    labels = model.compiled.indicators[factor.name].labels
    if labels is not None:
        return np.arange(float(len(labels)))
    # The whole range is that of the indicator, since the default of a missing value may be a distribution without ends.
    if over == "range":
        quantile, ends = range_quantile(model.spec, factor.name), (0.0, 1.0)
    else:
        quantile, ends = factor.quantile, ENDS
    steps = quantile(np.linspace(*ends, _STEPS + 1))
    breakpoints = probe_values(model.spec, factor.name)
    return np.unique(np.append(steps, breakpoints[(breakpoints > steps[0]) & (breakpoints < steps[-1])]))


def _bars(
    model: Model, case: Case, moved: Mapping[str, Floats], slices: Mapping[str, slice], scores: Floats
) -> Iterator[Bar]:
    for name, values in moved.items():
        indicator, labels = model.spec.indicators[name], model.compiled.indicators[name].labels
        low, high = (float(end) if labels is None else labels[int(end)] for end in (values[0], values[-1]))
        along = scores[slices[name]]
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
