"""Limits of connections that uvicorn does not provide: timeouts, size of request heads, number, lossless closing."""

import asyncio
import re
import selectors
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

import h11
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_BYTES = 32_768
"""Largest head of a request: request line and headers, with the empty line that ends them."""
HEAD_SECONDS = 15.0
"""Time for the head of a request to arrive, and for the rest of a request that has been answered."""
WRITE_SECONDS = 30.0
"""Time for a client to read a response that waits for it."""
SHUTDOWN_SECONDS = 0.25
"""Time for requests in transit to arrive during shutdown."""
LINGER_SECONDS = 1.0
"""Time for a client to close a connection that the service has closed on its side."""
_FLUSH_SECONDS = 0.05
"""Interval of checks that a response has been sent."""
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class Connections:
    """The connections of one process; beyond the limit, the connection that has been idle longest is closed.

    Attributes
    ----------
    is_shutting_down : whether every connection ends after its current response.
    """

    def __init__(self, max_number: int) -> None:
        self._max_number = max_number
        self._open: set[TimeoutProtocol] = set()
        self._idle: dict[TimeoutProtocol, None] = {}
        self.is_shutting_down = False

    def protocol(self, **options: Any) -> "TimeoutProtocol":
        """Create the protocol of a new connection, for uvicorn."""
        return TimeoutProtocol(self, **options)

    def add(self, connection: "TimeoutProtocol") -> None:
        """Add a connection; beyond the limit close the one that has been idle longest, else this one."""
        if len(self._open) >= self._max_number:
            closed = next((other for other in self._idle if not other.has_input()), connection)
            self.remove(closed)
            closed.transport.abort()
        if not connection.transport.is_closing():
            self._open.add(connection)
            self._idle[connection] = None

    def remove(self, connection: "TimeoutProtocol") -> None:
        """Remove a connection that has ended."""
        self._open.discard(connection)
        self._idle.pop(connection, None)

    def mark(self, connection: "TimeoutProtocol", *, idle: bool) -> None:
        """Record whether a connection is idle."""
        if not idle:
            self._idle.pop(connection, None)
        elif connection in self._open:
            self._idle.setdefault(connection)


class TimeoutProtocol(H11Protocol):
    """HTTP/1.1 with read and write timeouts, and with closing that loses no response.

    `riskmodel.web.middleware` has the timeout of bodies, and uvicorn that between two requests.
    """

    conn: "_LimitedConnection"

    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self.conn = _LimitedConnection(h11.SERVER, HEAD_BYTES)
        self._connections, self._reading, self._writing = connections, _Deadline(), _Deadline()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request."""
        super().connection_made(cast("asyncio.Transport", _LingeringTransport(transport, self.loop)))
        self._connections.add(self)
        self._watch()
        if self._connections.is_shutting_down:
            self.shutdown()

    def has_input(self) -> bool:
        """Check for unread bytes."""
        with _Selector() as selector:
            selector.register(self.transport.get_extra_info("socket"), selectors.EVENT_READ)
            return bool(selector.select(0))

    def data_received(self, data: bytes) -> None:
        """Handle bytes; drop them if the connection is closed on this side."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._connections.is_shutting_down:
            self._respond_last()
        self._watch()

    def on_response_complete(self) -> None:
        """Start the timeout of the next request."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Start the timeout of a client that does not read."""
        super().pause_writing()
        self._writing.start(self.loop, WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timeout of a client that does not read."""
        self._writing.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timeouts."""
        self._reading.stop()
        self._writing.stop()
        self._connections.remove(self)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Respond to bytes that are not HTTP, or to a head that is too large."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            status = (
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if self.conn.is_head_too_large else HTTPStatus.BAD_REQUEST
            )
            text = (
                f"The head of the request is larger than the limit of {HEAD_BYTES:,} bytes."
                if self.conn.is_head_too_large
                else msg
            )
            headers = [(b"content-type", b"text/plain; charset=utf-8"), CLOSE_HEADER]
            start = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
            for event in (start, h11.Data(data=text.encode()), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:
            # Cancels the work on the request.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def shutdown(self) -> None:
        """Respond to requests in progress or in transit, then close the connection."""
        if self.cycle is None or self.cycle.response_complete:
            self._reading.stop()
            self._reading.start(self.loop, SHUTDOWN_SECONDS, self.transport.close)
        self._respond_last()

    def _respond_last(self) -> None:
        """Make the current response the last one, with `Connection: close`."""
        if self.cycle is not None and not self.cycle.response_complete and self.cycle.keep_alive:
            self.cycle.keep_alive = False
            self.cycle.default_headers = [*self.cycle.default_headers, CLOSE_HEADER]

    def _watch(self) -> None:
        theirs, ours = self.conn.their_state, self.conn.our_state
        waits = theirs is h11.IDLE or (theirs is h11.SEND_BODY and ours is h11.DONE)
        self._connections.mark(self, idle=waits or self.transport.is_closing())
        if waits:
            self._reading.start(self.loop, HEAD_SECONDS, self.transport.close)
        else:
            self._reading.stop()


class _LimitedConnection(h11.Connection):
    """HTTP state of a connection that limits heads whether they arrive in pieces or at once."""

    is_head_too_large = False

    def next_event(self) -> Any:
        """Parse the next event."""
        if self.their_state is h11.IDLE:
            data, _ = self.trailing_data
            end = _END_OF_HEAD.search(data)
            if (end.end() if end else len(data)) > HEAD_BYTES:
                self.is_head_too_large = True
                raise h11.RemoteProtocolError("the head is too large")
        return super().next_event()


class _LingeringTransport:
    """A transport whose `close` sends the rest, ends its side, and reads for a moment (lingering close).

    Closed at once while bytes of the client are in transit, the connection would be reset, and the client could lose a
    response that has been sent.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self._is_closed = transport, loop, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Check if the connection is closed or lingering."""
        return self._is_closed or self._transport.is_closing()

    def close(self) -> None:
        """Close the connection once the rest has been sent."""
        if not self.is_closing():
            self._is_closed = True
            self._end()

    def _end(self) -> None:
        if self._transport.get_write_buffer_size():
            self._loop.call_later(_FLUSH_SECONDS, self._end)
            return
        try:
            self._transport.write_eof()
        except OSError:  # the client has reset the connection
            self._transport.abort()
            return
        self._transport.resume_reading()
        self._loop.call_later(LINGER_SECONDS, self._transport.close)


class _Deadline:
    """Call a function after some seconds, unless stopped."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop, seconds: float, expire: Callable[[], object]) -> None:
        """Start the timer if it is not running."""
        if self._timer is None:
            self._timer = loop.call_later(seconds, expire)

    def stop(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
