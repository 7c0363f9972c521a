"""One model name, whose active version is followed, or one fixed version: what answers now, and what is refused."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from trady2.errors import IntegrityError, NotFoundError, Trady2Error
from trady2.registry.loading import active_key, open_active, open_version
from trady2.serving.snapshot import Refusal, Snapshot

if TYPE_CHECKING:
    from trady2.serving.last_good import LastGood

__all__ = ["Following", "utc_now"]

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Following:
    """One model name and its active version in memory.

    Answers come from an immutable `Snapshot`; `refresh` puts another one in its place by one assignment, so an
    answer is always of one version as a whole, and threads need no lock. A version that does not verify is
    refused: the one before goes on answering, and `refusal` says why. `seen` is the `active_key` that the last
    `refresh` dealt with.

    Args:
        name: The name of the model.
        version: A fixed version instead of the active one.
        now: Tells the time, UTC; a refusal has it.
        memory: Knows which version answered before a restart: that is the one before then. None: there is none.
    """

    def __init__(
        self,
        name: str,
        version: str | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        memory: LastGood | None = None,
    ) -> None:
        """Start without a version; `refresh` brings it."""
        self.name, self.version = name, version
        self.snapshot: Snapshot | None = None
        self.refusal: Refusal | None = None
        self.seen: str | None = None
        self._now, self._memory = now, memory
        self._retry_at = 0.0
        self._refreshing = threading.Lock()

    def is_behind(self) -> bool:
        """Tell in microseconds whether `refresh` has something to do: another activation, or a refusal to retry."""
        if self.refusal is not None and time.monotonic() >= self._retry_at:
            return True
        return self._look() != self.seen

    def refresh(self) -> None:
        """Open and verify the version and let it answer; takes as long as verifying takes, never raises."""
        with self._refreshing:
            key = self._look()
            try:
                opened = open_version(self.name, self.version) if self.version else open_active(self.name)
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
        if self.version is not None:
            return self.version
        try:
            return active_key(self.name)
        except OSError as error:  # a store that cannot be read counts as a change, which then is refused
            return str(error)

    def _recall(self) -> None:
        if self.snapshot is None and self._memory is not None and (before := self._memory.recall()) is not None:
            self.snapshot = Snapshot.of(before)

    def _refuse(self, error: Exception) -> None:
        expected = isinstance(error, Trady2Error | OSError)
        if self.refusal is None or self.refusal.reason != str(error):
            which = self.version or "the active version"
            still = self.snapshot.version if self.snapshot else "nothing"
            _log.error("%s: %s is refused, %s answers on: %s", self.name, which, still, error,
                       exc_info=None if expected else error)  # fmt: skip
            self.refusal = Refusal(str(error) or type(error).__name__, self._now())
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _log_change(self, snapshot: Snapshot | None) -> None:
        if snapshot is None:
            _log.warning("%s has no active version", self.name)
        elif self.snapshot is None or self.snapshot.version != snapshot.version or self.refusal:
            _log.info("%s %s answers, SHA-256 %s", self.name, snapshot.version, snapshot.sha256)
