"""Assessing what is asked at the same time as one block, which takes hardly longer than one situation alone."""

import asyncio

from riskmodel.assess import Assessor, Case
from riskmodel.assessment import Assessment


class Gatherer:
    """Assesses together what arrives in the same turns of the event loop; for one loop, and its thread alone.

    Parameters
    ----------
    assessor : what assesses.
    """

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor
        self._waiting: list[tuple[Case, asyncio.Future[Assessment]]] = []

    async def assess(self, case: Case) -> Assessment:
        """Assess a situation, given with its values; it comes out as it does alone."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            # One turn later, for what has arrived by now is only asked in the next.
            loop.call_soon(loop.call_soon, self._assess_waiting)
        found: asyncio.Future[Assessment] = loop.create_future()
        self._waiting.append((case, found))
        return await found

    def _assess_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._assess(waiting)

    def _assess(self, waiting: list[tuple[Case, asyncio.Future[Assessment]]]) -> None:
        # Whoever asked may have gone away.
        waiting = [(case, found) for case, found in waiting if not found.done()]
        try:
            assessed = self._assessor.assess_all([case for case, _ in waiting]) if waiting else []
        except Exception as error:
            if len(waiting) == 1:
                waiting[0][1].set_exception(error)
                return
            # One of them is at fault, and it is no matter of the others.
            for alone in waiting:
                self._assess([alone])
            return
        for (_, found), assessment in zip(waiting, assessed, strict=True):
            found.set_result(assessment)
