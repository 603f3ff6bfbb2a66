"""Responses to influences: how the intensities of indicators move each other, month by month.

With s the intensity of an indicator, g the strength of an influence on it, L the lag and d the deviation of the source
from its intensity at the start:

- the influence pushes by p = g d(t - L) in month t, not at all up to month L, because nothing deviates at the start;
- U is the sum of the pushes above 0 in a month, and D that of the others, without their signs;
- s(t) = s(t - 1) + ((upper - s(t - 1)) U - (s(t - 1) - lower) D) / max(1, U + D).

Lower and upper are the lowest and the highest intensity that a valid value has. The new intensity is a weighted mean of
the old one and these two, so it stays between them, whatever the strengths are, and in every loop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.quantiles import quantile_of
from riskmodel.analysis.sampling import replicate_generators, sobol_points
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.schema.distributions import median
from riskmodel.schema.influences import Influence
from riskmodel.schema.scales import Scale
from riskmodel.tables.arrays import Mask


class Responses(NamedTuple):
    """Intensities, and what changed them, for n draws; the first month is the start.

    Attributes
    ----------
    values : (months + 1, n) raw values by indicator.
    intensities : (months + 1, m, n), in the order of the indicators.
    own : (months + 1, m, n) changes that are the indicators' own.
    pushed : (months + 1, k, n) changes of their targets by the influences. The changes of an indicator in a month sum
        to the difference of its intensities.
    """

    values: Mapping[str, Floats]
    intensities: Floats
    own: Floats
    pushed: Floats


@dataclass(frozen=True)
class InfluenceSystem:
    """Indicators and the influences between them.

    Attributes
    ----------
    model : the model.
    indicators : m names, sorted; all have a scale of numbers.
    influences : k influences between them, sorted by name, so that the order of a model file changes no sum.
    """

    model: Model
    indicators: tuple[str, ...]
    influences: Mapping[str, Influence]

    @classmethod
    def of(cls, model: Model, known: Iterable[str]) -> "InfluenceSystem":
        """Return the system of the indicators that have a value; influences with an end that has none are left out."""
        names = set(known)
        influences = {
            name: influence
            for name, influence in sorted(model.spec.influences.items())
            if {influence.source, influence.target} <= names
        }
        numeric = (name for name in sorted(names) if _is_numeric(model, name))
        return cls(model, tuple(numeric), influences)

    def strengths(self, draws: int, seed: int) -> Floats:
        """Draw (k, draws) strengths at Sobol' points; `draws` is a power of 2."""
        if not self.influences:
            return np.empty((0, draws))
        points = sobol_points(len(self.influences), draws, replicate_generators(seed, 1)[0])
        drawn = zip(self.influences.values(), points, strict=True)
        return np.stack([quantile_of(influence.distribution, (-1.0, 1.0))(shares) for influence, shares in drawn])

    @property
    def medians(self) -> Floats:
        """The (k, 1) medians of the strengths."""
        medians = [median(influence.distribution, (-1.0, 1.0)) for influence in self.influences.values()]
        return np.array(medians).reshape(-1, 1)

    def respond(
        self, own: Mapping[str, Floats], strengths: Floats, held: Mapping[str, Mask] | None = None
    ) -> Responses:
        """Follow the influences from the start.

        Parameters
        ----------
        own : (months + 1, n) valid raw values of each indicator as they are without any influence; the first are the
            start. Their changes from month to month are taken over, as far as the limits of intensities leave room.
        strengths : (k, n) or (k, 1), per month.
        held : (months + 1,) by indicator: the months in which its value is its own, whatever pushes it.
        """
        rows = {name: row for row, name in enumerate(self.indicators)}
        base = np.stack([_intensities(self._scale(name), own[name]) for name in self.indicators])
        base = np.ascontiguousarray(base.transpose(1, 0, 2))
        limits = np.array([self._limits(name) for name in self.indicators])
        # A rounding error may lead beyond the limits; what is not pushed stays as it is.
        lower = np.minimum(limits[:, 0], base.min(axis=(0, 2)))[:, None]
        upper = np.maximum(limits[:, 1], base.max(axis=(0, 2)))[:, None]
        is_held = np.zeros(base.shape[:2], bool)
        for name, months in (held or {}).items():
            is_held[:, rows[name]] = months
        links = [_Link(rows[item.source], rows[item.target], item.lag) for item in self.influences.values()]
        states, moved = np.empty_like(base), np.zeros_like(base)
        pushed = np.zeros((len(base), len(links), base.shape[2]))
        states[0] = base[0]
        for month in range(1, len(base)):
            # In this order, a value that nothing has pushed stays exactly what it is.
            start = np.clip(base[month] + (states[month - 1] - base[month - 1]), lower, upper)
            start[is_held[month]] = base[month, is_held[month]]
            for push, link, strength in zip(pushed[month], links, strengths, strict=True):
                if month > link.lag and not is_held[month, link.target]:
                    push[:] = strength * (states[month - link.lag, link.source] - states[0, link.source])
            _take_room(pushed[month], links, start, lower, upper)
            states[month] = start
            for push, link in zip(pushed[month], links, strict=True):
                states[month, link.target] += push
            # Beyond the limits by a rounding error at most.
            states[month] = np.clip(states[month], lower, upper)
            moved[month] = start - states[month - 1]
        values = {name: self._raw_values(name, states[:, row], own[name]) for name, row in rows.items()}
        return Responses(values, states, moved, pushed)

    def _scale(self, name: str) -> Scale:
        scale = self.model.spec.indicators[name].scale
        assert scale is not None  # noqa: S101  (see `of`)
        return scale

    def _limits(self, name: str) -> tuple[float, float]:
        intensities = self._scale(name).intensities(self.model.spec.indicators[name].bounds)
        return float(intensities.min()), float(intensities.max())

    def _raw_values(self, name: str, intensities: Floats, near: Floats) -> Floats:
        """Return the (months + 1, n) raw values of intensities."""
        bounds = self.model.spec.indicators[name].bounds
        near = np.broadcast_to(near, intensities.shape)
        return self._scale(name).raw_values(intensities.ravel(), near.ravel(), bounds).reshape(intensities.shape)


class _Link(NamedTuple):
    """An influence between indicators by their rows."""

    source: int
    target: int
    lag: int


def _take_room(pushes: Floats, links: Sequence[_Link], start: Floats, lower: Floats, upper: Floats) -> None:
    """Convert (k, n) pushes in place to what each changes: its share of the room that its target has left."""
    total = np.zeros_like(start)
    for push, link in zip(pushes, links, strict=True):
        total[link.target] += np.abs(push)
    for push, (_, target, _) in zip(pushes, links, strict=True):
        room = np.where(push > 0, upper[target] - start[target], start[target] - lower[target])
        push[:] = push * room / np.maximum(total[target], 1.0)


def _is_numeric(model: Model, name: str) -> bool:
    indicator = model.spec.indicators[name]
    return (
        indicator.scale is not None and indicator.labels is None and len(indicator.scale.course(indicator.bounds)) < 2
    )


def _intensities(scale: Scale, values: Floats) -> Floats:
    return scale.normalise(values.ravel()).reshape(values.shape)


def with_influences(
    model: Model, last: Mapping[str, float], paths: Mapping[str, Floats], seed: int, months: int = 1
) -> dict[str, Floats]:
    """Add the responses to influences to drawn paths of the indicators of one unit.

    What deviates from the last known values pushes, a draw of the strengths for each draw of the paths. A forecast from
    data has the influences of the past in it already, so the two are mixed only on request, and a backtest tells what
    that adds.

    Parameters
    ----------
    model : the model; without influences the paths are returned as they are.
    last : the last known raw value by indicator.
    paths : (steps, draws) raw values by indicator; NaN or absent where missing.
    seed : of the strengths.
    months : that a step of the paths has, such as 12 for years; between two steps, intensities move evenly.

    Returns
    -------
    (steps, draws) raw values by indicator: those that influences push are changed. An indicator without a last value or
    path neither pushes nor is pushed.
    """
    known = [name for name, path in paths.items() if name in last and not np.isnan(path).any()]
    system = InfluenceSystem.of(model, model.spec.influence_ends.intersection(known))
    if not system.influences:
        return dict(paths)
    draws = next(iter(paths.values())).shape[1]
    strengths = system.strengths(1 << (draws - 1).bit_length(), seed)[:, :draws]
    own = {
        name: _monthly(np.vstack([np.full((1, draws), last[name]), paths[name]]), months) for name in system.indicators
    }
    responses = system.respond(own, strengths)
    return {**paths, **{name: values[months::months] for name, values in responses.values.items()}}


def _monthly(values: Floats, months: int) -> Floats:
    """Return (steps * months + 1, n) values that move evenly between those of (steps + 1, n)."""
    if months == 1:
        return values
    shares = (np.arange(months) / months)[:, None]
    between = [before * (1.0 - shares) + after * shares for before, after in pairwise(values)]
    return np.vstack([*between, values[-1:]])
