"""Who ranks where among many situations, and how sure that is: stochastic multicriteria acceptability analysis (SMAA).

References: R. Lahdelma, J. Hokkanen, P. Salminen, *SMAA - stochastic multiobjective acceptability analysis*, European
Journal of Operational Research 106, 1998; R. Lahdelma, P. Salminen, *SMAA-2: stochastic multicriteria acceptability
analysis for group decision making*, Operations Research 49, 2001 (rank acceptability indices); P. Leskinen et al.,
*Alternatives to incorporate uncertainty and risk attitude in multicriteria evaluation of forest plans*, Forest Science
52, 2006 (pairwise winning indices).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from riskmodel.analysis.cases import Many, OnProgress, as_model, case_of, situations_of
from riskmodel.analysis.draws import check_seed, draw_count
from riskmodel.analysis.names import names_of
from riskmodel.analysis.ranking.drawing import Draws, columns_of
from riskmodel.analysis.ranking.result import Ranked, Ranking, ScoreRanking, Unranked
from riskmodel.analysis.ranking.tally import MOST_AT_ONCE, Tally, ranks
from riskmodel.analysis.uncertain_weights import check_spread, concentration
from riskmodel.arrays import Mask
from riskmodel.calls import call_as
from riskmodel.engine.block import ScoreBlock, score_block
from riskmodel.errors import SituationError
from riskmodel.load.models import DEFAULT
from riskmodel.model import Model

SPREAD = 0.2
DRAWS = 1 << 12
MOST_SITUATIONS = 2_000
_LEAST, _MOST = 1 << 8, 1 << 16


@call_as("rank(situations, model=model)", "model.rank(situations)")
def rank(
    source: Many,
    *,
    model: Model | str | Path = DEFAULT,
    weights: float = SPREAD,
    draws: int = DRAWS,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Ranking:
    """Rank situations by each score, and tell how sure the ranks are while weights are uncertain.

    All situations are scored with the same draws of weights. What a situation gives as a distribution is drawn too,
    independently of all else.

    Parameters
    ----------
    source : two or more situations, a frame with a row for each, or a file of them.
    model : a model, its path, or its id.
    weights : how uncertain weights are, in [0, 1): the standard deviation of a weight of average size, as a share of
        itself (a Dirichlet distribution of the shares; see `riskmodel.analysis.uncertain_weights`). 0: not at all.
    draws : how many, from 256 to 65,536; the next power of 2 is taken.
    seed : any whole number from 0 on; the same seed gives the same draws.
    on_progress : called with the share that is done, in [0, 1], and what is being done.

    Raises
    ------
    SituationError
        Where values are not valid, or there are fewer than 2 or more than 2,000 situations.
    RiskmodelError
        Where what is asked for is out of range.
    """
    used = as_model(model)
    if weights:
        check_spread(weights)
    number = draw_count(draws, _LEAST, _MOST)
    check_seed(seed)
    situations = situations_of(used.spec, source)
    if not 2 <= len(situations) <= MOST_SITUATIONS:
        raise SituationError(f"a ranking takes 2 to {MOST_SITUATIONS:,} situations; got {len(situations):,}")
    cases = [case_of(used, situation) for situation in situations]
    scores = [name for name in used.spec.scores if name not in used.spec.sub_scores]
    nominal = score_block(used.compiled, columns_of(used.compiled, cases), len(cases))
    there = {name: ~np.isnan(nominal.scores[name].value) for name in scores}
    drawn = Draws(used, cases, weights, number, seed)
    tallies = _tallied(drawn, there, [used.compiled.scores[name].out_of for name in scores], on_progress)
    return Ranking(
        model=used.identity,
        situations=len(cases),
        draws=number,
        seed=seed,
        spread=weights,
        concentrations={
            name: concentration(len(score.inputs), weights)
            for name, score in used.compiled.scores.items()
            if weights and len(score.inputs) > 1
        },
        ranges=sum(len(case.uncertain) for case in cases),
        scores={name: _score(used, names_of(cases), nominal.scores[name], name, tallies[name]) for name in scores},
    )


def _tallied(
    drawn: Draws, there: Mapping[str, Mask], tops: Sequence[float], on_progress: OnProgress | None
) -> dict[str, Tally]:
    """The ranks of the cases that have a score, counted over all draws, by score."""
    tallies = {name: Tally(int(np.count_nonzero(having))) for name, having in there.items()}
    for start in range(0, drawn.number, MOST_AT_ONCE):
        if on_progress is not None:
            on_progress(start / drawn.number, f"{drawn.number:,} draws")
        values = drawn.scored(start, min(start + MOST_AT_ONCE, drawn.number), list(there))
        for (name, having), top in zip(there.items(), tops, strict=True):
            tallies[name].add(ranks(values[name][:, having], top))
    return tallies


def _score(model: Model, names: Sequence[str], nominal: ScoreBlock, name: str, tally: Tally) -> ScoreRanking:
    spec, compiled = model.spec.scores[name], model.compiled.scores[name]
    having = np.flatnonzero(~np.isnan(nominal.value))
    at = ranks(nominal.value[None, having], compiled.out_of)[0]
    order = np.argsort(at, kind="stable")
    return ScoreRanking(
        name,
        spec.title or name,
        compiled.decimals,
        tuple(
            Ranked(
                names[int(case)],
                float(nominal.value[case]),
                float(nominal.reported[case]),
                compiled.bands[nominal.band[case]] if nominal.band[case] >= 0 else None,
                int(place),
            )
            for case, place in zip(having[order], at[order], strict=True)
        ),
        tuple(
            Unranked(names[int(case)], float(nominal.coverage[case]))
            for case in np.flatnonzero(np.isnan(nominal.value))
        ),
        tally.acceptability[order],
        tally.above[np.ix_(order, order)],
    )
