"""What a service serves, to whom, and how much of it."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from riskmodel.documents.document import from_python
from riskmodel.documents.situations import Situation
from riskmodel.errors import ModelError
from riskmodel.model import Model
from riskmodel.schema.base import Strict
from riskmodel.schema.model import ModelSpec

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Limits(Strict):
    """How much a service does for one request, and for all at once. Counts at once are for each worker."""

    body_bytes: Annotated[int, Field(gt=0, description="Bytes of a JSON body.")] = 250_000
    body_values: Annotated[int, Field(gt=0, description="Values in a JSON body, lists and objects included.")] = 2_000
    body_seconds: Annotated[float, Field(gt=0, description="Time for a JSON body to arrive.")] = 30.0
    upload_bytes: Annotated[int, Field(gt=0, description="Bytes of a table.")] = 64_000_000
    unpacked_bytes: Annotated[int, Field(gt=0, description="Bytes of a table once it is decompressed.")] = 256_000_000
    rows: Annotated[int, Field(gt=0, description="Rows of a table; lines of CSV, without the header.")] = 1_000_000
    upload_seconds: Annotated[float, Field(gt=0, description="Time for a table to arrive.")] = 120.0
    batch_seconds: Annotated[float, Field(gt=0, description="Time for a table to be scored and taken.")] = 120.0
    batches_at_once: Annotated[int, Field(gt=0, description="Tables that arrive or are scored.")] = 4
    analysis_seconds: Annotated[float, Field(gt=0, description="Time for an analysis.")] = 30.0
    analyses_at_once: Annotated[int, Field(gt=0, description="Analyses that are worked on.")] = 2
    requests_at_once: Annotated[int, Field(gt=0, description="Requests that are under way, of any kind.")] = 256


@dataclass(frozen=True)
class Settings:
    """What a service is started with; it can be pickled, so that it reaches every worker.

    Attributes
    ----------
    model : the one model that is served.
    situation : what the page begins with; None: nothing in particular.
    hosts : names by which the service may be asked beside those of `LOCAL_HOSTS`, without a port, in lower case.
    limits : how much it does.
    """

    model: ModelSpec
    situation: Situation | None = None
    hosts: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)


def check_servable(model: Model) -> None:
    """Compile a model, and assess a situation with it.

    Raises
    ------
    ModelError
        Where it cannot be used, because it is not fitted yet.
    """
    try:
        model.assess({})
    except ModelError as error:
        raise ModelError(error.with_file(model.spec.id)) from None


def detached(situation: Situation) -> Situation:
    """Return a situation without the file that it is from, and without the path of the model that it may name."""
    return Situation(situation.spec.model_copy(update={"model": None}), from_python({}))
