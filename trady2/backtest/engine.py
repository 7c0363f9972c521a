"""One backtest from bars and probabilities to trades, equity and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trady2.backtest.costs import costs_of
from trady2.backtest.market import Market, checked_probability, market_from_bars
from trady2.backtest.orders import Account, account, trade
from trady2.backtest.result import Backtest, Bound, count_events
from trady2.backtest.trades import spans_gap, trade_frame
from trady2.errors import ConfigError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from trady2.config import BacktestConfig

__all__ = ["run"]


def run(bars: DataFrame, probability: ArrayLike, config: BacktestConfig) -> Backtest:
    """Trade *bars* long only on *probability*, and say what became of the money.

    A probability above the threshold is known at the close of its bar and, when no position is open after that bar,
    buys at the next open. The position is sold at the open `hold_bars` bars after the entry, or before that at its
    stop, target or trailing stop, which hang on the raw entry open and are tested from the entry bar on. Inside a
    bar the order is: time exit at the open, a level beyond the open fills at the open, stop, target (the other order
    is computed beside it). A signal while a position is open is ignored. Fees and adverse slippage fall on every fill.
    A position that is open at the end is sold at the last close.

    Several assets share the capital equally from the start: each trades its own share, and nothing moves between
    them. `fraction` is the part of that share's equity which goes into a trade.

    Args:
        bars: timestamp (UTC), open, high, low, close, volume, and asset where there are several; sorted by asset
            and time.
        probability: (n,) one per bar in their order, or another score in 0 … 1; NaN is no signal.
        config: threshold, hold, levels, costs and capital.

    Returns:
        The `Backtest`.

    Raises:
        ConfigError: the threshold is None, and no version is here to know it.
        DataError: broken or unsorted bars, or probabilities that do not fit them.
    """
    threshold = _threshold(config)
    market = market_from_bars(bars, config.calendar)
    chances = checked_probability(probability, market.close.size)
    signal = chances > threshold
    found = trade(market, signal, config)
    first = account(market, found, "pessimistic", config)
    second = account(market, found, "optimistic", config) if found.ambiguous.any() else first
    pessimistic = _bound(market, first, config)
    optimistic = pessimistic if second is first else _bound(market, second, config)
    chosen, bound = (first, pessimistic) if config.intrabar == "pessimistic" else (second, optimistic)
    gap = spans_gap(market, found)
    return Backtest(
        trades=trade_frame(market, found, chosen, costs_of(config), gap, chances),
        equity=bound.equity,
        counts=count_events(market, found, gap, signal, chances),
        config=config,
        pessimistic=pessimistic,
        optimistic=optimistic,
        benchmark=_by_time(market, _buy_and_hold(market, config.initial_cash), "benchmark"),
        periods_per_year=market.periods_per_year,
    )


def _threshold(config: BacktestConfig) -> float:
    if config.threshold is None:
        raise ConfigError(
            "backtest.threshold is None, and there is no version whose own threshold could stand in; "
            "set threshold=0.6, say, or backtest a version",
            threshold=None,
        )
    return config.threshold


def _bound(market: Market, money: Account, config: BacktestConfig) -> Bound:
    total = market.on_clock(money.row_equity, before=config.initial_cash / len(market.assets))
    return Bound(_by_time(market, total, "equity"), float(total[-1] / config.initial_cash - 1))


def _buy_and_hold(market: Market, cash: float) -> NDArray[np.float64]:
    share, first = cash / len(market.assets), market.close[market.bounds[:-1]]
    return market.on_clock(share * market.close / np.repeat(first, np.diff(market.bounds)), before=share)


def _by_time(market: Market, values: NDArray[np.float64], name: str) -> Series[float]:
    from pandas import DatetimeIndex, Series

    return Series(values, index=DatetimeIndex(market.clock, tz="UTC", name="timestamp"), name=name, copy=False)
