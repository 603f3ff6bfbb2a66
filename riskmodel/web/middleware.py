"""Check every request before its route: host, origin, size and time of the body; add the headers of every response."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmodel.errors import escape_control
from riskmodel.web.jobs import busy
from riskmodel.web.problems import HTTPProblem, problem_response

_LOG = logging.getLogger(__name__)
_HOST = re.compile(r"(?P<name>[\w.-]+|\[[\da-f:.]+\])(:(?P<port>\d{0,5}))?", re.ASCII | re.IGNORECASE)
"""A Host header: a name, an IPv4 address, or an IPv6 address in brackets, with or without a port."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NOT_STORED = (b"cache-control", b"no-store")


class BodyLimit(NamedTuple):
    """How large a body may be, in bytes, and how many seconds it may take to arrive."""

    bytes: int
    seconds: float


class Guard:
    """The outermost part of the app, as plain ASGI.

    Parameters
    ----------
    app : what answers.
    hosts : names by which it may be asked.
    requests : how many requests may be under way.
    body : the limit of bodies.
    bodies : other limits, by path.
    """

    def __init__(
        self, app: ASGIApp, hosts: frozenset[str], requests: int, body: BodyLimit, bodies: Mapping[str, BodyLimit]
    ) -> None:
        self._app, self._hosts, self._free, self._body, self._bodies = app, hosts, requests, body, bodies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        answer = _Response(send, without_body=is_head)
        if is_head:
            scope = {**scope, "method": "GET"}
        limit = self._bodies.get(scope["path"], self._body)
        body = _Body(receive, limit)
        self._free -= 1
        try:
            # Who looks after the service should not take one that has much to do for one that is dead.
            if self._free < 0 and not scope["path"].startswith("/health/"):
                raise busy("too many requests are under way")
            headers = dict(scope["headers"])
            self._check_host(headers)
            self._check_origin(scope, headers)
            body.check_length(headers)
            await self._app(scope, body.receive, answer.send)
        except ClientDisconnect:
            pass  # there is nobody to answer
        except Exception as error:
            if answer.started:
                raise
            refused = error if isinstance(error, HTTPProblem) else _failure(scope, error)
            await problem_response(refused)(scope, receive, answer.send)
        finally:
            self._free += 1

    def _check_host(self, headers: Mapping[bytes, bytes]) -> None:
        host = headers.get(b"host", b"").decode("latin-1")
        parts = _HOST.fullmatch(host)
        if parts is None or int(parts["port"] or 0) > 65_535:
            raise HTTPProblem(400, f"the Host header should be a name, with or without a port; got {host!r}")
        # Otherwise a page of another site could ask, under a name of its own that it lets stand for this address.
        if parts["name"].strip("[]").lower() not in self._hosts:
            message = f"this service does not answer for the host {host!r}; --allow-host lets it"
            raise HTTPProblem(421, message)

    def _check_origin(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Reject cross-site requests other than GET and HEAD (CSRF)."""
        if scope["method"] in ("GET", "HEAD"):
            return
        site, origin = headers.get(b"sec-fetch-site", b"none"), headers.get(b"origin")
        asking = origin.partition(b"://")[2] if origin is not None else headers[b"host"]
        # Behind a proxy, the host that the browser knows may not be the one that the proxy asks for.
        is_known = asking == headers[b"host"] or asking.decode("latin-1") in self._hosts
        if site not in (b"same-origin", b"none") or not is_known:
            raise HTTPProblem(403, "pages of other sites may not ask")


def _failure(scope: Scope, error: Exception) -> HTTPProblem:
    """Log an error of the service, whose details are not for the client."""
    _LOG.error("%s %s failed", scope["method"], escape_control(scope["path"]), exc_info=error)
    return HTTPProblem(500, "something went wrong here; it has been logged")


class _Body:
    """A body that is counted and timed while it arrives."""

    def __init__(self, receive: Receive, limit: BodyLimit) -> None:
        self._receive, self._limit, self._seen = receive, limit, 0
        self._until = time.monotonic() + limit.seconds
        self.is_complete = False

    def check_length(self, headers: Mapping[bytes, bytes]) -> None:
        """Refuse a body whose headers say that it is too large."""
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit.bytes:
            raise self._too_large()

    def _too_large(self) -> HTTPProblem:
        return HTTPProblem(413, f"the body is larger than {self._limit.bytes:,} bytes, which is the most")

    async def receive(self) -> Message:
        """The next part of the body, or that the client has gone."""
        if self.is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            detail = f"the body did not arrive within {self._limit.seconds:g} s"
            raise HTTPProblem(408, detail, {"Connection": "close"}) from None
        self.is_complete = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > self._limit.bytes:
            raise self._too_large()
        return message


class _Response:
    """An answer that gets the headers that all have; to HEAD it is what GET is answered, without the body."""

    def __init__(self, send: Send, *, without_body: bool) -> None:
        self._send, self._without_body = send, without_body
        self.started = False

    async def send(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = [*message["headers"], *_HEADERS]
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(_NOT_STORED)
            message["headers"] = headers
        elif self._without_body:
            message = {**message, "body": b""}
        await self._send(message)
