"""Effective weights over the rows of a table: how much each indicator and rule really separates its situations."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from riskmodel.analysis.results.sensitivity import EffectiveWeights, ScoreWeights
from riskmodel.analysis.sampling import BLOCK
from riskmodel.analysis.sensitivity.effective_weights import effective_weights_of, nominal_shares, share_out
from riskmodel.analysis.situations import SituationsLike, load_situations, prepare
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.errors import SituationError
from riskmodel.kernels.scales import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.arrays import Mask


@call_as("effective_weights(situations, model=model)", "model.effective_weights(situations)")
def effective_weights(source: "SituationsLike", *, model: Model | str | Path = DEFAULT) -> EffectiveWeights:
    """How much each indicator and rule really separates several situations; see docs/sensitivity.md.

    Parameters
    ----------
    source
        A list of situations, a pandas frame with a row for each, or a file (situations in YAML or JSON; a table in
        CSV or Parquet). Values given as distributions count as their medians.
    model
        A model, its path, or its id.

    Raises
    ------
    SituationError
        Where values are not valid, or there are fewer than two situations.
    """
    used = ensure_model(model)
    given = [prepare(used, situation).given for situation in load_situations(used.spec, source)]
    if len(given) < 2:
        raise SituationError(f"effective weights are of two situations or more; there is {len(given)}")
    compiled = used.compiled
    columns = {
        name: np.array([values.get(name, np.nan) for values in given])
        for name in compiled.indicators
        if any(name in values for values in given)
    }
    blocks = list(_blocks(compiled, columns, len(given)))
    wanted = [name for name in used.spec.scores if name not in used.spec.sub_scores]
    parts = share_out(compiled, wanted, blocks)
    scores = {}
    for name in wanted:
        score = compiled.scores[name]
        values = np.concatenate([block.scores[name].value for block in blocks])
        there = ~np.isnan(values)
        nominal = _mean_shares(compiled, score, columns, there)
        scores[name] = ScoreWeights(
            used.spec.scores[name].title or name,
            int(there.sum()),
            float(values[there].mean()) if there.any() else None,
            float(values[there].std()) if there.any() else None,
            effective_weights_of(used.spec, score, parts[name], nominal),
        )
    return EffectiveWeights(used.identity, len(given), scores)


def _blocks(model: CompiledModel, columns: Mapping[str, Floats], rows: int) -> Iterator[Block]:
    for start in range(0, rows, BLOCK):
        part = slice(start, min(start + BLOCK, rows))
        yield score_block(model, {name: column[part] for name, column in columns.items()}, part.stop - start)


def _mean_shares(
    model: CompiledModel, score: CompiledScore, columns: Mapping[str, Floats], rows: Mask
) -> dict[str, float]:
    """The mean over rows of the share of each indicator in the weights, which depends on what else a row has."""
    absent = np.full(len(rows), np.nan)
    names = sorted(score.leaf_indicators)
    there = np.stack(
        [~np.isnan(columns.get(name, absent)) | (model.indicators[name].default is not None) for name in names],
        axis=1,
    )[rows]
    patterns, counts = np.unique(there, axis=0, return_counts=True)
    means: dict[str, float] = {}
    for pattern, count in zip(patterns, counts, strict=True):
        present = frozenset(name for name, is_there in zip(names, pattern, strict=True) if is_there)
        for name, share in nominal_shares(model, score, present).items():
            means[name] = means.get(name, 0.0) + share * float(count / counts.sum())
    return means
