"""Everything about a backtest that has one value a bar, as a frame: what the charts of a report are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.market import Market
from trady2.backtest.placing import place, position_value

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.backtest.result import Backtest

__all__ = ["equity_frame"]


def equity_frame(market: Market, backtest: Backtest, *, most_assets: int = 8) -> DataFrame:
    """Return one row per time of the bars that were traded.

    Columns: timestamp (UTC, the bar's open); equity, benchmark, equity_pessimistic, equity_optimistic (money at the
    close); exposure (the share of equity in positions at the close, 0 once nothing is left); and ``close:<ASSET>`` for
    at most *most_assets* assets, those with the most trades, in the order of the bars: NaN where it has no bar.
    """
    from pandas import DataFrame

    trades = backtest.trades
    held = position_value(market, place(market, trades), trades["quantity"].to_numpy())
    equity = backtest.equity.to_numpy()
    columns = {
        "timestamp": backtest.equity.index,
        "equity": equity,
        "benchmark": backtest.benchmark.to_numpy(),
        "equity_pessimistic": backtest.pessimistic.equity.to_numpy(),
        "equity_optimistic": backtest.optimistic.equity.to_numpy(),
        "exposure": np.divide(market.on_clock(held, before=0.0), equity, out=np.zeros(equity.size), where=equity > 0),
    }
    for asset in _busiest(market, backtest, most_assets):
        columns[f"close:{market.assets[asset]}"] = _closes(market, asset)
    return DataFrame(columns, copy=False)


def _busiest(market: Market, backtest: Backtest, most: int) -> list[int]:
    counts = backtest.trades["asset"].value_counts()
    trades = [int(counts.get(name, 0)) for name in market.assets]
    return sorted(sorted(range(len(trades)), key=lambda asset: -trades[asset])[:most])


def _closes(market: Market, asset: int) -> NDArray[np.float64]:
    rows = market.rows(asset)
    closes = np.full(market.clock.size, np.nan)
    closes[np.searchsorted(market.clock, market.timestamp[rows])] = market.close[rows]
    return closes
