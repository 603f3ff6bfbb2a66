"""Nominal weights: the share of each indicator in the weights of a score, through sub-scores."""

from collections.abc import Iterator

from riskmodel.engine.compiled import CompiledModel, CompiledScore


def nominal_paths(
    model: CompiledModel, score: CompiledScore, there: frozenset[str] | None = None
) -> Iterator[tuple[str, float]]:
    """Each way from an indicator to a score, with the signed share that it has; absolutely they sum to 1.

    Parameters
    ----------
    model, score : compiled.
    there : the indicators that have a value, to which missing inputs leave their weights; None: all of them.
    """
    inputs = [
        part
        for part in score.inputs
        if there is None or there & (model.scores[part.name].reaches if part.is_score else {part.name})
    ]
    total = sum(part.weight for part in inputs)
    for part in inputs:
        share = (-part.weight if part.lowers else part.weight) / total
        inner = nominal_paths(model, model.scores[part.name], there) if part.is_score else [(part.name, 1.0)]
        for name, inner_share in inner:
            yield name, share * inner_share
