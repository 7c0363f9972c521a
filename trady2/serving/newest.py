"""The newest stored vector of each asset that was asked for, kept in memory until its files change."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from trady2.data.folders import asset_folder, marks_in
from trady2.data.latest import VectorRow, read_latest
from trady2.errors import NotFoundError

if TYPE_CHECKING:
    from trady2.files import Mark

__all__ = ["NewestVectors", "utc_datetime"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOOK_CLOSELY_SECONDS = 1.0
# A folder that changes twice within one tick of the file system's clock looks the same after both.
_TICK_NS: Final = 50_000_000
_LOCKS: Final = 16


@dataclass(slots=True)
class _Kept:
    vector: VectorRow
    known_at: datetime
    place: str
    folder: tuple[int, int] | None
    files: dict[str, Mark]
    look_closely_at: float


class NewestVectors:
    """The vector set in *folder*, of which the newest rows stay in memory; threads may share it.

    A file that is renamed into an asset's folder or removed from it, as everything in Trady2 writes, is noticed at
    the next request; one that is written in place, a second later at most.
    """

    def __init__(self, folder: str | Path) -> None:
        """Keep nothing yet."""
        self.folder = Path(folder)
        self._kept: dict[str, _Kept] = {}
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def at_hand(self, asset: str, known_at: datetime | None) -> VectorRow | None:
        """Return what `read` would, in microseconds, or None where that has to look into files."""
        kept = self._kept.get(asset)
        if kept is None or (known_at is not None and known_at < kept.known_at):
            return None
        if time.monotonic() >= kept.look_closely_at or _folder_mark(kept.place) != kept.folder:
            return None
        return kept.vector

    def read(self, asset: str, known_at: datetime | None) -> VectorRow:
        """Return the newest vector of *asset* that was known at *known_at*, UTC; None for the newest there is.

        Raises:
            NotFoundError: no such asset (code ``unknown_asset``), or none of its vectors was known by then
                (``no_vector``).
            DataError: a file is no file of vectors.
        """
        try:
            with self._locks[hash(asset) % _LOCKS]:
                vector = self.at_hand(asset, known_at)
                if vector is not None:
                    return vector
                kept = self._refreshed(asset)
            if known_at is None or kept.known_at <= known_at:
                return kept.vector
            return read_latest(self.folder, asset, as_of=known_at)
        except NotFoundError as error:
            raise _told(error, asset) from None

    def _refreshed(self, asset: str) -> _Kept:
        # Looked at first and read second: what changes in between is noticed next time.
        place = str(asset_folder(self.folder, asset))
        now, mark, files = time.time_ns(), _folder_mark(place), marks_in(Path(place))
        kept = self._kept.get(asset)
        if kept is None or kept.folder != mark or kept.files != files:
            self._kept.pop(asset, None)
            vector = read_latest(self.folder, asset)
            kept = _Kept(vector, utc_datetime(vector.decision_time), place, None, files, 0.0)
        if mark is not None and abs(now - mark[1]) > _TICK_NS:
            kept.folder = mark
        kept.look_closely_at = time.monotonic() + _LOOK_CLOSELY_SECONDS
        self._kept[asset] = kept
        return kept


def utc_datetime(moment: np.datetime64) -> datetime:
    """Return a datetime64[us], UTC, as Python's own."""
    return _EPOCH + timedelta(microseconds=int(moment.astype(np.int64)))


def _folder_mark(place: str) -> tuple[int, int] | None:
    try:
        status = os.stat(place)  # noqa: PTH116 - a tenth of what the path object costs, on every request
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def _told(error: NotFoundError, asset: str) -> NotFoundError:
    known = error.values.get("known")
    if not isinstance(known, list):
        return NotFoundError(str(error), **{**error.values, "code": "no_vector"})
    # The store's own message names its folder and every asset; a client of the service needs neither.
    close = get_close_matches(asset, known, n=3, cutoff=0.4) or known[:3]
    way_out = f"near are {', '.join(close)}" if known else "there is none yet; `trady2 features build` makes some"
    return NotFoundError(f"unknown asset {asset!r}: {way_out}", code="unknown_asset", asset=asset)
