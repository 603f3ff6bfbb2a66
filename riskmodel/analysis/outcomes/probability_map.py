"""Maps from a score to the probability of an event in one population."""

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
from riskmodel.kernels.types import Floats
from riskmodel.schema.base import Number, Strict, Text

if TYPE_CHECKING:
    from riskmodel.model import Model

Count = Annotated[int, Field(strict=True, ge=0)]
Share = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=0, le=1)]


class MappedModel(Strict):
    """The model of the mapped score; the fingerprint is the SHA-256 of its canonical JSON, in hex."""

    id: Text
    version: Text | None = None
    fingerprint: Text


class Tested(Strict):
    """Performance of the probabilities on later rows.

    `skill` is relative to a constant at the event rate of these rows, known only afterwards.
    """

    rows: Count
    events: Count
    times: tuple[Text, Text]
    brier: Share
    skill: Annotated[float, Field(strict=True, allow_inf_nan=False, le=1)]


class ProbabilityMap(Strict):
    """Map from a score to a probability: expit(intercept + slope * score).

    J. Platt, *Probabilistic outputs for support vector machines*, 1999; fitted by maximum likelihood, without his
    adjustment of the targets.

    Attributes
    ----------
    model
        The model of the score.
    score
        The id of the score; its values are in points, exact rather than rounded.
    outcome, event
        The column of outcomes, and the definition of an event.
    rows, events, times
        The rows fitted on, events among them, and their first and last time.
    base_rate
        The event rate of those rows. The probabilities hold for populations with the same rate.
    intercept, slope
        Of the log odds of an event; the slope is per point.
    meaning
        A description of the probabilities.
    tested
        Performance on later rows.
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
        """Return the probability of an event.

        Parameters
        ----------
        values
            (n,) exact values of the score, or a single one; NaN if missing.
        model
            The model of the values, to check that it is the one of the map.

        Returns
        -------
        Floats
            Of the same shape, in [0, 1]; NaN for missing values.

        Raises
        ------
        RiskmodelError
            If the model is not the one of the map.
        """
        if model is not None and model.identity.fingerprint != self.model.fingerprint:
            identity = model.identity
            raise RiskmodelError(
                f"the map is for model {self.model.id!r}, fingerprint {self.model.fingerprint[:12]}; got values of "
                f"{identity.id!r}, fingerprint {identity.short_fingerprint}. Use the first, or calibrate the second"
            )
        return Curve(self.intercept, self.slope)(_as_floats(values))

    def to_dict(self) -> dict[str, Any]:
        """Return the map as plain data, ready for JSON."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """Return the text of a file for `read`."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def read(cls, path: str | Path) -> "ProbabilityMap":
        """Read a map that `riskmodel calibrate --probability-map` wrote.

        Raises
        ------
        RiskmodelError
            With all problems of the file, each at its line and column.
        """
        try:
            document = read(path)
        except UnreadableFileError as error:
            raise RiskmodelError([error.problem]) from None
        content = document.root.plain()
        if not isinstance(content, dict) or "kind" not in content:
            message = (
                "is not a map from a score to probabilities; `riskmodel calibrate --probability-map FILE` writes one"
            )
            raise RiskmodelError([Problem(message, file=document.name)])
        result, problems = validate(cls, document)
        if result is None or document.duplicates:
            raise RiskmodelError([*problems, *document.duplicates])
        return result


def _as_floats(values: ArrayLike) -> Floats:
    """Convert numbers to floats, and every kind of missing value to NaN."""
    given: Any = np.ma.asarray(values if hasattr(values, "dtype") else np.asarray(values, dtype=object))
    if given.dtype.kind != "f":
        numbers = [np.nan if (number := plain_value(value)) is None else number for value in given.ravel()]
        return np.array(numbers, dtype=np.float64).reshape(given.shape)
    floats: Floats = given.astype(np.float64).filled(np.nan)
    return floats
