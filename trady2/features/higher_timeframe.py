"""Higher timeframes: any indicator of the library on longer bars, joined as of the time those are known.

A longer bar spans [b, b + length) of the clock (epoch-aligned; weeks begin on Monday) and is made of the bars that
closed within it, so that it is known at b + length even where a shifted clock makes bars overlap its end. A row is
decided at its own close: the row whose close is b + length is the first that sees it, and when the last short bars of
a longer one are missing, the next row that exists is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trady2.features.bar_arrays import BarArrays
from trady2.features.kernels import Array, Rows, log_ratio, merge_by_clock

__all__ = ["HigherBars", "merge", "running_return"]

_WEEK = 7 * 86_400_000_000
_MONDAY = 4 * 86_400_000_000  # 1970 began on a Thursday


@dataclass(frozen=True, eq=False)
class HigherBars:
    """m longer bars beside the last n of the rows that they were made of.

    Attributes:
        bars: the longer bars; the last one may still be open.
        known: (n,) the newest longer bar that has closed by the close of a row, -1 for none.
        running_open: (n,) the open of the longer bar that the row itself is in.
        close: (n,) the close of the row.
    """

    bars: BarArrays
    known: Rows
    running_open: Array
    close: Array

    def joined(self, values: Array) -> Array:
        """Return for each row the one of (m,) *values* that was known, NaN where none was."""
        return np.where(self.known >= 0, values[self.known], np.nan)


def merge(bars: BarArrays, length: int, begin: int = 0) -> HigherBars:
    """Make longer bars of *length* microseconds, to be joined to the rows from *begin* on.

    Prices of missing bars are not made up.

    The first may lack its beginning; the warm-up keeps it out of every value.
    """
    origin = _MONDAY if length % _WEEK == 0 else 0
    bucket = (bars.time + bars.step - 1 - origin) // length
    number, merged, first_row = merge_by_clock(bucket, bars.open, bars.high, bars.low, bars.close, bars.volume)
    begins = number * length + origin
    known = np.searchsorted(begins + length, bars.time[begin:] + bars.step, side="right") - 1
    return HigherBars(BarArrays(begins, length, *merged), known, bars.open[first_row[begin:]], bars.close[begin:])


def running_return(higher: HigherBars) -> Array:
    """Return ln(close / open of the longer bar that is still running), such as the return since midnight.

    Where a row is the last of its longer bar, this is that bar's own return.
    """
    return log_ratio(higher.close, higher.running_open)
