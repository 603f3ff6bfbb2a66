"""Limits per connection that uvicorn does not provide: read and write timeouts, size of the head, number, closing."""

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
"""The most that the head of a request may have: its first line and headers, with the empty line that ends them."""
HEAD_SECONDS = 15.0
"""How long the head of a request may take, and what still comes of a request that has been answered already."""
TAKING_SECONDS = 30.0
"""How long a client may leave an answer lying."""
END_SECONDS = 0.25
"""How long requests that are on their way have once the service has been told to end."""
LINGER_SECONDS = 1.0
"""How long a client has to close a connection that the service has closed on its side."""
_FLUSH_SECONDS = 0.05
"""How often it is looked whether an answer has been sent to its end."""
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
_END_OF_HEAD = re.compile(rb"\n\r?\n")


class Connections:
    """The connections of one process: at most so many, and a new one ends the one that has been silent the longest.

    Parameters
    ----------
    most : how many.

    Attributes
    ----------
    is_ending : whether the service has been told to end, so that every connection ends after its answer.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[TimeoutProtocol] = set()
        self._silent: dict[TimeoutProtocol, None] = {}
        self.is_ending = False

    def protocol(self, **options: Any) -> "TimeoutProtocol":
        """Make the protocol of a new connection, as uvicorn asks for it."""
        return TimeoutProtocol(self, **options)

    def add(self, connection: "TimeoutProtocol") -> None:
        """Count a connection; beyond the limit end the one that has been silent the longest, else this one."""
        if len(self._open) >= self._most:
            longest = next((other for other in self._silent if not other.has_input()), connection)
            self.remove(longest)
            longest.transport.abort()
        if not connection.transport.is_closing():
            self._open.add(connection)
            self._silent[connection] = None

    def remove(self, connection: "TimeoutProtocol") -> None:
        """Forget a connection that has ended."""
        self._open.discard(connection)
        self._silent.pop(connection, None)

    def mark(self, connection: "TimeoutProtocol", *, silent: bool) -> None:
        """Note whether nothing is being done for a connection."""
        if not silent:
            self._silent.pop(connection, None)
        elif connection in self._open:
            self._silent.setdefault(connection)


class TimeoutProtocol(H11Protocol):
    """HTTP/1.1 that ends connections on which nothing moves, and closes every connection so that no answer is lost.

    While a body is waited for, time is kept by `riskmodel.web.middleware`; between two requests by uvicorn.
    """

    conn: "_LimitedConnection"

    def __init__(self, connections: Connections, **options: Any) -> None:
        super().__init__(**options)
        self.conn = _LimitedConnection(h11.SERVER, HEAD_BYTES)
        self._connections, self._reading, self._writing = connections, _Deadline(), _Deadline()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(cast("asyncio.Transport", _LingeringTransport(transport, self.loop)))
        self._connections.add(self)
        self._watch()
        if self._connections.is_ending:
            self.shutdown()

    def has_input(self) -> bool:
        """Tell whether something has arrived that has not been read yet."""
        with _Selector() as selector:
            selector.register(self.transport.get_extra_info("socket"), selectors.EVENT_READ)
            return bool(selector.select(0))

    def data_received(self, data: bytes) -> None:
        """Take what has come; after the connection has been closed on this side, drop it."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._connections.is_ending:
            self._answer_last()
        self._watch()

    def on_response_complete(self) -> None:
        """Go on after an answer."""
        super().on_response_complete()
        self._watch()

    def pause_writing(self) -> None:
        """Wait until the client has taken some of what lies there for it."""
        super().pause_writing()
        self._writing.start(self.loop, TAKING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on, as the client has taken some."""
        self._writing.stop()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._reading.stop()
        self._writing.stop()
        self._connections.remove(self)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or a head that is too large."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            status = (
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if self.conn.is_head_too_large else HTTPStatus.BAD_REQUEST
            )
            text = f"The head of a request has at most {HEAD_BYTES:,} bytes." if self.conn.is_head_too_large else msg
            headers = [(b"content-type", b"text/plain; charset=utf-8"), CLOSE_HEADER]
            start = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
            for event in (start, h11.Data(data=text.encode()), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:
            # Whatever works on the request has nobody to answer any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def shutdown(self) -> None:
        """Answer what is under way, and what arrives in a moment; then close the connection."""
        if self.cycle is None or self.cycle.response_complete:
            self._reading.stop()
            self._reading.start(self.loop, END_SECONDS, self.transport.close)
        self._answer_last()

    def _answer_last(self) -> None:
        """Let the answer that is under way, if there is any, be the last, and say so in its head."""
        if self.cycle is not None and not self.cycle.response_complete and self.cycle.keep_alive:
            self.cycle.keep_alive = False
            self.cycle.default_headers = [*self.cycle.default_headers, CLOSE_HEADER]

    def _watch(self) -> None:
        theirs, ours = self.conn.their_state, self.conn.our_state
        waits = theirs is h11.IDLE or (theirs is h11.SEND_BODY and ours is h11.DONE)
        self._connections.mark(self, silent=waits or self.transport.is_closing())
        if waits:
            self._reading.start(self.loop, HEAD_SECONDS, self.transport.close)
        else:
            self._reading.stop()


class _LimitedConnection(h11.Connection):
    """The state of a connection, in which a head is too large whether it arrives in pieces or at once."""

    is_head_too_large = False

    def next_event(self) -> Any:
        """Parse what comes next."""
        if self.their_state is h11.IDLE:
            data, _ = self.trailing_data
            end = _END_OF_HEAD.search(data)
            if (end.end() if end else len(data)) > HEAD_BYTES:
                self.is_head_too_large = True
                raise h11.RemoteProtocolError("the head is too large")
        return super().next_event()


class _LingeringTransport:
    """A transport that, once closed, sends what is left, ends its side, and takes what still comes for a moment.

    If it were closed at once while something is on its way from the client, the system would reset the connection, and
    the client could lose an answer that has been sent.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop, self._is_closed = transport, loop, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        """Whether it has been closed."""
        return self._is_closed or self._transport.is_closing()

    def close(self) -> None:
        """Close it."""
        if not self.is_closing():
            self._is_closed = True
            self._end()

    def _end(self) -> None:
        """End this side as soon as all has been sent."""
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
    """Call a function after some seconds, unless it is stopped."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def start(self, loop: asyncio.AbstractEventLoop, seconds: float, expire: Callable[[], object]) -> None:
        """Start it, if it is not running."""
        if self._timer is None:
            self._timer = loop.call_later(seconds, expire)

    def stop(self) -> None:
        """Stop it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
