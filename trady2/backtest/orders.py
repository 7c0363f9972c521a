"""From signals to priced trades, over all assets: what the compiled core finds, and what it is worth."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.costs import costs_of
from trady2.backtest.kernel import TAKE_PROFIT, TradeArrays, mark, simulate
from trady2.backtest.market import Market
from trady2.config import BacktestConfig

__all__ = ["Account", "Intrabar", "account", "trade"]

Intrabar = Literal["pessimistic", "optimistic"]


class Account(NamedTuple):
    """What the trades were worth under one order inside the bar."""

    exit_price: NDArray[np.float64]
    """(k,) raw."""
    reason: NDArray[np.int8]
    """(k,) positions in EXIT_REASONS."""
    quantity: NDArray[np.float64]
    """(k,) units held."""
    row_equity: NDArray[np.float64]
    """(n,) equity of the row's asset at the row's close."""


def trade(market: Market, signal: NDArray[np.bool_], config: BacktestConfig) -> TradeArrays:
    """Return the trades of all assets, one asset after the other; bars are rows of *market*."""
    stop = 1 - config.stop_loss if config.stop_loss is not None else -math.inf
    target = 1 + config.take_profit if config.take_profit is not None else math.inf
    trail = 1 - config.trailing_stop if config.trailing_stop is not None else -math.inf
    hold = min(config.hold_bars, market.close.size)
    parts = []
    for asset in range(len(market.assets)):
        rows = market.rows(asset)
        prices = (market.open[rows], market.high[rows], market.low[rows], market.close[rows])
        found = simulate(*prices, signal[rows], hold, stop, target, trail)
        parts.append(found._replace(entry_bar=found.entry_bar + rows.start, exit_bar=found.exit_bar + rows.start))
    return TradeArrays(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def account(market: Market, trades: TradeArrays, intrabar: Intrabar, config: BacktestConfig) -> Account:
    """Price *trades* with the costs of *config*; every asset starts with an equal share of the initial cash."""
    exit_price, reason = trades.exit_price, trades.reason
    if intrabar == "optimistic":
        exit_price = trades.exit_price_optimistic
        reason = np.where(trades.ambiguous, np.int8(TAKE_PROFIT), reason)
    costs, share = costs_of(config), config.initial_cash / len(market.assets)
    cuts = np.searchsorted(trades.entry_bar, market.bounds)
    equity, quantity = np.empty(market.close.size), np.empty(exit_price.size)
    for asset in range(len(market.assets)):
        rows, own = market.rows(asset), slice(cuts[asset], cuts[asset + 1])
        equity[rows], quantity[own] = mark(
            market.close[rows],
            trades.entry_bar[own] - rows.start,
            trades.exit_bar[own] - rows.start,
            trades.entry_price[own],
            exit_price[own],
            costs.buy,
            costs.sell,
            config.fraction,
            share,
        )
    return Account(exit_price, reason, quantity, equity)
