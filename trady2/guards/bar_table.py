"""Bars on a clock that all their assets share, so that history can be cut at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trady2.data.asset_codes import asset_codes
from trady2.data.checks import check_bars
from trady2.data.times import utc_frame_times
from trady2.errors import DataError
from trady2.stats.overlap import clock_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BarTable"]

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BarTable:
    """n bars of one or several assets.

    Attributes:
        frame: timestamp, OHLCV, asset where there are several, and whatever else a builder reads; RangeIndex.
        assets: their names, sorted; a single empty one where the frame has no column ``asset``.
        code: (n,) the asset of each row.
        time: (n,) datetime64[us], UTC, bar open.
        position: (n,) place of each row's time on the clock of the whole history.
        clock: (m,) the distinct times of the whole history.
    """

    frame: pd.DataFrame
    assets: tuple[str, ...]
    code: Rows
    time: npt.NDArray[np.datetime64]
    position: Rows
    clock: npt.NDArray[np.datetime64]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> BarTable:
        """Take over checked bars; raises DataError for those that are not what they have to be."""
        check_bars(frame)
        time = utc_frame_times(frame["timestamp"])
        has_assets = "asset" in frame.columns
        assets, code = asset_codes(frame["asset"]) if has_assets else (("",), np.zeros(len(frame), np.int64))
        clock, position = clock_of(time)
        return cls(frame.reset_index(drop=True), assets, code.astype(np.int64), time, position, clock)

    def __len__(self) -> int:
        return len(self.time)

    def between(self, start: int, stop: int) -> BarTable:
        """Return the bars whose place on the clock is at least *start* and below *stop*."""
        if len(self.assets) == 1:
            first, last = np.searchsorted(self.position, [start, stop]).tolist()
            rows: slice | Rows = slice(first, last)
        else:
            rows = np.flatnonzero((self.position >= start) & (self.position < stop))
        return self._part(rows, self.frame.iloc[rows].reset_index(drop=True))

    def with_frame(self, frame: pd.DataFrame) -> BarTable:
        """Return the same times and assets with other numbers."""
        return self._part(slice(None), frame)

    def rows_of(self, frame: pd.DataFrame) -> Rows | None:
        """Return for each row of a builder's *frame* the bar that it belongs to; None when row i is bar i throughout.

        Raises:
            DataError: a row has no bar, or a bar has two rows.
        """
        time = utc_frame_times(frame["timestamp"])
        code = self._codes(frame)
        if len(time) == len(self.time) and np.array_equal(time, self.time) and np.array_equal(code, self.code):
            return None
        rows = np.full(len(time), -1, np.int64)
        for number in range(len(self.assets)):
            mine, theirs = np.flatnonzero(self.code == number), np.flatnonzero(code == number)
            place = np.minimum(np.searchsorted(self.time[mine], time[theirs]), len(mine) - 1)
            found = self.time[mine][place] == time[theirs]
            rows[theirs[found]] = mine[place[found]]
        if (rows < 0).any():
            lost = time[np.argmax(rows < 0)]
            raise DataError(f"it returned a row for {lost}Z, where there is no bar; keep the bars' own timestamps")
        if len(np.unique(rows)) < len(rows):
            twice = time[np.argmax(np.bincount(rows)[rows] > 1)]
            raise DataError(f"it returned two rows for {twice}Z; return one row for each bar")
        return rows

    def _codes(self, frame: pd.DataFrame) -> Rows:
        if "asset" not in frame.columns:
            if len(self.assets) > 1:
                raise DataError("it returned no column 'asset' for bars of several assets; keep it")
            return np.zeros(len(frame), np.int64)
        known = {name: number for number, name in enumerate(self.assets)}
        if self.assets == ("",):
            return np.zeros(len(frame), np.int64)
        codes, found = frame["asset"].factorize()
        strange = [name for name in found if str(name) not in known]
        if strange or (codes < 0).any():
            raise DataError(f"it returned the asset {strange[0] if strange else None!r}; keep the bars' own names")
        return np.asarray(np.array([known[str(name)] for name in found], np.int64)[codes], np.int64)

    def _part(self, rows: slice | Rows, frame: pd.DataFrame) -> BarTable:
        return BarTable(frame, self.assets, self.code[rows], self.time[rows], self.position[rows], self.clock)
