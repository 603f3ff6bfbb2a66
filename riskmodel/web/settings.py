"""Settings and limits of a service."""

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
    """Limits of single requests, and of concurrent ones per worker process."""

    body_bytes: Annotated[int, Field(gt=0, description="Bytes of a JSON body.")] = 250_000
    body_values: Annotated[int, Field(gt=0, description="Values in a JSON body, lists and objects included.")] = 2_000
    body_seconds: Annotated[float, Field(gt=0, description="Time for a JSON body to arrive.")] = 30.0
    upload_bytes: Annotated[int, Field(gt=0, description="Bytes of a table.")] = 64_000_000
    unpacked_bytes: Annotated[int, Field(gt=0, description="Bytes of a table after decompression.")] = 256_000_000
    rows: Annotated[int, Field(gt=0, description="Rows of a table; lines of CSV, without the header.")] = 1_000_000
    sheet_cells: Annotated[
        int, Field(gt=0, description="Cells of a sheet of a workbook, from the first to the last, blank ones included.")
    ] = 4_000_000
    series_rows: Annotated[int, Field(gt=0, description="Rows of a table of series.")] = 20_000
    upload_seconds: Annotated[float, Field(gt=0, description="Time for a table to arrive.")] = 120.0
    batch_seconds: Annotated[float, Field(gt=0, description="Time to score a table and send the result.")] = 120.0
    batches_at_once: Annotated[int, Field(gt=0, description="Tables that are uploaded or scored at the same time.")] = 4
    analysis_seconds: Annotated[float, Field(gt=0, description="Time for an analysis.")] = 30.0
    analyses_at_once: Annotated[int, Field(gt=0, description="Analyses at the same time.")] = 2
    requests_at_once: Annotated[int, Field(gt=0, description="Requests of any kind at the same time.")] = 256


@dataclass(frozen=True)
class Settings:
    """Settings of a service; picklable, for its worker processes.

    Attributes
    ----------
    model : the served model.
    situation : the situation that the page begins with, if any.
    hosts : accepted host names in addition to `LOCAL_HOSTS`, in lower case, without a port.
    limits : limits of requests.
    key_file : path of the keys of clients; see `riskmodel.web.keys`.
    access_log : path of the log of requests, `-` for standard output.
    proxies : addresses and networks of proxies, separated by commas, whose X-Forwarded-For and X-Forwarded-Proto count.
    """

    model: ModelSpec
    situation: Situation | None = None
    hosts: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    key_file: str | None = None
    access_log: str | None = None
    proxies: str | None = None


def check_servable(model: Model) -> None:
    """Compile a model and assess an empty situation.

    Raises
    ------
    ModelError
        The model cannot be used because it is not fitted yet.
    """
    try:
        model.assess({})
    except ModelError as error:
        raise ModelError(error.with_file(model.spec.id)) from None


def detached(situation: Situation) -> Situation:
    """Return a situation without its document and without the path of its model, so that responses name no files."""
    return Situation(situation.spec.model_copy(update={"model": None}), from_python({}))
