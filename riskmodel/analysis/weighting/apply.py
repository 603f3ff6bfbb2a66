"""Applying shares: a model in which those inputs of a score that were weighed have new weights."""

from riskmodel.analysis.new_weights import new_weights, weights_of, with_weights
from riskmodel.analysis.weighting.result import Derived, Weighting
from riskmodel.errors import RiskmodelError, nearest
from riskmodel.model import Model
from riskmodel.spec.model import ModelSpec


def check_score(spec: ModelSpec, score: str) -> None:
    """Check that a model has a score.

    Raises
    ------
    RiskmodelError
        Where it has not; the nearest is named.
    """
    if score not in spec.scores:
        raise RiskmodelError(f"no score {score!r} in model {spec.id!r}{nearest(score, spec.scores)}")


def applied(
    method: str, model: Model, score: str, derived: Derived, source: str, sha256: str | None = None
) -> Weighting:
    """The weighting that comes of derived shares.

    The inputs weighed share what they weighed together; each keeps its sign, and the others keep their weights.
    """
    spec = model.spec
    weights = new_weights(weights_of(spec, score), derived.shares)
    return Weighting(
        method=method,
        score=score,
        title=spec.scores[score].title or score,
        source=source,
        sha256=sha256,
        before=model,
        model=Model(with_weights(spec, score, weights)),
        **derived._asdict(),
    )
