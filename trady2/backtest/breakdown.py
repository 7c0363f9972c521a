"""Where the result came from: month by month, and asset by asset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from trady2.backtest.market import Market
from trady2.backtest.metrics import defined
from trady2.backtest.placing import Placing, asset_equity
from trady2.stats.calendar import calendar_ends, calendar_returns
from trady2.stats.drawdown import max_drawdown
from trady2.stats.returns import period_returns
from trady2.stats.sharpe import sharpe_ratio
from trady2.stats.trades import win_rate

if TYPE_CHECKING:
    from trady2.backtest.result import Backtest

__all__ = ["by_asset", "by_month"]

Rows = list[dict[str, Any]]


def by_month(backtest: Backtest) -> Rows:
    """Return year, month (UTC), n_trades (that were left in it), net_return and benchmark_return, in order of time.

    Every month with a bar is there; the returns compound to the total ones.
    """
    times = backtest.equity.index.to_numpy(dtype="datetime64[us]")
    months = times[calendar_ends(times, "month")].astype("datetime64[M]").astype(np.int64)
    left = backtest.trades["exit_time"].to_numpy(dtype="datetime64[us]").astype("datetime64[M]").astype(np.int64)
    counts = np.bincount(np.searchsorted(months, left), minlength=months.size)
    cash = backtest.config.initial_cash
    returns = [
        calendar_returns(times, np.asarray(curve, np.float64), "month", before=cash)
        for curve in (backtest.equity, backtest.benchmark)
    ]
    return [
        {
            "year": int(1970 + month // 12),
            "month": int(month % 12 + 1),
            "n_trades": int(count),
            "net_return": float(net),
            "benchmark_return": float(other),
        }
        for month, count, net, other in zip(months, counts, *returns, strict=True)
    ]


def by_asset(market: Market, placing: Placing, backtest: Backtest) -> Rows:
    """Return one row per asset, in the order of the bars; *placing* is that of the trades.

    Keys: asset, n_trades, win_rate, net_return (on an equal share of the initial cash), pnl (money), sharpe_ratio and
    max_drawdown (of that share and what the asset made, at its own closes), buy_and_hold_return (without costs). None
    is not defined.
    """
    equity = asset_equity(market, placing, backtest.trades, backtest.config)
    net, pnl = backtest.trades["net_return"].to_numpy(), backtest.trades["pnl"].to_numpy()
    share = backtest.config.initial_cash / len(market.assets)
    rows = []
    for number, name in enumerate(market.assets):
        own, mine = equity[market.rows(number)], placing.asset == number
        close = market.close[market.rows(number)]
        curve = np.concatenate([[share], own])
        rows.append(
            {
                "asset": name,
                "n_trades": int(mine.sum()),
                "win_rate": defined(win_rate(net[mine])),
                "net_return": float(own[-1] / share - 1),
                "pnl": float(pnl[mine].sum()),
                "sharpe_ratio": defined(sharpe_ratio(period_returns(own), backtest.periods_per_year)),
                "max_drawdown": float(max_drawdown(curve)),
                "buy_and_hold_return": float(close[-1] / close[0] - 1),
            }
        )
    return rows
