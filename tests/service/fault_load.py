"""A paced load that writes down every answer, and what has to be true of the answers whatever goes wrong meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from tests.service.askers import asking

__all__ = ["BROKEN", "Asked", "Judged", "Load", "judge", "loaded", "logged_ids"]

PREDICT = "/api/v1/analytics/predict/"
BROKEN = (0, "broken")
"""What a request is told as whose connection ended before its answer."""


@dataclass(frozen=True)
class Asked:
    """One request, from before it was sent to after its answer was read, in seconds of the monotonic clock."""

    request_id: str
    sent: float
    read: float
    status: int
    code: str | None
    version: str | None
    logged: bool


@dataclass
class Load:
    """What was asked while it ran."""

    asked: list[Asked] = field(default_factory=list)

    def since(self, moment: float) -> list[Asked]:
        """Return what was sent after *moment*."""
        return [one for one in self.asked if one.sent >= moment]

    def answered(self, moment: float, count: int = 40) -> bool:
        """Tell whether *count* requests that were sent after *moment* got their predictions."""
        return sum(one.status == 200 for one in self.since(moment)) >= count


@dataclass(frozen=True)
class Judged:
    """What a load saw, counted.

    Attributes:
        outcomes: how many requests ended how: 200, or status and code of the refusal.
        versions: which versions answered.
        silence: the longest time without a prediction, seconds.
        lost: ids that were acknowledged as logged and are not in the log.
        doubled: ids that are there more than once.
    """

    outcomes: dict[object, int]
    versions: set[str]
    silence: float
    lost: list[str]
    doubled: list[str]


def judge(asked: Sequence[Asked], in_log: Counter[str]) -> Judged:
    """Judge what was *asked* by the request ids that are *in_log*."""
    told = Counter[object](200 if one.status == 200 else (one.status, one.code) for one in asked)
    good = sorted(one.read for one in asked if one.status == 200)
    silence = max((later - earlier for earlier, later in pairwise(good)), default=float("inf"))
    lost = [one.request_id for one in asked if one.logged and not in_log[one.request_id]]
    ids = {one.request_id for one in asked}
    doubled = [identity for identity, count in in_log.items() if identity in ids and count > 1]
    return Judged(dict(told), {one.version for one in asked if one.version}, silence, lost, doubled)


def logged_ids(folder: Path) -> Counter[str]:
    """Count the request ids of the complete lines in the prediction log's *folder*; every one has to be JSON."""
    texts = [file.read_bytes() for file in folder.glob("*.jsonl")]
    lines = [line for text in texts for line in text.split(b"\n")[:-1]]
    return Counter(json.loads(line)["request_id"] for line in lines)


@contextmanager
def loaded(
    url: str, bodies: Sequence[object], *, clients: int = 4, pause_seconds: float = 0.01, key: str | None = None
) -> Iterator[Load]:
    """Let *clients* ask for the *bodies* in turn until the block ends, each pausing after an answer."""
    load, stop, contents = Load(), threading.Event(), [json.dumps(body) for body in bodies]
    place = urlsplit(url)
    headers = {"Content-Type": "application/json", **({"X-API-Key": key} if key else {})}

    def ask(number: int) -> None:
        connection = HTTPConnection(str(place.hostname), place.port, timeout=30)
        turn = 0
        while not stop.is_set():
            turn += 1
            identity = f"{number}-{time.monotonic_ns():x}"
            sent = {**headers, "X-Request-ID": identity}
            load.asked.append(_ask(connection, contents[turn % len(contents)], sent))
            if turn % 50 == 0:
                connection.close()
            time.sleep(pause_seconds)
        connection.close()

    with asking(ask, stop, clients):
        yield load


def _ask(connection: HTTPConnection, content: str, headers: dict[str, str]) -> Asked:
    sent = time.monotonic()
    try:
        connection.request("POST", PREDICT, content, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, HTTPException, ValueError):
        connection.close()
        return Asked(headers["X-Request-ID"], sent, time.monotonic(), *BROKEN, None, False)
    read, logged = time.monotonic(), response.headers.get("X-Prediction-Logged") == "true"
    code = answer["error"]["code"] if response.status != 200 else None
    return Asked(headers["X-Request-ID"], sent, read, response.status, code, answer.get("version"), logged)
