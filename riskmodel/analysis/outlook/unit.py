"""The outlook of one unit from any of its times: its indicators carried forward together, and scored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np

from riskmodel.analysis.outlook.forecasts import Past
from riskmodel.analysis.outlook.paths import Carried, draw_labels, draw_paths
from riskmodel.analysis.outlook.responses import with_influences
from riskmodel.engine.block import score_block
from riskmodel.engine.table import ScoreArrays, score_table
from riskmodel.kernels.types import Floats
from riskmodel.model import Model
from riskmodel.tables.labels import Codes


class ScoreDraws(NamedTuple):
    """A score ahead: (steps, draws) exact values, NaN without sufficient data, and positions of bands, -1 without."""

    values: Floats
    bands: np.ndarray[tuple[int, int], np.dtype[np.int8]]


class OtherMoves(NamedTuple):
    """The moves of one step in the other units of a table.

    Attributes
    ----------
    rows : (m,) positions among the moves of all units.
    times : (m,) the times that they lead to, counted from the first time of the unit.
    values : the moves of all units by indicator; NaN where a value is missing.
    """

    rows: Codes
    times: Codes
    values: Mapping[str, Floats]

    def until(self, origin: int, names: Iterable[str]) -> dict[str, Floats]:
        """Return the moves of some indicators up to a time; none if there is no move of any."""
        rows = self.rows[self.times <= origin]
        return {name: self.values[name][rows] for name in names if name in self.values} if len(rows) else {}


ALONE = OtherMoves(np.empty(0, np.intp), np.empty(0, np.intp), {})
"""Of a unit without others."""


@dataclass(frozen=True)
class UnitPast:
    """The past of a unit: n times from its first to its last, one step apart, without gaps.

    Attributes
    ----------
    model : the model.
    seed : of the unit; the draws from a time depend on it and on the time.
    values : (n,) encoded values by indicator that has any; NaN where missing, and at times without a row.
    scored : (n,) scores by name.
    pasts : the indicators of numbers, fitted.
    others : what indicators without a model may do, because they did in other units.
    """

    model: Model
    seed: tuple[int, int]
    values: Mapping[str, Floats]
    scored: Mapping[str, ScoreArrays]
    pasts: Mapping[str, Past]
    others: OtherMoves

    @classmethod
    def of(
        cls, model: Model, name: str, values: Mapping[str, Floats], seed: int, others: OtherMoves = ALONE
    ) -> "UnitPast":
        """Fit the indicators of a unit and score its past.

        Parameters
        ----------
        model : the model.
        name : of the unit, for its seed.
        values : (n,) encoded values by indicator.
        seed : 0 or more.
        others : the moves of other units.
        """
        known = {key: column for key, column in values.items() if not np.isnan(column).all()}
        rows = len(next(iter(values.values()))) if values else 0
        labels = {key for key, indicator in model.compiled.indicators.items() if indicator.labels is not None}
        pasts = {key: Past(column) for key, column in known.items() if key not in labels}
        return cls(model, (seed, crc32(name.encode())), known, score_table(model.compiled, known, rows), pasts, others)

    def draw(self, origin: int, steps: int, draws: int, months: int = 0) -> dict[str, Floats]:
        """Draw the indicators after a time, from what was known at that time.

        Parameters
        ----------
        origin : the position of the time.
        steps, draws : of the paths.
        months : of a step, to add the responses to the influences that the model states, whose strengths are drawn too;
            0 to leave them out.

        Returns
        -------
        (steps, draws) by indicator that is reported at the origin; the others stay missing.
        """
        bounds = {name: self.model.spec.indicators[name].bounds for name in self.pasts}
        reported = [name for name, column in self.values.items() if is_reported(column, origin)]
        carried = {
            name: Carried(self.pasts[name].forecast(origin), *bounds[name]) for name in reported if name in self.pasts
        }
        unmodelled = [name for name, item in carried.items() if not item.forecast.has_model]
        moves = self.others.until(origin, unmodelled) if unmodelled else {}
        paths = draw_paths(carried, origin, draws, steps, (*self.seed, origin), moves)
        for number, name in enumerate(reported):
            if name not in self.pasts:
                seed = (*self.seed, origin, number)
                paths[name] = draw_labels(self.values[name][: origin + 1], draws, steps, seed)
        return self._influenced(paths, origin, months) if months else paths

    def _influenced(self, paths: Mapping[str, Floats], origin: int, months: int) -> dict[str, Floats]:
        """Return drawn paths with the responses to what deviates from the last values."""
        pasts = {name: self.values[name][: origin + 1] for name in paths}
        last = {name: float(past[~np.isnan(past)][-1]) for name, past in pasts.items()}
        seed = int(np.random.SeedSequence((*self.seed, origin)).generate_state(1)[0])
        return with_influences(self.model, last, paths, seed, months)

    def score(self, paths: Mapping[str, Floats], steps: int, draws: int) -> dict[str, ScoreDraws]:
        """Score drawn indicators; `paths` as returned by `draw`."""
        columns = {name: path.reshape(-1) for name, path in paths.items()}
        block = score_block(self.model.compiled, columns, steps * draws)
        scores = {name: block.scores[name] for name in self.model.spec.main_scores}
        return {
            name: ScoreDraws(score.value.reshape(steps, draws), score.band.reshape(steps, draws))
            for name, score in scores.items()
        }


def is_reported(values: Floats, origin: int) -> bool:
    """Return True if an indicator is known at a time, or missing for no longer than it was between earlier values.

    What has been missing for longer than ever is no longer reported, and stays missing ahead, so that the score ahead
    is built from the same indicators as the last one.
    """
    known = np.flatnonzero(~np.isnan(values[: origin + 1]))
    if len(known) == 0:
        return False
    gap = origin - int(known[-1])
    return gap == 0 or gap < int(np.diff(known).max(initial=1))
