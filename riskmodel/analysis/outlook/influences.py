"""Follow the influences of a model over the months ahead: what a step changes, and by what.

Influences are theory, whose strengths are judgement: they are drawn from their ranges, and never mixed with a forecast
from data unless asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riskmodel.analysis.outlook.responses import InfluenceSystem, Responses
from riskmodel.analysis.outlook.steps import calendar, read_steps
from riskmodel.analysis.results.influences import (
    STEP,
    FollowedInfluence,
    IndicatorPath,
    InfluencePaths,
    PathPart,
    ScorePath,
    TakenStep,
)
from riskmodel.analysis.results.uncertainty import QUANTILES
from riskmodel.analysis.sampling import check_seed, next_power_of_two
from riskmodel.analysis.situations import SituationLike, prepare
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.account import entry_title
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledScore
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.arrays import Mask

_MIN_DRAWS, _MAX_DRAWS = 64, 1 << 14
_ROUNDING = 1e-12
"""Points and changes of intensities up to which they are rounding errors."""
_BLOCK = 1024
"""Draws followed at once."""


@call_as("simulate_influences(situation, model=model)", "model.simulate_influences(situation)")
def simulate_influences(
    situation: SituationLike,
    *,
    model: Model | str | Path = DEFAULT,
    steps: str | Sequence[str] = (),
    horizon: int = 12,
    start: str | None = None,
    draws: int = 1024,
    seed: int = 0,
) -> InfluencePaths:
    """Follow what a step leads to by the influences that the model states: theory, not a forecast from data.

    Parameters
    ----------
    situation
        Values by indicator, or a situation read from a file: the start. Of a distribution the median counts.
    model
        A model, its path, or its id.
    steps
        One or several, such as `"communication_frequency = 1 from 2027-01"`: the indicator has this value, in its unit,
        from that month on; without a month from the first month ahead on. A later step of the same indicator replaces
        an earlier one. Without any step nothing changes.
    horizon
        The number of months ahead, from 1 to 120.
    start
        The month of the start, such as `"2026-12"`. None: the month of the situation's date; without one, months are
        numbered from 1.
    draws
        The number of draws of the strengths, from 64 to 16,384, rounded up to a power of 2.
    seed
        A whole number of 0 or more; the same seed gives the same draws.

    Returns
    -------
    InfluencePaths
        Each month with and without the steps, the quantiles of the difference, and what it consists of. The path with
        the steps is that of the medians of the strengths, which lies within the spread of the draws, as a score does.
        An indicator without a value neither pushes nor is pushed, and is listed.

    Raises
    ------
    SituationError
        If values are not valid.
    RiskmodelError
        If the model states no influences, a step is not valid, its indicator has no value to start from, no score is
        known, or an option is out of range.
    """
    loaded = ensure_model(model)
    if not loaded.spec.influences:
        raise RiskmodelError(
            f"model {loaded.spec.id!r} states no influences; add them to its file (see docs/influences.md)"
        )
    check_seed(seed)
    number = next_power_of_two(draws, _MIN_DRAWS, _MAX_DRAWS)
    case = prepare(loaded, situation)
    months = calendar(start, case.situation.spec.date, horizon)
    taken = read_steps(loaded, [steps] if isinstance(steps, str) else steps, months, case.situation.spec.date)
    for step in taken:
        if step.name not in case.given:
            message = f"--if: {step.name} has no value in the situation"
            raise RiskmodelError(f"{message}, so nothing says how far the step is from it; give one")
    study = _Study(loaded, case.given, taken, horizon)
    before = score_block(loaded.compiled, {name: np.array([value]) for name, value in case.given.items()}, 1)
    spec = loaded.spec
    known = [name for name in spec.main_scores if not np.isnan(before.scores[name].value[0])]
    if not known:
        raise RiskmodelError("the data are insufficient for every score; give more values")
    central = study.respond(study.system.medians)
    after = study.score(central)
    differences = study.differences(known, before, number, seed)
    return InfluencePaths(
        heading=case.heading,
        model=loaded.identity,
        start=months.start_label,
        months=months.labels,
        draws=number,
        seed=seed,
        steps=taken,
        influences=tuple(study.followed(central, after, known)),
        missing=tuple(name for name in spec.indicators if name in spec.influence_ends and name not in case.given),
        ranges=tuple(spec.indicators[name].title or name for name in case.uncertain),
        scores={name: _score(loaded, name, before, after, differences[name]) for name in known},
        without_score=tuple(spec.scores[name].title or name for name in spec.main_scores if name not in known),
        indicators=tuple(study.moved(central)),
    )


class _Study:
    """The months after a situation, with steps.

    Parameters
    ----------
    model : the model.
    given : encoded values by indicator at the start.
    steps : in the order of months.
    horizon : the number of months.
    """

    def __init__(self, model: Model, given: Mapping[str, float], steps: Sequence[TakenStep], horizon: int) -> None:
        self._model, self._horizon = model, horizon
        self._own = {name: np.full((horizon + 1, 1), value) for name, value in given.items()}
        self._held: dict[str, Mask] = {}
        for step in steps:
            self._own[step.name][step.number :] = model.compiled.indicators[step.name].encode(step.value)
            self._held.setdefault(step.name, np.arange(horizon + 1) >= step.number)
        self.system = InfluenceSystem.of(model, given.keys() & (model.spec.influence_ends | self._held.keys()))

    def respond(self, strengths: Floats) -> Responses:
        """Follow the influences with (k, n) strengths."""
        indicators, draws = self.system.indicators, strengths.shape[1]
        if not indicators:
            nothing = np.empty((self._horizon + 1, 0, draws))
            return Responses({}, nothing, nothing, nothing)
        own = {name: np.broadcast_to(self._own[name], (self._horizon + 1, draws)) for name in indicators}
        held = {name: months for name, months in self._held.items() if name in indicators}
        return self.system.respond(own, strengths, held)

    def score(self, responses: Responses) -> Block:
        """Score the months ahead, (horizon * n,) rows."""
        draws = responses.intensities.shape[2]
        columns = {name: np.broadcast_to(own, (self._horizon + 1, draws)) for name, own in self._own.items()}
        columns |= responses.values
        ahead = {name: np.ascontiguousarray(column[1:]).ravel() for name, column in columns.items()}
        return score_block(self._model.compiled, ahead, self._horizon * draws)

    def differences(self, scores: Sequence[str], before: Block, draws: int, seed: int) -> dict[str, Floats]:
        """Return the (horizon, draws) differences of scores over drawn strengths."""
        parts: dict[str, list[Floats]] = {name: [] for name in scores}
        strengths = self.system.strengths(draws, seed)
        for first in range(0, draws, _BLOCK):
            block = self.score(self.respond(strengths[:, first : first + _BLOCK]))
            for name, part in parts.items():
                values = block.scores[name].value.reshape(self._horizon, -1)
                part.append(values - before.scores[name].value[0])
        return {name: np.concatenate(part, axis=1) for name, part in parts.items()}

    def followed(self, responses: Responses, block: Block, scores: Sequence[str]) -> Iterator[FollowedInfluence]:
        """Yield the influences with what each has changed at the horizon; `block` is the scored responses."""
        influences = self.system.influences
        if not influences:
            return
        changes = responses.pushed.sum(axis=0)[:, 0].tolist()
        # In each column, one of the influences is left out.
        medians = np.repeat(self.system.medians, len(influences), axis=1)
        np.fill_diagonal(medians, 0.0)
        without = self.score(self.respond(medians))
        lost = {
            score: (block.scores[score].value[-1] - without.scores[score].value[-len(influences) :]).tolist()
            for score in scores
        }
        for position, (name, influence) in enumerate(influences.items()):
            yield FollowedInfluence(
                name=name,
                title=influence.title or name,
                source=influence.source,
                target=influence.target,
                strength=influence.strength,
                lag=influence.lag,
                change=changes[position],
                carries={score: points[position] for score, points in lost.items()},
            )

    def moved(self, responses: Responses) -> Iterator[IndicatorPath]:
        """Yield the paths of the indicators that move, by name."""
        for name, raw in sorted({**self._own, **responses.values}.items()):
            values = raw[:, 0]
            if (values == values[0]).all():
                continue
            indicator, labels = self._model.spec.indicators[name], self._model.compiled.indicators[name].labels
            shown = [value if labels is None else labels[int(value)] for value in values.tolist()]
            intensities = self._intensities(name, values, responses)
            yield IndicatorPath(
                name,
                indicator.title or name,
                indicator.unit,
                shown[0],
                tuple(shown[1:]),
                intensities[0] if intensities else None,
                tuple(intensities[1:]),
                self._changes(name, intensities, responses),
            )

    def _changes(self, name: str, intensities: list[float], responses: Responses) -> dict[str, tuple[float, ...]]:
        """Return what has changed the intensity of an indicator up to each month."""
        if name not in self.system.indicators:
            return {STEP: tuple(later - intensities[0] for later in intensities[1:])} if intensities else {}
        parts = {STEP: responses.own[1:, self.system.indicators.index(name), 0]}
        for position, (key, influence) in enumerate(self.system.influences.items()):
            if influence.target == name:
                parts[key] = responses.pushed[1:, position, 0]
        return {key: tuple(part.cumsum().tolist()) for key, part in parts.items() if np.abs(part).max() > _ROUNDING}

    def _intensities(self, name: str, values: Floats, responses: Responses) -> list[float]:
        """Return the intensities of an indicator; empty without a scale."""
        if name in self.system.indicators:
            return list(map(float, responses.intensities[:, self.system.indicators.index(name), 0]))
        scale = self._model.spec.indicators[name].scale
        return [] if scale is None else list(map(float, scale.normalise(values)))


def _score(model: Model, name: str, before: Block, after: Block, differences: Floats) -> ScorePath:
    score, start, ahead = model.compiled.scores[name], before.scores[name], after.scores[name]
    account = []
    for old, new in zip(start.account, ahead.account, strict=True):
        points = new.points - old.points[0]
        if np.abs(points).max() > _ROUNDING:
            title = entry_title(model.compiled, score, new.kind, new.name)
            account.append(PathPart(new.kind, new.name, title, tuple(points.tolist())))
    quantiles = np.quantile(differences, list(QUANTILES), axis=1, method="hazen")
    return ScorePath(
        title=score.title or name,
        out_of=score.out_of,
        decimals=score.decimals,
        band_starts=dict(zip(score.bands, score.band_starts, strict=True)),
        better=score.better,
        without=float(start.value[0]),
        reported_without=float(start.reported[0]),
        band_without=_bands(score, start.band)[0],
        values=tuple(ahead.value.tolist()),
        reported=tuple(ahead.reported.tolist()),
        bands=_bands(score, ahead.band),
        differences=tuple((ahead.value - start.value[0]).tolist()),
        quantiles={share: tuple(row.tolist()) for share, row in zip(QUANTILES, quantiles, strict=True)},
        account=tuple(account),
    )


def _bands(score: CompiledScore, codes: NDArray[np.int8]) -> tuple[str | None, ...]:
    return tuple(score.bands[code] if code >= 0 else None for code in codes.tolist())
