"""What the page needs to know of a model to draw a control for each indicator."""

import math
from collections.abc import Iterator
from typing import Any

from riskmodel.errors import ModelError
from riskmodel.marks import Range, whole_range
from riskmodel.model import Model
from riskmodel.report.data import identity_data
from riskmodel.spec.model import ModelSpec
from riskmodel.spec.parts import Indicator, Score

_STEPS = 100
"""A slider has at least so many steps, so that an arrow key moves it by what can be seen."""


def controls(model: Model) -> dict[str, Any]:
    """The model as the page shows it: scores, indicators, and the groups in which these stand; plain data for JSON."""
    spec = model.spec
    return {
        "model": {**identity_data(model.identity), "title": model.identity.title, "description": spec.description},
        "scores": [_score(spec, name, score) for name, score in spec.scores.items()],
        "indicators": {name: _indicator(spec, name, indicator) for name, indicator in spec.indicators.items()},
        "groups": [{"title": title, "indicators": names} for title, names in _groups(model)],
    }


def core(model: Model) -> list[str]:
    """The core of a model: its first indicators, as many as it takes until every score can be given."""
    values: dict[str, float | str] = {}
    for name, indicator in model.spec.indicators.items():
        values[name] = _some_value(model.spec, name, indicator)
        found = model.assess(values)
        if all(score.value is not None for score in found.scores.values()):
            break
    return list(values)


def _some_value(spec: ModelSpec, name: str, indicator: Indicator) -> float | str:
    if indicator.labels is not None:
        return indicator.labels[0]
    try:
        return whole_range(spec, name).high
    except ModelError:
        low, high = indicator.bounds
        return min(max(0.0, low), high)


def _groups(model: Model) -> Iterator[tuple[str, list[str]]]:
    """The core, then all else as context, by the model's own groups."""
    spec, first = model.spec, core(model)
    rest = [name for name in spec.indicators if name not in first]
    yield ("Core" if rest else "Indicators"), first
    for group in [*spec.groups, None]:
        if names := [name for name in rest if spec.indicators[name].group == group]:
            yield (f"Context: {spec.groups[group].title}" if group else "Context"), names


def _score(spec: ModelSpec, name: str, score: Score) -> dict[str, Any]:
    return {
        "name": name,
        "title": score.title or name,
        "out_of": score.out_of,
        "bands": dict(score.bands),
        "is_sub_score": name in spec.sub_scores,
    }


def _indicator(spec: ModelSpec, name: str, indicator: Indicator) -> dict[str, Any]:
    labels = indicator.labels
    guide = [{"value": _anchor(indicator, key), "text": text} for key, text in indicator.guide.items()]
    return {
        "title": indicator.title or name,
        "unit": indicator.unit,
        "description": indicator.description,
        "valid": list(indicator.valid or (None, None)),
        "valid_text": indicator.valid_text,
        "default": indicator.assumed,
        "labels": None if labels is None else list(labels),
        "slider": _slider(spec, name) if labels is None else None,
        "guide": sorted(guide, key=lambda anchor: anchor["value"]) if labels is None else guide,
    }


def _anchor(indicator: Indicator, key: str) -> float | str:
    return float(key) if indicator.labels is None else key


def _slider(spec: ModelSpec, name: str) -> dict[str, Any] | None:
    """How far the slider goes, and in what steps; None where nothing in the model tells, so that there is none."""
    try:
        found = whole_range(spec, name)
    except ModelError:
        return None
    return {**found._asdict(), "step": _step(found)}


def _step(found: Range) -> float:
    """A power of ten (of the unit; on a logarithmic slider of its decades), or a half or fifth of one."""
    width = math.log10(found.high / found.low) if found.logarithmic else found.high - found.low
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width / _STEPS))
    return next(power * factor for factor in (5.0, 2.0, 1.0) if power * factor <= width / _STEPS * (1 + 1e-9))
