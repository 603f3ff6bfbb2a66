"""A map from a score to the probability of an event; a score is none, and a map holds for one population."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from riskmodel.analysis.outcomes.metrics import Curve
from riskmodel.documents.document import UnreadableFileError, read
from riskmodel.documents.python_values import plain_value
from riskmodel.documents.validation import validate
from riskmodel.errors import Problem, RiskmodelError
from riskmodel.kernels.scales import Floats
from riskmodel.schema.base import Number, Strict, Text

if TYPE_CHECKING:
    from riskmodel.model import Model

Count = Annotated[int, Field(strict=True, ge=0)]
Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]


class MappedModel(Strict):
    """The model whose score is mapped; the fingerprint is the SHA-256 of its canonical JSON, in hex."""

    id: Text
    version: Text | None = None
    fingerprint: Text


class Tested(Strict):
    """How good the probabilities were on later rows.

    `skill` is the share saved of the Brier score of a constant at the rate of these rows, known only afterwards.
    """

    rows: Count
    events: Count
    times: tuple[Text, Text]
    brier: Share
    skill: Annotated[float, Field(strict=True, allow_inf_nan=False, le=1)]


class ProbabilityMap(Strict):
    """Score to probability: expit(intercept + slope * score).

    J. Platt, *Probabilistic outputs for support vector machines*, 1999; fitted by maximum likelihood, without his
    adjustment of the targets.

    Attributes
    ----------
    model
        The one model whose score is mapped.
    score
        Its id; in points, exact rather than rounded.
    outcome, event
        The column of outcomes, and what of it is an event, in words.
    rows, events, times
        What was fitted on, and the first and last time of it.
    base_rate
        The share of those rows that had an event. Probabilities hold where that share is the same.
    intercept, slope
        Of the log odds of an event, the slope for each point.
    meaning
        What the probabilities are, in words.
    tested
        How good they were on later rows.
    """

    kind: Literal["score to probability"] = "score to probability"
    model: MappedModel
    score: Text
    outcome: Text
    event: Text
    base_rate: Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0, lt=1)]
    rows: Count
    events: Count
    times: tuple[Text, Text]
    method: Literal["logistic"] = "logistic"
    intercept: Number
    slope: Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0)]
    meaning: Text
    tested: Tested

    def probability(self, values: ArrayLike, model: "Model | None" = None) -> Floats:
        """The probability of an event.

        Parameters
        ----------
        values
            (n,) exact values of the score, or one; NaN where there is none.
        model
            The model that they come from, to be sure that it is the one whose score is mapped.

        Returns
        -------
        Floats
            As many, in [0, 1]; NaN where there is no value.

        Raises
        ------
        RiskmodelError
            Where the model is another.
        """
        if model is not None and model.identity.fingerprint != self.model.fingerprint:
            identity = model.identity
            raise RiskmodelError(
                f"the map is for model {self.model.id!r}, fingerprint {self.model.fingerprint[:12]}; got values of "
                f"{identity.id!r}, fingerprint {identity.short_fingerprint}. Use the first, or calibrate the second"
            )
        return Curve(self.intercept, self.slope)(_as_floats(values))

    def to_dict(self) -> dict[str, Any]:
        """The map as plain data, ready for JSON; `read` takes it back."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """The text of a file that `read` takes back."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> "ProbabilityMap":
        """Read a map that `riskmodel calibrate --map` wrote.

        Raises
        ------
        RiskmodelError
            With everything that is wrong with the file, each at its line and column.
        """
        try:
            document = read(path)
        except UnreadableFileError as error:
            raise RiskmodelError([error.problem]) from None
        content = document.root.plain()
        if not isinstance(content, dict) or "kind" not in content:
            message = "is no map from a score to probabilities; `riskmodel calibrate --map FILE` writes one"
            raise RiskmodelError([Problem(message, file=document.name)])
        found, problems = validate(cls, document)
        if found is None or document.duplicates:
            raise RiskmodelError([*problems, *document.duplicates])
        return found


def _as_floats(values: ArrayLike) -> Floats:
    """Numbers as floats, NaN for every mark of missing."""
    given: Any = np.ma.asarray(values if hasattr(values, "dtype") else np.asarray(values, dtype=object))
    if given.dtype.kind != "f":
        numbers = [np.nan if (number := plain_value(each)) is None else number for each in given.ravel()]
        return np.array(numbers, dtype=np.float64).reshape(given.shape)
    floats: Floats = given.astype(np.float64).filled(np.nan)
    return floats
