"""Requests on connections that stay open, and what has to be true of their answers while versions change."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from tests.service.askers import asking

__all__ = ["Asked", "Load", "Switch", "loaded", "wrong_answers"]

PREDICT = "/api/v1/analytics/predict/"


@dataclass(frozen=True)
class Asked:
    """One request, from before it was sent to after its answer was read, in seconds of the monotonic clock."""

    sent: float
    read: float
    version: str | None
    failure: str | None


@dataclass(frozen=True)
class Switch:
    """One activation with `--wait`: from before it began to after it had returned."""

    version: str
    begun: float
    returned: float


@dataclass
class Load:
    """What was asked while it ran."""

    asked: list[Asked] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Return what went wrong, one text a request."""
        return [one.failure for one in self.asked if one.failure]


def wrong_answers(asked: Sequence[Asked], switches: Sequence[Switch]) -> list[Asked]:
    """Return the answers by a version that cannot have been active between sending and reading.

    A version may answer from the beginning of its activation until the next activation has returned from waiting: a
    request that is sent after that is to be answered by the next one.
    """
    spans = [
        (switch.version, switch.begun, following.returned)
        for switch, following in zip(switches, [*switches[1:], Switch("", 0, float("inf"))], strict=True)
    ]
    return [
        one
        for one in asked
        if one.failure is None
        and not any(one.version == version and one.read >= begun and one.sent <= end for version, begun, end in spans)
    ]


@contextmanager
def loaded(host: str, port: int, body: object, *, clients: int, pause_seconds: float = 0.0) -> Iterator[Load]:
    """Let *clients* ask one request after the other until the block ends; a new connection after each 50th."""
    load, stop, content = Load(), threading.Event(), json.dumps(body)

    def ask(_number: int) -> None:
        mine: list[Asked] = []
        while not stop.is_set():
            connection = HTTPConnection(host, port, timeout=30)
            for _ in range(50):
                if stop.is_set():
                    break
                mine.append(_ask(connection, content))
                time.sleep(pause_seconds)
            connection.close()
        load.asked.extend(mine)

    with asking(ask, stop, clients):
        yield load


def _ask(connection: HTTPConnection, content: str) -> Asked:
    sent = time.monotonic()
    try:
        connection.request("POST", PREDICT, content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        connection.close()
        return Asked(sent, time.monotonic(), None, repr(error))
    failure = None if response.status == 200 else f"{response.status} {answer}"
    return Asked(sent, time.monotonic(), answer.get("version"), failure)
