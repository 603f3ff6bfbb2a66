"""What to say of Sobol' indices: where one is what it cannot be, and where there are too few draws to tell."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from scipy import special

from riskmodel.analysis.results.sensitivity import Over, ScoreSensitivity, Sensitivities, Sensitivity, SobolIndex
from riskmodel.analysis.sampling import (
    BLOCK,
    Factor,
    UncertainInputs,
    check_seed,
    next_power_of_two,
    replicate_generators,
    scores_known,
    sobol_points,
    uncertain_inputs,
)
from riskmodel.analysis.sensitivity import sobol
from riskmodel.analysis.sensitivity.effective_weights import (
    Part,
    concerned,
    effective_weights_of,
    nominal_shares,
    share_out,
)
from riskmodel.analysis.sensitivity.sobol import CONFIDENCE, Indices, indices
from riskmodel.analysis.sensitivity.tables import effective_weights
from riskmodel.analysis.sensitivity.tornado import Bar, tornado
from riskmodel.analysis.situations import (
    Case,
    OnProgress,
    SituationLike,
    SituationsLike,
    each_of,
    load_situations,
    prepare,
)
from riskmodel.analysis.weights import check_spread
from riskmodel.assessment import ScoreResult
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.documents.situations import Situation
from riskmodel.engine.block import Block
from riskmodel.engine.table import keep_memory
from riskmodel.errors import RiskmodelError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.results import Estimate
from riskmodel.tables.arrays import Mask

WIDEST = 0.1
"""An interval wider than this is too wide to tell anything."""
_ROUNDING = 1e-9
_MOST = 1 << 24


def estimates(values: Floats, resampled: Floats) -> list[Estimate]:
    """Indices with their intervals, from their spread over resamples; neither is cut off at 0 and 1.

    Parameters
    ----------
    values : (k,) indices.
    resampled : (r, k) of each resample.
    """
    reach = _reach(resampled)
    return [
        Estimate(float(value), float(value - away), float(value + away))
        for value, away in zip(values, reach, strict=True)
    ]


def _reach(resampled: Floats, looks: int = 1) -> Floats:
    """How far intervals reach to either side of an estimate, for each column of resamples.

    With several looks the intervals hold for all of them together (Bonferroni).
    """
    deviations = float(special.ndtri(1.0 - (1.0 - CONFIDENCE) / 2 / looks))
    return np.asarray(deviations * np.std(resampled, axis=0, ddof=1))


def impossible(names: Sequence[str], found: Indices) -> Iterator[str]:
    """What exceeds what it can be by more than its interval; in words.

    So many figures are looked at that some would do so by chance; the intervals are those of all of them together.

    Parameters
    ----------
    names : of the k factors.
    found : their indices, without groups: a sum over factors counts every factor once.
    """
    first, total, firsts, totals = found[:4]
    looks = 3 * len(names) + 2
    for beyond, resampled, told in (
        (-first, firsts, "first-order index below 0"),
        (total - 1.0, totals, "total index above 1"),
        (first - total, firsts - totals, "first-order index above the total index"),
    ):
        for place in np.flatnonzero(beyond > _reach(resampled, looks) + _ROUNDING).tolist():
            yield f"{names[place]}: a {told}, by more than its interval"
    for beyond, resampled, told in (
        (first.sum() - 1.0, firsts.sum(axis=1), f"first-order indices sum to {first.sum():.3f}, more than 1"),
        (1.0 - total.sum(), totals.sum(axis=1), f"total indices sum to {total.sum():.3f}, less than 1"),
    ):
        if beyond > _reach(resampled, looks) + _ROUNDING:
            yield f"{told} by more than the interval of the sum"


def too_few(names: Sequence[str], found: Indices, draws: int) -> Iterator[str]:
    """Where the sample is too small to tell, and how many draws would probably do; in words.

    An interval shrinks at least with the square root of the draws.

    Parameters
    ----------
    names : of the k factors.
    found : their indices.
    draws : n, the rows of each matrix.
    """
    widths = 2 * np.stack([_reach(found.first_resampled), _reach(found.total_resampled)])
    order, place = divmod(int(np.argmax(widths)), len(names))
    if widths[order, place] > WIDEST:
        index = ("first-order", "total")[order]
        yield (
            f"the sample is too small to tell: the interval of the {index} index of {names[place]} is "
            f"{widths[order, place]:.2f} wide; {_enough(draws, widths[order, place] / WIDEST)}"
        )
    if len(names) < 2:
        return
    first, second = np.argsort(-found.total, kind="stable")[:2].tolist()
    ahead = float(found.total[first] - found.total[second])
    reach = float(_reach(found.total_resampled[:, first] - found.total_resampled[:, second]))
    if ahead < reach:
        yield (
            f"the sample is too small to tell whether {names[first]} or {names[second]} matters more (total indices "
            f"{found.total[first]:.3f} and {found.total[second]:.3f}); {_enough(draws, reach / max(ahead, _ROUNDING))}"
        )


def _enough(draws: int, times: float) -> str:
    """How many draws would make an interval so many times narrower."""
    needed = draws * times**2
    if needed > _MOST:
        return f"even {_MOST:,} draws might not do"
    return f"{1 << int(np.ceil(np.log2(needed))):,} draws would probably do"


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

    setting: UncertainInputs
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


def _there(setting: UncertainInputs) -> frozenset[str]:
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


DRAWS = 1 << 13
_LEAST, _MOST = 1 << 6, 1 << 20
_MAX_EVALUATIONS = 1 << 25


@overload
def sensitivity(
    situation: SituationLike,
    *,
    model: Model | str | Path = ...,
    over: Over | None = ...,
    weight_uncertainty: float | None = ...,
    missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Sensitivity: ...


@overload
def sensitivity(
    situation: "SituationsLike",
    *,
    model: Model | str | Path = ...,
    over: Over | None = ...,
    weight_uncertainty: float | None = ...,
    missing: bool = ...,
    draws: int | None = ...,
    seed: int = ...,
    on_progress: OnProgress | None = ...,
) -> Sensitivities: ...


@call_as("sensitivity(situation, model=model)", "model.sensitivity(situation)")
def sensitivity(
    situation: "SituationLike | SituationsLike",
    *,
    model: Model | str | Path = DEFAULT,
    over: Over | None = None,
    weight_uncertainty: float | None = None,
    missing: bool = False,
    draws: int | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Sensitivity | Sensitivities:
    """What moves the scores of a situation, or of each of several.

    Parameters
    ----------
    situation
        Values by indicator, or a situation that was read from a file. Values are independent of each other. Or
        several: a list, a pandas frame with a row for each, or a file of them.
    model
        A model, its path, or its id.
    over
        `given`: values given as distributions, such as `{"low": 2, "high": 5}`, vary as they are given, and all
        others are held. `range`: every value that is given varies over its whole range, anything in it being
        equally likely, whatever was given. None: `given` where there is any distribution, else `range`.
    weight_uncertainty
        How uncertain weights are, in (0, 1): the standard deviation of a weight of average size, as a share of
        itself (a Dirichlet distribution of the shares; see `riskmodel.analysis.weights`). None: not at all.
    missing
        Whether missing inputs vary too: as the model's default has it, or without one over their whole range.
        Otherwise they stay missing, or at the median of their default.
    draws
        Rows n of each of the two matrices of the Sobol' indices, from 64 to 1,048,576; the next power of 2 is
        taken. 8,192 without it. The model is evaluated n times for each matrix, each thing that varies, and each
        group of them.
    seed
        Any whole number from 0 on; the same seed gives the same figures.
    on_progress
        Called with the share that is done, in [0, 1], and what is being done.

    Returns
    -------
    Sensitivity | Sensitivities
        Of one situation what was found; of several one such result for each.

    Raises
    ------
    SituationError
        Where values are not valid.
    RiskmodelError
        Where nothing varies in the one situation, no score of it can be given, what is asked for is out of range, or a
        score is no number.
    """
    used = ensure_model(model)
    if weight_uncertainty is not None:
        check_spread(weight_uncertainty)
    check_seed(seed)
    if over not in (None, "given", "range"):
        raise RiskmodelError(f"inputs vary over `given` or over `range`; got {over!r}")
    study = _Study(used, over, weight_uncertainty, missing, draws, seed)
    if isinstance(situation, Situation | Mapping):
        return study.of(prepare(used, situation), on_progress)
    situations = load_situations(used.spec, situation)
    results = each_of(used, situations, study.of_several, on_progress)
    return Sensitivities(results, effective_weights(situations, model=used) if len(results) > 1 else None)


class _Study(NamedTuple):
    """What is asked about every situation alike; see `sensitivity`."""

    model: Model
    over: Over | None
    weight_uncertainty: float | None
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

    def _setting(self, case: Case) -> UncertainInputs:
        return uncertain_inputs(
            self.model, case, self.weight_uncertainty, self.missing, everything=self._over(case) == "range"
        )

    def _found(
        self, case: Case, setting: UncertainInputs, scores: list[str], on_progress: OnProgress | None
    ) -> Sensitivity:
        model, plain = self.model, self.model.assess(case.situation)
        groups = _groups(setting)
        swaps = sobol.design(len(setting.factors), list(groups.values()))
        number = _number(self.draws, len(setting.factors), len(swaps))
        moving = bool(scores) and bool(setting.factors)
        if moving:
            sources = replicate_generators(self.seed, 1 + len(scores))
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
            fixed=tuple(titles[name] for name in setting.fixed),
            weight_uncertainty=self.weight_uncertainty,
            draws=number,
            evaluations=number * len(swaps) if moving else 0,
            seed=self.seed,
            scores=results,
            without_score=tuple(score.title for score in plain.top_scores if score.name not in scores),
        )


_NOTHING = (
    "nothing varies here: give values as ranges such as {low: 2, high: 5}, or let values go through their whole range "
    "(--over range), weights vary (--weight-uncertainty 20%), or what is missing (--missing)"
)


def _number(draws: int | None, factors: int, matrices: int) -> int:
    if draws is None:
        return DRAWS
    number = next_power_of_two(draws, _LEAST, _MOST)
    if number * matrices > _MAX_EVALUATIONS:
        most = 1 << ((_MAX_EVALUATIONS // matrices).bit_length() - 1)
        raise RiskmodelError(
            f"{number:,} draws of {factors:,} things that vary are {number * matrices:,} evaluations, which are too "
            f"many to keep; ask for at most {most:,} draws"
        )
    return number


def _groups(setting: UncertainInputs) -> dict[str, Mask]:
    """All inputs together and all weights together, where both vary."""
    is_weight = np.array([factor.is_weight for factor in setting.factors])
    return {"inputs": ~is_weight, "weights": is_weight} if is_weight.any() and not is_weight.all() else {}


def _values(setting: UncertainInputs, scores: list[str], drawn: Floats) -> Floats:
    block = setting.scored_at(drawn)
    return np.stack([block.scores[name].value for name in scores])


def _blocks(setting: UncertainInputs, *matrices: Floats) -> Iterator[Block]:
    for drawn in matrices:
        for start in range(0, drawn.shape[1], BLOCK):
            yield setting.scored_at(drawn[:, start : start + BLOCK])
