"""Forecasts of an indicator from its own past: a random walk, a local level, or a damped trend.

All three are one model in state space (A. C. Harvey, *Forecasting, Structural Time Series Models and the Kalman
Filter*, 1989; R. J. Hyndman et al., *Forecasting with Exponential Smoothing*, 2008):

    value_t = level_t + noise_t,  level_t+1 = level_t + slope_t + step_t,  slope_t+1 = damping slope_t + turn_t

The Kalman filter is that of statsmodels, which is right with missing values. The variances, relative to one of them,
and the damping are chosen from a grid by the corrected Akaike criterion (AICc; C. M. Hurvich and C.-L. Tsai, Biometrika
76, 1989). What the filter says at a time depends on no later value, so that one pass over the whole past gives the
forecast from each earlier time as well, exactly as a fit to the data cut at that time would.
"""

from functools import cache
from itertools import product
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from riskmodel.kernels.types import Floats

MIN_VALUES = 8
"""Values of an indicator from which a model is fitted: the largest has four parameters."""
_SETTLED = 400
"""Steps after which the gain of the filter no longer changes."""

Method: TypeAlias = Literal["random walk", "local level", "damped trend", "did not vary", "too few values"]


class Candidate(NamedTuple):
    """A model with all but its scale; the variances are relative to the scale.

    Attributes
    ----------
    parameters : the number of those estimated, the scale included.
    noise, step, turn : variances of the value around the level, of the level, and of the slope.
    damping : in [0, 1).
    """

    method: Method
    parameters: int
    noise: float
    step: float
    turn: float = 0.0
    damping: float = 0.0


CANDIDATES = (
    Candidate("random walk", 1, 0.0, 1.0),
    *(Candidate("local level", 2, 1.0, ratio) for ratio in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)),
    *(
        Candidate("damped trend", 3 + (noise > 0), noise, 1.0, turn, damping)
        for noise, turn, damping in product((0.0, 1.0), (0.03, 0.2, 1.0), (0.7, 0.85, 0.95))
    ),
)
"""The grid; the methods in the order of the number of their parameters."""


class Forecast(NamedTuple):
    """A forecast from a time.

    Attributes
    ----------
    method : the model chosen.
    last : the position of the last value; -1 without any.
    level, slope : predicted for the time after that of the last value.
    level_gain, slope_gain : what an error of one step adds to the level and the slope that are predicted next.
    damping : of the slope.
    errors : (origin + 1,) one-step errors, of mean 0 and of the spread of the errors to come; NaN where there is none.
        Without a model there are none.
    """

    method: Method
    last: int
    level: float
    slope: float
    level_gain: float
    slope_gain: float
    damping: float
    errors: Floats

    @property
    def has_model(self) -> bool:
        """True if a model was fitted; otherwise the last value stays."""
        return self.method not in ("did not vary", "too few values")


class Past:
    """The values of one indicator of a unit over all its times, and the candidates' predictions of each.

    Parameters
    ----------
    values : (times,) NaN where missing, one step apart.
    """

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._known = ~np.isnan(values)
        self._first = int(np.argmax(self._known))
        self._varies = len(np.unique(values[self._known])) > 1
        if self._varies and self._known.sum() >= MIN_VALUES:
            runs = [_filtered(candidate, values[self._first :]) for candidate in CANDIDATES]
            self._levels, self._slopes, self._scaled, self._spreads = map(np.array, zip(*runs, strict=True))
            used = ~np.isnan(self._scaled)
            self._squares = np.cumsum(np.where(used, self._scaled, 0.0) ** 2, axis=1)
            self._logs = np.cumsum(np.where(used, np.log(self._spreads), 0.0), axis=1)

    def forecast(self, origin: int) -> Forecast:
        """Return the forecast from a time, which depends on the values up to it only.

        Parameters
        ----------
        origin : the position of the time.
        """
        values = self._values[: origin + 1]
        known = np.flatnonzero(self._known[: origin + 1])
        last = int(known[-1]) if len(known) else -1
        if not self._varies or len(known) < MIN_VALUES or np.ptp(values[known]) == 0.0:
            method: Method = "too few values" if len(known) < MIN_VALUES else "did not vary"
            level = float(values[last]) if len(known) else np.nan
            return Forecast(method, last, level, 0.0, 1.0, 0.0, 0.0, np.full(origin + 1, np.nan))
        end, errors = origin - self._first, len(known) - 1
        best = self._best(end, errors)
        candidate, (gains, spread) = CANDIDATES[best], _settled(CANDIDATES[best])
        scaled = np.concatenate((np.full(self._first, np.nan), self._scaled[best, : end + 1])) * spread
        # Of mean 0, so that chance adds no trend; wider by the degrees of freedom that the fit has used.
        centred = (scaled - np.nanmean(scaled)) * np.sqrt(errors / max(errors - candidate.parameters, 1))
        after = last - self._first + 1
        return Forecast(
            candidate.method,
            last,
            float(self._levels[best, after]),
            float(self._slopes[best, after]),
            *gains,
            candidate.damping,
            centred,
        )

    def _best(self, end: int, errors: int) -> int:
        """Return the index of the candidate with the smallest AICc for the errors up to `end`; of equals the first."""
        parameters = np.array([candidate.parameters for candidate in CANDIDATES])
        scale = np.maximum(self._squares[:, end] / errors, np.finfo(float).tiny)
        deviance = errors * (np.log(2 * np.pi * scale) + 1) + 2 * self._logs[:, end]
        room = errors - parameters - 1
        penalty = np.where(room > 0, 2 * parameters * errors / np.maximum(room, 1), np.inf)
        return int(np.argmin(deviance + penalty))


def _filtered(candidate: Candidate, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Filter values of which the first is known.

    Returns
    -------
    (times + 1,) predicted levels and slopes; (times,) errors as multiples of their spread, NaN where a value is missing
    and for the first; (times,) spreads, as multiples of the square root of the scale.
    """
    from statsmodels.tsa.statespace.initialization import Initialization
    from statsmodels.tsa.statespace.kalman_filter import KalmanFilter

    model = KalmanFilter(k_endog=1, k_states=2, k_posdef=2)
    model.bind(values)
    model["design"] = np.array([[1.0, 0.0]])
    model["transition"] = np.array([[1.0, 1.0], [0.0, candidate.damping]])
    model["selection"] = np.eye(2)
    model["obs_cov"] = np.array([[candidate.noise]])
    model["state_cov"] = np.diag([candidate.step, candidate.turn])
    # The level is not known before the first value; the slope is stationary, so that likelihoods can be compared.
    initial = Initialization(2)
    initial.set(0, "diffuse")
    variance = candidate.turn / (1.0 - candidate.damping**2)
    initial.set(1, "known", constant=np.zeros(1), stationary_cov=np.array([[variance]]))
    model.initialize(initial)
    result = model.filter()
    levels, slopes = result.predicted_state
    spreads = np.sqrt(result.forecasts_error_cov[0, 0])
    spreads[0] = np.nan
    return levels, slopes, result.forecasts_error[0] / spreads, spreads


@cache
def _settled(candidate: Candidate) -> tuple[tuple[float, float], float]:
    """Return the gains of level and slope, and the spread of an error, after many values without a gap."""
    impulse = np.zeros(_SETTLED)
    impulse[-1] = 1.0
    levels, slopes, scaled, spreads = _filtered(candidate, impulse)
    error = scaled[-1] * spreads[-1]
    return (float(levels[-1] / error), float(slopes[-1] / error)), float(spreads[-1])
