"""A log of requests: a line of JSON for each, without what users sent in addresses or bodies."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from riskmodel.errors import RiskmodelError

_LOG = logging.getLogger(__name__)
_MAX_PATH = 500
_CLOSED = 499
"""Status of a request whose client left before the response began, as nginx logs it."""


class AccessLog:
    """ASGI middleware that logs each request when its response has been sent.

    Parameters
    ----------
    app : the wrapped ASGI app.
    target : path of the log, which is continued, and opened anew after it was moved; `-` is standard output.
    """

    def __init__(self, app: ASGIApp, target: str) -> None:
        self._app, self._handler = app, _handler(target)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, sent = time.perf_counter(), _CLOSED, 0

        async def send_counted(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            self._write(scope, status, sent, time.perf_counter() - began)

    def _write(self, scope: Scope, status: int, sent: int, seconds: float) -> None:
        client = scope.get("client")
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "client": client[0] if client else None,
            "key": scope.get("user"),
            "method": scope["method"],
            # Without the query: names of columns and conditions are the user's.
            "path": scope["path"][:_MAX_PATH],
            "status": status,
            "bytes": sent,
            "ms": round(1000 * seconds, 1),
        }
        self._handler.handle(logging.makeLogRecord({"msg": json.dumps(entry)}))


def check_target(target: str) -> None:
    """Check that a log can be written.

    Raises
    ------
    RiskmodelError
        The file cannot be opened for writing.
    """
    try:
        _handler(target).close()
    except OSError as error:
        raise RiskmodelError(f"--access-log: {target} cannot be written: {error.strerror}") from None


def _handler(target: str) -> logging.Handler:
    return _Stream(sys.stdout) if target == "-" else _File(target, encoding="utf-8")


class _Lossy(logging.Handler):
    """A handler that loses lines that cannot be written, so that a full disk does not fail requests."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (the name of the standard library)
        """Log that a line is lost."""
        _LOG.error("the access log cannot be written: %s", sys.exc_info()[1])


class _Stream(_Lossy, logging.StreamHandler[TextIO]):
    """An open stream."""


class _File(_Lossy, WatchedFileHandler):
    """A file that is opened anew after it was moved."""
