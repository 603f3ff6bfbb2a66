"""What moves one score: what was found for all of them, put into words."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from riskmodel.analysis.draws import Factor, Uncertain
from riskmodel.analysis.sensitivity.concerned import concerned
from riskmodel.analysis.sensitivity.effective import Part, effective_weights_of, nominal_shares
from riskmodel.analysis.sensitivity.result import ScoreSensitivity, SobolIndex
from riskmodel.analysis.sensitivity.sobol import Indices, indices
from riskmodel.analysis.sensitivity.tornado import Bar
from riskmodel.analysis.sensitivity.verdicts import estimates, impossible, too_few
from riskmodel.arrays import Mask
from riskmodel.assessment import ScoreResult
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model

_STILL = "nothing that varies moves this score"


class Found(NamedTuple):
    """What was found for all s scores together.

    Attributes
    ----------
    setting : what varies, d factors.
    groups : of factors, by name, g arrays (d,).
    bars : of the tornado, by score.
    values : (s, 2 + d + g, n) evaluations, see `riskmodel.analysis.sensitivity.sobol.evaluate`.
    parts : how the variance of each score is shared out, by score.
    """

    setting: Uncertain
    groups: Mapping[str, Mask]
    bars: Mapping[str, Sequence[Bar]]
    values: Floats
    parts: Mapping[str, Sequence[Part]]


def score_sensitivity(
    model: Model, plain: ScoreResult, found: Found, place: int, resampling: np.random.Generator
) -> ScoreSensitivity:
    """What moves one score.

    Parameters
    ----------
    model : the model.
    plain : the score of the values held.
    found : what was found for all scores.
    place : of this score among the evaluations.
    resampling : what its bootstrap draws from.
    """
    setting, values = found.setting, found.values[place]
    own = concerned(setting.model, plain.name, setting.factors)
    factors = [factor for factor, is_own in zip(setting.factors, own, strict=True) if is_own]
    titles = [_title(model, plain.name, factor) for factor in factors]
    groups = {name: at for at, (name, group) in enumerate(found.groups.items()) if (group & own).any()}
    rows = [*np.flatnonzero(own), *(len(own) + at for at in groups.values())]
    both = indices(values[0], values[1], values[2:][rows], resampling)
    score = setting.model.scores[plain.name]
    first, total = estimates(both.first, both.first_resampled), estimates(both.total, both.total_resampled)
    single = [
        SobolIndex("weight" if factor.is_weight else "input", factor.name, factor.score, title, *index)
        for factor, title, *index in zip(factors, titles, first, total, strict=False)
    ]
    grouped = [
        SobolIndex("group", name, "", f"All {name} together", first[at], total[at])
        for at, name in enumerate(groups, len(factors))
    ]
    moving = {factor.name for factor in factors if not factor.is_weight}
    return ScoreSensitivity(
        plain.title,
        plain,
        both.mean,
        both.variance**0.5,
        tuple(bar for bar in found.bars.get(plain.name, ()) if bar.name in moving and plain.value is not None),
        tuple(sorted(single, key=lambda index: -index.total.value)),
        tuple(grouped),
        effective_weights_of(
            model.spec, score, found.parts[plain.name], nominal_shares(setting.model, score, _there(setting))
        ),
        tuple(_warnings(titles, both, values.shape[1])),
    )


def still(plain: ScoreResult) -> ScoreSensitivity:
    """A score in a situation in which nothing varies."""
    assert plain.value is not None  # noqa: S101  (there is a score without anything that is drawn)
    return ScoreSensitivity(plain.title, plain, plain.value, 0.0, (), (), (), (), (_STILL,))


def _there(setting: Uncertain) -> frozenset[str]:
    """The inputs that have a value in every draw."""
    assumed = (name for name, indicator in setting.model.indicators.items() if indicator.default is not None)
    return frozenset((*setting.fixed, *(factor.name for factor in setting.factors if not factor.is_weight), *assumed))


def _warnings(titles: Sequence[str], both: Indices, draws: int) -> list[str]:
    if not both.variance:
        return [_STILL]
    own = slice(len(titles))
    single = both._replace(
        first=both.first[own],
        total=both.total[own],
        first_resampled=both.first_resampled[:, own],
        total_resampled=both.total_resampled[:, own],
    )
    return [*impossible(titles, single), *too_few(titles, single, draws)]


def _title(model: Model, score: str, factor: Factor) -> str:
    spec = model.spec
    titled = spec.scores if factor.name in spec.scores else spec.indicators
    title = titled[factor.name].title or factor.name
    if not factor.is_weight:
        return title
    other = "" if factor.score == score else f" in {spec.scores[factor.score].title or factor.score}"
    return f"Weight of {title}{other}"
