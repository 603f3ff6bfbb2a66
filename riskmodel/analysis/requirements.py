"""What an analysis needs, checked before any work is done."""

from importlib.util import find_spec

from riskmodel.errors import RiskmodelError, suggest
from riskmodel.schema.model import ModelSpec

_LIBRARIES = {
    "evidence": {"scikit-learn": "sklearn", "threadpoolctl": "threadpoolctl"},
    "plot": {"matplotlib": "matplotlib"},
    "serve": {"fastapi": "fastapi", "uvicorn": "uvicorn"},
}
"""By the extra that installs them: libraries, and what is imported of each."""


def require(*extras: str) -> None:
    """Check that libraries are installed.

    Parameters
    ----------
    extras : the extras of this package that install them.

    Raises
    ------
    RiskmodelError
        Where one is not there.
    """
    wanted = {name: module for extra in extras for name, module in _LIBRARIES[extra].items()}
    absent = [name for name, module in wanted.items() if find_spec(module) is None]
    if absent:
        names = " ".join(absent)
        message = f"this needs {names}; install with: pip install {names}"
        raise RiskmodelError(f"{message} (the extras [{','.join(extras)}] of riskmodel have it)")


def check_score(spec: ModelSpec, score: str) -> None:
    """Check that a model has a score.

    Raises
    ------
    RiskmodelError
        Where it has not; the nearest is named.
    """
    if score not in spec.scores:
        raise RiskmodelError(f"no score {score!r} in model {spec.id!r}{suggest(score, spec.scores)}")
