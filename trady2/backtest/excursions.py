"""How far each trade went against its entry and in its favour while it was open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.market import Market
from trady2.backtest.placing import place

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["ATR_BARS", "with_excursions"]

ATR_BARS = 14
"""Bars in the average true range (Wilder 1978), a plain mean here."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def with_excursions(market: Market, trades: DataFrame) -> DataFrame:
    """Return *trades* with three more columns, all as returns from the raw open of the entry bar.

    mae, mfe: maximum adverse excursion, at most 0, and maximum favourable excursion, at least 0 (Sweeney 1996). They
    cover the highs and lows of the bars held to their end, and the raw price of the exit: inside the exit bar nobody
    knows what came before. atr: the average true range of the `ATR_BARS` bars before the entry; NaN without so many.
    """
    placing = place(market, trades)
    opened = market.open[placing.entry]
    whole = placing.exit + (trades["exit_reason"] == "end_of_data").to_numpy()
    left = opened * (1 + trades["gross_return"].to_numpy())
    lowest = np.minimum(_extreme(np.minimum, market.low, np.inf, placing.entry, whole), left)
    highest = np.maximum(_extreme(np.maximum, market.high, -np.inf, placing.entry, whole), left)
    return trades.assign(
        mae=np.minimum(lowest / opened - 1, 0),
        mfe=np.maximum(highest / opened - 1, 0),
        atr=_average_true_range(market, placing.entry, market.bounds[placing.asset]) / opened,
    )


def _extreme(kind: np.ufunc, values: Floats, none: float, start: Ints, stop: Ints) -> Floats:
    """Return the extreme of *values* over the rows start … stop - 1 of each trade; *none* for no rows."""
    found, some = np.full(start.size, none), stop > start
    if some.any():
        edges = np.column_stack([start[some], stop[some]]).ravel()
        found[some] = kind.reduceat(np.append(values, none), edges)[::2]
    return found


def _average_true_range(market: Market, entry: Ints, first: Ints) -> Floats:
    """Return the mean true range of the bars before each *entry*; *first* is the first row of its asset."""
    before = np.append(market.close[:1], market.close[:-1])
    starts = market.bounds[:-1]
    before[starts] = market.open[starts]
    total = np.append(0.0, np.cumsum(np.maximum(market.high, before) - np.minimum(market.low, before)))
    enough = entry - ATR_BARS >= first
    return np.where(enough, (total[entry] - total[np.maximum(entry - ATR_BARS, 0)]) / ATR_BARS, np.nan)
