"""Optional libraries: the extras that install them, and the check before any work."""

from importlib.util import find_spec

from riskmodel.errors import RiskmodelError

_LIBRARIES = {
    "evidence": {"scikit-learn": "sklearn", "threadpoolctl": "threadpoolctl"},
    "excel": {"python-calamine": "python_calamine", "XlsxWriter": "xlsxwriter", "odfpy": "odf"},
    "office": {"matplotlib": "matplotlib", "python-docx": "docx"},
    "outlook": {"statsmodels": "statsmodels", "scoringrules": "scoringrules"},
    "plot": {"matplotlib": "matplotlib"},
    "serve": {"fastapi": "fastapi", "markdown-it-py": "markdown_it", "uvicorn": "uvicorn"},
    "sources": {"pycountry": "pycountry"},
    "sql": {
        "adbc-driver-manager": "adbc_driver_manager",
        "adbc-driver-postgresql": "adbc_driver_postgresql",
        "duckdb": "duckdb",
        "sqlglot": "sqlglot",
    },
}
"""Libraries by the extra that installs them, with the module that each provides."""


def require(*extras: str) -> None:
    """Check that libraries are installed.

    Parameters
    ----------
    extras : the extras of this package that install them.

    Raises
    ------
    RiskmodelError
        If one is not installed.
    """
    needed = {name: module for extra in extras for name, module in _LIBRARIES[extra].items()}
    absent = [name for name, module in needed.items() if find_spec(module) is None]
    if absent:
        names = " ".join(absent)
        message = f"this needs {', '.join(absent)}; install with: pip install {names}"
        raise RiskmodelError(f"{message} (the extras [{','.join(extras)}] of riskmodel have it)")
