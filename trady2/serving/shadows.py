"""Shadow models: versions that score what another name is asked, beside its answers and off their path.

A request costs the appending of one entry to a bounded queue. One thread takes them from there, a few at a time, and
rests twice as long as it worked, so that it takes no more than a third of a core from the answers. What it finds goes
into the prediction log with ``shadow_of``, for comparing later; nothing of it reaches an answer.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from trady2.errors import DataError, Trady2Error
from trady2.serving.answer import answers
from trady2.serving.following import Following
from trady2.serving.request import Ask
from trady2.serving.row import Row, stored_row

if TYPE_CHECKING:
    from trady2.serving.prediction_log import PredictionLog
    from trady2.serving.snapshot import Snapshot

__all__ = ["Shadows"]

_log = logging.getLogger(__name__)
_MOST_WAITING: Final = 2_048
_AT_A_TIME: Final = 32
_LOOK_EVERY_SECONDS: Final = 0.05
_REST: Final = 2.0
_encode: Final = json.JSONEncoder(allow_nan=False).encode

_Asked = tuple["Snapshot", Row, str]


class Shadows:
    """What scores beside the names that answer.

    Args:
        shadows: For a name that answers, what shadows it: another name, or ``name:version``.
        answering: The names that answer, by name; a shadow that is among them is followed once for both.
        log: Where the scores go.

    Attributes:
        following: Each shadow by how the configuration spells it.
        scored: How many rows each shadow has scored.
        unfit: How many it could not score, by shadow and reason: ``not_answering`` (no version of it is in memory),
            ``missing_feature``, ``vectors_do_not_fit``, ``other_timeframe``, ``failed``.
        dropped: Rows that nobody scored because the queue was full, or that the log would not take.
    """

    def __init__(
        self, shadows: Mapping[str, Sequence[str]], answering: Mapping[str, Following], log: PredictionLog
    ) -> None:
        """Follow nothing yet; `start` begins to score."""
        self._of = {name: tuple(keys) for name, keys in shadows.items()}
        self.following = {
            key: answering.get(key) or _followed(key)
            for key in dict.fromkeys(key for keys in shadows.values() for key in keys)
        }
        self._log = log
        self.scored: Counter[str] = Counter()
        self.unfit: Counter[tuple[str, str]] = Counter()
        self.dropped = 0
        self._queue: deque[_Asked] = deque(maxlen=_MOST_WAITING)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def offer(self, snapshot: Snapshot, row: Row, request_id: str) -> None:
        """Take a *row* that *snapshot* has answered; the oldest one that waits gives way where there is no place."""
        if snapshot.name in self._of:
            if len(self._queue) == _MOST_WAITING:
                self.dropped += 1
            self._queue.append((snapshot, row, request_id))

    def start(self) -> None:
        """Score in a thread from now on."""
        self._thread = threading.Thread(target=self._run, name="shadows", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Score no more; what waits is left."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def state(self, name: str) -> list[dict[str, Any]]:
        """Return what each shadow of *name* scores with, why it does not, and how much it has scored in this worker."""
        return [self._told(key) for key in self._of.get(name, ())]

    def score(self) -> int:
        """Score what waits, a few at most, and return how many requests that were; never raises."""
        asked: list[_Asked] = []
        while self._queue and len(asked) < _AT_A_TIME:
            asked.append(self._queue.popleft())
        for key in self.following:
            self._score_with(key, [one for one in asked if key in self._of[one[0].name]])
        return len(asked)

    def _run(self) -> None:
        rest = _LOOK_EVERY_SECONDS
        while not self._stop.wait(rest):
            begun = time.perf_counter()
            some = self.score()
            rest = _REST * (time.perf_counter() - begun) if some else _LOOK_EVERY_SECONDS

    def _score_with(self, key: str, asked: Sequence[_Asked]) -> None:
        snapshot = self.following[key].snapshot
        if snapshot is None:
            self.unfit[key, "not_answering"] += len(asked)
            return
        fit, rows = [], []
        for one in asked:
            try:
                rows.append(_row(snapshot, one[0], one[1]))
                fit.append(one)
            except Trady2Error as error:
                self.unfit[key, str(error.values.get("code", "failed"))] += 1
            except Exception:
                self._failed(key, 1)
        try:
            found = answers(snapshot, rows) if rows else []
            for (served, _, request_id), answer in zip(fit, found, strict=True):
                self._tell(key, {"shadow_of": served.name, **answer}, request_id)
        except Exception:  # whatever is wrong with a shadow, the answers have to go on
            self._failed(key, len(fit))

    def _tell(self, key: str, answer: Mapping[str, Any], request_id: str) -> None:
        # While the disk refuses, the place in memory belongs to the answers.
        if self._log.waiting_bytes:
            self.dropped += 1
            return
        self._log.add([_encode(answer)], request_id)
        self.scored[key] += 1

    def _failed(self, key: str, count: int) -> None:
        if not self.unfit[key, "failed"]:
            _log.exception("the shadow %s failed; from now on it is only counted", key)
        self.unfit[key, "failed"] += count

    def _told(self, key: str) -> dict[str, Any]:
        snapshot, refusal = self.following[key].snapshot, self.following[key].refusal
        return {
            "shadow": key,
            "answering": snapshot.version if snapshot else None,
            "refused": refusal.reason if refusal else None,
            "scored": self.scored[key],
            "unfit": {reason: count for (other, reason), count in self.unfit.items() if other == key},
        }


def _followed(key: str) -> Following:
    name, _, version = key.partition(":")
    return Following(name, version or None)


def _row(shadow: Snapshot, served: Snapshot, row: Row) -> Row:
    """Return *row*, which *served* has answered, as *shadow* wants it; raises DataError where it does not fit."""
    if row.vector is not None and row.asset is not None:
        return stored_row(shadow, Ask(row.asset, "latest"), row.vector, datetime.now(UTC))
    if row.timestamp is not None and shadow.step != served.step:
        raise DataError(f"{shadow.version} is of another timeframe", code="other_timeframe")
    if shadow.model.features == served.model.features:
        return row
    place = {name: number for number, name in enumerate(served.model.features)}
    try:
        places = [place[name] for name in shadow.model.features]
    except KeyError as error:
        raise DataError(f"{shadow.version} needs {error}", code="missing_feature") from None
    return Row(row.asset, row.timestamp, row.values[np.array(places)])
