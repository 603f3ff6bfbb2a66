"""Reading judgement files: every fault at its line and column, names held against the inputs of a score."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from riskmodel.analysis.weighting.judgements import Judgements
from riskmodel.errors import Problem, RiskmodelError, nearest
from riskmodel.load.files import UnreadableFileError, from_python, read
from riskmodel.load.validate import problem, validate
from riskmodel.python_values import plain_value
from riskmodel.spec.base import Finding
from riskmodel.spec.model import ModelSpec

Kind = TypeVar("Kind", bound=Judgements)


def read_judgements(
    kind: type[Kind], judgements: "str | Path | Mapping[str, Any]", model: ModelSpec, score: str
) -> tuple[Kind, str]:
    """Read judgements about the inputs of a score.

    Parameters
    ----------
    kind : what is asked.
    judgements : a path, `-` for standard input, or the content of a judgement file as a mapping.
    model, score : the model, and one of its scores.

    Returns
    -------
    The judgements, and the name of the file.

    Raises
    ------
    RiskmodelError
        With every problem that the file has, each at its line and column.
    """
    try:
        document = from_python(plain_value(judgements)) if isinstance(judgements, Mapping) else read(judgements)
    except UnreadableFileError as error:
        raise RiskmodelError([error.problem]) from None
    said, problems = validate(kind, document)
    problems += document.duplicates
    if said is not None and not problems:
        inputs = model.scores[score].weights
        strange = [
            Finding(where, _unknown(name, model, score), name) for where, name in said.mentions() if name not in inputs
        ]
        problems = [
            problem(
                {"loc": found.where, "type": "finding", "input": found.value, "ctx": {"message": found.message}},
                document,
                kind,
            )
            for found in strange or said.faults()
        ]
    if said is None or problems:
        raise RiskmodelError(_in_order(problems))
    return said, document.name or "the judgements"


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda found: (found.line or 0, found.column or 0))


def _unknown(name: str, model: ModelSpec, score: str) -> str:
    inputs = model.scores[score].weights
    if name in model.indicators or name in model.scores:
        return f"{name!r} has no weight in the score {score!r}; give it one in the model first"
    return f"not an input of the score {score!r}{nearest(name, inputs)}"
