"""Plausible bands of scores: unknown values are sampled many times, and every draw is scored.

This is multiple imputation (D. B. Rubin, *Multiple Imputation for Nonresponse in Surveys*, 1987). Missing values are
sampled from the distributions of `missing_quantile`, from which `riskmodel.uncertainty` samples, too, with more draws
and with standard errors. Here the draws are the points of a lattice (N. M. Korobov, *The approximate computation of
multiple integrals*, Doklady Akademii Nauk SSSR 124, 1959), which is always the same and needs no SciPy, whose import
would take longer than the rest of an assessment.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np

from riskmodel.engine.block import score_block
from riskmodel.engine.compile import CompiledModel
from riskmodel.errors import ModelError
from riskmodel.kernels.types import Floats
from riskmodel.plan.numpy_steps import band_codes, reported
from riskmodel.schema.base import Strict
from riskmodel.schema.breakpoints import range_quantile
from riskmodel.schema.distributions import Numerics, Quantile, quantile_function
from riskmodel.schema.model import ModelSpec
from riskmodel.schema.situation import Distribution

DRAWS = 2048
INTERVAL = (0.05, 0.95)
"""Ends of the 90 % interval, as shares of the draws."""
_GENERATOR = 173
"""Generator of the lattice: coordinate j of point i is i x 173^j modulo `DRAWS`. Of all generators it has the smallest
error (P2) in 24 dimensions whose weights fall by a factor of 0.7 each."""
_GRID: Floats = (np.arange(DRAWS) + 0.5) / DRAWS
_INDICES = np.arange(DRAWS)
_ANGLES = 4096
"""Steps of the integral of a beta density."""


def missing_quantile(spec: ModelSpec, name: str, numerics: Numerics) -> Quantile | None:
    """Return the quantile function from which a missing indicator is sampled.

    Returns
    -------
    That of the model's default distribution; without a default, that of the indicator's range; None if the default is
    a single value.

    Raises
    ------
    ModelError
        If there is no default and the range of the indicator is unknown.
    """
    indicator = spec.indicators[name]
    if indicator.default is None:
        return range_quantile(spec, name)
    if not isinstance(indicator.default, Strict):
        return None
    return quantile_function(indicator.default, indicator.bounds, numerics)


class Imputation:
    """Samples the unknown values of situations.

    Parameters
    ----------
    spec, compiled : the model.
    """

    def __init__(self, spec: ModelSpec, compiled: CompiledModel) -> None:
        self._spec, self._compiled = spec, compiled
        self._dimensions = {name: position for position, name in enumerate(compiled.indicators)}
        self._missing: dict[str, Floats | None] = {}

    def bands(self, given: Mapping[str, float], uncertain: Mapping[str, Distribution]) -> dict[str, tuple[int, int]]:
        """Return the positions of the bands at the ends of the 90 % interval of each score.

        Parameters
        ----------
        given : the numbers of a situation by indicator, without missing ones.
        uncertain : the distributions of a situation.

        Returns
        -------
        By score with bands, the lower one first. Empty if nothing is uncertain.
        """
        columns: dict[str, Floats] = {}
        for name in self._dimensions:
            if name in uncertain:
                bounds = self._spec.indicators[name].bounds
                columns[name] = self._sample(name, quantile_function(uncertain[name], bounds, _NUMERICS))
            elif name not in given and (column := self._missing_column(name)) is not None:
                columns[name] = column
        if not columns:
            return {}
        columns |= {name: np.full(DRAWS, value) for name, value in given.items() if name not in columns}
        block = score_block(self._compiled, columns, DRAWS)
        positions: dict[str, tuple[int, int]] = {}
        for name, score in self._compiled.scores.items():
            if score.bands and (ends := _interval(block.scores[name].steps.value)) is not None:
                low, high = band_codes(reported(ends, score.decimals), score.band_starts).tolist()
                positions[name] = low, high
        return positions

    def _missing_column(self, name: str) -> Floats | None:
        """Return the draws of a missing indicator, sampled once; None if it is not sampled."""
        if name not in self._missing:
            try:
                quantile = missing_quantile(self._spec, name, _NUMERICS)
            except ModelError:  # its range is unknown, so it stays missing
                quantile = None
            self._missing[name] = None if quantile is None else self._sample(name, quantile)
        return self._missing[name]

    def _sample(self, name: str, quantile: Quantile) -> Floats:
        step = pow(_GENERATOR, self._dimensions[name], DRAWS)
        return quantile(_GRID)[_INDICES * step % DRAWS]


def _interval(draws: Floats) -> Floats | None:
    """Return the ends of the 90 % interval by Hazen's plotting positions; None if a draw is NaN.

    As `numpy.quantile`, which would import `numpy.ma`, a tenth of an assessment on the command line.
    """
    positions = [share * DRAWS - 0.5 for share in INTERVAL]
    below = [int(position) for position in positions]
    ordered = np.partition(draws, [*below, *(index + 1 for index in below), DRAWS - 1])
    if np.isnan(ordered[-1]):  # NaN comes last
        return None
    ends = []
    for position, index in zip(positions, below, strict=True):
        low, high, share = ordered[index], ordered[index + 1], position - index
        ends.append(low + (high - low) * share if share < 0.5 else high - (high - low) * (1.0 - share))
    return np.array(ends)


def _normal_quantile(shares: Floats) -> Floats:
    return _grid_quantiles() if shares is _GRID else _normal_quantiles(shares)


@cache
def _grid_quantiles() -> Floats:
    return _normal_quantiles(_GRID)


def _normal_quantiles(shares: Floats) -> Floats:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    return np.array([inverse(share) for share in shares.clip(1e-300, 1.0 - 1e-16).tolist()])


def _normal_share(number: float) -> float:
    from statistics import NormalDist

    return NormalDist().cdf(number)


@cache
def _sine_and_cosine() -> tuple[Floats, Floats]:
    angles = np.linspace(0.0, np.pi / 2, _ANGLES + 1)
    return np.sin(angles), np.cos(angles)


def _beta_quantile(left: float, right: float) -> Quantile:
    # With x = sin^2 of an angle the density is smooth at both ends, and the trapezoidal rule accurate.
    sine, cosine = _sine_and_cosine()
    density = sine ** (2 * left - 1) * cosine ** (2 * right - 1)
    shares = np.concatenate(([0.0], np.cumsum(density[1:] + density[:-1])))
    return lambda share: np.interp(share, shares / shares[-1], sine**2)


_NUMERICS = Numerics(_normal_quantile, _normal_share, _beta_quantile)
