"""The prediction log: every answer as one line of JSON, for judging later what was predicted.

A line is in the kernel's hands before its answer is sent: a copy in memory, microseconds, and killed in that moment
the process loses nothing that a client was told. The disk is reached later, off the reply's path, by `sync`; only a
power cut can lose what was written after the last one. Where the disk refuses, answers go on, say that they are not
logged, and their lines wait in memory, up to a bound.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

__all__ = ["PredictionLog"]

_log = logging.getLogger(__name__)
_MOST_WAITING_BYTES: Final = 8 << 20
_RETRY_SECONDS: Final = 1.0
_DAY: Final = re.compile(r"\d{8}-")


def _now() -> datetime:
    return datetime.now(UTC)


class PredictionLog:
    """Appends to ``YYYYMMDD-<process>.jsonl`` in *folder*, a file for each day (UTC) and process.

    A line without its newline is the torn end of a crash and no line. Threads may share it.

    Attributes:
        waiting_bytes: what the disk has refused so far and memory holds.
        dropped: lines that found no place there either.
    """

    def __init__(self, folder: str | Path, *, now: Callable[[], datetime] = _now, keep_days: int | None = None) -> None:
        """Open nothing yet; the folder is made with the first line.

        With *keep_days*, the files of the newest so many days that have any are kept. Days are counted by the files and
        not by the clock, so that one which jumps ahead costs the oldest day and not all of them.
        """
        self.folder, self._now, self._keep_days = Path(folder), now, keep_days
        self.dropped = 0
        self._process = f"{os.getpid():x}-{os.urandom(4).hex()}"
        self._day, self._handle = 0, -1
        self._path, self._sweep = Path(), False
        self._retired: list[int] = []
        self._waiting, self._retry_at, self._unsynced = b"", 0.0, False
        self._lock = threading.Lock()

    @property
    def waiting_bytes(self) -> int:
        """Return the size of the lines that wait for the disk."""
        return len(self._waiting)

    def add(self, answers: Sequence[str], request_id: str) -> bool:
        """Log the *answers* of one request, each a JSON object on one line; return whether the file has them now.

        A line begins with the time (UTC) and the *request_id*, which has no character that JSON would escape.
        Never raises OSError.
        """
        now = self._now()
        head = f'{{"time": "{now.isoformat()}", "request_id": "{request_id}", '
        lines = "".join([f"{head}{one[1:]}\n" for one in answers]).encode()
        with self._lock:
            return self._append(lines, len(answers), now)

    def sync(self) -> None:
        """Try again what waits, and let everything written so far reach the disk; takes as long as the disk takes."""
        with self._lock:
            if self._waiting:
                self._append(b"", 0, self._now())
            handles, self._retired = self._retired, []
            current = os.dup(self._handle) if self._unsynced and self._handle >= 0 else -1
            self._unsynced, sweep, self._sweep = False, self._sweep, False
        for handle in [*handles, current]:
            if handle >= 0:
                self._to_disk(handle)
        if sweep and self._keep_days is not None:
            self._forget(self._keep_days)

    def close(self) -> None:
        """Sync for the last time; `add` would open the file again."""
        self.sync()
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
            self._day, self._handle = 0, -1

    def _append(self, lines: bytes, count: int, now: datetime) -> bool:
        pending, written = self._waiting + lines, 0
        if not self._waiting or time.monotonic() >= self._retry_at:
            try:
                handle = self._open(now)
                while written < len(pending):
                    written += os.write(handle, pending[written:] if written else pending)
            except OSError as error:
                self._refused(error)
        self._unsynced = self._unsynced or written > 0
        if written == len(pending):
            self._waiting = b""
            return True
        if len(pending) - written > _MOST_WAITING_BYTES and written <= len(self._waiting):
            pending = self._waiting
            self.dropped += count
        self._waiting = pending[written:]
        return False

    def _open(self, now: datetime) -> int:
        day = now.toordinal()
        # A file without a name left was deleted: what it takes nobody would ever read.
        if day != self._day or not os.fstat(self._handle).st_nlink:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"{now:%Y%m%d}-{self._process}.jsonl"
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
            if self._handle >= 0:
                self._retired.append(self._handle)
            self._day, self._handle, self._path, self._sweep = day, opened, path, True
        return self._handle

    def _refused(self, error: OSError) -> None:
        if not self._waiting:
            _log.error("%s takes no predictions, which wait in memory and say so: %s", self.folder, error)
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _to_disk(self, handle: int) -> None:
        try:
            os.fdatasync(handle)
        except OSError as error:
            _log.error("%s did not reach the disk: %s", self.folder, error)
        finally:
            os.close(handle)

    def _forget(self, keep_days: int) -> None:
        """Remove the files of all days but the newest *keep_days*; never the one that is written to."""
        try:
            files = [file for file in self.folder.glob("*.jsonl") if _DAY.match(file.name)]
            kept = set(sorted({file.name[:8] for file in files})[-keep_days:])
            for file in files:
                if file.name[:8] not in kept and file != self._path:
                    file.unlink(missing_ok=True)
                    _log.info("%s is older than the newest %d days and was removed", file, keep_days)
        except OSError as error:
            _log.error("old files in %s cannot be removed: %s", self.folder, error)
