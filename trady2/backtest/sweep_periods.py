"""Returns per day, or any other period: short enough to keep for every configuration, and what statistics ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.data.timeframe import timeframe_delta

if TYPE_CHECKING:
    from pandas import DatetimeIndex, Series

__all__ = ["Periods", "compounded", "cut_periods", "returns_by_period"]

_MONDAY = np.datetime64("1970-01-05", "us")


@dataclass(frozen=True, eq=False)
class Periods:
    """Periods in time order without a gap, and where the last close of each is."""

    start: NDArray[np.datetime64]
    """(p,) UTC."""
    last: NDArray[np.int64]
    """(p,) position of the last bar that opened before the period ended."""

    @property
    def index(self) -> DatetimeIndex:
        """The starts as an index, UTC."""
        from pandas import DatetimeIndex

        return DatetimeIndex(self.start, tz="UTC", name="timestamp")


def cut_periods(clock: NDArray[np.datetime64], period: str) -> Periods:
    """Return every *period*, such as ``1D`` or ``4h``, from that of the first bar to that of the last.

    A bar belongs to the period in which it opens, so that the bar from 23:00 to 24:00 ends its day. Periods are counted
    in UTC from a Monday. One without a bar, as at a weekend, is there too: its return is 0.

    Args:
        clock: (n,) opens of the bars, ascending, UTC.
        period: a number and s, m, h, d or w, of either case.

    Raises:
        DataError: *period* is none.
    """
    length = timeframe_delta(period.lower())
    number = (clock - _MONDAY) // length
    wanted = np.arange(number[0], number[-1] + 1)
    return Periods(_MONDAY + wanted * length, np.searchsorted(number, wanted, side="right") - 1)


def compounded(equity: NDArray[np.float64], cash: float, periods: Periods) -> NDArray[np.float64]:
    """Return the (p,) returns of the periods, whose product is equity at the end over *cash*; 0 once all is lost."""
    money = np.concatenate([[cash], equity[periods.last]])
    before, after = money[:-1], money[1:]
    returns = np.zeros(before.size)
    np.divide(after - before, before, out=returns, where=before != 0)
    return returns


def returns_by_period(equity: Series[float], cash: float, period: str = "1D") -> Series[float]:
    """Return what `Backtest.equity`, which began with *cash*, earned per *period*, by its start in UTC."""
    from pandas import Series

    periods = cut_periods(equity.index.to_numpy(dtype="datetime64[us]"), period)
    return Series(compounded(np.asarray(equity, dtype=np.float64), cash, periods), index=periods.index, name="returns")
