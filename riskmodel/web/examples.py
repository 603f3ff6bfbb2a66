"""Example requests for the served model, which work as they are."""

import csv
import io
import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from riskmodel.errors import ModelError
from riskmodel.model import Model
from riskmodel.schema.breakpoints import indicator_range
from riskmodel.web.page_data import situation_data

_UNIT, _TIME = "pair", "year"
_SHARES = 0.5, 0.75
_YEARS = 30
"""An outlook needs 24."""


class Example(NamedTuple):
    """Body of a request, data for JSON or a table as text, and its query parameters."""

    body: Mapping[str, Any] | str
    query: Mapping[str, str] = {}


def example_requests(model: Model) -> dict[str, Example]:
    """Return a request for each path that takes a body."""
    situations = _situations(model)
    first = situations[0]
    table, series = _table(model, 2), {"by": _UNIT, "time": _TIME}
    return {
        "/api/score": Example(first),
        "/api/uncertainty": Example({"situation": first, "weight_uncertainty": 0.2}),
        "/api/sensitivity": Example({"situation": first, "over": "range", "draws": 256}),
        "/api/levers": Example({"situation": first, "target": _target(model)}),
        "/api/compare": Example({"situations": situations}),
        "/api/batch": Example(table, {"explain": "true"}),
        "/api/series": Example(table, {**series, "draws": "0"}),
        "/api/outlook": Example(_table(model, _YEARS), {**series, "horizon": "3", "draws": "200"}),
    }


def _situations(model: Model) -> list[dict[str, Any]]:
    """Return two situations: the first scenarios, or else values within the ranges."""
    scenarios = [
        {"title": data["title"], "values": {name: _shortest(value) for name, value in data["values"].items()}}
        for data in map(situation_data, list(model.scenarios.values())[: len(_SHARES)])
    ]
    others = [{"title": f"At {share:.0%} of the ranges", "values": _values(model, share)} for share in _SHARES]
    return [*scenarios, *others[len(scenarios) :]]


def _values(model: Model, share: float) -> dict[str, Any]:
    """Return the value of each indicator at a share of its range, or of the list of its labels."""
    values: dict[str, Any] = {}
    for name, indicator in model.spec.indicators.items():
        if indicator.labels is not None:
            labels = list(indicator.labels)
            values[name] = labels[min(int(share * len(labels)), len(labels) - 1)]
            continue
        try:
            low, high, logarithmic = indicator_range(model.spec, name)
        except ModelError:
            continue
        value = low * (high / low) ** share if logarithmic else low + share * (high - low)
        values[name] = _rounded(value, low, high)
    return values


def _rounded(value: float, low: float, high: float) -> Any:
    """Round to two significant digits of the width of the range."""
    digits = 1 - math.floor(math.log10(high - low)) if high > low else 0
    return _shortest(min(max(round(value, digits), low), high))


def _shortest(value: Any) -> Any:
    """Return 3 for 3.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _target(model: Model) -> str:
    """Return a target for the first score: half of what it can be, towards its better end."""
    name, score = next(iter(model.spec.scores.items()))
    return f"{name} {'>=' if score.better == 'high' else '<='} {score.out_of / 2:.10g}"


def _table(model: Model, years: int) -> str:
    """Return CSV with a row for each year of one pair, whose values rise and fall within the ranges."""
    rows = [_values(model, 0.5 + 0.25 * math.sin(year)) for year in range(years)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_UNIT, _TIME, *rows[0]])
    writer.writerows(["A-B", 2001 + year, *row.values()] for year, row in enumerate(rows))
    return text.getvalue()
