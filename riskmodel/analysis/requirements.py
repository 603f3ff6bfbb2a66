"""Check of the name of a score, which analyses make before any work."""

from riskmodel.errors import RiskmodelError, suggest
from riskmodel.schema.model import ModelSpec


def check_score(spec: ModelSpec, score: str) -> None:
    """Check that a model has a score.

    Raises
    ------
    RiskmodelError
        If it does not; the nearest name is suggested.
    """
    if score not in spec.scores:
        raise RiskmodelError(f"no score {score!r} in model {spec.id!r}{suggest(score, spec.scores)}")
