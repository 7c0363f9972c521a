"""Where on the bars the trades of a list lie, what they were worth at every close, and how the money stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.market import Market

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.config import BacktestConfig

__all__ = ["Placing", "asset_equity", "money_in", "place", "position_value"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Placing(NamedTuple):
    """The (k,) rows of a market at which the trades of a list were entered and left, in the order of the list."""

    asset: Ints
    """Position of the asset in the market."""
    entry: Ints
    exit: Ints
    """A position is open at the closes of the rows entry … exit - 1."""
    at_open: NDArray[np.bool_]
    """It was left at the open of its exit row, not inside the bar or at its close."""


def place(market: Market, trades: DataFrame) -> Placing:
    """Return where the *trades* of a backtest of these bars lie."""
    names = {name: number for number, name in enumerate(market.assets)}
    asset = np.asarray(trades["asset"].map(names), np.int64)
    times = [trades[name].to_numpy(dtype="datetime64[us]") for name in ("entry_time", "exit_time")]
    found = [np.empty(asset.size, np.int64) for _ in times]
    order = np.argsort(asset, kind="stable")
    cuts = np.searchsorted(asset[order], np.arange(len(market.assets) + 1))
    for number in np.flatnonzero(np.diff(cuts)):
        own, rows = order[cuts[number] : cuts[number + 1]], market.rows(int(number))
        for rows_of, moments in zip(found, times, strict=True):
            rows_of[own] = rows.start + np.searchsorted(market.timestamp[rows], moments[own])
    entry, leave = found
    return Placing(asset, entry, leave, leave - entry == trades["bars_held"].to_numpy(dtype=np.int64))


def money_in(trades: DataFrame, config: BacktestConfig) -> Floats:
    """Return what each trade cost to enter, fee and slippage included, (k,) money."""
    fee = config.fee_bps / 10_000
    return np.asarray(trades["quantity"].to_numpy() * trades["entry_price"].to_numpy() * (1 + fee), np.float64)


def _open_rows(placing: Placing) -> tuple[Ints, Ints]:
    """Return the rows at whose close a position is open, and the trade of each."""
    lengths = placing.exit - placing.entry
    trade = np.repeat(np.arange(lengths.size), lengths)
    return np.arange(trade.size) + np.repeat(placing.entry - (np.cumsum(lengths) - lengths), lengths), trade


def position_value(market: Market, placing: Placing, quantity: Floats) -> Floats:
    """Return what the open position of each row's asset is worth at the row's close, (n,) money, 0 while flat."""
    value = np.zeros(market.close.size)
    rows, trade = _open_rows(placing)
    value[rows] = quantity[trade] * market.close[rows]
    return value


def asset_equity(market: Market, placing: Placing, trades: DataFrame, config: BacktestConfig) -> Floats:
    """Return for each row the equal share of its asset in the initial cash plus what the asset has made, (n,) money.

    An open position is marked at the close, without exit costs. Where every asset trades its own share this is its
    account; where all trade one account it is what the asset added to it.
    """
    made = np.zeros(market.close.size)
    np.add.at(made, placing.exit, trades["pnl"].to_numpy())
    for asset in range(len(market.assets)):
        own = market.rows(asset)
        np.cumsum(made[own], out=made[own])
    rows, trade = _open_rows(placing)
    made[rows] += (trades["quantity"].to_numpy()[trade] * market.close[rows]) - money_in(trades, config)[trade]
    return made + config.initial_cash / len(market.assets)
