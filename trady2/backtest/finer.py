"""Bars of a finer timeframe: what happened inside a bar, where it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.compiled import FLOATS, INTEGERS, compiled
from trady2.backtest.market import Market, market_from_bars
from trady2.data.timeframe import timeframe_name
from trady2.errors import DataError

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["NO_FINER", "Finer", "finer_bars"]


class Finer(NamedTuple):
    """The finer bars inside each bar."""

    inner: NDArray[np.int64]
    """(n,) the first finer bar of each bar; (0,) where there are no finer bars at all."""
    after: NDArray[np.int64]
    """(n,) the first finer bar after those of each bar."""
    open: NDArray[np.float64]
    """(m,) raw."""
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    resolution: str = "bars"
    """On what stops and targets are decided: "bars", or "finer 1m"."""
    bars_without: int = 0
    """Bars that no finer bar is in: they are tested as a whole."""
    bars_unlike: int = 0
    """Bars whose open, high, low or close is not that of their finer bars put together."""


NO_FINER = Finer(*(np.empty(0, np.int64),) * 2, *(np.empty(0),) * 3)


def finer_bars(market: Market, bars: DataFrame | None) -> Finer:
    """Match finer *bars*, in the form of the coarse ones, to the bars of *market*.

    Raises:
        DataError: other assets, or a timeframe that does not divide that of *market*, or broken bars.
    """
    if bars is None:
        return NO_FINER
    fine = market_from_bars(bars, market.calendar)
    _refuse_misfits(market, fine)
    inner, after = np.empty(market.close.size, np.int64), np.empty(market.close.size, np.int64)
    for asset in range(len(market.assets)):
        rows, own = market.rows(asset), fine.rows(asset)
        begins = market.timestamp[rows]
        inner[rows] = own.start + np.searchsorted(fine.timestamp[own], begins)
        after[rows] = own.start + np.searchsorted(fine.timestamp[own], begins + market.step)
    unlike = _unlike(
        market.open, market.high, market.low, market.close, inner, after, fine.open, fine.high, fine.low, fine.close
    )
    resolution = f"finer {timeframe_name(fine.step)}"
    return Finer(inner, after, fine.open, fine.high, fine.low, resolution, int((inner == after).sum()), unlike)


def _refuse_misfits(market: Market, fine: Market) -> None:
    if market.assets != fine.assets:
        raise DataError(
            f"the finer bars are of {', '.join(fine.assets)}, the bars of {', '.join(market.assets)}; "
            "give finer bars of the same assets",
            assets=market.assets,
            finer=fine.assets,
        )
    if fine.step >= market.step or market.step % fine.step:
        raise DataError(
            f"finer bars of {timeframe_name(fine.step)} do not divide bars of {timeframe_name(market.step)}; "
            "give bars of a shorter timeframe that does",
            step=market.step,
            finer=fine.step,
        )


@compiled(*(FLOATS,) * 4, INTEGERS, INTEGERS, *(FLOATS,) * 4)
def _unlike(open_, high, low, close, inner, after, fine_open, fine_high, fine_low, fine_close):  # type: ignore[no-untyped-def]
    """Count the bars that their finer bars contradict by more than rounding."""
    count = 0
    for bar in range(open_.size):
        start, stop = inner[bar], after[bar]
        if start == stop:
            continue
        top, bottom = fine_high[start:stop].max(), fine_low[start:stop].min()
        off = abs(top - high[bar]) + abs(bottom - low[bar])
        off += abs(fine_open[start] - open_[bar]) + abs(fine_close[stop - 1] - close[bar])
        count += off > 1e-9 * high[bar]
    return count
