"""Applying shares: a model in which those inputs of a score that were weighed have new weights."""

from riskmodel.analysis.new_weights import new_weights, weights_of, with_weights
from riskmodel.analysis.weighting.result import Derived, Weighting
from riskmodel.derived import derived as derived_model
from riskmodel.model import Model


def applied(
    method: str,
    model: Model,
    score: str,
    derived: Derived,
    source: str,
    sha256: str | None = None,
    model_id: str | None = None,
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
        model=derived_model(with_weights(spec, score, weights), method, model_id),
        **derived._asdict(),
    )
