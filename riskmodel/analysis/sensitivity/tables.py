"""Effective weights over the rows of a table: the share of each indicator and rule in the variance of a score."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from riskmodel.analysis.results.sensitivity import EffectiveWeights, ScoreWeights
from riskmodel.analysis.sampling import BLOCK
from riskmodel.analysis.sensitivity.effective_weights import effective_weights_of, nominal_shares, variance_shares
from riskmodel.analysis.situations import SituationsLike, columns_of, load_situations, prepare
from riskmodel.calls import call_as
from riskmodel.documents.models import DEFAULT
from riskmodel.engine.block import Block, score_block
from riskmodel.engine.compile import CompiledModel, CompiledScore
from riskmodel.errors import SituationError
from riskmodel.kernels.types import Floats
from riskmodel.model import Model, ensure_model
from riskmodel.tables.arrays import Mask


@call_as("effective_weights(situations, model=model)", "model.effective_weights(situations)")
def effective_weights(source: "SituationsLike", *, model: Model | str | Path = DEFAULT) -> EffectiveWeights:
    """Return the share of each indicator and rule in the variance of scores; see docs/sensitivity.md.

    Parameters
    ----------
    source
        A list of situations, a pandas frame with a row for each, or a file (situations in YAML or JSON; a table in
        CSV or Parquet). Distributions count as their medians.
    model
        A model, its path, or its id.

    Raises
    ------
    SituationError
        If values are not valid, or there are fewer than two situations.
    """
    loaded = ensure_model(model)
    cases = [prepare(loaded, situation) for situation in load_situations(loaded.spec, source)]
    if len(cases) < 2:
        raise SituationError(f"effective weights need two situations or more; got {len(cases)}")
    compiled = loaded.compiled
    columns = columns_of(compiled, cases)
    blocks = list(_blocks(compiled, columns, len(cases)))
    names = loaded.spec.main_scores
    parts = variance_shares(compiled, names, blocks)
    scores = {}
    for name in names:
        score = compiled.scores[name]
        values = np.concatenate([block.scores[name].value for block in blocks])
        known = ~np.isnan(values)
        nominal = _mean_shares(compiled, score, columns, known)
        scores[name] = ScoreWeights(
            loaded.spec.scores[name].title or name,
            int(known.sum()),
            float(values[known].mean()) if known.any() else None,
            float(values[known].std()) if known.any() else None,
            effective_weights_of(loaded.spec, score, parts[name], nominal),
        )
    return EffectiveWeights(loaded.identity, len(cases), scores)


def _blocks(model: CompiledModel, columns: Mapping[str, Floats], rows: int) -> Iterator[Block]:
    for start in range(0, rows, BLOCK):
        part = slice(start, min(start + BLOCK, rows))
        yield score_block(model, {name: column[part] for name, column in columns.items()}, part.stop - start)


def _mean_shares(
    model: CompiledModel, score: CompiledScore, columns: Mapping[str, Floats], rows: Mask
) -> dict[str, float]:
    """Average over rows the share of each indicator in the weights, which depends on the other values of a row."""
    absent = np.full(len(rows), np.nan)
    names = sorted(score.leaf_indicators)
    has_value = np.stack(
        [~np.isnan(columns.get(name, absent)) | (model.indicators[name].default is not None) for name in names],
        axis=1,
    )[rows]
    patterns, counts = np.unique(has_value, axis=0, return_counts=True)
    means: dict[str, float] = {}
    for pattern, count in zip(patterns, counts, strict=True):
        present = frozenset(name for name, is_present in zip(names, pattern, strict=True) if is_present)
        for name, share in nominal_shares(model, score, present).items():
            means[name] = means.get(name, 0.0) + share * float(count / counts.sum())
    return means
