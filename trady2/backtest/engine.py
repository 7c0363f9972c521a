"""One backtest from bars and probabilities to trades, equity and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from trady2.backtest.finer import finer_bars
from trady2.backtest.market import checked_probability, market_from_bars
from trady2.backtest.orders import account, decide
from trady2.backtest.result import Backtest, count_events, equity_of
from trady2.backtest.trades import trade_frame
from trady2.errors import ConfigError

if TYPE_CHECKING:
    from pandas import DataFrame

    from trady2.config import BacktestConfig

__all__ = ["run"]


def run(bars: DataFrame, probability: ArrayLike, config: BacktestConfig, *, finer: DataFrame | None = None) -> Backtest:
    """Trade *bars* long only on *probability*, and say what became of the money.

    A probability above the threshold is known at the close of its bar and, when no position is open after that bar,
    buys at the next open. The position is sold at the open `hold_bars` bars after the entry, or before that at its
    stop, target or trailing stop, which hang on the raw entry open and are tested from the entry bar on. Inside a
    bar the order is: time exit at the open, a level beyond the open fills at the open, stop, target (the other order
    is computed beside it). A signal while a position is open is ignored. Fees and adverse slippage fall on every fill.
    A position that is open at the end is sold at the last close. docs/backtesting.md has every rule and option.

    Several assets share the capital equally from the start: each trades its own share, and nothing moves between
    them. With `capital: shared` they trade with one account. `fraction` is the part of the equity that goes into
    a trade.

    Args:
        bars: timestamp (UTC), open, high, low, close, volume, and asset where there are several; sorted by asset
            and time; funding_rate (fraction, of each bar) where the instrument has one.
        probability: (n,) one per bar in their order, or another score in 0 … 1; NaN is no signal.
        config: threshold, hold, levels, costs and capital.
        finer: bars of the same assets in a shorter timeframe, on which stops and targets are decided.

    Returns:
        The `Backtest`.

    Raises:
        ConfigError: the threshold is None, and no version is here to know it.
        DataError: broken or unsorted bars, probabilities that do not fit them, or finer bars that do not.
    """
    if config.threshold is None:
        raise ConfigError(
            "backtest.threshold is None, and there is no version whose own threshold could stand in; "
            "set threshold=0.6, say, or backtest a version",
            threshold=None,
        )
    market = market_from_bars(bars, config.calendar)
    chances = checked_probability(probability, market.close.size)
    inside = finer_bars(market, finer)
    decisions = decide(market, chances, config, inside)
    money = account(market, decisions.trades, config.intrabar, config, decisions.stakes)
    return Backtest(
        trades=trade_frame(market, decisions, money, config, chances),
        equity=equity_of(market, money, config),
        counts=count_events(market, decisions, money, inside, chances),
        config=config,
        market=market,
        decisions=decisions,
        resolution=inside.resolution,
    )
