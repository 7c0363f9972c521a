"""How much goes into a trade: known when the signal is, and never a matter of what earlier trades brought."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import int64
from numpy.typing import NDArray

from trady2.backtest.compiled import FLOATS, INTEGERS, compiled
from trady2.errors import ConfigError

if TYPE_CHECKING:
    from trady2.backtest.market import Market
    from trady2.config import BacktestConfig

__all__ = ["annual_volatility", "kelly_fraction", "shares", "volume_limits"]


def shares(
    market: Market, probability: NDArray[np.float64], rows: NDArray[np.int64], config: BacktestConfig
) -> NDArray[np.float64]:
    """Return the share of equity for a trade on the signal of each of *rows*, (r,); 0 for no trade.

    ``fraction`` is the same for all. ``volatility`` is the target over `annual_volatility`, ``kelly`` a part of
    `kelly_fraction`, and both are at most `fraction`. 0 where the volatility is not known yet, or Kelly sees no edge.

    Raises:
        ConfigError: ``kelly`` without knowing what is won or lost.
    """
    if config.sizing == "volatility":
        yearly = annual_volatility(market, rows, config.volatility_bars)
        known = np.isfinite(yearly)
        wanted = np.divide(config.target_volatility, yearly, out=np.full(rows.size, np.inf), where=yearly > 0)
        return np.where(known, np.minimum(wanted, config.fraction), 0.0)
    if config.sizing == "kelly":
        full = kelly_fraction(probability[rows], *_odds(config))
        return np.clip(config.kelly_multiplier * full, 0.0, config.fraction)
    return np.full(rows.size, config.fraction)


def kelly_fraction(probability: NDArray[np.float64], win: float, loss: float) -> NDArray[np.float64]:
    """Return the share of equity with the highest expected logarithm, p / loss - (1 - p) / win (Kelly 1956).

    Args:
        probability: (r,) of winning.
        win: what is won on the money in the trade, fraction.
        loss: what is lost otherwise, fraction.

    Returns:
        (r,), negative without an edge, above 1 where it would pay to borrow.
    """
    return probability / loss - (1 - probability) / win


def _odds(config: BacktestConfig) -> tuple[float, float]:
    win = config.take_profit if config.kelly_win is None else config.kelly_win
    loss = config.stop_loss if config.kelly_loss is None else config.kelly_loss
    if win is None or loss is None:
        missing = "kelly_win or take_profit" if win is None else "kelly_loss or stop_loss"
        raise ConfigError(f"sizing: kelly has to know what is at stake; set {missing}", kelly_win=win, kelly_loss=loss)
    return win, loss


def annual_volatility(market: Market, rows: NDArray[np.int64], bars: int) -> NDArray[np.float64]:
    """Return the standard deviation (ddof 1) of the last *bars* log returns up to each of *rows* by year, (r,).

    Returns run from close to close of bars that exist. NaN until an asset has so many of them.
    """
    first = market.bounds[market.asset_of(rows)]
    per_bar: NDArray[np.float64] = _deviation(market.close, rows, first, min(bars, market.close.size))
    return per_bar * math.sqrt(market.periods_per_year)


@compiled(FLOATS, INTEGERS, INTEGERS, int64)
def _deviation(close, rows, first, bars):  # type: ignore[no-untyped-def]
    """Return the deviation of the last *bars* log returns at each of *rows*; *first* (r,) is where its asset begins."""
    change = np.zeros(close.size)
    for bar in range(1, close.size):
        change[bar] = math.log(close[bar] / close[bar - 1])
    found = np.full(rows.size, np.nan)
    for place in range(rows.size):
        last = rows[place]
        if last - first[place] < bars:
            continue
        mean = squares = 0.0
        for bar in range(last - bars + 1, last + 1):
            mean += change[bar]
        mean /= bars
        for bar in range(last - bars + 1, last + 1):
            squares += (change[bar] - mean) ** 2
        found[place] = math.sqrt(squares / (bars - 1))
    return found


def volume_limits(market: Market, rows: NDArray[np.int64], config: BacktestConfig) -> NDArray[np.float64]:
    """Return the most units in a trade on the signal of each of *rows*, (r,): a share of its volume, or infinity."""
    if config.max_volume_share is None:
        return np.full(rows.size, np.inf)
    limits: NDArray[np.float64] = config.max_volume_share * market.volume[rows]
    return limits
