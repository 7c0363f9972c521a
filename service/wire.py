"""Bounds on what a connection may make the server keep before there is a request: bytes, and seconds.

uvicorn bounds neither with its fast parser: a head that never ended took memory as long as it came (150 MB for 100 MB),
from anybody, before a key was asked for. What it refuses by itself gets the one shape of an error here.
"""

from __future__ import annotations

import asyncio
import os
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http import auto
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.faults import error_body

__all__ = ["MAX_HEAD_BYTES", "BoundedProtocol", "bound_connections"]

MAX_HEAD_BYTES: Final = 64 << 10
_HEAD_SECONDS: Final = 10.0


def bound_connections() -> None:
    """Let the server that starts in this process take `BoundedProtocol`, where it would have taken its parent."""
    if auto.AutoHTTPProtocol is HttpToolsProtocol:
        auto.AutoHTTPProtocol = BoundedProtocol  # where uvicorn looks when it starts


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which refuses what goes on for too long without getting anywhere.

    Getting somewhere is the end of a head, a piece of a body, the end of a request. Between two of them at most
    `MAX_HEAD_BYTES` may come, and a piece that was read at once, within ten seconds.
    """

    _pending = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first request no longer than for any other."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(_HEAD_SECONDS, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._got_somewhere()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse *data*, then look at what has gathered if it led nowhere."""
        self._pending += len(data)
        super().data_received(data)
        if self._pending and not self.transport.is_closing():
            if self._pending > MAX_HEAD_BYTES:
                self._refuse(431, "head_too_large", f"the head is larger than {MAX_HEAD_BYTES >> 10} KiB; send less")
            elif self._timer is None:
                self._timer = self.loop.call_later(_HEAD_SECONDS, self._too_slow)

    def on_headers_complete(self) -> None:
        """Go on to the request."""
        self._got_somewhere()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._got_somewhere()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._got_somewhere()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the shape of every error."""
        self._refuse(400, "invalid_http", f"{msg.rstrip('.')}; send HTTP/1.1")

    def _got_somewhere(self) -> None:
        self._pending = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if not self._pending:
            self.transport.close()  # it has asked for nothing
            return
        self._refuse(408, "request_timeout", f"the request did not go on for {_HEAD_SECONDS:g} seconds; send it faster")

    def _refuse(self, status: int, code: str, message: str) -> None:
        identity = os.urandom(8).hex()
        body = error_body(code, message, identity)
        head: dict[str, Any] = {
            "content-type": "application/json",
            "content-length": len(body),
            "x-request-id": identity,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
            "connection": "close",
        }
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            *(f"{name}: {value}" for name, value in head.items()),
        ]
        # Behind an answer that is under way it would be read as a part of that one.
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)
        self.transport.close()
