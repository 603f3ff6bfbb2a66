"""Tables that are uploaded for an analysis: read in memory, checked, and analysed in a thread."""

import io
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.requests import Request

from riskmodel.model import Model
from riskmodel.tables.input_file import InputFile
from riskmodel.tables.options import TableOptions
from riskmodel.web.jobs import OnProgress
from riskmodel.web.problems import BODY
from riskmodel.web.requests import refuse_form, state_of, table_options
from riskmodel.web.schemas import TableQuery
from riskmodel.web.upload_limits import check_size


class Upload(NamedTuple):
    """A table, how it is read, and what its analysis is called with."""

    content: bytes
    options: TableOptions
    model: Model
    on_progress: OnProgress
    name: str = BODY

    def open(self) -> InputFile:
        """Return the table at its beginning."""
        return InputFile(io.BytesIO(self.content), self.name, len(self.content))

    @property
    def keywords(self) -> dict[str, Any]:
        """The arguments that analyses of tables share."""
        return {"model": self.model, "on_progress": self.on_progress, **self.options.given}


async def analyse_upload(request: Request, query: TableQuery, analyse: Callable[[Upload], bytes]) -> bytes:
    """Analyse the table of a request, whose slot is held from the first byte on.

    Raises
    ------
    HTTPProblem
        It was sent as a form, is too large, no slot is free, or the deadline has passed.
    """
    options = table_options(query)
    refuse_form(request)
    state = state_of(request)
    limits = state.settings.limits
    slots = state.batches.slots
    slots.take()
    try:
        content = await request.body()

        def task(on_progress: OnProgress) -> bytes:
            check_size(io.BytesIO(content), limits.model_copy(update={"rows": limits.series_rows}))
            return analyse(Upload(content, options, state.model, on_progress))

        return await state.jobs.run(request, task)
    finally:
        slots.release()
