"""The plan of a model as one SQL query, in many dialects; needs SQLGlot."""

from importlib.util import find_spec

from riskmodel.errors import RiskmodelError

if find_spec("sqlglot") is None:
    raise RiskmodelError("SQL needs the extra `sql`: pip install 'riskmodel[sql]'")
