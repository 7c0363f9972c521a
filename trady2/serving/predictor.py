"""Answers from the active version, and goes over to another one when it is activated."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trady2.errors import IntegrityError, NotFoundError, Trady2Error
from trady2.registry.loading import active_key, open_active
from trady2.serving.answer import answers, answers_to
from trady2.serving.bars import bars_row
from trady2.serving.newest import NewestVectors
from trady2.serving.request import Ask, read_request
from trady2.serving.row import Row, explicit_row, stored_row
from trady2.serving.snapshot import Refusal, Snapshot

if TYPE_CHECKING:
    from trady2.serving.bars import Compute
    from trady2.serving.last_good import LastGood

__all__ = ["Predictor"]

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0


def _now() -> datetime:
    return datetime.now(UTC)


def _known_at(ask: Ask, now: datetime) -> datetime | None:
    return None if ask.as_of == "latest" else ask.as_of or now


class Predictor:
    """One model name and its active version in memory.

    Answers come from an immutable `Snapshot`; `refresh` puts another one in its place by one assignment, so an
    answer is always of one version as a whole, and threads need no lock. A version that does not verify is
    refused: the one before goes on answering, and `refusal` says why. `seen` is the `active_key` that the last
    `refresh` dealt with.

    Args:
        name: The name of the model.
        vectors_folder: The data set of stored vectors.
        now: Tells the time, UTC; what is stale is judged by it.
        memory: Knows which version answered before a restart: that is the one before then. None: there is none.
        compute: Computes features from bars. None: this process does.
    """

    def __init__(
        self,
        name: str,
        vectors_folder: str | Path,
        *,
        now: Callable[[], datetime] = _now,
        memory: LastGood | None = None,
        compute: Compute | None = None,
    ) -> None:
        """Start without a version; `refresh` brings the active one."""
        self.name = name
        self.newest = NewestVectors(vectors_folder)
        self.snapshot: Snapshot | None = None
        self.refusal: Refusal | None = None
        self._now, self._memory = now, memory
        self._from_bars = bars_row if compute is None else partial(bars_row, compute=compute)
        self.seen: str | None = None
        self._retry_at = 0.0
        self._refreshing = threading.Lock()

    def is_behind(self) -> bool:
        """Tell in microseconds whether `refresh` has something to do: another activation, or a refusal to retry."""
        if self.refusal is not None and time.monotonic() >= self._retry_at:
            return True
        return self._look() != self.seen

    def refresh(self) -> None:
        """Open and verify the active version and let it answer; takes as long as verifying takes, never raises."""
        with self._refreshing:
            key = self._look()
            try:
                opened = open_active(self.name)
                snapshot = Snapshot.of(opened) if opened else None
            except Exception as error:  # whatever is wrong with a new version, the old one has to go on
                self._recall()
                self._refuse(error)
            else:
                self._log_change(snapshot)
                self.snapshot, self.refusal = snapshot, None
                if self._memory is not None:
                    self._memory.remember(opened)
            self.seen = key

    def answer(self, request: object) -> dict[str, Any]:
        """Answer one parsed JSON *request*, in the forms of `trady2.serving.request`.

        Returns:
            The answer, or ``{"predictions": [answer, …]}`` for a batch, in its order.

        Raises:
            NotFoundError: Nothing is active, or the asset is unknown.
            IntegrityError: The active version was refused and there is none before it.
            StaleDataError: The newest stored vector is too old.
            DataError: The request is wrong; a batch is answered as a whole or not at all.
        """
        snapshot = self.answering()
        asks, now = read_request(request), self._now()
        if not (isinstance(request, Mapping) and "instances" in request):
            return answers_to(snapshot, asks, [self._row(snapshot, asks[0], now)])[0]
        rows = []
        for position, ask in enumerate(asks):
            try:
                rows.append(self._row(snapshot, ask, now))
            except Trady2Error as error:
                raise type(error)(f"instances[{position}]: {error}", **{**error.values, "instance": position}) from None
        return {"predictions": answers_to(snapshot, asks, rows)}

    def answer_at_once(self, request: object) -> dict[str, Any] | None:
        """Return what `answer` does where that takes microseconds, else None; raises like it.

        That is one prediction, from features in the request or from a vector that is in memory, of which each version
        predicts once.
        """
        snapshot = self.answering()
        if not isinstance(request, Mapping) or "instances" in request:
            return None
        (ask,), now = read_request(request), self._now()
        if ask.explain or ask.bars is not None:
            return None
        if ask.features is not None:
            return answers(snapshot, [explicit_row(snapshot, ask)])[0]
        vector = self.newest.at_hand(str(ask.asset), _known_at(ask, now))
        if vector is None:
            return None
        row = stored_row(snapshot, ask, vector, now)
        known = snapshot.answers.get(vector.asset)
        if known is None or known[0] is not row:
            known = snapshot.answers[vector.asset] = row, answers(snapshot, [row])[0]
        return dict(known[1])

    def answering(self) -> Snapshot:
        """Return the version that answers now; raises NotFoundError or IntegrityError when there is none."""
        if self.snapshot is not None:
            return self.snapshot
        if self.refusal is not None:
            raise IntegrityError(
                f"the active version of {self.name} is refused, and no other is in memory: {self.refusal.reason}",
                code="model_refused",
                name=self.name,
            )
        raise NotFoundError(
            f"{self.name} has no active version; `trady2 versions` lists what there is, "
            "`trady2 activate VERSION --reason REASON` makes one answer",
            code="no_active_model",
            name=self.name,
        )

    def _look(self) -> str | None:
        try:
            return active_key(self.name)
        except OSError as error:  # a store that cannot be read counts as a change, which then is refused
            return str(error)

    def _row(self, snapshot: Snapshot, ask: Ask, now: datetime) -> Row:
        if ask.features is not None:
            return explicit_row(snapshot, ask)
        if ask.bars is not None:
            return self._from_bars(snapshot, ask, now)
        return stored_row(snapshot, ask, self.newest.read(str(ask.asset), _known_at(ask, now)), now)

    def _recall(self) -> None:
        if self.snapshot is None and self._memory is not None and (before := self._memory.recall()) is not None:
            self.snapshot = Snapshot.of(before)

    def _refuse(self, error: Exception) -> None:
        expected = isinstance(error, Trady2Error | OSError)
        if self.refusal is None or self.refusal.reason != str(error):
            still = self.snapshot.version if self.snapshot else "nothing"
            _log.error("%s: the active version is refused, %s answers on: %s", self.name, still, error,
                       exc_info=None if expected else error)  # fmt: skip
            self.refusal = Refusal(str(error) or type(error).__name__, self._now())
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _log_change(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            _log.warning("%s has no active version", self.name)
        elif self.snapshot is None or self.snapshot.version != snapshot.version or self.refusal:
            _log.info("%s %s answers, SHA-256 %s", self.name, snapshot.version, snapshot.sha256)
