"""The connections of a worker, bounded where uvicorn's are not: how many, how long a head may take, and how large.

uvicorn closes a connection that idles after an answer, but waits for ever for a head that never ends, and keeps
whatever of it has come. Here one look a second at all connections ends what waits too long, so that a request costs
nothing for it; and what is wrong below HTTP is answered in the one shape of an error.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import ClassVar, Final
from weakref import WeakSet

from uvicorn import config as uvicorn_config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from service.faults import error_body

__all__ = ["BoundedConnection", "bound_connections"]

_WAIT_SECONDS = 10.0
_LOOK_EVERY_SECONDS = 1.0
_MOST_HEAD_BYTES: Final = 64 << 10
# The largest body in chunks of one byte each, and its head.
_MOST_MESSAGE_BYTES: Final = 32 << 20


def bound_connections(most: int, count: Callable[[int], None]) -> None:
    """Let uvicorn, when it starts in this process, hold at most *most* connections; *count* hears each status."""
    BoundedConnection.most, BoundedConnection.count = most, staticmethod(count)
    uvicorn_config.HTTP_PROTOCOLS["auto"] = f"{__name__}:BoundedConnection"


class BoundedConnection(HttpToolsProtocol):
    """One connection."""

    most: ClassVar[int] = 1024
    count: ClassVar[Callable[[int], None]] = staticmethod(lambda _status: None)
    _looked_at: ClassVar[WeakSet[ServerState]] = WeakSet()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Take the connection, or refuse it when all places are taken by requests in progress."""
        super().connection_made(transport)
        self._made = self.loop.time()
        self._same_since: tuple[object, float] | None = None
        self._counted: object = None
        self._taken = 0
        if len(self.connections) > self.most and not self._make_room():
            self._refuse(503, "busy", f"{self.most} connections are open, and no more are taken; try again later")
        if self.server_state not in self._looked_at:
            self._looked_at.add(self.server_state)
            self.loop.call_later(_LOOK_EVERY_SECONDS, self._look)

    def data_received(self, data: bytes) -> None:
        """Count what has come of a message, and stop one that is too large."""
        HttpToolsProtocol.data_received(self, data)
        cycle = self.cycle
        if cycle is self._counted:
            self._taken += len(data)
        else:
            self._counted, self._taken = cycle, len(data)
        if self._taken > _MOST_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_large()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(400, "malformed_http", f"{msg.rstrip('.')}: this is no HTTP/1.1; mend the client")

    def is_waited_for(self) -> bool:
        """Tell whether the client has the word: no request of it is in progress."""
        return self.cycle is None or self.cycle.response_complete

    def _refuse_large(self) -> None:
        if self.is_waited_for():
            self._refuse(431, "head_too_large", f"the head is larger than {_MOST_HEAD_BYTES >> 10} KiB; send less")
        elif self._taken > _MOST_MESSAGE_BYTES:
            self.transport.abort()

    def _refuse(self, status: int, code: str, message: str) -> None:
        identity = os.urandom(8).hex()
        body = error_body(code, message, identity)
        head = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\nx-request-id: {identity}\r\n"
            "x-content-type-options: nosniff\r\ncache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + head.encode() + body)
        self.transport.close()
        type(self).count(status)

    def _should_upgrade_to_ws(self) -> bool:
        return False  # then the request is answered as if it had not asked for a web socket

    def _unsupported_upgrade_warning(self) -> None:
        pass

    def _make_room(self) -> bool:
        """Close an eighth of the places that clients hold without asking anything, the silent and the oldest first."""
        others = (other for other in self._all() if other is not self and other.is_waited_for())
        oldest = sorted(others, key=lambda other: (other.cycle is not None, other._made))
        for other in oldest[: max(1, self.most // 8)]:
            self.connections.discard(other)
            other.transport.abort()
        return bool(oldest)

    def _all(self) -> Iterable[BoundedConnection]:
        return (other for other in list(self.connections) if isinstance(other, BoundedConnection))

    def _look(self) -> None:
        now = self.loop.time()
        for other in self._all():
            other._end_long_wait(now)
        if self.connections:
            self.loop.call_later(_LOOK_EVERY_SECONDS, self._look)
        else:
            self._looked_at.discard(self.server_state)

    def _end_long_wait(self, now: float) -> None:
        # uvicorn's own clock runs between requests. A client that takes no answer has the word too.
        waits = (self.is_waited_for() and self.timeout_keep_alive_task is None) or self.flow.write_paused
        if not waits:
            self._same_since = None
        elif self._same_since is None or self._same_since[0] is not self.cycle:
            self._same_since = self.cycle, now
        elif now - self._same_since[1] > _WAIT_SECONDS:
            if self.cycle is None and self._taken and not self.transport.is_closing():
                text = f"the head was not complete after {_WAIT_SECONDS:g} seconds; send it faster"
                self._refuse(408, "request_timeout", text)
            else:
                self.transport.abort()
