"""Limits to how long a client may take to say what it wants and to take what it gets, which uvicorn has not."""

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0
"""How long the head of a request may take, and what still comes of a request that has been answered already."""
TAKING_SECONDS = 30.0
"""How long a client may leave an answer lying."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 that ends connections on which nothing moves.

    While a body is waited for, time is kept by `riskmodel.web.guard`; between two requests by uvicorn.
    """

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._hearing, self._taking = _Patience(), _Patience()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Go on after an answer."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Wait until the client has taken some of what lies there for it."""
        super().pause_writing()
        self._taking.start(self.loop, TAKING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, as the client has taken some."""
        self._taking.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._hearing.stop()
        self._taking.stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        theirs, ours = self.conn.their_state, self.conn.our_state
        if theirs is h11.IDLE or (theirs is h11.SEND_BODY and ours is h11.DONE):
            self._hearing.start(self.loop, HEAD_SECONDS, self.transport.abort)
        else:
            self._hearing.stop()


class _Patience:
    """What runs out after some seconds, unless it is stopped."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop, seconds: float, out: Callable[[], object]) -> None:
        """Begin, if it has not begun."""
        if self._timer is None:
            self._timer = loop.call_later(seconds, out)

    def stop(self) -> None:
        """It need not run out."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
