"""What a backtest hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from trady2.backtest.finer import Finer
from trady2.backtest.kernel import END_OF_DATA
from trady2.backtest.market import Market
from trady2.backtest.metrics import Metric, all_metrics
from trady2.backtest.money import fill
from trady2.backtest.orders import Decisions
from trady2.backtest.pricing import Account, Intrabar, account
from trady2.backtest.scan import odd_fills, probable

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from trady2.config import BacktestConfig

__all__ = ["Backtest", "Bound", "count_events", "equity_of", "held_value"]


@dataclass(frozen=True, eq=False)
class Bound:
    """The result under one order of stop and target inside a bar; costs included."""

    equity: Series[float]
    """Like `Backtest.equity`."""
    total_return: float
    """Fraction."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """Trades, equity and figures of one run. `trady2.backtest.run` makes it and says what it assumes."""

    trades: DataFrame
    """One row per trade; the columns are those of `trady2.backtest.trades.trade_frame`."""
    equity: Series[float]
    """Money at the close of every bar by `timestamp` (the bar's open, UTC), all assets together."""
    counts: dict[str, int]
    """How many signals, fills and trades of each kind; the keys are those of `count_events`."""
    config: BacktestConfig
    """The configuration of the run."""
    market: Market = field(repr=False)
    """The bars that were traded, as arrays."""
    decisions: Decisions = field(repr=False)
    """The trades before costs, as arrays."""
    resolution: str
    """On what stops and targets were decided: "bars", or on finer ones, such as "finer 1m"."""

    @cached_property
    def pessimistic(self) -> Bound:
        """Stop before target inside a bar: never above `optimistic`, at no bar."""
        return self._bound("pessimistic")

    @cached_property
    def optimistic(self) -> Bound:
        """Target before stop inside a bar."""
        return self._bound("optimistic")

    @cached_property
    def benchmark(self) -> Series[float]:
        """Buy and hold from the first close, without costs: the same cash in equal shares, by `timestamp`."""
        market, share = self.market, self.config.initial_cash / len(self.market.assets)
        first = np.repeat(market.close[market.bounds[:-1]], np.diff(market.bounds))
        return self._by_time(market.on_clock(share * market.close / first, before=share), "benchmark")

    @cached_property
    def exposure(self) -> Series[float]:
        """Share of the equity that is in positions at each close, at that close, by `timestamp`."""
        values = held_value(self.market, self.trades)
        return self._by_time(self.market.on_clock(values, before=0.0) / self.equity.to_numpy(), "exposure")

    @property
    def periods_per_year(self) -> float:
        """Bars a year of the calendar."""
        return self.market.periods_per_year

    @cached_property
    def metrics(self) -> dict[str, Metric]:
        """Figures by name, fit for JSON; None where one is not defined, such as a Sharpe ratio without a trade.

        Worked out when first asked for: the functions of `trady2.backtest.metrics` say what each one means.
        """
        return {
            **all_metrics(self.trades, self.equity, self.benchmark, self.counts, self.periods_per_year),
            "total_return_pessimistic": self.pessimistic.total_return,
            "total_return_optimistic": self.optimistic.total_return,
        }

    def _bound(self, intrabar: Intrabar) -> Bound:
        trades, equity = self.decisions.trades, self.equity
        if intrabar != self.config.intrabar and trades.ambiguous.any():
            money = account(self.market, trades, intrabar, self.config, self.decisions.stakes)
            equity = equity_of(self.market, money, self.config)
        return Bound(equity, float(equity.to_numpy()[-1] / self.config.initial_cash - 1))

    def _by_time(self, values: NDArray[np.float64], name: str) -> Series[float]:
        from pandas import Series

        return Series(values, index=self.market.index, name=name, copy=False)


def equity_of(market: Market, account: Account, config: BacktestConfig) -> Series[float]:
    """Return the money of all assets together at the close of every bar, by `timestamp`."""
    from pandas import Series

    total = market.on_clock(account.row_equity, before=config.initial_cash / len(market.assets))
    return Series(total, index=market.index, name="equity", copy=False)


def held_value(market: Market, trades: DataFrame) -> NDArray[np.float64]:
    """Return the value at its close of what each row's asset is in after that bar, (n,), 0 while flat.

    Args:
        market: the bars.
        trades: as `trade_frame` makes them, by asset, then time.
    """
    names, quantity = trades["asset"].to_numpy(), trades["quantity"].to_numpy()
    times = [trades[name].to_numpy(dtype="datetime64[us]") for name in ("entry_time", "exit_time")]
    value, nothing = np.empty(market.close.size), np.empty(0)
    for asset, name in enumerate(market.assets):
        rows, own = market.rows(asset), names == name
        entry, leave = (np.searchsorted(market.timestamp[rows], each[own]) for each in times)
        flat = np.zeros(entry.size)
        fill(market.close[rows], nothing, 0.0, entry, leave, quantity[own], flat, flat, 0.0, value[rows])
    return value


def count_events(
    market: Market, decisions: Decisions, money: Account, finer: Finer, probability: NDArray[np.float64]
) -> dict[str, int]:
    """Return how often what happened, the figures that keep a result honest.

    First what became of the signals, see `trady2.backtest.orders.Decisions.endings`. entries_cut_to_volume got only
    what `max_volume_share` lets through. ambiguous_bars touched stop and target; gap_fills were filled beyond a level.
    trades_over_gaps were open across missing bars, entries_after_gap had some between signal and entry.
    fills_beyond_volume are entries and exits of more units than their bar traded, fills_on_filler_bars those on flat
    bars without volume. bars_without_finer had to be tested as a whole, and bars_unlike_finer are not what their
    finer bars add up to.
    """
    trades, quantity, limit = decisions.trades, money.quantity, decisions.stakes.limit
    ends = (trades.entry_bar, trades.exit_bar)
    odd = [odd_fills(bars, quantity, market.high, market.low, market.volume) for bars in ends]
    late = market.misses(decisions.signal_bar, trades.entry_bar)
    counts = {
        "bars": market.close.size,
        "probabilities_missing": probable(probability)[1],
        **decisions.endings,
        "entries_cut_to_volume": np.count_nonzero(quantity >= limit) if limit.size else 0,
        "ambiguous_bars": np.count_nonzero(trades.ambiguous),
        "gap_fills": np.count_nonzero(trades.gap_fill),
        "trades_over_gaps": np.count_nonzero(market.misses(*ends)),
        "entries_after_gap": np.count_nonzero(late),
        "fills_beyond_volume": sum(beyond for beyond, _ in odd),
        "fills_on_filler_bars": sum(filler for _, filler in odd),
        "forced_closes": np.count_nonzero(trades.reason == END_OF_DATA),
        "bars_without_finer": finer.bars_without,
        "bars_unlike_finer": finer.bars_unlike,
    }
    return {name: int(count) for name, count in counts.items()}
