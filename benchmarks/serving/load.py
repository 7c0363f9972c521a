"""A bounded load on loopback: a few connections that stay open, each asking again when it has its answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import numpy as np
import uvloop

__all__ = ["Load", "load"]


@dataclass
class Load:
    """What a load saw."""

    requests: int = 0
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0
    micros: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Return answers a second by the clock on the wall."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """Return the microseconds from request to answer that *share* percent stayed below."""
        return float(np.percentile(self.micros, share))


class Connection(asyncio.Protocol):
    """Sends one of its *requests*, waits for the whole answer, counts it, and sends the next until time is up."""

    def __init__(self, requests: list[bytes], seen: Load, until: float) -> None:
        self.requests, self.seen, self.until = requests, seen, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer, self.needed, self.turn = b"", 0, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count an answer once it is complete."""
        self.buffer = self.buffer + data if self.buffer else data
        if not self.needed:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            place = self.buffer.index(b"content-length: ") + 16
            self.needed = end + 4 + int(self.buffer[place : self.buffer.index(b"\r", place)])
        if len(self.buffer) < self.needed:
            return
        now = time.perf_counter()
        self.seen.requests += 1
        self.seen.refused += not self.buffer.startswith(b"HTTP/1.1 200")
        self.seen.failed += self.buffer.startswith(b"HTTP/1.1 5")
        self.seen.micros.append((now - self.begun) * 1e6)
        self.buffer, self.needed = b"", 0
        if now < self.until:
            self._ask()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """End, with the error if there was one."""
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)

    def _ask(self) -> None:
        self.begun = time.perf_counter()
        self.transport.write(self.requests[self.turn])
        self.turn = (self.turn + 1) % len(self.requests)


def load(port: int, requests: list[bytes], *, connections: int, seconds: float) -> Load:
    """Put the load of these *connections* on *port* of loopback for so many *seconds*."""

    async def run() -> Load:
        seen, begin = Load(), time.perf_counter()
        loop = asyncio.get_running_loop()
        opened = [
            (await loop.create_connection(lambda: Connection(requests, seen, begin + seconds), "127.0.0.1", port))[1]
            for _ in range(connections)
        ]
        await asyncio.gather(*(connection.done for connection in opened))
        seen.seconds = time.perf_counter() - begin
        return seen

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())
