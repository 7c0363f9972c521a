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
    "expectancy",
    "kelly_criterion",
    "longest_run",
    "payoff_ratio",
    "profit_factor",
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
