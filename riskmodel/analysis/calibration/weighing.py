"""Weighing: a model with those weights in one score that the earlier rows ask for."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.calibration.shares import Evidence, fit_shares
from riskmodel.analysis.calibration.strength import Choice, choose_strength
from riskmodel.analysis.labels import Codes
from riskmodel.analysis.new_weights import new_weights, weights_of, with_weights
from riskmodel.arrays import Mask
from riskmodel.engine.block import score_block
from riskmodel.engine.compiled import CompiledModel, CompiledScore
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model


class Earlier(NamedTuple):
    """n rows to fit on, and nothing of any other row.

    Attributes
    ----------
    columns : (n,) raw values by indicator, as the engine takes them.
    events : (n,) whether there was an event.
    times : (n,) the position of each row's time, in ascending order.
    groups : (n,) the group of each row.
    """

    columns: Mapping[str, Floats]
    events: Mask
    times: Codes
    groups: Codes


def weighed(model: Model, score: str, rows: Earlier) -> tuple[Model, Choice, tuple[str, ...]]:
    """Find the weights.

    Returns
    -------
    The model with them (the very same one where the strength is infinite), how near they stay to its own, and the
    inputs of which the rows tell nothing, which keep theirs.

    Raises
    ------
    SituationError
        Where the rows tell too little to weigh anything.
    """
    compiled = model.compiled.scores[score]
    expert, evidence = _expert(compiled), evidence_of(model.compiled, compiled, rows)
    free = dict(zip((part.name for part in compiled.inputs), evidence.told_of(), strict=True))
    if not any(free.values()):
        raise SituationError(
            f"fewer than two inputs of the score {score!r} differ among the rows to fit on; there is nothing to weigh"
        )
    old = weights_of(model.spec, score)
    untold = tuple(name for name in old if not free[name])
    choice = choose_strength(evidence, expert, rows.times, rows.groups)
    if np.isinf(choice.strength):
        return model, choice, untold
    shares = dict(zip(free, fit_shares(evidence, expert, choice.strength).shares.tolist(), strict=True))
    new = new_weights(old, {name: shares[name] for name in old if free[name]})
    return Model(with_weights(model.spec, score, new)), choice, untold


def evidence_of(model: CompiledModel, score: CompiledScore, rows: Earlier) -> Evidence:
    """What the engine makes of the rows: the inputs of the score, and what rules add under the model's own weights."""
    count = len(rows.events)
    found = score_block(model, rows.columns, count).scores[score.name]
    every = np.ones(count, dtype=bool)
    present = [every if part.present is None else part.present for part in found.parts]
    known = [every if part.coverage is None else part.coverage > 0.0 for part in found.parts]
    bare = Evidence(
        np.column_stack([part.value for part in found.parts]),
        np.column_stack(present).astype(np.float64),
        np.column_stack(known),
        np.zeros(count),
        rows.events,
    )
    return bare._replace(offset=found.steps.unclipped / score.out_of - bare.level(_expert(score)))


def _expert(score: CompiledScore) -> Floats:
    """(k,) the shares of the inputs by the model's own weights, in the order in which the engine has them."""
    weights = np.array([part.weight for part in score.inputs])
    shares: Floats = weights / weights.sum()
    return shares
