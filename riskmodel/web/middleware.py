"""Check host, origin, key, and size and duration of the body of every request; add headers to every response."""

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
from riskmodel.web.keys import Keys
from riskmodel.web.problems import INTERNAL_ERROR, HTTPProblem, problem_response

_LOG = logging.getLogger(__name__)
_HOST = re.compile(r"(?P<name>[\w.-]+|\[[\da-f:.]+\])(:(?P<port>\d{0,5}))?", re.ASCII | re.IGNORECASE)
"""A Host header: a name, an IPv4 address, or an IPv6 address in brackets, with an optional port."""
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
_CHALLENGE = 'Basic realm="riskmodel", charset="UTF-8", Bearer realm="riskmodel"'
_NOT_STORED = (b"cache-control", b"no-store")


class BodyLimit(NamedTuple):
    """Largest size of a body in bytes, and the seconds it may take to arrive."""

    bytes: int
    seconds: float


class Guard:
    """ASGI middleware that checks requests and completes the headers of responses.

    Parameters
    ----------
    app : the wrapped ASGI app.
    hosts : accepted host names.
    requests : largest number of concurrent requests.
    body : limit of request bodies.
    bodies : limits of the bodies of single paths.
    keys : the keys that clients need, except for `/health/`; None: they need none.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str],
        requests: int,
        body: BodyLimit,
        bodies: Mapping[str, BodyLimit],
        keys: Keys | None = None,
    ) -> None:
        self._app, self._hosts, self._free, self._body, self._bodies = app, hosts, requests, body, bodies
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head, given = scope["method"] == "HEAD", scope
        response = _Response(send, without_body=is_head)
        if is_head:
            scope = {**scope, "method": "GET"}
        is_health = scope["path"].startswith("/health/")
        limit = self._bodies.get(scope["path"], self._body)
        body = _Body(receive, limit)
        self._free -= 1
        try:
            # A busy service must not look dead to health checks.
            if self._free < 0 and not is_health:
                raise busy("too many requests are in progress")
            headers = dict(scope["headers"])
            self._check_host(headers)
            self._check_origin(scope, headers)
            if self._keys is not None and not is_health:
                given["user"] = self._check_key(self._keys, headers)
            body.check_length(headers)
            await self._app(scope, body.receive, response.send)
        except ClientDisconnect:
            pass
        except Exception as error:
            if response.started:
                raise
            problem = error if isinstance(error, HTTPProblem) else _failure(scope, error)
            await problem_response(problem)(scope, receive, response.send)
        finally:
            self._free += 1

    def _check_host(self, headers: Mapping[bytes, bytes]) -> None:
        host = headers.get(b"host", b"").decode("latin-1")
        parts = _HOST.fullmatch(host)
        if parts is None or int(parts["port"] or 0) > 65_535:
            raise HTTPProblem(400, f"the Host header should be a host name with an optional port; got {host!r}")
        # Against DNS rebinding: a page of another site that resolves its own name to this address.
        if parts["name"].strip("[]").lower() not in self._hosts:
            raise HTTPProblem(421, f"host {host!r} is not served here; --allow-host allows it")

    def _check_origin(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        """Reject cross-site requests other than GET and HEAD (CSRF)."""
        if scope["method"] in ("GET", "HEAD"):
            return
        site, origin = headers.get(b"sec-fetch-site", b"none"), headers.get(b"origin")
        sender = origin.partition(b"://")[2] if origin is not None else headers[b"host"]
        # Behind a proxy, the host in the browser may differ from the Host header.
        is_known = sender == headers[b"host"] or sender.decode("latin-1") in self._hosts
        if site not in (b"same-origin", b"none") or not is_known:
            raise HTTPProblem(403, "requests from pages of other sites are not accepted")

    @staticmethod
    def _check_key(keys: Keys, headers: Mapping[bytes, bytes]) -> str:
        """Return the name of the key of a request."""
        name = keys.owner(headers)
        if name is None:
            is_given = b"authorization" in headers or b"x-api-key" in headers
            detail = "the key is not valid" if is_given else "a key is needed: Authorization: Bearer KEY, or X-API-Key"
            raise HTTPProblem(401, detail, {"WWW-Authenticate": _CHALLENGE})
        return name


def _failure(scope: Scope, error: Exception) -> HTTPProblem:
    """Log an internal error, and return a problem without its details."""
    _LOG.error("%s %s failed", scope["method"], escape_control(scope["path"]), exc_info=error)
    return HTTPProblem(500, INTERNAL_ERROR)


class _Body:
    """A request body, counted and timed while it arrives."""

    def __init__(self, receive: Receive, limit: BodyLimit) -> None:
        self._receive, self._limit, self._received = receive, limit, 0
        self._deadline = time.monotonic() + limit.seconds
        self.is_complete = False

    def check_length(self, headers: Mapping[bytes, bytes]) -> None:
        """Reject a body whose Content-Length is above the limit."""
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit.bytes:
            raise self._too_large()

    def _too_large(self) -> HTTPProblem:
        return HTTPProblem(413, f"the body is larger than the limit of {self._limit.bytes:,} bytes")

    async def receive(self) -> Message:
        """Receive the next ASGI message."""
        if self.is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._deadline - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            detail = f"the body did not arrive within {self._limit.seconds:g} s"
            raise HTTPProblem(408, detail, {"Connection": "close"}) from None
        self.is_complete = not message.get("more_body", False)
        self._received += len(message.get("body", b""))
        if self._received > self._limit.bytes:
            raise self._too_large()
        return message


class _Response:
    """Send a response with the headers of every response, and without its body for HEAD."""

    def __init__(self, send: Send, *, without_body: bool) -> None:
        self._send, self._without_body = send, without_body
        self.started = False

    async def send(self, message: Message) -> None:
        """Send an ASGI message."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = [*message["headers"], *_HEADERS]
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(_NOT_STORED)
            message["headers"] = headers
        elif self._without_body:
            message = {**message, "body": b""}
        await self._send(message)
