"""How much a worker takes at once, and from whom: rate, requests in progress, and threads for what takes long.

All numbers are those of one worker process: with four workers four times as much comes through.
"""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from service.faults import HttpError
from trady2.errors import ConfigError

__all__ = ["LimitSettings", "Limits", "Rates", "ThreadLane"]

_Result = TypeVar("_Result")
_MOST_BUCKETS: Final = 64
_FILE_THREADS, _HEAVY_THREADS = 2, 2


@dataclass(frozen=True)
class LimitSettings:
    """What the environment says.

    Attributes:
        rate: Requests a second for each API key; 0: any number.
        burst: How many may come at once after a pause; 0: as many as in a second, and one at least.
        requests: Requests in progress.
        heavy: Batches, bars and explanations in progress or waiting for a thread.
        connections: Open connections.
        timeout_seconds: How long a request may take inside.
    """

    rate: float = 0.0
    burst: int = 0
    requests: int = 256
    heavy: int = 16
    connections: int = 1024
    timeout_seconds: float = 30.0

    @classmethod
    def from_environment(cls) -> Self:
        """Read the variables; raises ConfigError for what is no number in range."""
        return cls(
            rate=_number("TRADY2_RATE_LIMIT", os.environ.get("TRADY2_RATE_LIMIT"), cls.rate, 0.0, 1e6),
            burst=int(_number("TRADY2_RATE_BURST", os.environ.get("TRADY2_RATE_BURST"), cls.burst, 0, 1e6)),
            requests=int(_number("TRADY2_MAX_REQUESTS", os.environ.get("TRADY2_MAX_REQUESTS"), cls.requests, 1, 1e5)),
            heavy=int(_number("TRADY2_MAX_HEAVY", os.environ.get("TRADY2_MAX_HEAVY"), cls.heavy, 1, 1e4)),
            connections=int(
                _number("TRADY2_MAX_CONNECTIONS", os.environ.get("TRADY2_MAX_CONNECTIONS"), cls.connections, 8, 1e5)
            ),
            timeout_seconds=_number(
                "TRADY2_TIMEOUT_SECONDS", os.environ.get("TRADY2_TIMEOUT_SECONDS"), cls.timeout_seconds, 0.01, 3600.0
            ),
        )


def _number(variable: str, text: str | None, default: float, low: float, high: float) -> float:
    if not text:
        return default
    try:
        value = float(text) if isinstance(default, float) else int(text)
    except ValueError:
        value = math.nan
    if low <= value <= high:
        return value
    kind = "number" if isinstance(default, float) else "whole number"
    raise ConfigError(f"{variable} = {text[:40]!r} is refused; it has to be a {kind} from {low:g} to {high:g}")


class Rates:
    """A token bucket for each key: *rate* tokens a second up to *burst*, and a request takes one."""

    def __init__(self, rate: float, burst: int = 0, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets."""
        self._rate, self._burst, self._clock = rate, float(burst or max(1, math.ceil(rate))), clock
        self._buckets: dict[bytes, tuple[float, float]] = {}

    def take(self, key: bytes) -> None:
        """Take a token of *key*; raises HttpError 429 with the seconds until there is one."""
        now = self._clock()
        level, since = self._buckets.get(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        if level < 1:
            wait = (1 - level) / self._rate
            raise HttpError(
                429,
                "rate_limited",
                f"this API key may ask {self._rate:g} times a second; try again in {wait:.3g} s",
                retry_after=str(math.ceil(wait)),
            )
        if len(self._buckets) >= _MOST_BUCKETS and key not in self._buckets:
            self._buckets.clear()  # keys that were rotated away; there are never so many at once
        self._buckets[key] = level - 1, now


class ThreadLane:
    """A few threads, and a bounded number of calls that run in them or wait for them."""

    def __init__(self, what: str, *, threads: int, places: int, timeout_seconds: float) -> None:
        """Start no thread yet; *what* names the calls in messages."""
        self._what, self._places, self._seconds = what, places, timeout_seconds
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=what.partition(" ")[0])
        self._taken, self._lock = 0, threading.Lock()

    async def run(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Call *function* in a thread.

        A call that has begun cannot be stopped: after its time-out it goes on, and its place stays taken until it ends.

        Raises:
            HttpError: 503 without a free place, 504 after the time-out.
        """
        with self._lock:
            if self._taken >= self._places:
                raise _busy(f"{self._places} {self._what} are in progress")
            self._taken += 1
        call = self._threads.submit(function, *arguments)
        call.add_done_callback(self._left)
        timer = asyncio.timeout(self._seconds)
        try:
            async with timer:
                return await asyncio.wrap_future(call)
        except TimeoutError:
            if not timer.expired():
                raise
            raise HttpError(
                504, "timeout", f"there was no answer after {self._seconds:g} seconds; ask for less, or try again later"
            ) from None

    def close(self) -> None:
        """Take no more calls; those that have begun go on."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _left(self, _call: Future[Any]) -> None:
        with self._lock:
            self._taken -= 1


class Limits:
    """The limits of one worker.

    Attributes:
        files: For one answer that has to look into files.
        heavy: For batches, bars and explanations, which so cannot keep single rows waiting.
    """

    def __init__(self, settings: LimitSettings) -> None:
        """Begin with nothing in progress."""
        self.settings = settings
        self._rates = Rates(settings.rate, settings.burst) if settings.rate else None
        self._most, self._now = settings.requests, 0
        seconds = settings.timeout_seconds
        self.files = ThreadLane(
            "requests for files", threads=_FILE_THREADS, places=settings.requests, timeout_seconds=seconds
        )
        self.heavy = ThreadLane(
            "batches, bars and explanations", threads=_HEAVY_THREADS, places=settings.heavy, timeout_seconds=seconds
        )

    def enter(self, key: bytes | None) -> None:
        """Let a request in that *key* let pass, None for one that needed none; `leave` has to follow.

        Raises:
            HttpError: 429 above the rate of the key, 503 with too many in progress; then there is nothing to leave.
        """
        if self._rates is not None and key is not None:
            self._rates.take(key)
        if self._now >= self._most:
            raise _busy(f"{self._most} requests are in progress")
        self._now += 1

    def leave(self) -> None:
        """Say that a request is done."""
        self._now -= 1

    def close(self) -> None:
        """Take no more calls into threads."""
        self.files.close()
        self.heavy.close()


def _busy(why: str) -> HttpError:
    return HttpError(503, "busy", f"{why}, and no more are taken; try again in a second", retry_after="1")
