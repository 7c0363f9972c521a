"""What a list of trades compounds to when its costs or its places are others, without trading again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.market import Market
from trady2.backtest.placing import Placing, money_in

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.config import BacktestConfig

__all__ = ["Bets", "bets_of", "compounded", "cost_factor"]

Floats = NDArray[np.float64]


class Bets(NamedTuple):
    """The (k,) trades of a list as bets on an account, in the order of the list."""

    account: NDArray[np.int64]
    """Which account; each asset has its own, or all have one."""
    share: Floats
    """Part of the account that went in, 0 … 1."""
    gross: Floats
    """Exit over entry, raw prices."""
    kept: Floats
    """What costs of any kind leave of the gross ratio: (1 + net return) / gross."""
    n_accounts: int
    """How many accounts began with equal money."""


def bets_of(market: Market, placing: Placing, trades: DataFrame, config: BacktestConfig) -> Bets:
    """Return the bets that *trades* are, each beside what its account held before it.

    Of one account for all that is the initial cash and what trades had made that had ended by then: open ones count
    with what went in.

    Args:
        market: the bars.
        placing: where on them the trades lie.
        trades: the list of a backtest.
        config: the rules of the backtest.
    """
    shared = config.capital == "shared"
    account = np.zeros_like(placing.asset) if shared else placing.asset
    count = 1 if shared else len(market.assets)
    before = _money_before(market, placing, trades["pnl"].to_numpy(), account, config.initial_cash / count)
    share = np.divide(money_in(trades, config), before, out=np.zeros(account.size), where=before > 0)
    gross = 1 + trades["gross_return"].to_numpy()
    return Bets(account, np.minimum(share, 1), gross, (1 + trades["net_return"].to_numpy()) / gross, count)


def _money_before(market: Market, placing: Placing, pnl: Floats, account: NDArray[np.int64], cash: float) -> Floats:
    """Return what the account of each trade held when it was entered: its *cash* and what had been made by then."""
    clock = 2 * market.timestamp.astype(np.int64)
    entered, left = clock[placing.entry], clock[placing.exit] + ~placing.at_open
    before = np.empty(account.size)
    for own in _groups(account):
        order = own[np.argsort(left[own], kind="stable")]
        made = np.concatenate([[0.0], np.cumsum(pnl[order])])
        before[own] = cash + made[np.searchsorted(left[order], entered[own], side="right")]
    return before


def _groups(codes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the positions of each code that occurs."""
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if order.size else []


def compounded(bets: Bets, net_return: Floats) -> Floats:
    """Return the total return of all accounts together when the bets return *net_return* instead.

    (m,) totals for (m, k) returns; a single one, without axes, for (k,).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        growth = np.log1p(bets.share * net_return)
    logs = [np.bincount(bets.account, row, bets.n_accounts) for row in np.atleast_2d(growth)]
    return np.asarray(np.exp(logs).mean(axis=1).reshape(net_return.shape[:-1]) - 1, np.float64)


def cost_factor(cost_bps: Floats) -> Floats:
    """Return what a cost per side leaves of a gross ratio: (1 - c) / (1 + c)."""
    cost = np.asarray(cost_bps, np.float64) / 10_000
    return (1 - cost) / (1 + cost)
