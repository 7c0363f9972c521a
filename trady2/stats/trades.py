"""What a list of trades says. Trade figures come from trades, never from periods.

*pnl* is (k,) money after costs, *net_return* (k,) the return on the money that went into each trade, after costs; both
in order of exit. A trade wins when it is above 0. What is not defined (no trades, no loser) is NaN.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from trady2.stats.returns import ratio, spread

__all__ = [
    "cpc_index",
    "edge_ratio",
    "expectancy",
    "kelly_criterion",
    "longest_run",
    "outlier_loss_ratio",
    "outlier_win_ratio",
    "payoff_ratio",
    "profit_factor",
    "risk_of_ruin",
    "sqn",
    "win_rate",
]


def win_rate(net_return: NDArray[np.float64]) -> float:
    """Return the share of trades that earned more than their costs."""
    return float(np.mean(net_return > 0)) if net_return.size else math.nan


def profit_factor(pnl: NDArray[np.float64]) -> float:
    """Return money won over money lost (not returns, as backtesting.py sums them); NaN without a losing trade."""
    return ratio(float(pnl[pnl > 0].sum()), -float(pnl[pnl < 0].sum()))


def expectancy(pnl: NDArray[np.float64]) -> float:
    """Return the mean money a trade leaves after costs."""
    return float(pnl.mean()) if pnl.size else math.nan


def payoff_ratio(net_return: NDArray[np.float64]) -> float:
    """Return the mean winning return over the mean size of a losing one; NaN without one of either."""
    won, lost = net_return[net_return > 0], net_return[net_return < 0]
    return ratio(float(won.mean()), -float(lost.mean())) if won.size and lost.size else math.nan


def kelly_criterion(net_return: NDArray[np.float64]) -> float:
    """Return win rate - (1 - win rate) / payoff ratio (Kelly 1956): the share of equity that grows fastest.

    Negative: the trades lose. NaN where the payoff ratio is not defined.
    """
    share = win_rate(net_return)
    return share - ratio(1 - share, payoff_ratio(net_return))


def sqn(pnl: NDArray[np.float64]) -> float:
    """Return Van Tharp's system quality number sqrt(k) mean(pnl) / std(pnl, ddof 1); NaN below two trades."""
    return math.sqrt(pnl.size) * ratio(float(pnl.mean()), spread(pnl)) if pnl.size > 1 else math.nan


def longest_run(wanted: NDArray[np.bool_]) -> int:
    """Return how many True stand in a row at most."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0


def cpc_index(pnl: NDArray[np.float64], net_return: NDArray[np.float64]) -> float:
    """Return profit factor x win rate x payoff ratio (Kaufman); NaN without a winner or a loser."""
    return profit_factor(pnl) * win_rate(net_return) * payoff_ratio(net_return)


def risk_of_ruin(net_return: NDArray[np.float64]) -> float:
    """Return exp(-2 mean / variance (ddof 1)): the chance that trades like these ever lose all of a fixed stake.

    The stake is the equity at the start and never grows or shrinks, trades are independent, and their sum is taken as
    a Brownian motion with drift, which falls by 1 below its start with this probability. 1 for a mean that is not
    above 0. NaN below two trades, or without spread.
    """
    if net_return.size < 2 or spread(net_return) == 0:
        return math.nan
    return math.exp(min(-2 * float(net_return.mean()) / spread(net_return) ** 2, 0.0))


def outlier_win_ratio(net_return: NDArray[np.float64]) -> float:
    """Return the 99 % quantile of all returns over the mean winning one; NaN without a winner."""
    won = net_return[net_return > 0]
    return ratio(float(np.quantile(net_return, 0.99)), float(won.mean())) if won.size else math.nan


def outlier_loss_ratio(net_return: NDArray[np.float64]) -> float:
    """Return the 1 % quantile of all returns over the mean losing one; NaN without a loser."""
    lost = net_return[net_return < 0]
    return ratio(float(np.quantile(net_return, 0.01)), float(lost.mean())) if lost.size else math.nan


def edge_ratio(mae: NDArray[np.float64], mfe: NDArray[np.float64], true_range: NDArray[np.float64]) -> float:
    """Return the mean of MFE / ATR over the mean of |MAE| / ATR (Faith 2007): above 1 entries move in favour first.

    Args:
        mae: (k,) maximum adverse excursion, at most 0, as a return from the entry.
        mfe: (k,) maximum favourable excursion, at least 0, likewise.
        true_range: (k,) average true range when the trade was decided, over the entry price; trades in which it is
            NaN or 0 are left out.

    Returns:
        NaN where no trade went against its entry.
    """
    known = true_range > 0
    return ratio(float((mfe[known] / true_range[known]).sum()), -float((mae[known] / true_range[known]).sum()))
