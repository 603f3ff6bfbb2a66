"""Plain data for the page: a control for each indicator of the model, and the presets to start from."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from riskmodel.documents.document import shipped_folder
from riskmodel.documents.situations import Situation, read_situations
from riskmodel.errors import ModelError, RiskmodelError
from riskmodel.model import Model
from riskmodel.schema.breakpoints import Range, indicator_range
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.parts import Indicator, Score

_MIN_STEPS = 100
"""Least number of steps of a slider, so that an arrow key moves it visibly."""
_GIVEN, _SCENARIO, _EXAMPLE = "Given", "Scenarios of the model", "Examples"


def controls(model: Model) -> dict[str, Any]:
    """Return the scores and indicators of a model, and the groups in which the page shows them."""
    spec = model.spec
    return {
        "model": {**asdict(model.identity), "description": spec.description},
        "scores": [_score(spec, name, score) for name, score in spec.scores.items()],
        "indicators": {name: _indicator(spec, name, indicator) for name, indicator in spec.indicators.items()},
        "groups": [{"title": title, "indicators": names} for title, names in _groups(model)],
    }


def core(model: Model) -> list[str]:
    """Return the core of a model: its first indicators, as many as it takes until every score has a value."""
    values: dict[str, float | str] = {}
    for name, indicator in model.spec.indicators.items():
        values[name] = _some_value(model.spec, name, indicator)
        scores = model.assess(values).scores.values()
        if all(score.value is not None for score in scores):
            break
    return list(values)


def _some_value(spec: ModelSpec, name: str, indicator: Indicator) -> float | str:
    if indicator.labels is not None:
        return indicator.labels[0]
    try:
        return indicator_range(spec, name).high
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
    """Return the ends and the step of the slider; None where the model does not say how far the indicator ranges."""
    try:
        slider = indicator_range(spec, name)
    except ModelError:
        return None
    return {**slider._asdict(), "step": _step(slider)}


def _step(slider: Range) -> float:
    """Return a power of ten (of the unit; on a logarithmic slider of its decades), or a half or fifth of one."""
    width = math.log10(slider.high / slider.low) if slider.logarithmic else slider.high - slider.low
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width / _MIN_STEPS))
    return next(power * factor for factor in (5.0, 2.0, 1.0) if power * factor <= width / _MIN_STEPS * (1 + 1e-9))


def presets(model: Model, given: Situation | None) -> list[dict[str, Any]]:
    """Return what a what-if can start from: kind, key, title and situation of each.

    Parameters
    ----------
    model : what the situations must be valid for.
    given : a situation that comes before all others, known to be valid.
    """
    situations = [(_GIVEN, given)] if given else []
    situations += [(_SCENARIO, situation) for situation in model.scenarios.values()]
    situations += [(_EXAMPLE, situation) for situation in _examples() if _is_for(model, situation)]
    return [_preset(kind, situation) for kind, situation in situations]


def first_of(presets: Sequence[dict[str, Any]]) -> str | None:
    """Return the key of the preset that the page begins with: the given situation, else an example, else a scenario."""
    order = (_GIVEN, _EXAMPLE, _SCENARIO)
    return min(presets, key=lambda preset: order.index(preset["kind"]))["key"] if presets else None


def situation_data(situation: Situation) -> dict[str, Any]:
    """Return a situation as a situation file has it, without what is not given; changes are among its values."""
    content = situation.spec.model_dump(mode="json", exclude_defaults=True, exclude={"values"})
    values = situation.spec.model_copy(update={"values": situation.values}).model_dump(mode="json")["values"]
    return {**content, "values": values}


def _preset(kind: str, situation: Situation) -> dict[str, Any]:
    spec = situation.spec
    title = spec.title or spec.id or "A situation"
    date = f" ({spec.date})" if spec.date and spec.date not in title else ""
    key = _GIVEN.lower() if kind == _GIVEN else spec.id or title
    return {"kind": kind, "key": key, "title": f"{title}{date}", "situation": situation_data(situation)}


def _examples() -> list[Situation]:
    folder = shipped_folder("examples")
    files = sorted(path for path in folder.glob("*.*") if path.suffix in (".yaml", ".json"))
    return [situation for file in files for situation in read_situations(file)]


def _is_for(model: Model, situation: Situation) -> bool:
    """Whether this model can assess an example; they were written for the default one."""
    if situation.model not in (None, model.spec.id):
        return False
    try:
        model.assess(situation)
    except RiskmodelError:
        return False
    return True
