"""What moves the scores of a situation: one thing at a time, and all at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from riskmodel.analysis.cases import Case, Many, One, OnProgress, as_model, case_of, each_of, situations_of
from riskmodel.analysis.draws import (
    BLOCK,
    Uncertain,
    check_seed,
    draw_count,
    scores_known,
    scrambles,
    sobol_points,
    uncertain,
)
from riskmodel.analysis.sensitivity import sobol
from riskmodel.analysis.sensitivity.effective import share_out
from riskmodel.analysis.sensitivity.result import Over, Sensitivities, Sensitivity
from riskmodel.analysis.sensitivity.scores import Found, score_sensitivity, still
from riskmodel.analysis.sensitivity.tables import effective_weights
from riskmodel.analysis.sensitivity.tornado import tornado
from riskmodel.analysis.uncertain_weights import check_spread
from riskmodel.arrays import Mask
from riskmodel.calls import call_as
from riskmodel.engine.block import Block
from riskmodel.engine.table import keep_memory
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats
from riskmodel.load.models import DEFAULT
from riskmodel.load.situations import Situation
from riskmodel.model import Model

DRAWS = 1 << 13
_LEAST, _MOST = 1 << 6, 1 << 20
_MOST_EVALUATIONS = 1 << 25


@overload
def sensitivity(
    situation: One,
    *,
    model: Model | str | Path = ...,
    over: Over | None = ...,
    weights: float | None = ...,
    missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Sensitivity: ...


@overload
def sensitivity(
    situation: "Many",
    *,
    model: Model | str | Path = ...,
    over: Over | None = ...,
    weights: float | None = ...,
    missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Sensitivities: ...


@call_as("sensitivity(situation, model=model)", "model.sensitivity(situation)")
def sensitivity(
    situation: "One | Many",
    *,
    model: Model | str | Path = DEFAULT,
    over: Over | None = None,
    weights: float | None = None,
    missing: bool = False,
    draws: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Sensitivity | Sensitivities:
    """What moves the scores of a situation, or of each of several.

    Parameters
    ----------
    situation : values by indicator, or a situation that was read from a file. Values are independent of each other. Or
        several: a list, a pandas frame with a row for each, or a file of them.
    model : a model, its path, or its id.
    over : `given`: values given as distributions, such as `{"low": 2, "high": 5}`, vary as they are given, and all
        others are held. `range`: every value that is given varies over its whole range, anything in it being equally
        likely, whatever was given. None: `given` where there is any distribution, else `range`.
    weights : how uncertain weights are, in (0, 1): the standard deviation of a weight of average size, as a share of
        itself (a Dirichlet distribution of the shares; see `riskmodel.analysis.uncertain_weights`). None: not at all.
    missing : whether missing inputs vary too: as the model's default has it, or without one over their whole range.
        Otherwise they stay missing, or at the median of their default.
    draws : rows n of each of the two matrices of the Sobol' indices, from 64 to 1,048,576; the next power of 2 is
        taken. 8,192 without it. The model is evaluated n times for each matrix, each thing that varies, and each group
        of them.
    seed : any whole number from 0 on; the same seed gives the same figures.
    on_progress : called with the share that is done, in [0, 1], and what is being done.

    Returns
    -------
    Of one situation what was found; of several one such result for each.

    Raises
    ------
    SituationError
        Where values are not valid.
    RiskmodelError
        Where nothing varies in the one situation, no score of it can be given, what is asked for is out of range, or a
        score is no number.
    """
    used = as_model(model)
    if weights is not None:
        check_spread(weights)
    check_seed(seed)
    if over not in (None, "given", "range"):
        raise RiskmodelError(f"inputs vary over `given` or over `range`; got {over!r}")
    study = _Study(used, over, weights, missing, draws, seed)
    if isinstance(situation, Situation | Mapping):
        return study.of(case_of(used, situation), on_progress)
    situations = situations_of(used.spec, situation)
    results = each_of(used, situations, study.of_several, on_progress)
    return Sensitivities(results, effective_weights(situations, model=used) if len(results) > 1 else None)


class _Study(NamedTuple):
    """What is asked about every situation alike; see `sensitivity`."""

    model: Model
    over: Over | None
    weights: float | None
    missing: bool
    draws: int | None
    seed: int

    def of(self, case: Case, on_progress: OnProgress | None) -> Sensitivity:
        """What moves the scores of one situation."""
        setting = self._setting(case)
        if not setting.factors and setting.fixed:
            raise RiskmodelError(_NOTHING)
        return self._found(case, setting, scores_known(self.model, setting), on_progress)

    def of_several(self, case: Case, on_progress: OnProgress | None) -> Sensitivity:
        """The same of one of several, which has a result even where nothing varies, or no score can be given."""
        setting = self._setting(case)
        try:
            scores = scores_known(self.model, setting)
        except RiskmodelError:
            scores = []
        return self._found(case, setting, scores, on_progress)

    def _over(self, case: Case) -> Over:
        return self.over or ("given" if case.uncertain else "range")

    def _setting(self, case: Case) -> Uncertain:
        return uncertain(self.model, case, self.weights, self.missing, everything=self._over(case) == "range")

    def _found(self, case: Case, setting: Uncertain, scores: list[str], on_progress: OnProgress | None) -> Sensitivity:
        model, plain = self.model, self.model.assess(case.situation)
        groups = _groups(setting)
        swaps = sobol.design(len(setting.factors), list(groups.values()))
        number = _number(self.draws, len(setting.factors), len(swaps))
        moving = bool(scores) and bool(setting.factors)
        if moving:
            sources = scrambles(self.seed, 1 + len(scores))
            keep_memory()
            points = sobol_points(2 * len(setting.factors), number, sources[0])
            a, b = (setting.drawn(matrix) for matrix in np.split(points, 2))
            found = Found(
                setting,
                groups,
                tornado(model, case, setting, whole=self._over(case) == "range"),
                sobol.evaluate(lambda drawn: _values(setting, scores, drawn), swaps, a, b, on_progress),
                share_out(setting.model, scores, _blocks(setting, a, b)),
            )
            results = {
                name: score_sensitivity(model, plain.scores[name], found, place, source)
                for place, (name, source) in enumerate(zip(scores, sources[1:], strict=True))
            }
        else:
            results = {name: still(plain.scores[name]) for name in scores}
        varying = [factor.name for factor in setting.factors if not factor.is_weight]
        titles = {name: indicator.title or name for name, indicator in model.spec.indicators.items()}
        return Sensitivity(
            heading=case.heading,
            model=model.identity,
            over=self._over(case),
            inputs=tuple(titles[name] for name in varying),
            missing=tuple(titles[name] for name in varying if name not in case.given),
            held=tuple(titles[name] for name in setting.fixed),
            spread=self.weights,
            draws=number,
            evaluations=number * len(swaps) if moving else 0,
            seed=self.seed,
            scores=results,
            without_score=tuple(score.title for score in plain.top_scores if score.name not in scores),
        )


_NOTHING = (
    "nothing varies here: give values as ranges such as {low: 2, high: 5}, or let values go through their whole range "
    "(--over range), weights vary (--weights 20%), or what is missing (--missing)"
)


def _number(draws: int | None, factors: int, matrices: int) -> int:
    if draws is None:
        return DRAWS
    number = draw_count(draws, _LEAST, _MOST)
    if number * matrices > _MOST_EVALUATIONS:
        most = 1 << ((_MOST_EVALUATIONS // matrices).bit_length() - 1)
        raise RiskmodelError(
            f"{number:,} draws of {factors:,} things that vary are {number * matrices:,} evaluations, which are too "
            f"many to keep; ask for at most {most:,} draws"
        )
    return number


def _groups(setting: Uncertain) -> dict[str, Mask]:
    """All inputs together and all weights together, where both vary."""
    is_weight = np.array([factor.is_weight for factor in setting.factors])
    return {"inputs": ~is_weight, "weights": is_weight} if is_weight.any() and not is_weight.all() else {}


def _values(setting: Uncertain, scores: list[str], drawn: Floats) -> Floats:
    block = setting.scored_at(drawn)
    return np.stack([block.scores[name].value for name in scores])


def _blocks(setting: Uncertain, *matrices: Floats) -> Iterator[Block]:
    for drawn in matrices:
        for start in range(0, drawn.shape[1], BLOCK):
            yield setting.scored_at(drawn[:, start : start + BLOCK])
