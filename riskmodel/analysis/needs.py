"""What an analysis needs beyond the core, and how to get it."""

from importlib.util import find_spec

from riskmodel.errors import RiskmodelError


def require(module: str, extra: str) -> None:
    """Check that a library is installed, before any work is done.

    Parameters
    ----------
    module : what is imported, such as `sklearn`.
    extra : the extra of this package that installs it.

    Raises
    ------
    RiskmodelError
        Where it is not there.
    """
    if find_spec(module) is None:
        raise RiskmodelError(f'this needs the library {module}; install it with: pip install "riskmodel[{extra}]"')
